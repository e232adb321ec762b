"""The operator's pages: an operation is shown before it is done, a job is counted first."""

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from engine.commands import jobs, tasks
from engine.commands.operations import Operation, perform
from engine.exchanges import Partner
from engine.jobs import Job, JobItem
from engine.models import db
from tests import office as ground
from tests.conftest import build, close, environment
from tests.engine.drawn_cases import begin, case, forked, steps, version
from tests.office import Office, open_office
from tests.web.browser import Browser


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    app = build(environment(tmp_path))
    with app.app_context():
        yield app
    close(app)


@pytest.fixture
def office(app: Flask) -> Office:
    return open_office()


@pytest.fixture
def operator(app: Flask, office: Office) -> Browser:
    return Browser(app, office.operator)


def open_tasks(instance: UUID) -> dict[str, UUID]:
    db.session.rollback()  # what the test read before is stale
    return ground.open_tasks(instance)


def address(instance: object) -> str:
    return f"/exploitation/dossiers/{instance}"


def test_an_operation_is_shown_then_confirmed(office: Office, operator: Browser) -> None:
    instance = begin(office, version(office, forked()))
    number = case(instance).number
    page = operator.get(f"/exploitation/dossiers/?numero={number.lower()}")
    assert number in page.text
    assert "Aucun dossier ne porte" in operator.get("/exploitation/dossiers/?numero=x").text
    task = open_tasks(instance)["left"]
    asked = {"act": "drop", "target": str(task), "motive": "une seule suffit"}
    shown = operator.post(address(instance), asked)
    assert "Ce qui va se passer" in shown.text
    assert "prend fin : tâche « left »" in shown.text
    assert set(open_tasks(instance)) == {"left", "right"}
    done = operator.post(address(instance), {**asked, "_confirm": "1"})
    assert "une seule suffit" in done.text
    assert set(open_tasks(instance)) == {"right"}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"act": "skip", "target": "left"}, "Dites pourquoi"),
        ({"act": "skip", "motive": "x"}, "Choisissez l’étape"),
        ({"act": "move", "target": "left", "motive": "x"}, "Choisissez où placer"),
        ({"act": "move", "target": "left", "to": "zz", "motive": "x"}, "même partie"),
        ({"act": "migrate", "version": "zz", "motive": "x"}, "Choisissez une version"),
        ({"act": "skip", "target": "left", "values": "[1]", "motive": "x"}, "accolades"),
        ({"act": "skip", "target": "left", "values": "{", "motive": "x"}, "JSON valide"),
        ({"act": "dance", "motive": "x"}, "Choisissez ce qu’il faut faire"),
        ({"act": "resume", "motive": "x"}, "pas suspendu"),
    ],
)
def test_a_refusal_is_a_sentence(
    office: Office, operator: Browser, typed: dict[str, str], said: str
) -> None:
    instance = begin(office, version(office, forked()))
    page = operator.send(address(instance), typed)
    assert page.status_code == 422
    assert said in page.text.replace("&#39;", "'")
    assert set(open_tasks(instance)) == {"left", "right"}


def test_a_migration_is_tried_then_made_and_each_case_tells(
    office: Office, operator: Browser
) -> None:
    old = version(office, steps("a", "b"))
    begun = [begin(office, old) for _ in range(3)]
    tasks.complete(open_tasks(begun[0])["a"], {}, actor=office.officer)
    new = version(office, steps("a", "c"))
    listed = operator.get("/exploitation/travaux/").text
    assert f"/exploitation/travaux/migration/{old}/{new}" in listed
    page = operator.get(f"/exploitation/travaux/migration/{old}/{new}").text
    assert 'name="map-b"' in page
    asked = {
        "act": "migrate",
        "definition_id": str(old),
        "version": str(new),
        "motive": "x",
    }
    counted = operator.post("/exploitation/travaux/nouveau", asked).text
    assert "3 dossiers ouverts correspondent" in counted
    found = re.search(r'name="job" value="([^"]+)"', counted)
    assert found
    job = found.group(1)
    for _ in range(2):
        operator.post(
            "/exploitation/travaux/nouveau", {**asked, "job": job, "_confirm": "1"}
        )
    db.session.rollback()
    while jobs.advance(100):
        pass
    assert len(db.session.scalars(select(Job)).all()) == 1
    told = operator.get(f"/exploitation/travaux/{job}?resultat=refused").text
    assert "« b » n&#39;existe plus" in told
    assert case(begun[0]).number in told
    assert case(begun[1]).number not in told
    assert operator.get(f"/exploitation/travaux/{job}").text.count("fait</span>") == 2


def test_a_job_is_stopped_and_goes_on(office: Office, operator: Browser) -> None:
    old = version(office, steps("a"))
    begin(office, old)
    asked = {"act": "suspend", "definition_id": str(old), "motive": "x"}
    job = "5f0c4b7e-7d2f-4c5e-9b9c-0f4f4c0d9a11"
    operator.post("/exploitation/travaux/nouveau", {**asked, "job": job, "_confirm": "1"})
    assert "Continuer" in operator.post(f"/exploitation/travaux/{job}/arret").text
    assert jobs.advance(10) == 0
    assert "Arrêter" in operator.post(f"/exploitation/travaux/{job}/suite").text
    db.session.rollback()
    jobs.advance(10)
    assert set(db.session.scalars(select(JobItem.result))) == {"done"}
    nothing = operator.send(
        "/exploitation/travaux/nouveau", {"act": "suspend", "motive": "x"}
    )
    assert (nothing.status_code, "Choisissez des dossiers" in nothing.text) == (422, True)


def test_a_suspended_case_is_said_to_those_who_work_on_it(
    app: Flask, office: Office, operator: Browser
) -> None:
    instance = begin(office, version(office, steps("a")))
    perform(instance, Operation("suspend"), actor=office.operator, motive="x")
    officer = Browser(app, office.officer)
    assert "Suspendu" in officer.get(f"/dossiers/{instance}").text
    task = open_tasks(instance)["a"]
    answer = officer.send(f"/taches/{task}", {"_submit": "1"})
    assert "Ce dossier est suspendu" in answer.text
    assert list(open_tasks(instance)) == ["a"]


def test_a_partners_rate_is_set_on_its_line(operator: Browser) -> None:
    assert "Le débit est réglé" in operator.post(
        "/exploitation/partenaires/oseo/debit", {"rate": "60", "motive": "x"}
    ).text  # fmt: skip
    db.session.rollback()
    assert db.session.get_one(Partner, "oseo").rate == 60
    refused = operator.post(
        "/exploitation/partenaires/oseo/debit", {"rate": "beaucoup", "motive": "x"}
    )
    assert "de 1 à 60000" in refused.text
    operator.post("/exploitation/partenaires/oseo/debit", {"rate": "", "motive": "x"})
    db.session.rollback()
    assert db.session.get_one(Partner, "oseo").rate is None
