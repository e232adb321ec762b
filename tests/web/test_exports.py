"""Taking a case out: one paper, one archive, each with what its reader may read."""

import hashlib
import html
import io
import json
import os
import zipfile
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from pypdf import PdfReader

from connectors import StoredFile
from engine import clock, documents, journal, journal_check
from engine.commands import cases
from engine.models import ProcessInstance, db
from engine.transaction import transaction
from tests.web.browser import Browser
from tests.web.small_procedure import Ground, opened
from web.exports import bundle
from web.exports.bundle import safe


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with opened(tmp_path_factory.mktemp("office")) as ground:
        yield ground


@pytest.fixture
def claire(ground: Ground) -> Browser:
    return Browser(ground.app, ground.office.officer)


def put(
    ground: Ground, case: UUID, name: str, content: bytes, audience: str = "everyone"
) -> StoredFile:
    storage = ground.app.extensions["partners"]["storage"]
    kept = storage.put(content, name=name, media_type="application/pdf")
    with transaction():
        documents.add(
            StoredFile(kept.sha256, name, kept.media_type, kept.size),
            kind="PJ", title=f"Pièce {name}", origin="applicant", instance_id=case,
            audience=audience,
        )  # fmt: skip
    return kept


def export(browser: Browser, case: ProcessInstance, what: str, **more: str) -> Any:
    return browser.send(f"/dossiers/{case.id}/export", {"what": what, **more})


def archive(answer: Any) -> zipfile.ZipFile:
    assert answer.status_code == 200
    assert answer.mimetype == "application/zip"
    return zipfile.ZipFile(io.BytesIO(answer.data))


def text_of(pdf: bytes) -> str:
    read = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return " ".join(read.replace("\xa0", " ").split())


def test_the_paper_holds_the_case_and_notes_only_when_asked(
    ground: Ground, claire: Browser
) -> None:
    case = ground.begin("Une scie à ruban")
    claire.post(f"/dossiers/{case.id}/notes", {"text": "Entre nous seulement"})
    cases.write_message(case.id, "Bonjour à tous", actor=ground.office.officer)
    plain = text_of(export(claire, case, "pdf").data)
    for told in (
        "Une scie à ruban", case.number, "Bonjour à tous", "Atelier Morvan", "Déposée",
        "1 200,50", "Claire Martin", "Historique",
    ):  # fmt: skip
        assert told in plain, told
    assert "Entre nous" not in plain
    assert "Entre nous seulement" in text_of(export(claire, case, "pdf", notes="1").data)
    db.session.rollback()
    acts = [a for a in journal.of_case(case.id) if a.action == "case_exported"]
    assert [a.detail["notes"] for a in acts] == [False, True]
    assert not journal_check.verify()


def test_the_archive_says_what_it_holds_byte_for_byte(
    ground: Ground, claire: Browser
) -> None:
    case = ground.begin()
    names = [
        "../../etc/passwd", "devis.pdf", "devis.pdf", "DEVIS.PDF", "a/b\\c:d.pdf", "é\x00.pdf",
        "CON", "x" * 250 + ".pdf", "   .", "\u202efdp.exe", "-rf *",
    ]  # fmt: skip
    for n, name in enumerate(names):
        put(ground, case.id, name, f"contenu {n}".encode())
    held = archive(export(claire, case, "zip"))
    assert held.testzip() is None
    inside = held.namelist()
    assert len(inside) == len({name.casefold() for name in inside})
    for name in inside:
        assert not name.startswith(("/", "\\"))
        assert ".." not in name.split("/")
        assert not set(name) & set('\\:*?"<>|\x00')
    manifest = json.loads(held.read("manifest.json"))
    assert not manifest["missing"]
    told = {one["name"]: one for one in manifest["files"]}
    assert set(told) == set(inside) - {"manifest.json"}
    for name, one in told.items():
        content = held.read(name)
        assert one["size"] == len(content)
        assert one["sha256"] == hashlib.sha256(content).hexdigest()
    contents = {held.read(n) for n in inside if n.startswith("documents/")}
    assert contents == {f"contenu {n}".encode() for n in range(len(names))}
    assert {"documents/demandeur/devis.pdf", "documents/demandeur/devis (2).pdf"} <= set(
        inside
    )
    assert json.loads(held.read("case.json"))["number"] == case.number
    chain = json.loads(held.read("journal.json"))
    assert [entry["seq"] for entry in chain] == list(range(1, len(chain) + 1))
    assert chain[-1]["action"] == "case_exported"
    assert held.read(f"{case.number}.pdf").startswith(b"%PDF")


def test_bytes_that_are_gone_or_altered_are_told_and_stop_nothing(
    ground: Ground, claire: Browser
) -> None:
    case = ground.begin()
    gone = put(ground, case.id, "perdu.pdf", b"perdu")
    put(ground, case.id, "present.pdf", b"present")
    altered = put(ground, case.id, "change.pdf", b"change")
    storage = ground.app.extensions["partners"]["storage"]
    storage.delete(gone.sha256)
    path = storage._path(altered.sha256)
    path.chmod(0o600)
    path.write_bytes(b"autre")
    held = archive(export(claire, case, "zip"))
    missing = json.loads(held.read("manifest.json"))["missing"]
    assert {one["sha256"] for one in missing} == {gone.sha256, altered.sha256}
    assert held.read("documents/demandeur/present.pdf") == b"present"


def test_a_company_takes_out_what_it_may_read_and_no_more(
    ground: Ground, claire: Browser
) -> None:
    case = ground.begin()
    for audience in ("everyone", "parties", "office"):
        put(ground, case.id, f"{audience}.pdf", audience.encode(), audience)
    claire.post(f"/dossiers/{case.id}/notes", {"text": "Entre nous"})
    anne = Browser(ground.app, ground.office.applicant)
    held = archive(export(anne, case, "zip"))
    assert "journal.json" not in held.namelist()
    names = {n.rsplit("/", 1)[1] for n in held.namelist() if n.startswith("documents/")}
    assert names == {"everyone.pdf", "parties.pdf"}
    paper = text_of(held.read(f"{case.number}.pdf"))
    assert "Entre nous" not in paper
    assert "office.pdf" not in paper
    assert export(anne, case, "pdf", notes="1").status_code == 403
    max_ = Browser(ground.app, ground.office.stranger)
    assert export(max_, case, "zip").status_code == 403


@pytest.mark.parametrize("what", ["", "exe", "../pdf"])
def test_only_a_paper_or_an_archive_is_made(
    ground: Ground, claire: Browser, what: str
) -> None:
    assert export(claire, ground.begin(), what).status_code == 422


def test_an_archive_is_sent_as_it_is_made(ground: Ground) -> None:
    """Its pieces leave one by one: no document is ever held whole."""
    case = ground.begin()
    for n in range(5):
        put(ground, case.id, f"{n}.pdf", os.urandom(3_000_000))
    storage = ground.app.extensions["partners"]["storage"]
    actor = ground.office.officer
    made = bundle.stream(case.id, actor, storage, b"%PDF", clock.now(), whole=True)
    pieces = [len(piece) for piece in made]
    assert sum(pieces) > 15_000_000
    assert max(pieces) < 1_000_000


def test_a_name_is_safe_whatever_it_was() -> None:
    for name in ("", ".", "..", "/", "a/../b", "\x00", "é" * 300, "…", " . "):
        made = safe(name)
        assert made
        assert made not in {".", ".."}
        assert "/" not in made
        assert len(made.encode()) <= 180
    assert html.escape(safe("<b>")) == safe("<b>")
