"""A secure mail opens for whoever has its link, once they take delivery, until it ends."""

from datetime import timedelta

import pytest
from flask import Flask

from engine import clock
from tests.web.visitor import Visitor, letters, link_in
from tests.workflows.parapheur.book import PAPER, Book, with_circuit
from tests.workflows.parapheur.test_circulation import kinds
from workflows.parapheur import mails
from workflows.parapheur.circuits import APPROVE, MAIL, Step

STEPS = (
    Step(APPROVE, "Viser", ("desk:juridique",)),
    Step(MAIL, "Notifier", to=("notaire@etude.example", "maire@commune.example")),
)


@pytest.fixture
def book(app: Flask) -> Book:
    return with_circuit(app, *STEPS)


@pytest.fixture
def folder(book: Book) -> object:
    folder = book.deposit("Acte de vente")
    book.approve(folder, "juridique")
    return folder


def link_of(app: Flask, address: str) -> str:
    (letter,) = [one for one in letters(app) if address in one["to"]]
    return link_in(letter)


def test_each_address_has_a_link_of_its_own(app: Flask, folder: object) -> None:
    first = link_of(app, "notaire@etude.example")
    assert first != link_of(app, "maire@commune.example")
    assert kinds(folder) == ["deposited", "approved", "mailed", "proven", "finished"]


def test_delivery_is_taken_by_a_gesture(app: Flask, folder: object) -> None:
    link, reader = link_of(app, "notaire@etude.example"), Visitor(app)
    page = reader.get(link)
    assert "Ouvrir le courrier" in page.text
    assert "acte.pdf" not in page.text
    file = mails.readable(mails.of_folder(folder)[0])[0].file
    assert reader.get(f"{link}/fichiers/{file.id}").status_code == 404
    opened = reader.post(link)
    assert "acte.pdf" in opened.text
    with reader.get(f"{link}/fichiers/{file.id}") as got:
        assert got.data == PAPER
    reader.post(link)
    assert kinds(folder).count("read") == 1
    assert reader.get(link[:-1] + ("A" if link[-1] != "A" else "B")).status_code == 404


def test_a_link_ends_and_can_be_revoked(app: Flask, book: Book, folder: object) -> None:
    link, reader = link_of(app, "notaire@etude.example"), Visitor(app)
    (mail,) = [m for m in mails.of_folder(folder) if m.address.startswith("notaire")]
    mails.revoke(mail.id, actor=book.actor("assemblees"))
    closed = reader.get(link)
    assert (closed.status_code, "révoqué" in closed.text) == (410, True)
    other = link_of(app, "maire@commune.example")
    reader.post(other)
    clock.advance(mails.LASTS + timedelta(seconds=1))
    assert reader.get(other).status_code == 410
