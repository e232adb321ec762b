"""What proves a folder: its sealed record, its PREMIS history, its validation report."""

import json
import shutil
import subprocess
from io import BytesIO

import pytest
from flask import Flask
from lxml import etree
from pypdf import PdfReader

from tests.workflows.parapheur.book import Book, with_circuit
from tests.workflows.parapheur.test_circulation import kinds
from workflows.parapheur import files

P = {"p": "http://www.loc.gov/premis/v3"}


@pytest.fixture
def book(app: Flask) -> Book:
    return with_circuit(app)


def proofs(book: Book, folder: object) -> dict[str, bytes]:
    storage = book.app.extensions["partners"]["storage"]
    return {one.file.title: storage.read(one.sha256) for one in files.proofs(folder)}


def finished(book: Book) -> object:
    folder = book.deposit("Délibération n° 12 & <annexes>")
    book.approve(folder, "juridique", note="Conforme", private_note="à surveiller")
    book.sign(folder, "presidence")
    return folder


def test_a_finished_folder_has_its_three_proofs(book: Book) -> None:
    folder = finished(book)
    made = proofs(book, folder)
    assert set(made) == {
        "Bordereau de signature", "Historique PREMIS", "Rapport de validation",
    }  # fmt: skip
    assert kinds(folder)[-2:] == ["proven", "finished"]
    text = " ".join(
        page.extract_text()
        for page in PdfReader(BytesIO(made["Bordereau de signature"])).pages
    )
    told = ("Délibération n° 12", "Visa", "Conforme", "Signature", "Empreinte SHA-256")
    assert not [one for one in told if one not in text]
    assert "à surveiller" not in text
    assert "à surveiller" not in made["Historique PREMIS"].decode()


def test_the_record_is_sealed(book: Book, tmp_path: object) -> None:
    if shutil.which("pdfsig") is None:
        pytest.skip("pdfsig is not installed")
    path = tmp_path / "record.pdf"
    path.write_bytes(proofs(book, finished(book))["Bordereau de signature"])
    said = subprocess.run(
        ["pdfsig", str(path)], capture_output=True, text=True, check=False
    )
    assert "Signature is Valid" in said.stdout


def test_premis_names_each_version_with_its_digest(book: Book) -> None:
    folder = finished(book)
    root = etree.fromstring(proofs(book, folder)["Historique PREMIS"])
    digests = root.xpath("//p:messageDigest/text()", namespaces=P)
    (document,) = files.current(folder)
    history = [v.document.sha256 for v in files.versions(document.file.id)]
    assert [d for d in digests if d in history] == history
    events = root.xpath("//p:eventType/text()", namespaces=P)
    assert events[:3] == ["deposited", "approved", "signed"]
    known = set(root.xpath("//p:agentIdentifierValue/text()", namespaces=P))
    linked = set(root.xpath("//p:linkingAgentIdentifierValue/text()", namespaces=P))
    assert linked <= known


def test_the_report_says_what_each_signature_is_worth(book: Book) -> None:
    report = json.loads(proofs(book, finished(book))["Rapport de validation"])
    signed = [one for f in report["files"] for one in f["signatures"]]
    assert signed[0]["indication"] == "TOTAL-PASSED"
    assert report["standard"].startswith("ETSI")
