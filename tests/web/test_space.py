"""The space of a company: what is awaited first, its requests found again, and nobody else's."""

import re
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4
from zipfile import ZipFile

import pytest
from flask import Flask
from sqlalchemy import insert

from engine import clock
from engine.access import actor_for
from engine.commands import cases, people
from engine.models import ProcessInstance, db
from engine.variables import TITLE, CaseVariable, columns
from tests.web.browser import Browser
from tests.web.small_procedure import KEY, Ground, opened, prepare
from tests.web.test_performance import selects, statements

MANY = 5_000


@pytest.fixture
def ground(app: Flask) -> Ground:
    return prepare(app)


@pytest.fixture
def anne(ground: Ground) -> Browser:
    return Browser(ground.app, ground.office.applicant)


def test_a_company_arrives_in_its_space(ground: Ground, anne: Browser) -> None:
    ground.begin("Scie à ruban")
    page = anne.get("/")
    assert page.request.path == "/mon-espace/"
    assert "Rien n’est attendu de vous" in page.text
    assert "Scie à ruban" in page.text
    assert "Région" in page.text, "who has it"


def test_messages_of_the_service_come_first(ground: Ground, anne: Browser) -> None:
    case = ground.begin("Scie")
    cases.write_message(case.id, "<i>Il manque</i> un devis.", actor=ground.office.officer)
    page = anne.get("/mon-espace/").text
    assert "&lt;i&gt;Il manque&lt;/i&gt; un devis." in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=ruban", {"Scie à ruban"}),
        ("q=SCIE", {"Scie à ruban", "Scie radiale"}),
        ("q=raboteuse", set()),
        ("q={number}", {"Scie radiale"}),
        ("etat=closes", {"Scie radiale"}),
        ("etat=en-cours", {"Scie à ruban"}),
        ("demarche=" + KEY, {"Scie à ruban", "Scie radiale"}),
        ("demarche=nulle.part", set()),
        ("annee=1999", {"Scie à ruban", "Scie radiale"}),
        ("annee=2020", set()),
        ("etat=%00&annee=³&q=%00%F0%9F%92%A9", set()),
    ],
)
def test_requests_are_found_again(
    ground: Ground, anne: Browser, query: str, found: set[str]
) -> None:
    ground.begin("Scie à ruban")
    other = ground.begin("Scie radiale")
    number = other.number
    db.session.get_one(ProcessInstance, other.id).status = "completed"
    db.session.commit()
    page = anne.get("/demandes/?" + query.format(number=number))
    assert page.status_code == 200
    shown = set(re.findall(r'href="/demandes/[0-9a-f-]{36}">([^<]+)<', page.text))
    assert shown == found


def test_of_several_companies_one_is_chosen(ground: Ground, anne: Browser) -> None:
    office = ground.office
    people.grant(office.applicant.person_id, office.other_company, "applicant")
    ground.begin("Scie")
    assert "Autre SARL" in anne.get("/mon-espace/").text
    page = anne.post(
        f"/entreprises/{office.other_company}/choisir", {"next": "/mon-espace/"}
    )
    assert "<h1>Autre SARL</h1>" in page.text
    assert "Aucune demande déposée" in page.text
    assert "Scie" in anne.get("/demandes/").text, "the list holds those of both"


def test_nobody_sees_another_company(ground: Ground) -> None:
    ground.begin("Scie secrète")
    max_ = Browser(ground.app, ground.office.stranger)
    for path in ("/mon-espace/", "/demandes/", "/demandes/?q=secrète"):
        assert "secrète" not in max_.get(path).text.replace('value="secrète"', "")
    assert Browser(ground.app, ground.office.officer).get("/mon-espace/").status_code == 403


def test_who_only_administers_reads_no_request(ground: Ground) -> None:
    ground.begin("Scie secrète")
    person = people.add_person("rh@morvan.test", "Rose Humbert")
    people.grant(person, ground.office.company, "administrator")
    page = Browser(ground.app, actor_for(person)).get("/mon-espace/").text
    assert "Scie secrète" not in page
    assert "Personnes et droits" in page


def test_every_page_of_a_company_is_read_on_both_databases(either_app: Flask) -> None:
    own = prepare(either_app)
    office, company = own.office, own.office.company
    people.grant(office.applicant.person_id, company, "administrator")
    people.grant(office.officer.person_id, office.region, "administrator")
    case = own.begin("Scie")
    cases.write_message(case.id, "Bonjour", actor=office.officer)
    anne = Browser(either_app, actor_for(office.applicant.person_id))
    pdf = BytesIO(b"%PDF-1.7\n%%EOF"), "kbis.pdf"
    vault = f"/entreprises/{company}/coffre"
    sent = {"kind": "kbis", "file": pdf, "expires_on": clock.today().isoformat()}
    assert "expire aujourd’hui" in anne.post(vault, sent).text
    anne.post(f"/demandes/{case.id}/suivi")
    claire = Browser(either_app, actor_for(office.officer.person_id))
    mark = f"/organisation/{office.region}/marque"
    claire.post(f"{mark}/adresses", {"host": "demarches.autun.fr"})
    for browser, path in (
        (anne, "/mon-espace/"),
        (anne, "/demandes/?q=scie&etat=en-cours&annee=2026&demarche=" + KEY),
        (anne, vault),
        (anne, f"/entreprises/{company}/historique"),
        (anne, f"/demandes/{case.id}/suivi"),
        (anne, "/compte/mes-donnees"),
        (claire, mark),
        (Browser(either_app, office.operator), "/exploitation/adresses/"),
    ):
        assert browser.get(path).status_code == 200, path
    answer = anne.send(f"/entreprises/{company}/export")
    assert "manifest.json" in ZipFile(BytesIO(answer.data)).namelist()


# Five thousand requests


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with opened(tmp_path_factory.mktemp("crowd")) as ground:
        fill(ground)
        yield ground


def fill(ground: Ground) -> None:
    """A company that files a request every hour for months, with the words of their titles."""
    first = ground.begin("Première")
    row = {c.key: getattr(first, c.key) for c in ProcessInstance.__table__.columns}
    made: list[dict[str, Any]] = [
        {
            **row,
            "id": uuid4(),
            "number": f"20-{number:04d}-ABCD",
            "title": f"Machine {number}",
            "started_at": clock.now() - timedelta(hours=number + 1),
            "status": "active" if number % 10 == 0 else "completed",
        }
        for number in range(MANY)
    ]
    db.session.execute(insert(ProcessInstance), made)
    words = [
        {"instance_id": one["id"], "organisation_id": one["organisation_id"], "name": TITLE,
         "started_at": one["started_at"], **columns(word)}
        for one in made
        for word in one["title"].split()
    ]  # fmt: skip
    db.session.execute(insert(CaseVariable), words)
    db.session.commit()


@pytest.mark.parametrize(
    "path",
    [
        "/mon-espace/",
        "/demandes/",
        "/demandes/?page=40",
        "/demandes/?etat=closes&annee=2026",
        "/demandes/?q=machine",
        "/demandes/?q=4999",
    ],
)
def test_five_thousand_requests_are_no_slower(crowded: Ground, path: str) -> None:
    browser = Browser(crowded.app, crowded.office.applicant)
    assert browser.client.get(path).status_code == 200
    with statements(crowded.app) as sent:
        page = browser.client.get(path)
    assert page.status_code == 200
    assert len(selects(sent)) < 40
