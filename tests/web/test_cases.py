"""Case pages, the conversation and downloads, whatever is asked or sent."""

import html
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.http import parse_options_header

from connectors import StoredFile
from engine import documents
from engine.commands import tasks
from engine.conversation import CaseMessage
from engine.documents import Document
from engine.models import ProcessInstance, db
from engine.transaction import transaction
from tests.office import open_tasks
from tests.web.browser import Browser
from tests.web.small_procedure import Ground, opened, prepare

PDF = b"%PDF-1.7\n%%EOF"


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with opened(tmp_path_factory.mktemp("office")) as ground:
        yield ground


@pytest.fixture
def own(either_app: Flask) -> Ground:
    """An office of this test's own, on both databases."""
    return prepare(either_app)


@pytest.fixture
def claire(ground: Ground) -> Browser:
    return Browser(ground.app, ground.office.officer)


def said(answer: Any) -> str:
    return html.unescape(answer.text)


def written(case: ProcessInstance) -> list[str]:
    db.session.rollback()
    rows = select(CaseMessage.text).where(CaseMessage.instance_id == case.id)
    return list(db.session.scalars(rows.order_by(CaseMessage.sent_at)))


# The list


def test_a_search_is_text_not_a_pattern(ground: Ground, claire: Browser) -> None:
    titles = ["100 % bois", "L'atelier", "chene_hetre", 'Le "four"', "Hangar <b>"]
    for title in [*titles, "chenexhetre"]:
        ground.begin(title)
    for title in titles:
        page = claire.get("/dossiers/", query_string={"q": title})
        assert f">{title}</" in said(page), title
        assert "<b>" not in page.text
    for pattern in ("chene_hetre", "chene%hetre", "' OR 1=1 --", "chene.hetre"):
        page = said(claire.get("/dossiers/", query_string={"q": pattern}))
        assert ">chenexhetre</" not in page, pattern


def test_a_case_is_found_by_its_number_however_typed(
    ground: Ground, claire: Browser
) -> None:
    case = ground.begin("Par son numéro")
    page = claire.get("/dossiers/", query_string={"q": f"  {case.number.lower()} "})
    assert "Par son numéro" in said(page)


def test_any_address_of_the_lists_gives_a_page(own: Ground) -> None:
    own.begin()
    for actor, path in (
        (own.office.officer, "/dossiers/"),
        (own.office.officer, "/corbeille/"),
        (own.office.operator, "/exploitation/incidents"),
    ):
        browser = Browser(own.app, actor)
        for query in (
            "page=abc", "page=40000", "page=-3", f"page={'9' * 30}", f"page={'9' * 18}",
            "q=" + "x" * 5000, "q=%00", "q=%25%27%22%5C", "statut=nawak", "cause=%00'",
            "tri=nawak", "q=%F0%9F%AA%93", "q=%ED%A0%80",
        ):  # fmt: skip
            answer = browser.get(f"{path}?{query}")
            assert answer.status_code == 200, (path, query)


def test_a_page_too_far_says_so_without_losing_the_way(
    ground: Ground, claire: Browser
) -> None:
    page = claire.get("/dossiers/?page=40000")
    assert page.status_code == 200
    assert "Dossiers" in said(page)


# The conversation


def test_a_message_too_long_is_given_back(ground: Ground, claire: Browser) -> None:
    case = ground.begin()
    text = "é" * 100_000
    for browser in (claire, Browser(ground.app, ground.office.applicant)):
        answer = browser.send(f"/dossiers/{case.id}/messages", {"text": text})
        assert answer.status_code == 422
        assert "10 000 caractères au plus ; le vôtre en compte 100000" in said(answer)
        assert text in said(answer), "nothing typed is lost"
    assert written(case) == []


def test_hostile_messages_are_text(own: Ground) -> None:
    case = own.begin()
    claire = Browser(own.app, own.office.officer)
    for text in (
        "<script>alert(1)</script>", "a\x00b", "'; DROP TABLE person; --", "{{ 7*7 }}",
        "%s %(n)s", "\u202eabc", "x" * 10_000,
    ):  # fmt: skip
        answer = claire.send(f"/dossiers/{case.id}/messages", {"text": text})
        assert answer.status_code == 302, text
    page = claire.get(f"/dossiers/{case.id}")
    assert "<script>alert" not in page.text
    assert "{{ 7*7 }}" in said(page)
    assert "\x00" not in page.text
    assert "ab" in written(case)
    assert written(case)[0] == "<script>alert(1)</script>"


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\x00"])
def test_an_empty_message_is_not_sent(ground: Ground, claire: Browser, text: str) -> None:
    case = ground.begin()
    answer = claire.post(f"/dossiers/{case.id}/messages", {"text": text})
    assert "Message : écrivez quelque chose avant d'envoyer." in said(answer)
    assert written(case) == []


def test_a_message_to_a_case_closed_meanwhile_is_given_back(
    ground: Ground, claire: Browser
) -> None:
    case = ground.begin()
    officer = ground.office.officer
    tasks.complete(open_tasks(case.id)["review"], {"remarks": "Vu"}, actor=officer)
    page = claire.get(f"/dossiers/{case.id}")
    assert 'name="text"' not in page.text
    answer = claire.send(f"/dossiers/{case.id}/messages", {"text": "Trop tard"})
    assert answer.status_code == 409
    assert "clos entre-temps" in said(answer)
    assert "Trop tard" in said(answer)
    assert written(case) == []


# Downloads


def document(
    ground: Ground, case: UUID, name: str, media_type: str, content: bytes = PDF
) -> str:
    """The address of a document of a case, with any name and type at all."""
    storage = ground.app.extensions["partners"]["storage"]
    kept: StoredFile = storage.put(content, name=name, media_type=media_type)
    with transaction():
        made = documents.add(
            StoredFile(kept.sha256, name, media_type, kept.size),
            kind="PJ", title="Pièce", origin="partner", instance_id=case,
        )  # fmt: skip
        key = made.id
    return f"/documents/{key}"


@pytest.mark.parametrize(
    ("media_type", "inline"),
    [
        ("application/pdf", True),
        ("image/png", True),
        ("text/html", False),
        ("image/svg+xml", False),
        ("text/plain", False),
        ("application/xhtml+xml", False),
        ("text/xml", False),
        ("nawak", False),
        ("text/html; charset=utf-8", False),
    ],
)
def test_only_what_cannot_run_is_shown_by_the_browser(
    ground: Ground, claire: Browser, media_type: str, inline: bool
) -> None:
    address = document(ground, ground.begin().id, "pièce.bin", media_type)
    answer = claire.client.get(address)
    assert answer.status_code == 200
    kind = answer.headers["Content-Disposition"].split(";")[0]
    assert kind == ("inline" if inline else "attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert answer.headers["Cache-Control"] == "private, no-store"
    asked = claire.client.get(f"{address}?telecharger=1")
    assert asked.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    "name",
    [
        'a"; filename="b.html', "a\r\nSet-Cookie: x=1.pdf", "a\nb.pdf", "é€𝕏.pdf",
        "../../etc/passwd", "a;b=c.pdf", "%0d%0aX: y.pdf", "\\a.pdf", "", " ",
    ],
)  # fmt: skip
def test_a_document_of_any_name_is_downloaded_whole(
    ground: Ground, claire: Browser, name: str
) -> None:
    """A partner's file comes with the partner's name for it."""
    address = document(ground, ground.begin().id, name, "application/pdf")
    answer = claire.client.get(address)
    assert (answer.status_code, answer.data) == (200, PDF)
    assert not [c for c in answer.headers.getlist("Set-Cookie") if c.startswith("x")]
    assert "X" not in answer.headers
    header = answer.headers["Content-Disposition"]
    assert header.isascii(), "servers refuse anything else"
    assert header.isprintable()
    _kind, said = parse_options_header(header)
    assert set(said) == {"filename"}, "one name, that the browser and we read alike"
    assert not set(said["filename"]) & set('/\\"<>')


def test_a_document_whose_bytes_are_gone_says_so(ground: Ground, claire: Browser) -> None:
    address = document(ground, ground.begin().id, "a.pdf", "application/pdf", b"%PDF-gone")
    row = db.session.get_one(Document, UUID(address.rsplit("/", 1)[1]))
    ground.app.extensions["partners"]["storage"].delete(row.sha256)
    answer = claire.get(address)
    assert answer.status_code == 410


def test_the_applicant_is_led_to_their_page_and_the_office_to_its_own(
    ground: Ground, claire: Browser
) -> None:
    case = ground.begin()
    anne = Browser(ground.app, ground.office.applicant)
    assert anne.get(f"/dossiers/{case.id}").request.path == f"/demandes/{case.id}"
    assert claire.get(f"/demandes/{case.id}").request.path == f"/dossiers/{case.id}"
    assert anne.get(f"/dossiers/{case.id}/schema").status_code == 403


def test_the_pages_of_a_case_count_no_more_rows_than_they_write(
    ground: Ground, claire: Browser
) -> None:
    """Reading changes nothing."""
    case = ground.begin()
    before = case.rev
    for path in (f"/dossiers/{case.id}", f"/taches/{open_tasks(case.id)['review']}"):
        assert claire.get(path).status_code == 200
    db.session.rollback()
    assert db.session.get_one(ProcessInstance, case.id).rev == before
    assert not db.session.scalar(
        select(func.count())
        .select_from(CaseMessage)
        .where(CaseMessage.instance_id == case.id)
    )
