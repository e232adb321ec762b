"""A company's request through HTTP: whatever is typed or sent, a sentence says what is
wrong and how to put it right, and nothing is lost nor half done.
"""

import html
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from io import BytesIO
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from connectors import sandboxes
from connectors.antivirus.sandbox import EICAR
from engine import clock
from engine.access import actor_for
from engine.commands import drafts, people
from engine.directory import Holding
from engine.documents import Document, Draft
from engine.models import Message, ProcessDefinition, ProcessInstance, db
from engine.transaction import transaction
from tests.web.browser import Browser
from tests.web.small_procedure import KEY, PROJECT, Ground, opened, prepare

PDF = b"%PDF-1.7\n%%EOF"
HOSTILE = "../../<script>'\"; DROP TABLE person; -- %s %00 𝕏 {{ 7*7 }}"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """One office for all the tests that leave it as they found it."""
    with opened(tmp_path_factory.mktemp("office")) as ground:
        yield ground


@pytest.fixture
def ground(shared: Ground) -> Ground:
    return shared


@pytest.fixture
def own(either_app: Flask) -> Ground:
    """An office of this test's own, on both databases."""
    return prepare(either_app)


@pytest.fixture
def anne(ground: Ground) -> Browser:
    return Browser(ground.app, ground.office.applicant)


@pytest.fixture
def draft(anne: Browser) -> str:
    return new_draft(anne)


def new_draft(browser: Browser) -> str:
    """The address of a request just begun, without its page."""
    return browser.send(f"/demarches/{KEY}/demande").location.rsplit("/", 1)[0]


def row(address: str) -> Draft | None:
    db.session.rollback()
    return db.session.get(Draft, UUID(address.rsplit("/", 1)[1]))


def count(row_type: Any) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(row_type)) or 0


def documents_of(draft: str) -> list[Document]:
    db.session.rollback()
    key = UUID(draft.rsplit("/", 1)[1])
    mine = (Document.draft_id == key) | (Document.instance_id == key)
    return list(db.session.scalars(select(Document).where(mine)))


def said(answer: Any) -> str:
    """What people read of a page, entities read as they show."""
    return html.unescape(answer.text)


def pdf(content: bytes = PDF, name: str = "devis.pdf") -> tuple[BytesIO, str]:
    return BytesIO(content), name


def fill(browser: Browser, draft: str) -> None:
    """Both pages, rightly."""
    assert browser.send(f"{draft}/1", {**PROJECT, "_next": "1"}).status_code == 302
    assert browser.send(f"{draft}/2", {"quote": pdf(), "_next": "1"}).status_code == 302


def test_a_request_is_filed_with_its_files(anne: Browser, draft: str) -> None:
    fill(anne, draft)
    recap = anne.get(f"{draft}/recapitulatif")
    assert "1 200,50" in said(recap).replace("\xa0", " ").replace("\u202f", " ")
    answer = anne.send(f"{draft}/recapitulatif")
    case = db.session.get(ProcessInstance, UUID(draft.rsplit("/", 1)[1]))
    assert case, "a request takes its draft's id"
    assert answer.location == f"/demandes/{case.id}"
    assert case.title == "Une scie"
    assert row(draft) is None
    (document,) = documents_of(draft)
    assert (document.instance_id, document.draft_id) == (case.id, None)
    page = anne.get(answer.location)
    assert f"Votre demande {case.number} est déposée." in said(page)
    assert anne.get(f"/documents/{document.id}").data == PDF


WRONG = [
    ("amount", "beaucoup", "Montant"),
    ("amount", "-5", "Montant"),
    ("amount", "1e999", "Montant"),
    ("amount", "9" * 400, "Montant"),
    ("starts_on", "31/02/2027", "Début"),
    ("starts_on", "0000-00-00", "Début"),
    ("starts_on", "demain", "Début"),
    ("kind", "weapons", "Nature"),
    ("title", "x" * 51, "Intitulé"),
    ("title", "a\x00b", "Intitulé"),
    ("title", "a\u202eb", "Intitulé"),
    ("title", "deux\nlignes", "Intitulé"),
    ("about", "x" * 5001, "Description"),
    ("about", "x" * 100_001, "Description"),
    ("about", "\x00" * 10, "Description"),
]


@pytest.mark.parametrize(
    ("field", "typed", "label"),
    [pytest.param(*w, id=f"{w[0]} {w[1][:12]!r}") for w in WRONG],
)
def test_a_wrong_answer_is_named_and_the_others_are_kept(
    anne: Browser, draft: str, field: str, typed: str, label: str
) -> None:
    answer = anne.send(f"{draft}/1", {**PROJECT, field: typed, "_next": "1"})
    assert answer.status_code == 422
    page = said(answer)
    assert f"« {label} »" in page or f"{label} :" in page, page
    kept = row(draft)
    assert kept.values | {field: None} == {
        "title": "Une scie", "amount": 1200.5, "starts_on": "2027-02-01",
        "kind": "equipment", "about": kept.values.get("about"), field: None,
    }  # fmt: skip
    # Coming back later, what was typed wrong is still there to be put right.
    again = said(anne.get(f"{draft}/1"))
    if typed.isprintable() and len(typed) < 100_000 and field != "kind":
        assert typed in again
    assert anne.send(f"{draft}/recapitulatif").status_code == 422
    assert row(draft) is not None


@pytest.mark.parametrize(
    ("field", "label"),
    [
        ("title", "Intitulé"),
        ("amount", "Montant"),
        ("starts_on", "Début"),
        ("kind", "Nature"),
    ],
)
def test_a_missing_answer_is_asked_for(
    anne: Browser, draft: str, field: str, label: str
) -> None:
    values = {name: text for name, text in PROJECT.items() if name != field}
    answer = anne.send(f"{draft}/1", {**values, "_next": "1"})
    assert answer.status_code == 422
    assert label in said(answer)
    saved = anne.send(f"{draft}/1", {**values, "_save": "1"})
    assert saved.status_code == 302, "a draft may be incomplete"


@pytest.mark.parametrize("name", ["intrus", "case", "title.0", "a" * 300, "é\x00"])
def test_an_unknown_question_is_told_and_kept_nowhere(
    anne: Browser, draft: str, name: str
) -> None:
    answer = anne.send(f"{draft}/1", {**PROJECT, name: "x", "_next": "1"})
    assert answer.status_code == 422
    assert "n’est pas une question de ce formulaire" in said(answer)
    assert set(row(draft).values) <= {*PROJECT, "about"}


def test_hostile_text_is_text(anne: Browser, draft: str) -> None:
    text = HOSTILE.replace("%00", "")[:50]
    assert (
        anne.send(f"{draft}/1", {**PROJECT, "title": text, "_next": "1"}).status_code == 302
    )
    anne.send(f"{draft}/2", {"quote": pdf(), "_next": "1"})
    answer = anne.send(f"{draft}/recapitulatif")
    page = anne.get(answer.location)
    assert "<script>'" not in page.text
    case = db.session.get(ProcessInstance, UUID(draft.rsplit("/", 1)[1]))
    assert case.title == text


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd.pdf", "C:\\devis.pdf", "a\r\nSet-Cookie: x=1.pdf", "a\x00.pdf",
        "<img src=x onerror=alert(1)>.pdf", "x" * 500 + ".pdf", ".pdf", "con.pdf",
        "devis\u202efdp.exe.pdf", '";filename="x.html.pdf', "%2e%2e%2f.pdf", "é'è.pdf",
    ],
)  # fmt: skip
def test_a_hostile_file_name_is_made_harmless(anne: Browser, draft: str, name: str) -> None:
    answer = anne.send(f"{draft}/2", {"quote": pdf(name=name), "_next": "1"})
    assert answer.status_code in {302, 422}
    for document in documents_of(draft):
        assert not set(document.name) & set('/\\\r\n\x00<>"\u202e')
        assert len(document.name) <= 150
        given = anne.get(f"/documents/{document.id}")
        assert given.data == PDF
        assert "x=1" not in str(given.headers.get("Set-Cookie", ""))
        assert given.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "devis.pdf", "est vide"),
        (PDF + b"0" * (1 << 20), "devis.pdf", "1 Mo au plus"),
        (b"MZ\x90\x00", "devis.exe", "n’est pas d’un type accepté"),
        (b"<html><script>alert(1)</script>", "devis.pdf", "n’est pas un PDF"),
        (b"<svg onload=alert(1)>", "devis.svg", "n’est pas d’un type accepté"),
        (PDF + EICAR, "devis.pdf", "contient un virus"),
        (b"bonjour", "devis.txt", "PDF"),
    ],
    ids=["empty", "oversized", "program", "mistyped", "svg", "infected", "unwanted type"],
)
def test_a_file_that_cannot_be_kept_is_refused_with_a_reason(
    anne: Browser, draft: str, content: bytes, name: str, sentence: str
) -> None:
    anne.send(f"{draft}/1", {**PROJECT, "_next": "1"})
    answer = anne.send(f"{draft}/2", {"quote": pdf(content, name), "_next": "1"})
    assert answer.status_code == 422
    assert sentence in said(answer)
    assert "Devis" in said(answer)
    assert not row(draft).values.get("quote")
    assert row(draft).values["title"] == "Une scie"
    if sentence == "contient un virus":
        digest = sha256(content).hexdigest()
        assert not anne.app.extensions["partners"]["storage"].exists(digest)


def test_a_file_that_cannot_be_checked_now_is_asked_again(
    anne: Browser, draft: str
) -> None:
    faults = sandboxes.faults(anne.app.extensions["settings"].data, "antivirus")
    faults.set(down=True)
    answer = anne.send(f"{draft}/2", {"quote": pdf(), "_next": "1"})
    assert answer.status_code == 422
    assert "n'a pas pu être vérifié. Réessayez" in said(answer)
    faults.clear()
    assert anne.send(f"{draft}/2", {"quote": pdf(), "_next": "1"}).status_code == 302


def test_too_much_at_once_is_told(
    anne: Browser, draft: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(anne.app.config, "MAX_CONTENT_LENGTH", 1 << 20)
    answer = anne.send(f"{draft}/2", {"quote": pdf(PDF + b"0" * (2 << 20)), "_next": "1"})
    assert answer.status_code == 413
    assert "Envoi trop volumineux" in said(answer)
    text = anne.send(f"{draft}/1", {**PROJECT, "about": "x" * (5 << 20), "_next": "1"})
    assert text.status_code == 413
    alone = Browser(anne.app).client.post("/connexion", data={"email": "x" * (5 << 20)})
    assert alone.status_code == 413
    assert not row(draft).values.get("title")


def test_nobody_attaches_a_file_by_its_digest(
    ground: Ground, anne: Browser, draft: str
) -> None:
    """The digest of another company's document opens nothing: only one's own draft's do."""
    max_ = Browser(ground.app, ground.office.stranger)
    theirs = new_draft(max_)
    secret = PDF + b"le secret d'un autre"
    max_.send(f"{theirs}/2", {"quote": pdf(secret), "_save": "1"})
    digest = row(theirs).values["quote"][0]["sha256"]
    (document,) = documents_of(theirs)
    anne.send(f"{draft}/1", {**PROJECT, "_next": "1"})
    for name in ("quote", "title", "quote.0.sha256", "_remove:quote:" + digest):
        answer = anne.send(f"{draft}/2", {name: digest, "_next": "1"})
        assert answer.status_code in {200, 422}
    assert not row(draft).values.get("quote")
    assert "le secret" not in anne.get(f"{draft}/2").text
    assert anne.send(f"{draft}/recapitulatif").status_code == 422
    assert anne.get(f"/documents/{document.id}").status_code == 403
    assert not documents_of(draft)


def test_filing_what_is_incomplete_says_what_is_missing_where(
    anne: Browser, draft: str
) -> None:
    anne.send(f"{draft}/1", {"title": "Une scie", "_save": "1"})
    answer = anne.send(f"{draft}/recapitulatif")
    assert answer.status_code == 422
    for label in ("Montant", "Début", "Nature", "Devis", "Projet", "Pièces"):
        assert label in said(answer)
    assert row(draft).values["title"] == "Une scie"


def test_a_second_click_files_nothing_and_leads_to_the_request(
    anne: Browser, draft: str
) -> None:
    fill(anne, draft)
    before = count(ProcessInstance)
    first = anne.send(f"{draft}/recapitulatif")
    second = anne.send(f"{draft}/recapitulatif")
    assert second.location == first.location
    assert "Cette demande est déjà déposée" in said(anne.get(second.location))
    assert count(ProcessInstance) == before + 1
    for page in ("/1", "/recapitulatif"):
        assert anne.get(draft + page).request.path == first.location


def test_two_clicks_at_once_file_one_request(own: Ground) -> None:
    anne = Browser(own.app, own.office.applicant)
    draft = new_draft(anne)
    fill(anne, draft)
    barrier = Barrier(2)
    browsers = [anne, Browser(own.app, own.office.applicant)]

    def click(browser: Browser) -> Any:
        barrier.wait()
        return browser.post(f"{draft}/recapitulatif", follow=False)

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(click, browsers))
    assert {a.status_code for a in answers} == {302}
    assert len({a.location for a in answers}) == 1
    assert count(ProcessInstance) == 1


def test_what_is_typed_in_a_request_filed_meanwhile_is_given_back(
    ground: Ground, anne: Browser, draft: str
) -> None:
    fill(anne, draft)
    paul = _colleague(ground)
    anne.send(f"{draft}/recapitulatif")
    answer = paul.send(f"{draft}/1", {**PROJECT, "about": "Tapé trop tard", "_save": "1"})
    assert answer.status_code == 409
    assert "Tapé trop tard" in said(answer)
    assert "Cette demande est déjà déposée" in said(answer)


def _colleague(ground: Ground) -> Browser:
    person = people.add_person("paul@morvan.test", "Paul Morvan")
    people.grant(person, ground.office.company, "applicant")
    return Browser(ground.app, actor_for(person))


def test_two_colleagues_on_one_draft_do_not_overwrite_each_other(
    ground: Ground, anne: Browser, draft: str
) -> None:
    paul = _colleague(ground)
    anne.send(f"{draft}/1", {**PROJECT, "_rev": "0", "_save": "1"})
    answer = paul.send(
        f"{draft}/1", {**PROJECT, "title": "À Paul", "_rev": "0", "_save": "1"}
    )
    assert answer.status_code == 409
    assert "Anne Morvan" in said(answer)
    assert "À Paul" in said(answer)
    assert row(draft).values["title"] == "Une scie"
    wild = paul.send(f"{draft}/1", {**PROJECT, "_rev": "9" * 60, "_save": "1"})
    assert wild.status_code == 409


@pytest.mark.parametrize("press", ["_refresh", "_add:rows", "_remove:quote:0"])
def test_a_page_overtaken_by_the_one_that_left_it_undoes_nothing(
    anne: Browser, draft: str, press: str
) -> None:
    anne.send(f"{draft}/1", {**PROJECT, "_rev": "0", "_next": "1"})
    late = anne.send(f"{draft}/1", {**PROJECT, "title": "Une s", "_rev": "0", press: "1"})
    assert 'value="Une s"' in said(late), "what was typed is shown again"
    assert row(draft).values["title"] == "Une scie"
    anne.send(
        f"{draft}/1", {**PROJECT, "title": "Une scie neuve", "_rev": "0", "_save": "1"}
    )
    assert row(draft).values["title"] == "Une scie neuve", "leaving a page keeps it"


def test_a_file_that_came_with_an_overtaken_page_is_not_asked_again(
    anne: Browser, draft: str
) -> None:
    fill(anne, draft)
    other = pdf(b"%PDF-1.7\n%autre\n%%EOF", "autre.pdf")
    late = anne.send(f"{draft}/2", {"quote": other, "_rev": "0", "_refresh": "1"})
    (digest,) = re.findall('name="quote" value="([0-9a-f]{64})"', late.text)
    assert row(draft).values["quote"][0]["name"] == "devis.pdf"
    anne.send(f"{draft}/2", {"quote": digest, "_save": "1"})
    assert row(draft).values["quote"][0]["name"] == "autre.pdf"


def test_a_file_that_no_question_asks_for_is_not_stored(anne: Browser, draft: str) -> None:
    sent = {f"file{n}": pdf(name=f"{n}.pdf") for n in range(5)}
    answer = anne.send(f"{draft}/2", {**sent, "_save": "1"})
    assert answer.status_code == 422
    assert "« file0 » n’est pas une question de ce formulaire" in said(answer)
    anne.send(f"{draft}/1", {"title": pdf(name="titre.pdf"), "_save": "1"})
    assert documents_of(draft) == []


def test_a_draft_holds_so_many_files(
    anne: Browser, draft: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafts, "MOST_FILES", 1)
    anne.send(f"{draft}/2", {"quote": pdf(), "_save": "1"})
    answer = anne.send(f"{draft}/2", {"quote": pdf(PDF + b"2"), "_save": "1"})
    assert answer.status_code == 422
    assert "contient trop de fichiers" in said(answer)
    assert [one.name for one in documents_of(draft)] == ["devis.pdf"]
    monkeypatch.setattr(drafts, "MOST_FILES", 300)
    monkeypatch.setattr(drafts, "MOST_BYTES", len(PDF) + 1)
    assert (
        anne.send(f"{draft}/2", {"quote": pdf(PDF + b"2"), "_save": "1"}).status_code == 422
    )


def test_a_form_without_our_token_writes_nothing(anne: Browser, draft: str) -> None:
    answer = anne.client.post(f"{draft}/1", data={**PROJECT, "_next": "1"})
    assert answer.status_code == 400
    assert "Formulaire expiré" in said(answer)
    assert row(draft).values.get("title") is None


@pytest.mark.parametrize("page", ["0", "3", "99", "9" * 40])
def test_a_page_that_does_not_exist_is_not_found(
    anne: Browser, draft: str, page: str
) -> None:
    assert anne.get(f"{draft}/{page}").status_code == 404
    assert anne.send(f"{draft}/{page}", PROJECT).status_code == 404


def test_any_page_number_gives_a_page_of_requests(own: Ground) -> None:
    own.begin()
    anne = Browser(own.app, own.office.applicant)
    for page in ("abc", "-1", "0", "40000", "9" * 18, "9" * 30, "1e3", "%00", "%D9%A3"):
        assert anne.get(f"/demandes/?page={page}").status_code == 200, page


def test_both_databases_take_what_is_typed(own: Ground) -> None:
    """PostgreSQL refuses NUL in texts and long texts in short columns: it is never asked."""
    anne = Browser(own.app, own.office.applicant)
    draft = new_draft(anne)
    strangers = [("a\x00b", "x", ""), ("é" * 400, "x", "")]
    for field, typed, _label in (*WRONG, *strangers):
        answer = anne.send(f"{draft}/1", {**PROJECT, field: typed, "_next": "1"})
        assert answer.status_code == 422, (field, typed[:20])
    for field in ("quote", "quote\x00", "x" * 300):
        answer = anne.send(f"{draft}/2", {field: pdf(name="a\x00b.pdf"), "_save": "1"})
        assert answer.status_code in {302, 422}, field
    answer = anne.client.get(f"/demarches/{KEY}%00/demande")
    assert answer.status_code in {404, 422}
    case = own.begin(HOSTILE.replace("%00", "")[:50])
    reason = {"reason": "\x00'%" + "x" * 100_000}
    answer = anne.post(f"/demandes/{case.id}/retrait", reason)
    assert "Il est trop tard pour retirer cette demande." in said(answer)
    assert count(Message) == 0


def test_unknown_and_withdrawn_procedures_are_not_found(app: Flask) -> None:
    own = prepare(app)
    anne = Browser(own.app, own.office.applicant)
    assert anne.get("/demarches/grants.nothing/demande").status_code == 404
    draft = new_draft(anne)
    fill(anne, draft)
    with transaction():
        db.session.get_one(ProcessDefinition, own.definition).withdrawn_at = clock.now()
    assert anne.get(f"/demarches/{KEY}/demande").status_code == 404
    assert anne.send(f"/demarches/{KEY}/demande").status_code == 404
    # Withdrawn while one types: filing is refused, and the draft is kept.
    assert anne.send(f"{draft}/recapitulatif").status_code == 403
    assert row(draft).values["title"] == "Une scie"
    assert count(Draft) == 1


def test_a_request_is_begun_for_the_company_one_acts_for(ground: Ground) -> None:
    """Whoever acts for several chooses; one's body is no company."""
    person = people.add_person("deux@essai.test", "Deux")
    people.grant(person, ground.office.region, "case_officer")
    people.grant(person, ground.office.company, "applicant")
    browser = Browser(ground.app, actor_for(person))
    browser.send(f"/entreprises/{ground.office.region}/choisir")
    assert browser.send(f"/demarches/{KEY}/demande").status_code == 403
    browser.send(f"/entreprises/{ground.office.company}/choisir")
    assert row(new_draft(browser)).organisation_id == ground.office.company


def test_who_no_longer_acts_for_the_company_is_refused_at_once(ground: Ground) -> None:
    paul = _colleague(ground)
    draft = new_draft(paul)
    holding = db.session.scalars(
        select(Holding).where(Holding.person_id == row(draft).person_id)
    ).one()
    people.withdraw(holding.id, by=None)
    assert paul.get(f"{draft}/1").status_code == 403
    assert paul.send(f"{draft}/1", {**PROJECT, "_save": "1"}).status_code == 403
    assert row(draft).values.get("title") is None


def test_an_abandoned_draft_is_gone_with_its_files(anne: Browser, draft: str) -> None:
    fill(anne, draft)
    assert anne.send(f"{draft}/abandon").status_code == 302
    assert (row(draft), documents_of(draft)) == (None, [])
    assert anne.send(f"{draft}/abandon").status_code == 404
    assert anne.send(f"{draft}/1", PROJECT).status_code == 404
