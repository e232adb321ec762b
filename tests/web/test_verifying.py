"""Anybody who has the code of a record checks the folder; nobody else does."""

from io import BytesIO

import pytest
from flask import Flask

from engine.models import db
from tests.web.visitor import Visitor
from tests.workflows.parapheur.book import Book, with_circuit
from workflows.parapheur import files
from workflows.parapheur.models import Folder


@pytest.fixture
def book(app: Flask) -> Book:
    return with_circuit(app)


@pytest.fixture
def folder(book: Book) -> Folder:
    folder_id = book.deposit("Délibération <b>12</b>")
    book.approve(folder_id, "juridique", note="Remarque interne")
    book.sign(folder_id, "presidence")
    return db.session.get_one(Folder, folder_id)


@pytest.fixture
def client(app: Flask) -> Visitor:
    return Visitor(app)


def compare(client: Visitor, folder: Folder, content: bytes) -> str:
    sent = {"file": (BytesIO(content), "recu.pdf")}
    answer = client.post(f"/verifier/{folder.code}", sent)
    assert answer.status_code == 200
    return answer.text


def test_the_code_opens_what_the_record_says(client: Visitor, folder: Folder) -> None:
    typed = f"{folder.code[:12]}-{folder.code[12:]}".lower()
    found = client.get("/verifier/", query_string={"code": typed})
    assert "Délibération &lt;b&gt;12&lt;/b&gt;" in found.text
    assert "CN=Demo" in found.text
    record = found.text.partition("Porte l’empreinte de chaque fichier")[2]
    assert "PADES B-LTA" in record[:300]
    assert "Remarque interne" not in found.text
    assert found.headers["Referrer-Policy"] == "no-referrer"


def test_a_wrong_code_opens_nothing(client: Visitor, folder: Folder) -> None:
    wrong = client.get("/verifier/", query_string={"code": "A" * 24})
    assert wrong.status_code == 422
    assert "Recopiez-le" in wrong.text
    assert client.get(f"/verifier/{folder.code[:-1]}").status_code == 404


def test_a_file_is_compared_byte_for_byte(
    client: Visitor, book: Book, folder: Folder
) -> None:
    (signed,) = files.to_sign(folder.instance_id)
    content = book.app.extensions["partners"]["storage"].read(signed.sha256)
    assert "C’est bien un fichier de ce dossier" in compare(client, folder, content)
    altered = content[:-1] + bytes([content[-1] ^ 1])
    assert "n’est pas de ce dossier" in compare(client, folder, altered)
    nothing = client.post(f"/verifier/{folder.code}")
    assert nothing.status_code == 422
    assert "choisissez celui" in nothing.text
