"""The pages of keys: made, told once, replaced with an overlap, revoked with a motive."""

import html
import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from engine import api_keys, clock, journal, journal_check
from engine.api_keys import MOST_KEYS, ApiKey
from engine.commands import people, tasks
from engine.commands.api_keys import KeyRefused
from engine.directory import Holding, Person
from engine.models import db
from engine.notices import Notice
from tests.office import open_tasks
from tests.web import small_procedure
from tests.web.browser import Browser
from tests.web.program import Program, administrator, make_key
from tests.web.small_procedure import Ground

TOKEN = re.compile(r"ebg_[0-9a-f]{12}_[\w-]{43}")
SOON = (clock.today() + timedelta(days=90)).isoformat()


@pytest.fixture
def ground(app: Flask) -> Ground:
    return small_procedure.prepare(app)


@pytest.fixture
def admin(ground: Ground) -> Browser:
    return Browser(ground.app, administrator(ground.office.company, "ada@morvan.test"))


def page(ground: Ground, name: str = "company") -> str:
    return f"/reglages/api/{getattr(ground.office, name)}"


def made(admin: Browser, ground: Ground, **more: object) -> str:
    typed = {"name": "Gestion", "scope": ["requests:read"], "expires_on": SOON, **more}
    answer = admin.post(f"{page(ground)}/cles", typed)
    (token,) = set(TOKEN.findall(answer.text))
    return token


def test_a_key_is_told_once_and_only_its_digest_is_kept(
    ground: Ground, admin: Browser
) -> None:
    token = made(admin, ground)
    assert token not in admin.get(page(ground)).text
    key = db.session.scalars(select(ApiKey)).one()
    secret = token.split("_", 2)[2]
    data = ground.app.extensions["settings"].data / "ebg.sqlite"
    assert secret.encode() not in data.read_bytes()
    assert key.digest == api_keys.digest(token)
    assert Program(ground.app, token).get("/me").json["name"] == "Gestion"
    assert "Dernier emploi" in admin.get(page(ground)).text
    db.session.rollback()
    assert db.session.scalars(select(ApiKey)).one().last_used_at is not None
    acts = [e.action for e in journal.latest(f"organisation:{ground.office.company}", 1)]
    assert acts == ["api_key_created"]
    assert (
        "Clé d’API faite"
        in admin.get(f"/entreprises/{ground.office.company}/historique").text
    )


def test_everything_wrong_is_told_at_once_and_nothing_typed_is_lost(
    ground: Ground, admin: Browser
) -> None:
    far = (clock.today() + timedelta(days=731)).isoformat()
    typed = {"name": "<b>Logiciel</b>" * 20, "scope": ["requests:read"], "expires_on": far}
    answer = admin.send(f"{page(ground)}/cles", typed)
    assert answer.status_code == 422
    text = html.unescape(answer.text)
    assert "Nom : de 1 à 80 caractères." in text
    assert "Dernier jour : choisissez-le" in text
    assert "<b>Logiciel</b>" not in answer.text
    assert re.search(r'value="requests:read" checked', text)
    for scope in ("cases:read", "tout", ""):
        wrong = admin.send(
            f"{page(ground)}/cles", {"name": "A", "scope": scope, "expires_on": SOON}
        )
        assert wrong.status_code == 422, "not for a company"
    for day in ("", "hier", "2020-01-01"):
        sent = {"name": "A", "scope": "requests:read", "expires_on": day}
        assert admin.send(f"{page(ground)}/cles", sent).status_code == 422
    assert db.session.scalars(select(ApiKey)).all() == []


def test_a_key_is_replaced_while_it_still_opens(ground: Ground, admin: Browser) -> None:
    old = made(admin, ground)
    key = db.session.scalars(select(ApiKey)).one()
    answer = admin.post(f"{page(ground)}/cles/{key.id}/remplacement", {"overlap": "1"})
    (new,) = set(TOKEN.findall(answer.text))
    for token in (old, new):
        assert Program(ground.app, token).get("/me").status_code == 200
    clock.advance(timedelta(days=1, minutes=1))
    assert Program(ground.app, old).get("/me").json["code"] == "expired-key"
    assert Program(ground.app, new).get("/me").status_code == 200
    keys = db.session.scalars(select(ApiKey)).all()
    assert len({one.person_id for one in keys}) == 1, "the same technical person"
    again = admin.post(f"{page(ground)}/cles/{key.id}/remplacement", {"overlap": "1"})
    assert "déjà remplacée" in again.text


def test_a_key_is_revoked_with_a_motive_at_once(ground: Ground, admin: Browser) -> None:
    token = made(admin, ground)
    key = db.session.scalars(select(ApiKey.id)).one()
    silent = admin.send(f"{page(ground)}/cles/{key}/revocation", {"motive": " "})
    assert silent.status_code == 422
    assert Program(ground.app, token).get("/me").status_code == 200
    admin.post(f"{page(ground)}/cles/{key}/revocation", {"motive": "Poste volé"})
    assert Program(ground.app, token).get("/me").json["code"] == "revoked-key"
    assert "Poste volé" in admin.get(page(ground)).text
    (act,) = journal.latest(f"organisation:{ground.office.company}", 1)
    assert (act.action, act.detail["motive"]) == ("api_key_revoked", "Poste volé")
    assert not journal_check.verify()


def test_a_body_s_key_has_roles_of_the_body(ground: Ground) -> None:
    admin = Browser(ground.app, administrator(ground.office.region, "ada@region.test"))
    typed = {"name": "Outil", "scope": "tasks:read", "expires_on": SOON}
    assert admin.send(f"{page(ground, 'region')}/cles", typed).status_code == 422
    for role in ("administrator", "operator", "applicant", "cofunder"):
        wrong = {**typed, "role": role}
        assert admin.send(f"{page(ground, 'region')}/cles", wrong).status_code == 422, role
    answer = admin.post(f"{page(ground, 'region')}/cles", {**typed, "role": "case_officer"})
    (token,) = set(TOKEN.findall(answer.text))
    assert Program(ground.app, token).get("/me").json["roles"] == ["case_officer"]


def test_an_operator_manages_the_keys_of_bodies_alone(ground: Ground) -> None:
    operator = Browser(ground.app, ground.office.operator)
    assert "Département 21" in operator.get("/reglages/api/").text
    assert operator.client.get(page(ground, "region")).status_code == 200
    assert operator.client.get(page(ground)).status_code == 403


def test_a_technical_person_is_nobody_s_colleague(ground: Ground, admin: Browser) -> None:
    """It works, and is told nothing, listed nowhere, assigned nothing."""
    _, token = make_key(ground.office.region, roles=["case_officer"])
    task = open_tasks(ground.begin().id)["review"]
    program = Program(ground.app, token)
    assert program.post(f"/tasks/{task}/claim").status_code == 200
    db.session.rollback()
    person = db.session.scalars(
        select(Person).where(Person.email.endswith("@api.invalid"))
    ).one()
    assert (
        db.session.scalars(select(Holding).where(Holding.person_id == person.id)).all()
        == []
    )
    done = program.post(f"/tasks/{task}/completion", {"values": {"remarks": "Oui"}})
    assert done.status_code == 204
    assert (
        db.session.scalars(select(Notice).where(Notice.person_id == person.id)).all() == []
    )


def test_a_colleague_s_task_released_by_its_head_is_the_key_s_to_take(
    ground: Ground,
) -> None:
    _, token = make_key(ground.office.region, roles=["case_officer"])
    task = open_tasks(ground.begin().id)["review"]
    tasks.claim(task, actor=ground.office.officer)
    tasks.release(task, actor=ground.office.head, motive="Congés")
    assert Program(ground.app, token).post(f"/tasks/{task}/claim").status_code == 200


def test_there_are_no_more_keys_than_one_can_look_after(ground: Ground) -> None:
    for _ in range(MOST_KEYS):
        make_key(ground.office.company)
    with pytest.raises(KeyRefused) as refused:
        make_key(ground.office.company)
    assert refused.value.fields == {"": "many"}


def test_a_key_keeps_its_organisation_when_its_maker_leaves(
    ground: Ground, admin: Browser
) -> None:
    token = made(admin, ground)
    for holding in db.session.scalars(select(Holding)).all():
        if (
            holding.organisation_id == ground.office.company
            and holding.role == "administrator"
        ):
            people.withdraw(holding.id, by=None)
    assert Program(ground.app, token).get("/requests").status_code == 200
