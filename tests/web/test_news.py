"""« Nouvelles »: what people read there, what opening a page marks, what links allow."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from engine import clock, notices, told
from engine.access import Actor
from engine.commands import cases, tasks
from engine.models import ProcessInstance, db
from engine.notices import Notice
from engine.transaction import transaction
from tests.engine.test_notices import BODY, KEY
from tests.office import Office, open_office, open_tasks, publish
from tests.web import test_performance as plans
from tests.web.browser import Browser
from web.news.letters import preferences_link

HOSTILE = "<script>alert(1)</script> \"' {{ 7*7 }}"


@pytest.fixture
def office(app: Flask) -> Office:
    return open_office()


@pytest.fixture
def case(office: Office) -> ProcessInstance:
    return begun(office)


def begun(office: Office) -> ProcessInstance:
    """A case that Claire has taken."""
    definition = publish(KEY, BODY, owner=office.region)
    case = cases.start(definition, {}, actor=office.applicant, applicant_id=office.company)
    tasks.claim(open_tasks(case.id)["review"], actor=office.officer)
    return db.session.get_one(ProcessInstance, case.id)


def bell(page: Any) -> str:
    """What the bell says on a page."""
    return str(page.text.split("data-ebg-number>")[1].split("<")[0])


def test_a_message_is_read_by_opening_the_case(
    app: Flask, office: Office, case: ProcessInstance
) -> None:
    claire = Browser(app, office.officer)
    assert bell(claire.get("/nouvelles/")) == "0"
    cases.write_message(case.id, "Bonjour", actor=office.applicant)
    page = claire.get("/nouvelles/")
    assert bell(page) == "1"
    assert "Anne Morvan vous a écrit" in page.text
    assert "Non lu" in page.text
    assert case.number in page.text
    opened = claire.get(f"/dossiers/{case.id}")
    assert bell(opened) == "0", "the page that shows it counts it no more"
    assert "Non lu" not in claire.get("/nouvelles/").text


@pytest.mark.parametrize("address", ["/corbeille/?panier=a-moi", "/dossiers/"])
def test_what_is_unread_is_marked_in_lists_in_words(
    app: Flask, office: Office, case: ProcessInstance, address: str
) -> None:
    claire = Browser(app, office.officer)
    assert "Non lu" not in claire.get(address).text
    cases.write_message(case.id, "Bonjour", actor=office.applicant)
    cases.write_message(case.id, "Bonsoir", actor=office.officer)
    page = claire.get(address).text
    assert page.count("Non lu") == page.count("ebg-row-unread") == 1
    assert "Non lu" in Browser(app, office.applicant).get("/demandes/").text
    paul = Browser(app, office.second_officer)
    assert "Non lu" not in paul.get("/dossiers/").text, "who was told nothing"


def test_a_page_that_is_refused_reads_nothing(
    app: Flask, office: Office, case: ProcessInstance
) -> None:
    cases.write_message(case.id, "Bonjour", actor=office.officer)
    stranger = Browser(app, office.stranger)
    assert stranger.get(f"/demandes/{case.id}").status_code == 403
    anne = Browser(app, office.applicant)
    assert bell(anne.get("/nouvelles/")) == "1"
    assert bell(anne.get(f"/demandes/{case.id}")) == "0"


def test_filters_and_marks(app: Flask, office: Office, case: ProcessInstance) -> None:
    tasks.complete(open_tasks(case.id)["review"], {}, actor=office.officer)
    cases.write_message(case.id, "Bonjour", actor=office.officer)
    anne = Browser(app, office.applicant)
    assert "Claire Martin vous a écrit" in anne.get("/nouvelles/?genre=reply").text
    assert "Fournir le RIB" not in anne.get("/nouvelles/?genre=reply").text
    assert "Fournir le RIB" in anne.get("/nouvelles/?genre=awaited").text
    assert anne.get("/nouvelles/?genre=faux").status_code == 404
    anne.post("/nouvelles/toutes-lues", {})
    assert "Aucune nouvelle ne répond" in anne.get("/nouvelles/?non-lues=1").text
    one = db.session.scalars(select(Notice.id).where(Notice.kind == "reply")).one()
    anne.post(f"/nouvelles/{one}", {"read": "0", "next": "/nouvelles/?non-lues=1"})
    assert "Claire Martin" in anne.get("/nouvelles/?non-lues=1").text
    assert Browser(app, office.stranger).send(f"/nouvelles/{one}", {}).status_code == 404


def test_hostile_words_are_only_words(
    app: Flask, office: Office, case: ProcessInstance
) -> None:
    with transaction():
        case = db.session.get_one(ProcessInstance, case.id)
        case.title = HOSTILE
        told.tell(
            notices.DOCUMENT,
            told.followers(),
            by=None,
            case_id=case.id,
            detail={"title": HOSTILE},
        )
    page = Browser(app, office.officer).get("/nouvelles/").text
    assert "<script>alert(1)" not in page
    assert page.count("&lt;script&gt;alert(1)") >= 2


def test_preferences_are_kept_and_change_what_is_told(
    app: Flask, office: Office, case: ProcessInstance
) -> None:
    claire = Browser(app, office.officer)
    claire.post(
        "/nouvelles/preferences",
        {"message": "nothing", "opinion": "now", "quiet": ["3"], "locale": "en_GB"},
    )
    page = claire.get("/nouvelles/preferences").text
    for checked in ("message-nothing", "opinion-now", "quiet-3", "closed-daily"):
        assert " checked" in page.split(f'id="{checked}"')[1].split(">")[0], checked
    assert " checked" not in page.split('id="quiet-6"')[1].split(">")[0]
    cases.write_message(case.id, "Bonjour", actor=office.applicant)
    assert bell(claire.get("/nouvelles/")) == "0"


def test_what_a_form_never_sends_is_not_kept(app: Flask, office: Office) -> None:
    claire = Browser(app, office.officer)
    before = notices.choices(office.officer.person_id)
    for values in (
        {"message": "fusée", "quiet": ["9", "-1", "x"], "locale": "<xx>"},
        {"faux": "now"},
    ):
        assert claire.send("/nouvelles/preferences", values).status_code == 302
    assert notices.choices(office.officer.person_id) == before
    assert notices.letters(_id(office.officer)).locale == "fr_FR"


def test_the_link_of_a_letter_stops_them_for_a_visitor(
    app: Flask, office: Office, case: ProcessInstance
) -> None:
    with app.test_request_context():
        address = preferences_link(_id(office.officer)).removeprefix("http://localhost")
    visitor = Browser(app)
    page = visitor.get(address)
    assert page.status_code == 200
    assert "Claire" not in page.text, "a letter may be passed on"
    assert visitor.get(address + "x").status_code == 410
    visitor.post(address, {"stop": "1"})
    chosen = notices.choices(office.officer.person_id)
    assert set(chosen.values()) == {"site", "nothing"}
    assert visitor.get("/nouvelles/").request.path == "/connexion"


def test_a_signal_counts_and_says_what_is_new(
    app: Flask, office: Office, case: ProcessInstance
) -> None:
    claire = Browser(app, office.officer)
    since = clock.now().isoformat()
    asked = {"depuis": since, "dossier": str(case.id), "suite": str(case.journal_seq)}
    quiet = claire.client.get("/nouvelles/signal", query_string=asked).json
    assert (quiet["bell"], quiet["list"], quiet["case"]) == (0, None, None)
    definition = case.definition_id
    for _ in range(3):
        cases.start(definition, {}, actor=office.applicant, applicant_id=office.company)
    cases.write_message(case.id, "Bonjour", actor=office.applicant)
    asked["paniers"] = "1"
    news = claire.client.get("/nouvelles/signal", query_string=asked).json
    assert news["bell"] == 1
    assert news["list"]["text"] == "3 nouvelles tâches"
    assert news["case"]["text"] == "Ce dossier vient de changer"
    assert news["baskets"]["a-prendre"] == 3
    other = Browser(app, office.stranger).client
    assert other.get("/nouvelles/signal", query_string=asked).json["case"] is None
    for bad in ("depuis=hier", "dossier=1", "suite=x", "depuis=2026-01-01"):
        assert claire.client.get(f"/nouvelles/signal?{bad}").status_code == 200


def test_a_signal_asks_little_of_the_database(
    app: Flask, office: Office, case: ProcessInstance
) -> None:
    client = Browser(app, office.officer).client
    client.get("/nouvelles/signal")
    with plans.statements(app) as sent:
        client.get("/nouvelles/signal?depuis=2026-01-01T00:00:00Z")
    asked = [s for s, _ in sent if "notice" in s or "user_task" in s]
    assert len(asked) == 2, asked


def test_no_notice_is_read_by_a_whole_table(
    app: Flask, office: Office, case: ProcessInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six thousand notices of others cost the reader of one nothing."""
    monkeypatch.setattr(plans, "WATCHED", plans.WATCHED | {"notice"})
    cases.write_message(case.id, "Bonjour", actor=office.applicant)
    row = {"kind": "message", "detail": {}, "instance_id": case.id}
    row |= {"person_id": _id(office.second_officer)}
    db.session.execute(db.insert(Notice), [dict(row) for _ in range(plans.ROWS)])
    db.session.execute(db.text("ANALYZE"))
    db.session.commit()
    client = Browser(app, office.officer).client
    for address in ("/nouvelles/", "/nouvelles/signal", f"/dossiers/{case.id}"):
        with plans.statements(app) as sent:
            assert client.get(address).status_code == 200
        told = [one for one in sent if "notice" in one[0]]
        assert told, address
        assert plans.scanned(app, told) == set()


def _id(actor: Actor) -> Any:
    return actor.person_id
