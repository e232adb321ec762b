"""A book with real PDF in it, for people who sign many of them."""

import re
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from engine.models import db
from tests.web.browser import Browser
from tests.workflows.parapheur.book import Book, with_circuit
from web.parapheur.finishing import finish
from workflows.parapheur.admission import Given
from workflows.parapheur.circuits import SIGN, Step
from workflows.parapheur.lots import SigningItem

ADDRESS = "/parapheur/signatures"
TO_SIGN = (Step(SIGN, "Signer", ("desk:presidence",)),)


def signing_book(app: Flask, *steps: Step) -> Book:
    return with_circuit(app, *(steps or TO_SIGN))


def letter(app: Flask, body: str = "Le conseil décide.") -> bytes:
    content: bytes = app.extensions["partners"]["rendering"].written(
        title="Délibération", body=body, sender={"name": "Région"},
        recipient={"name": "Préfecture"}, reference="DEL-1", place_and_date="Dijon",
    )  # fmt: skip
    return content


def deposits(book: Book, number: int, content: bytes = b"", **more: Any) -> list[UUID]:
    """So many folders, each with a PDF of its own; their open tasks at the presidence."""
    content = content or letter(book.app)
    folders = []
    for rank in range(number):
        own = content + f"\n%{rank}\n".encode()
        files = [Given(book.file(f"acte-{rank}.pdf", own))]
        folders.append(book.deposit(f"Délibération {rank}", files=files, **more))
    return folders


def tasks(book: Book, folders: list[UUID], desk: str = "presidence") -> list[str]:
    return [str(book.tasks(one)[desk]) for one in folders]


def lot_of(page: Any) -> str:
    return re.search(r'name="lot" value="([^"]+)"', page.text)[1]


def asked(browser: Browser, chosen: list[str], **more: Any) -> Any:
    """The page of the choice, then the gesture."""
    page = browser.post(ADDRESS, {"tasks[]": chosen})
    form = {"tasks[]": chosen, "lot": lot_of(page), "signer": "demo", "pin": "1234"}
    return browser.send(ADDRESS, form | more)


def finish_all(app: Flask) -> None:
    while finish(app):
        pass


def results(lot_id: object) -> dict[str, tuple[str, str]]:
    """What became of each folder of a lot, by its title."""
    db.session.rollback()
    rows = db.session.scalars(
        select(SigningItem).where(SigningItem.lot_id == UUID(str(lot_id)))
    )
    return {one.title: (one.result, one.note) for one in rows}
