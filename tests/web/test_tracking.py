"""Following a request by its number and secret: what is told, to whom, and for how long."""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from engine import journal, journal_check, tracking
from engine.commands import cases
from engine.commands import tracking as commands
from engine.models import ProcessInstance, db
from engine.tracking import TrackingSecret
from engine.words import SPOKEN
from tests.web.browser import Browser
from tests.web.small_procedure import KEY, PROJECT, Ground, prepare
from tests.web.visitor import letters
from web import limits

WRONG = "Ce numéro et ce code ne vont pas ensemble"
SECRET = re.compile(r"(?:[2-9A-Z]{4}-){3}[2-9A-Z]{4}")


@pytest.fixture
def ground(app: Flask) -> Ground:
    limits.limiter.reset()
    return prepare(app)


@pytest.fixture
def anne(ground: Ground) -> Browser:
    return Browser(ground.app, ground.office.applicant)


@pytest.fixture
def visitor(ground: Ground) -> Browser:
    return Browser(ground.app)


@pytest.fixture
def case(ground: Ground) -> ProcessInstance:
    return ground.begin("Projet secret à 500 000 €")


@pytest.fixture
def secret(ground: Ground, case: ProcessInstance) -> str:
    return commands.issue(case.id, actor=ground.office.applicant)


def enter(browser: Browser, number: str, secret: str) -> Any:
    return browser.post("/suivre/", {"number": number, "secret": secret})


def file_one(anne: Browser) -> str:
    """File a request from its first page; the address of its page."""
    draft = anne.send(f"/demarches/{KEY}/demande").location.rsplit("/", 1)[0]
    anne.send(f"{draft}/1", {**PROJECT, "_next": "1"})
    pdf = BytesIO(b"%PDF-1.7\n%%EOF"), "devis.pdf"
    anne.send(f"{draft}/2", {"quote": pdf, "_next": "1"})
    return str(anne.send(f"{draft}/recapitulatif").location)


def test_the_secret_is_told_once_and_only_its_digest_is_kept(
    ground: Ground, anne: Browser, visitor: Browser
) -> None:
    page = file_one(anne)
    (told,) = set(SECRET.findall(anne.get(page).text))
    assert SECRET.findall(anne.get(page).text) == [], "the next time it is gone"
    (letter,) = [m for m in letters(ground.app) if told in m["text"]]
    assert letter["to"] == ["anne@morvan.test"]
    kept = db.session.scalars(select(TrackingSecret)).one()
    assert kept.digest == tracking.digest(told)
    number = db.session.scalars(select(ProcessInstance.number)).one()
    assert number in enter(visitor, number.lower(), told.replace("-", " ")).text


def test_it_tells_the_stage_and_nothing_that_is_not_everyone_s(
    ground: Ground, case: ProcessInstance, secret: str, visitor: Browser
) -> None:
    cases.write_message(case.id, "Mot du service", actor=ground.office.officer)
    page = enter(visitor, case.number, secret)
    assert page.request.path == "/suivre/demande"
    assert "Le service étudie la demande" in page.text
    assert "Région" in page.text
    for hidden in ("500 000", "Claire", "Anne", "Mot du service", "Instruire"):
        assert hidden not in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in page.headers["X-Robots-Tag"]
    assert page.headers["Cache-Control"] == "no-store, private"
    acts = journal.of_case(case.id)
    assert acts[-1].action == "followed_by_secret"
    assert acts[-1].actor_id is None
    assert journal_check.verify() == []


def test_the_cookie_opens_that_page_alone(
    case: ProcessInstance, secret: str, visitor: Browser
) -> None:
    enter(visitor, case.number, secret)
    cookie = visitor.client.get_cookie("suivi", path="/suivre/")
    assert cookie is not None
    assert (cookie.path, cookie.http_only, cookie.max_age) == ("/suivre/", True, 900)
    assert visitor.get(f"/demandes/{case.id}").request.path == "/connexion"
    visitor.post("/suivre/quitter")
    assert visitor.get("/suivre/demande").request.path == "/suivre/"


@pytest.mark.parametrize("wrong", ["the number", "the secret", "both", "revoked", "none"])
def test_the_same_answer_whatever_is_wrong(
    ground: Ground, case: ProcessInstance, secret: str, visitor: Browser, wrong: str
) -> None:
    number, given_ = case.number, secret
    if wrong in {"the number", "both"}:
        number = "26-2222-2222"
    if wrong in {"the secret", "both"}:
        given_ = "2222-2222-2222-2222"
    if wrong == "revoked":
        commands.revoke(case.id, actor=ground.office.applicant)
    if wrong == "none":
        number = ground.begin("Sans code").number
    answer = enter(visitor, number, given_)
    assert answer.status_code == 422
    assert WRONG in answer.text
    assert given_ not in answer.text
    assert visitor.get("/suivre/demande").request.path == "/suivre/"


@pytest.mark.parametrize(
    ("number", "secret"),
    [("", ""), ("%00", "\0"), ("<script>", "{{ 7*7 }}"), ("x" * 9000, "💩" * 9000)],
)
def test_nonsense_is_told(visitor: Browser, number: str, secret: str) -> None:
    answer = enter(visitor, number, secret)
    assert answer.status_code == 422
    assert "<script>" not in answer.text.replace("<script type", "")


def test_guessing_is_stopped(case: ProcessInstance, secret: str, visitor: Browser) -> None:
    tries = [enter(visitor, case.number, "x").status_code for _ in range(11)]
    assert tries[:10] == [422] * 10
    assert tries[10] == 429
    assert enter(visitor, case.number, secret).status_code == 429


def test_many_machines_cannot_guess_together(
    case: ProcessInstance, secret: str, visitor: Browser
) -> None:
    for number in range(20):
        visitor.client.environ_base["REMOTE_ADDR"] = f"10.0.0.{number}"
        assert enter(visitor, case.number, "x").status_code == 422
    visitor.client.environ_base["REMOTE_ADDR"] = "10.0.0.99"
    assert enter(visitor, case.number, secret).status_code == 429


def test_a_new_secret_ends_the_visits_of_the_old_one(
    ground: Ground, case: ProcessInstance, secret: str, visitor: Browser, anne: Browser
) -> None:
    enter(visitor, case.number, secret)
    page = anne.post(f"/demandes/{case.id}/suivi")
    (new,) = set(SECRET.findall(page.text))
    assert new != secret
    assert visitor.get("/suivre/demande").request.path == "/suivre/"
    assert WRONG in enter(visitor, case.number, secret).text
    assert enter(visitor, case.number, new).status_code == 200
    anne.post(f"/demandes/{case.id}/suivi/arret")
    assert visitor.get("/suivre/demande").request.path == "/suivre/"


def test_a_forged_cookie_opens_nothing(
    case: ProcessInstance, secret: str, visitor: Browser
) -> None:
    for value in ("x", f'["{case.id}","{tracking.digest(secret)[:16]}"]', "a.b.c"):
        visitor.client.set_cookie("suivi", value, path="/suivre/")
        assert visitor.get("/suivre/demande").request.path == "/suivre/"


@given(st.integers())
def test_secrets_are_long_and_can_be_read_aloud(_seed: int) -> None:
    made = tracking.new_secret()
    bare = made.replace("-", "")
    assert len(bare) == 16
    assert set(bare) <= set(SPOKEN)
    assert len(SPOKEN) ** 16 > 2**60
    assert tracking.digest(made.lower().replace("-", " ")) == tracking.digest(made)


@pytest.fixture(autouse=True)
def _limits_again() -> Iterator[None]:
    yield
    limits.limiter.reset()
