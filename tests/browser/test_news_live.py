"""The bell and the counts of an open page: asked every half minute, or told at once."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import expect

from engine import wake
from engine.commands import cases, tasks
from tests import events, servers
from tests.browser import serving
from tests.browser.reader import Reader
from tests.browser.serving import Served
from tests.conftest import build, close, environment
from tests.engine.test_notices import BODY, KEY
from tests.office import Office, open_office, open_tasks, publish
from tests.web.browser import client

WIDTHS = (1280, 320)


class Room:
    """A served office, the people of it, and the means to act there from the test."""

    served: Served
    app: Flask
    office: Office
    definition: Any

    def __init__(self) -> None:
        self.cookies: dict[Any, str] = {}

    def furnish(self, app: Flask) -> None:
        self.office = open_office()
        self.definition = publish(KEY, BODY, owner=self.office.region)
        for actor in (self.office.officer, self.office.applicant):
            cookie = client(app, actor).get_cookie("session")
            assert cookie is not None
            self.cookies[actor] = cookie.value

    def admit(self, reader: Reader, actor: Any) -> None:
        session = {"name": "session", "value": self.cookies[actor]}
        reader.context.add_cookies([{**session, "url": self.served.url}])

    def begin(self) -> Any:
        with self.app.app_context():
            office = self.office
            return cases.start(
                self.definition, {}, actor=office.applicant, applicant_id=office.company
            ).id

    def take(self, case: Any) -> None:
        with self.app.app_context():
            tasks.claim(open_tasks(case)["review"], actor=self.office.officer)

    def write(self, case: Any, text: str = "Bonjour") -> None:
        with self.app.app_context():
            cases.write_message(case, text, actor=self.office.applicant)


@contextmanager
def room(data: Path, **more: str) -> Iterator[Room]:
    opened = Room()
    with serving.office(data, opened.furnish, **more) as served:
        opened.served = served
        opened.app = build(environment(data, PUBLIC_URL=served.url, **more))
        try:
            yield opened
        finally:
            wake.pages_by(None)
            close(opened.app)


@pytest.fixture(scope="module")
def asking(chromium, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """Without Redis: pages only ask."""
    with room(tmp_path_factory.mktemp("asking")) as opened:
        yield opened


@pytest.fixture
def served(asking: Room) -> Served:
    return asking.served


def bell(reader: Reader) -> Any:
    return reader.page.locator(".ebg-bell .ebg-count")


def hear(reader: Reader, where: str, text: str) -> None:
    """The page itself comes to say this, without being opened again.

    A page that is told asks by itself every five minutes only: long after the limit.
    """
    expect(reader.page.locator(where)).to_contain_text(text)


def test_counts_move_while_the_page_stays(enter, asking: Room) -> None:
    reader: Reader = enter()
    asking.admit(reader, asking.office.officer)
    first = asking.begin()
    asking.take(first)
    reader.page.clock.install()
    reader.open("/corbeille/?panier=a-prendre")
    assert not bell(reader).is_visible()
    reader.page.evaluate("window.kept = true")
    top = reader.page.locator("main h1").bounding_box()
    asking.begin()
    asking.begin()
    asking.write(first)
    reader.page.clock.fast_forward(31_000)
    hear(reader, ".ebg-live", "2 nouvelles tâches : Actualiser la liste")
    hear(reader, ".ebg-bell", "1")
    hear(reader, '[data-ebg-live="basket:a-prendre"]', "2")
    assert reader.page.evaluate("window.kept"), "the page was not left"
    assert reader.page.locator("main h1").bounding_box() == top, "nothing moved"
    assert reader.page.locator("[role=status].ebg-live").count() == 1
    for width in WIDTHS:
        reader.page.set_viewport_size({"width": width, "height": 900})
        reader.shoot(f"live-{width}")
    reader.look("live")
    with reader.page.expect_navigation():
        reader.page.get_by_role("link", name="Actualiser la liste").click()
    assert reader.page.locator(".ebg-worklist tbody tr").count() == 2


def test_a_hidden_page_asks_nothing(enter, asking: Room) -> None:
    reader: Reader = enter()
    asking.admit(reader, asking.office.officer)
    reader.page.clock.install()
    reader.open("/nouvelles/")
    asked: list[str] = []
    reader.page.on("request", lambda one: asked.append(urlsplit(one.url).path))
    hide = """hidden => { Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
        document.dispatchEvent(new Event("visibilitychange")); }"""
    reader.page.evaluate(hide, True)
    reader.page.clock.fast_forward(120_000)
    assert "/nouvelles/signal" not in asked
    with reader.page.expect_response("**/nouvelles/signal*"):
        reader.page.evaluate(hide, False)
    assert asked.count("/nouvelles/signal") == 1


def test_the_news_are_read_kept_and_emptied(enter, asking: Room) -> None:
    reader: Reader = enter()
    asking.admit(reader, asking.office.officer)
    case = asking.begin()
    asking.take(case)
    asking.write(case)
    reader.open("/nouvelles/")
    unread = reader.page.locator(".ebg-news-unread a").first
    assert int(unread.evaluate("one => getComputedStyle(one).fontWeight")) >= 600
    reader.reads("Non lu : Anne Morvan vous a écrit")
    reader.look("news")
    for width in WIDTHS:
        reader.page.set_viewport_size({"width": width, "height": 900})
        reader.shoot(f"news-{width}")
    reader.follow("Anne Morvan vous a écrit")
    reader.reads("Bonjour")
    reader.open("/nouvelles/")
    read = reader.page.locator(".ebg-news").first.locator("a").first
    assert int(read.evaluate("one => getComputedStyle(one).fontWeight")) < 600
    reader.press("Marquer comme non lu", exact=False)
    expect(reader.page.locator(".ebg-news-unread").first).to_be_visible()
    expect(bell(reader)).to_be_visible()
    reader.press("Tout marquer comme lu")
    reader.reads("Tout est marqué comme lu.")
    assert not bell(reader).is_visible()


def test_one_chooses_how_to_be_told(enter, asking: Room) -> None:
    reader: Reader = enter(javascript=False)
    asking.admit(reader, asking.office.applicant)
    reader.open("/nouvelles/")
    reader.follow("Être prévenu autrement")
    reader.group("Message du service").get_by_label("courriel immédiat").check()
    reader.group("Jours sans courriel").get_by_label("mercredi").check()
    reader.press("Enregistrer")
    reader.reads("Vos choix sont enregistrés.")
    wishes = reader.group("Message du service")
    assert wishes.get_by_label("courriel immédiat").is_checked()
    assert reader.group("Jours sans courriel").get_by_label("mercredi").is_checked()
    reader.shoot("preferences-320")


@pytest.mark.servers
def test_a_page_is_told_at_once_and_asks_when_redis_is_lost(
    chromium, tmp_path: Path
) -> None:
    port, redis_port = servers.free_port(), servers.free_port()
    url = f"redis://127.0.0.1:{redis_port}/0"
    more = {"REDIS_URL": url, "EBG_EVENTS": f"http://127.0.0.1:{port}/evenements"}
    with ExitStack() as stack:
        redis = stack.enter_context(servers.redis_at(redis_port, tmp_path))
        opened = stack.enter_context(room(tmp_path / "office", **more))
        live = stack.enter_context(events.running(url, origin=opened.served.url, port=port))
        reader = Reader(chromium, opened.served.url, javascript=True)
        stack.callback(reader.leave)
        opened.admit(reader, opened.office.officer)
        case = opened.begin()
        opened.take(case)
        reader.page.clock.install()
        with reader.page.expect_response(lambda one: "/evenements" in one.url):
            reader.open("/corbeille/?panier=a-prendre")
        opened.write(case)
        hear(reader, ".ebg-bell", "1")
        opened.begin()
        hear(reader, ".ebg-live", "Une nouvelle tâche")
        with reader.page.expect_response(lambda one: "/evenements" in one.url):
            reader.open(f"/dossiers/{case}/echanges")
        opened.write(case, "Et encore")
        hear(reader, ".ebg-live", "Ce dossier vient de changer")
        reader.fill("Votre message", "Je finissais ma ph")
        with reader.page.expect_navigation():
            reader.page.get_by_role("link", name="Actualiser la page").click()
        reader.reads("Et encore")
        assert reader.field("Votre message").input_value() == "Je finissais ma ph"
        assert not reader.wrong

        redis.kill()
        live.wait(healthy=False)
        reader.open("/corbeille/?panier=a-prendre")
        opened.begin()
        reader.page.clock.fast_forward(31_000)
        hear(reader, ".ebg-live", "Une nouvelle tâche")
        reader.wrong.clear()  # the browser says that a stream was refused

        stack.enter_context(servers.redis_at(redis_port, tmp_path))
        live.wait()
        with reader.page.expect_response(lambda one: "/evenements" in one.url):
            reader.page.clock.fast_forward(31_000)
        reader.page.wait_for_timeout(
            5_500
        )  # the office leaves a lost Redis alone for so long
        opened.begin()
        opened.begin()
        hear(reader, ".ebg-live", "3 nouvelles tâches")
