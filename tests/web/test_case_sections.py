"""Notes, asks, documents, the chronology and who is present: what each may see and do."""

import html
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from fpdf import FPDF
from sqlalchemy import select

from connectors import StoredFile
from engine import clock, documents, journal
from engine.asks import CaseRequest
from engine.chores import RETENTION
from engine.commands import cases, chores, operations, people, tasks
from engine.commands.operations import Operation
from engine.directory import holdings_of
from engine.documents import Document
from engine.models import History, db
from engine.notes import CaseNote
from engine.presence import Presence
from engine.retention import PRESENCES
from engine.transaction import transaction
from tests.office import open_tasks
from tests.web.browser import Browser
from tests.web.small_procedure import Ground, opened, prepare
from tests.web.visitor import letters

PDF = b"%PDF-1.7\n%%EOF"


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with opened(tmp_path_factory.mktemp("office")) as ground:
        yield ground


@pytest.fixture
def claire(ground: Ground) -> Browser:
    return Browser(ground.app, ground.office.officer)


def said(answer: Any) -> str:
    return " ".join(html.unescape(answer.text).split())


def acts(case_id: UUID) -> list[journal.JournalEntry]:
    db.session.rollback()
    return journal.of_case(case_id)


# Notes


def test_a_note_is_written_corrected_and_deleted_by_its_author(
    ground: Ground, claire: Browser
) -> None:
    case = ground.begin()
    paul = Browser(ground.app, ground.office.second_officer)
    page = said(claire.post(f"/dossiers/{case.id}/notes", {"text": "<b>Prudence</b>"}))
    assert "<b>Prudence</b>" in page
    note = db.session.scalars(select(CaseNote).order_by(CaseNote.at)).all()[-1]
    assert "<b>Prudence</b>" in said(paul.get(f"/dossiers/{case.id}/notes"))
    assert paul.get(f"/notes/{note.id}").status_code == 403
    assert paul.send(f"/notes/{note.id}/suppression").status_code == 403
    claire.send(f"/notes/{note.id}", {"text": "Prudence, vraiment"})
    assert "Prudence, vraiment" in said(paul.get(f"/dossiers/{case.id}/notes"))
    claire.send(f"/notes/{note.id}/suppression")
    assert "Prudence" not in said(paul.get(f"/dossiers/{case.id}/notes"))
    told = [a.action for a in acts(case.id) if a.action.startswith("note_")]
    assert told == ["note_added", "note_edited", "note_removed"]
    assert "Prudence" not in str([a.detail for a in acts(case.id)])


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 10_001])
def test_a_note_that_cannot_be_kept_is_given_back(
    ground: Ground, claire: Browser, text: str
) -> None:
    case = ground.begin()
    answer = claire.send(f"/dossiers/{case.id}/notes", {"text": text})
    assert answer.status_code == 422
    assert text.strip() in html.unescape(answer.text)
    assert "Note : " in said(answer)


def test_notes_are_never_read_by_the_company_nor_by_the_consulted(ground: Ground) -> None:
    case = ground.begin()
    claire, anne = (
        Browser(ground.app, one) for one in (ground.office.officer, ground.office.applicant)
    )
    claire.post(f"/dossiers/{case.id}/notes", {"text": "Entre nous"})
    denis = Browser(ground.app, ground.office.department_officer)
    _ask(ground, claire, case.id, "opinion", ground.office.department, role="cofunder")
    for browser in (anne, denis):
        assert browser.get(f"/dossiers/{case.id}/notes").status_code == 403
        for path in ("", "/demande", "/documents", "/historique", "/export"):
            assert "Entre nous" not in said(browser.get(f"/dossiers/{case.id}{path}"))


# Asks


def _ask(
    ground: Ground,
    browser: Browser,
    case: UUID,
    kind: str,
    body: UUID | None = None,
    *,
    role: str = "",
    person: UUID | None = None,
    **more: str,
) -> CaseRequest:
    to = (
        f"role:{body}:{role}"
        if role
        else f"person:{body}:{person}"
        if person
        else "company"
    )
    values = {"kind": kind, "text": "Qu’en pensez-vous ?", "to": to, **more}
    answer = browser.send(f"/dossiers/{case}/demander", values)
    assert answer.status_code == 302, said(answer)
    db.session.rollback()
    found = select(CaseRequest).where(CaseRequest.instance_id == case)
    return db.session.scalars(found.order_by(CaseRequest.asked_at.desc())).first()


def test_a_company_answers_with_a_document(ground: Ground, claire: Browser) -> None:
    case = ground.begin()
    ask = _ask(ground, claire, case.id, "document")
    anne = Browser(ground.app, ground.office.applicant)
    follow = said(anne.get(f"/demandes/{case.id}"))
    assert "On attend une réponse de vous" in follow
    assert "Pièce demandée" in follow
    assert "ne suspend pas le délai" in said(anne.get(f"/avis/{ask.id}"))
    file = (BytesIO(PDF), "../../devis <b>.pdf")
    answer = anne.send(f"/avis/{ask.id}", {"text": "Le voici", "files": file})
    assert answer.status_code == 302
    page = said(claire.get(f"/avis/{ask.id}"))
    assert "Le voici" in page
    (document,) = db.session.scalars(
        select(Document).where(Document.instance_id == case.id)
    ).all()
    assert (document.origin, document.audience) == ("applicant", "parties")
    assert "/" not in document.name
    assert anne.send(f"/avis/{ask.id}", {"text": "Encore"}).status_code == 409


def test_a_file_that_is_not_one_is_refused_and_the_answer_kept(
    ground: Ground, claire: Browser
) -> None:
    case = ground.begin()
    ask = _ask(ground, claire, case.id, "document")
    anne = Browser(ground.app, ground.office.applicant)
    answer = anne.send(
        f"/avis/{ask.id}",
        {"text": "Le voici", "files": (BytesIO(b"MZ\x90"), "devis.pdf")},
    )
    assert answer.status_code == 422
    assert "Le voici" in said(answer)
    assert db.session.get_one(CaseRequest, ask.id).is_open


@pytest.mark.parametrize("values", [{}, {"text": "  "}, {"text": "x" * 10_001}])
def test_an_answer_that_says_nothing_is_refused(
    ground: Ground, claire: Browser, values: dict[str, str]
) -> None:
    ask = _ask(ground, claire, ground.begin().id, "question")
    anne = Browser(ground.app, ground.office.applicant)
    answer = anne.send(f"/avis/{ask.id}", values)
    assert answer.status_code == 422
    assert "Votre réponse :" in said(answer)


def test_an_opinion_asked_of_another_body_opens_the_summary_and_nothing_else(
    ground: Ground, claire: Browser
) -> None:
    case = ground.begin()
    denis = Browser(ground.app, ground.office.department_officer)
    assert denis.get(f"/dossiers/{case.id}").status_code == 403
    with transaction():
        stored = StoredFile("a" * 64, "a.pdf", "application/pdf", 1)
        for audience in (documents.EVERYONE, documents.PARTIES, documents.OFFICE):
            documents.add(
                stored, kind="PJ", title=f"Pour {audience}", origin="applicant",
                instance_id=case.id, audience=audience,
            )  # fmt: skip
    ask = _ask(
        ground, claire, case.id, "opinion", ground.office.department, role="cofunder",
        confidential="1",
    )  # fmt: skip
    assert "Avis demandé" in said(denis.get("/avis/"))
    assert denis.get(f"/dossiers/{case.id}").status_code == 200
    listed = said(denis.get(f"/dossiers/{case.id}/documents"))
    assert "Pour everyone" in listed
    assert "Pour parties" not in listed
    assert "Pour office" not in listed
    for path in ("/notes", "/echanges", "/schema", "/demander"):
        assert denis.get(f"/dossiers/{case.id}{path}").status_code == 403
    assert denis.send(f"/avis/{ask.id}", {"text": "Très favorable"}).status_code == 302
    paul = Browser(ground.app, ground.office.second_officer)
    assert "Très favorable" in said(paul.get(f"/dossiers/{case.id}/notes"))
    anne = Browser(ground.app, ground.office.applicant)
    assert anne.get(f"/avis/{ask.id}").status_code == 403
    assert "Très favorable" not in said(anne.get(f"/demandes/{case.id}"))
    assert "Avis demandé" not in said(anne.get(f"/demandes/{case.id}"))


def test_an_open_opinion_is_told_to_others_consulted_a_confidential_one_is_not(
    ground: Ground, claire: Browser
) -> None:
    case, paul = ground.begin(), ground.office.second_officer
    denis = Browser(ground.app, ground.office.department_officer)
    for text, confidential in (("Ouvert", ""), ("Secret", "1")):
        ask = _ask(
            ground, claire, case.id, "opinion", ground.office.region,
            person=paul.person_id, confidential=confidential,
        )  # fmt: skip
        Browser(ground.app, paul).send(f"/avis/{ask.id}", {"text": text})
    _ask(ground, claire, case.id, "opinion", ground.office.department, role="cofunder")
    page = said(denis.get(f"/dossiers/{case.id}"))
    assert "Ouvert" in page
    assert "Secret" not in page


def test_an_ask_withdrawn_closes_the_case_to_whoever_was_asked(
    ground: Ground, claire: Browser
) -> None:
    case = ground.begin()
    denis = Browser(ground.app, ground.office.department_officer)
    ask = _ask(
        ground, claire, case.id, "opinion", ground.office.department, role="cofunder"
    )
    refused = claire.send(f"/avis/{ask.id}/retrait", {"motive": ""})
    assert refused.status_code == 422
    claire.send(f"/avis/{ask.id}/retrait", {"motive": "Plus nécessaire"})
    assert denis.get(f"/dossiers/{case.id}").status_code == 403
    told = said(denis.get(f"/avis/{ask.id}"))
    assert "Plus nécessaire" in told
    assert "Voir le dossier" not in told
    assert denis.send(f"/avis/{ask.id}", {"text": "Trop tard"}).status_code == 409


def test_a_reminder_leaves_once_a_day(either_app: Flask) -> None:
    own = prepare(either_app)
    claire, case = Browser(own.app, own.office.officer), own.begin()
    ask = _ask(own, claire, case.id, "opinion", own.office.department, role="cofunder")
    assert "réessayez demain" in said(claire.post(f"/avis/{ask.id}/relance"))
    clock.advance(timedelta(days=1))
    assert "La relance est envoyée" in said(claire.post(f"/avis/{ask.id}/relance"))
    assert "réessayez demain" in said(claire.post(f"/avis/{ask.id}/relance"))
    assert len([m for m in letters(either_app) if "denis@cd21.test" in m["to"]]) == 2


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"to": "company", "text": ""}, "Votre demande : écrivez"),
        ({"to": "", "text": "Combien ?"}, "À qui : choisissez"),
        ({"to": "person:x:y", "text": "Combien ?"}, "À qui : choisissez"),
        ({"to": "role:1:2:3", "text": "Combien ?"}, "À qui : choisissez"),
        ({"to": "company", "text": "C ?", "due": "hier"}, "Réponse attendue le : donnez"),
        ({"to": "company", "text": "C ?", "due": "2001-01-01"}, "choisissez un jour"),
    ],
)
def test_an_ask_that_cannot_leave_is_given_back(
    ground: Ground, claire: Browser, values: dict[str, str], told: str
) -> None:
    case = ground.begin()
    answer = claire.send(f"/dossiers/{case.id}/demander", {"kind": "question", **values})
    assert answer.status_code == 422
    assert told in said(answer)
    assert values["text"] in said(answer)


def test_nobody_is_asked_who_has_no_role_any_more(either_app: Flask) -> None:
    own = prepare(either_app)
    claire, case = Browser(own.app, own.office.officer), own.begin()
    paul = own.office.second_officer
    ask = _ask(own, claire, case.id, "opinion", own.office.region, person=paul.person_id)
    for holding in holdings_of(paul.person_id):
        people.withdraw(holding.id, by=None)
    assert Browser(either_app, paul).get(f"/avis/{ask.id}").status_code == 403
    gone = f"person:{own.office.region}:{paul.person_id}"
    values = {"kind": "opinion", "text": "Encore ?", "to": gone}
    assert claire.send(f"/dossiers/{case.id}/demander", values).status_code == 422


# Documents


def _many(case: UUID, number: int, **more: Any) -> None:
    with transaction():
        for n in range(number):
            documents.add(
                StoredFile(f"{n:064x}", f"devis_{n}.pdf", "application/pdf", 1),
                kind="PJ", title=f"Devis {n} %", origin=more.get("origin", "applicant"),
                instance_id=case,
            )  # fmt: skip


def test_documents_are_paged_filtered_and_found(ground: Ground, claire: Browser) -> None:
    case = ground.begin()
    _many(case.id, 120)
    _many(case.id, 3, origin="partner")
    address, seen = f"/dossiers/{case.id}/documents", 0
    while address:
        answer = claire.client.get(address)
        seen += answer.text.count('class="ebg-document')
        further = answer.text.split('rel="next" href="')
        address = html.unescape(further[1].split('"')[0]) if further[1:] else ""
    assert seen == 123
    page = claire.get(f"/dossiers/{case.id}/documents?origine=partner").text
    assert page.count('class="ebg-document') == 3
    for sought, found in (("devis_7", 11), ("Devis 7 %", 1), ("%%", 0), ("_", 123)):
        page = claire.get(f"/dossiers/{case.id}/documents", query_string={"q": sought})
        assert page.text.count('class="ebg-document') == min(found, 50), sought
    for nonsense in ("apres=abc", "apres=2026_1", "origine=x", "q=%00", "apres=9999_"):
        assert claire.get(f"/dossiers/{case.id}/documents?{nonsense}").status_code == 200


def test_a_pdf_is_framed_by_our_page_alone_and_downloads_stay_sandboxed(
    ground: Ground, claire: Browser
) -> None:
    case = ground.begin()
    storage = ground.app.extensions["partners"]["storage"]
    made = {}
    for kind, content in (
        ("application/pdf", PDF), ("text/plain", "é\x07<b>".encode()),
        ("text/html", b"<script>alert(1)</script>"), ("image/svg+xml", b"<svg/>"),
    ):  # fmt: skip
        kept = storage.put(content, name="a", media_type=kind)
        with transaction():
            made[kind] = documents.add(
                kept, kind="PJ", title="T <i>", origin="applicant", instance_id=case.id
            ).id
    page = claire.get(f"/documents/{made['application/pdf']}/apercu")
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    assert "<iframe" in page.text
    assert "T <i>" not in page.text
    content = claire.client.get(f"/documents/{made['application/pdf']}/contenu")
    assert content.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in content.headers["Content-Security-Policy"]
    whole = claire.client.get(f"/documents/{made['application/pdf']}")
    assert "sandbox" in whole.headers["Content-Security-Policy"]
    assert whole.headers["X-Frame-Options"] == "DENY"
    text = claire.get(f"/documents/{made['text/plain']}/apercu").text
    assert "é&lt;b&gt;" in text
    for kind in ("text/html", "image/svg+xml", "text/plain"):
        assert claire.client.get(f"/documents/{made[kind]}/contenu").status_code == 404
    for kind in ("text/html", "image/svg+xml"):
        shown = claire.get(f"/documents/{made[kind]}/apercu")
        assert "ne peut pas être montré ici" in said(shown)
    assert "frame-src" not in claire.get("/dossiers/").headers["Content-Security-Policy"]


def test_the_text_of_a_pdf_is_read_beside_it_a_few_pages_at_a_time(
    ground: Ground, claire: Browser
) -> None:
    case = ground.begin()
    paper = FPDF()
    paper.set_font("helvetica", size=12)
    for number in range(1, 13):
        paper.add_page()
        if number != 2:
            paper.cell(text=f"Article {number} <b>")
    storage = ground.app.extensions["partners"]["storage"]
    addresses = []
    for content in (bytes(paper.output()), b"%PDF-1.7 nothing"):
        kept = storage.put(content, name="a.pdf", media_type="application/pdf")
        with transaction():
            one = documents.add(
                kept, kind="PJ", title="Plan", origin="applicant", instance_id=case.id
            )
            addresses.append(f"/documents/{one.id}/apercu")
    first, broken = addresses
    assert "Article 1" not in said(claire.get(first))
    shown = claire.get(f"{first}?texte=1").text
    assert "Article 1 &lt;b&gt;" in shown
    assert "Article 10 " in shown
    assert "Article 11 " not in shown
    assert html.unescape(shown).count("C’est une image sans texte.") == 1
    assert "Article 12 " in claire.get(f"{first}?texte=11").text
    for nonsense in ("-3", "99999", "x"):
        assert "Article 1" in claire.get(f"{first}?texte={nonsense}").text
    assert "n’a pas pu être lu" in said(claire.get(f"{broken}?texte=1"))


def test_a_removed_colleague_is_told_why_a_document_is_closed(app: Flask) -> None:
    own = prepare(app)
    case, paul = own.begin(), own.office.second_officer
    _many(case.id, 1)
    (document,) = db.session.scalars(select(Document)).all()
    browser = Browser(app, paul)
    assert browser.client.get(f"/documents/{document.id}/apercu").status_code == 200
    for holding in holdings_of(paul.person_id):
        people.withdraw(holding.id, by=None)
    answer = browser.get(f"/documents/{document.id}")
    assert answer.status_code == 403
    assert "votre rôle a pu prendre fin" in said(answer)
    assert browser.get(f"/documents/{document.id}/apercu").status_code == 403
    assert "votre rôle a pris fin" in said(browser.get(f"/dossiers/{case.id}"))


# The chronology


def test_everything_is_told_once_in_order_page_after_page(own: Ground) -> None:
    case, claire = own.begin(), Browser(own.app, own.office.officer)
    task = open_tasks(case.id)["review"]
    tasks.claim(task, actor=own.office.officer)
    for n in range(60):
        cases.write_message(case.id, f"Message n° {n}.", actor=own.office.officer)
    _many(case.id, 60)
    claire.post(f"/dossiers/{case.id}/notes", {"text": "Une note"})
    operator = own.office.operator
    operations.perform(case.id, Operation("suspend"), actor=operator, motive="Panne")
    operations.perform(case.id, Operation("resume"), actor=operator, motive="Réparé")
    address, text, moments = f"/dossiers/{case.id}/historique", "", []
    while address:
        answer = claire.client.get(address)
        text += said(answer)
        moments += [m.split('"')[0] for m in answer.text.split('<time datetime="')[1:]]
        further = answer.text.split('rel="next" href="')
        address = html.unescape(further[1].split('"')[0]) if further[1:] else ""
    assert moments == sorted(moments, reverse=True)
    for n in range(60):
        assert text.count(f"Message n° {n}.") == 1
        assert text.count(f"Document reçu : Devis {n} %") == 1
    for told in (
        "« Instruire » : prise en charge", "Dossier suspendu", "Motif : Panne",
        "Dossier repris", "Note ajoutée", "Déposée",
    ):  # fmt: skip
        assert text.count(told) == 1, told


@pytest.fixture
def own(either_app: Flask) -> Ground:
    return prepare(either_app)


def test_a_kind_tells_that_kind_alone(ground: Ground, claire: Browser) -> None:
    case = ground.begin()
    cases.write_message(case.id, "Bonjour à vous", actor=ground.office.officer)
    _many(case.id, 1)
    told = {
        kind: said(claire.get(f"/dossiers/{case.id}/historique?genre={kind}"))
        for kind in ("messages", "documents", "etapes", "exploitation", "x", "")
    }
    assert {k for k, page in told.items() if "Bonjour à vous" in page} == {
        "messages", "x", "",
    }  # fmt: skip
    assert {k for k, page in told.items() if "Devis 0 %" in page} == {"documents", "x", ""}
    for nonsense in (
        "apres=abc",
        "apres=s1a2m3d4",
        f"apres=s{'9' * 90}amd",
        "apres=sam9-x",
    ):
        answer = claire.get(f"/dossiers/{case.id}/historique?{nonsense}")
        assert answer.status_code == 200


def test_a_company_reads_what_concerns_it(ground: Ground, claire: Browser) -> None:
    case = ground.begin()
    anne = Browser(ground.app, ground.office.applicant)
    claire.post(f"/dossiers/{case.id}/notes", {"text": "Entre nous"})
    tasks.claim(open_tasks(case.id)["review"], actor=ground.office.officer)
    page = said(anne.get(f"/dossiers/{case.id}/historique"))
    assert "Déposée" in page
    for hidden in ("Note ajoutée", "prise en charge", "Exploitation"):
        assert hidden not in page


def test_a_long_case_is_read_by_pages_and_its_loops_are_counted(ground: Ground) -> None:
    """Five thousand steps: each page reads a few, and the diagram counts them all."""
    case, now = ground.begin(), clock.now()
    task = open_tasks(case.id)["review"]
    db.session.add_all(
        History(
            instance_id=case.id, seq=1000 + n, task_id=task, element_id="review",
            name="Instruire", kind="userTask", state="completed", entered_at=now,
            ended_at=now + timedelta(seconds=n), updates={},
        )
        for n in range(5000)
    )  # fmt: skip
    db.session.commit()
    claire = Browser(ground.app, ground.office.officer)
    for path in ("", "/historique", "/schema", "/schema?avant=3000"):
        assert claire.client.get(f"/dossiers/{case.id}{path}").status_code == 200, path
    page = claire.get(f"/dossiers/{case.id}/schema")
    assert page.text.count("<tr>") == 1 + 100 + 1, "a head, a page, and the open task"
    assert "<td>5000</td>" in page.text
    for nonsense in ("avant=x", "avant=-4", f"avant={'9' * 25}"):
        assert claire.get(f"/dossiers/{case.id}/schema?{nonsense}").status_code == 200


# Presence


def test_those_who_look_are_told_to_handlers_and_forgotten(either_app: Flask) -> None:
    own = prepare(either_app)
    case = own.begin()
    claire, paul = (
        Browser(either_app, one) for one in (own.office.officer, own.office.second_officer)
    )
    assert claire.send(f"/dossiers/{case.id}/presence").status_code == 200
    assert "Claire Martin consulte aussi ce dossier." in said(
        paul.get(f"/dossiers/{case.id}")
    )
    assert "consulte aussi" not in said(claire.get(f"/dossiers/{case.id}"))
    anne = Browser(either_app, own.office.applicant)
    assert anne.send(f"/dossiers/{case.id}/presence").status_code == 403
    assert "consulte aussi" not in said(anne.get(f"/demandes/{case.id}"))
    claire.send(f"/dossiers/{case.id}/presence")
    assert len(db.session.scalars(select(Presence)).all()) == 1
    clock.advance(timedelta(minutes=3))
    assert "consulte aussi" not in said(paul.get(f"/dossiers/{case.id}"))
    chores.plan(RETENTION, PRESENCES, every=timedelta())
    chores.finish()
    assert not db.session.scalars(select(Presence)).all()


# Why this task, and the company's other cases


def test_a_task_says_why_it_is_there_and_in_whose_hands(
    ground: Ground, claire: Browser
) -> None:
    case = ground.begin()
    task = open_tasks(case.id)["review"]
    page = said(claire.get(f"/taches/{task}"))
    for told in (
        "Petite démarche, version 1", "Instructeur, Région", "Vous avez ce rôle depuis le",
        "Vient après", "Déposée", "Anne Morvan", "Aucune échéance",
    ):  # fmt: skip
        assert told in page, told
    claire.send(f"/taches/{task}/prise-en-charge")
    paul = Browser(ground.app, ground.office.second_officer)
    assert "Claire Martin, qui l’a prise en charge" in said(paul.get(f"/taches/{task}"))
    anne = Browser(ground.app, ground.office.applicant)
    assert anne.get(f"/taches/{task}").status_code == 403


def test_a_case_leads_to_the_company_s_others_that_one_handles(
    ground: Ground, claire: Browser
) -> None:
    first, second = ground.begin("Première scie"), ground.begin("Seconde scie")
    page = claire.get(f"/dossiers/{first.id}").text
    assert f"/dossiers/{second.id}" in page
