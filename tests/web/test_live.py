"""Live signals on a real Redis: who hears what, and what a lost Redis costs."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import redis as client
from flask import Flask
from itsdangerous import BadSignature, URLSafeTimedSerializer

from engine import wake
from engine.commands import cases, tasks
from tests import servers
from tests.conftest import build, close, environment
from tests.events import SECRET, Crowd, Events, ask, running, status
from tests.office import Office, open_office, open_tasks
from tests.web.browser import Browser
from tests.web.test_news import begun
from web.live import CHANNEL
from web.news import signal, tokens

pytestmark = pytest.mark.servers


@pytest.fixture
def events(redis_url: str) -> Iterator[Events]:
    with running(redis_url) as found:
        yield found


@pytest.fixture
def crowd() -> Iterator[Crowd]:
    pages = Crowd()
    yield pages
    pages.leave()


@pytest.fixture
def heard(tmp_path: Path, redis_url: str, events: Events) -> Iterator[Flask]:
    """An office whose pages may listen."""
    app = build(environment(tmp_path, REDIS_URL=redis_url, EBG_EVENTS=events.url))
    with app.app_context():
        yield app
    wake.pages_by(None)
    close(app)


def test_a_hundred_pages_hear(events: Events, crowd: Crowd, redis_url: str) -> None:
    for number in range(100):
        crowd.join(events, [f"person:{number}", "case:one"])
    assert len(crowd.hear("retry: 3000", 100, 60)) == 100
    redis = client.Redis.from_url(redis_url)
    redis.publish(CHANNEL, "case:one\ncase:other")
    assert len(crowd.hear("data: case:one", 100, 60)) == 100
    redis.publish(CHANNEL, "person:7")
    assert len(crowd.hear("data: person:7", 1, 60)) == 1
    assert crowd.hear("data: person:7", 1, 1) == [], "nobody hears another's channel"
    assert events.resident < 100


def test_a_commit_is_heard_at_once(heard: Flask, events: Events, crowd: Crowd) -> None:
    office = open_office()
    case = begun(office)
    claire, case_channel = office.officer.person_id, wake.case(case.id)
    assert claire is not None
    crowd.join(events, signal.heard(office.officer, None))
    crowd.join(events, [case_channel])
    assert len(crowd.hear("retry: 3000", 2, 60)) == 2
    cases.write_message(case.id, "Bonjour", actor=office.applicant)
    assert crowd.hear(f"data: {wake.person(claire)}", 1, 60), "who follows the case"
    tasks.release(open_tasks(case.id)["review"], actor=office.officer)
    basket = wake.basket(office.region, "case_officer")
    assert crowd.hear(f"data: {basket}", 1, 60), "the others of the role"


def test_a_page_is_given_its_reader_s_channels_alone(heard: Flask) -> None:
    office = open_office()
    case = begun(office)
    page = Browser(heard, office.officer).get(f"/dossiers/{case.id}")
    token = page.text.split('name="ebg-events" content="')[1].split('"')[0]
    address, _, signed = token.partition("?jeton=")
    assert set(tokens.channels(SECRET, signed)) == {
        wake.person(office.officer.person_id),
        wake.case(case.id),
        wake.basket(office.region, "case_officer"),
    }
    place = address.removesuffix("/evenements")
    assert f"connect-src 'self' {place};" in page.headers["Content-Security-Policy"]
    listing = Browser(heard, office.officer).get("/corbeille/").text
    other = listing.split("?jeton=")[1].split('"')[0]
    assert wake.case(case.id) not in tokens.channels(SECRET, other)
    assert "ebg-events" not in Browser(heard).get("/").text


def test_nobody_listens_without_a_token_of_ours(events: Events) -> None:
    good = tokens.sign(SECRET, ["case:one"])
    old = URLSafeTimedSerializer(SECRET, salt="channels")
    old.make_signer = _signed_long_ago(old.make_signer)
    other_purpose = URLSafeTimedSerializer(SECRET, salt="letters").dumps(["case:one"])
    assert status(ask(events, good)) == 200
    for token in (
        "", "faux", good[:-1], tokens.sign("another key", ["case:one"]), other_purpose,
        str(old.dumps(["case:one"])),
    ):  # fmt: skip
        assert status(ask(events, token)) == 403, token
    assert status(ask(events, good, origin="https://ailleurs.test")) == 403


def _signed_long_ago(make):
    def made(*arguments, **options):
        signer = make(*arguments, **options)
        signer.get_timestamp = lambda: int(time.time()) - tokens.LIFE - 60
        return signer

    return made


def test_what_is_no_list_of_names_is_no_token() -> None:
    for value in ("person:1", {"person:1": 1}, [1], None):
        token = str(URLSafeTimedSerializer(SECRET, salt="channels").dumps(value))
        with pytest.raises(BadSignature):
            tokens.channels(SECRET, token)


def test_nonsense_is_answered_or_dropped(events: Events) -> None:
    for sent in (b"\r\n\r\n", b"POST /evenements HTTP/1.1\r\n\r\n", b"x" * 40_000):
        with socket.create_connection(("127.0.0.1", events.port), timeout=10) as made:
            try:
                made.sendall(sent)
                assert b" 200 " not in made.recv(100)
            except ConnectionError:
                pass
    assert events.healthy()


def test_a_lost_redis_costs_a_command_nothing(tmp_path: Path) -> None:
    """Acts go on; pages are told to come back later; and it is live again by itself."""
    port = servers.free_port()
    office: Office
    url = f"redis://127.0.0.1:{port}/0"
    with ExitStack() as stack:
        first = stack.enter_context(servers.redis_at(port, tmp_path))
        with running(url) as events:
            app = build(environment(tmp_path, REDIS_URL=url, EBG_EVENTS=events.url))
            with app.app_context():
                office = open_office()
                case = begun(office)
                token = tokens.sign(SECRET, [wake.case(case.id)])
                first.kill()
                events.wait(healthy=False)
                began = time.monotonic()
                for _ in range(20):
                    cases.write_message(case.id, "Bonjour", actor=office.applicant)
                assert time.monotonic() - began < 60, "each is not waited for in vain"
                assert status(ask(events, token)) == 503
                told = Browser(app, office.officer).client.get("/nouvelles/signal").json
                assert told["bell"] == 20, "pages ask by themselves"
                with servers.redis_at(port, tmp_path):
                    events.wait()
                    crowd = Crowd()
                    crowd.join(events, [wake.case(case.id)])
                    assert crowd.hear("retry: 3000", 1, 60)
                    deadline = time.monotonic() + 60
                    while time.monotonic() < deadline:
                        cases.write_message(case.id, "Encore", actor=office.applicant)
                        if crowd.hear(f"data: {wake.case(case.id)}", 1, 1):
                            break
                    else:
                        pytest.fail("never live again")
                    crowd.leave()
            wake.pages_by(None)
            close(app)
