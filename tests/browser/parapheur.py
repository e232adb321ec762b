"""A body with its signature book, for browsers: desks, people who sign in, real PDFs."""

from typing import Any

from flask import Flask
from fpdf import FPDF

from engine.directory import Person
from engine.models import db
from engine.transaction import transaction
from tests.browser.serving import PASSWORD
from tests.workflows.parapheur.book import Book, with_circuit
from web.accounts import open_account
from workflows.parapheur import typology
from workflows.parapheur.admission import Given
from workflows.parapheur.circuits import APPROVE, SIGN, Step

DESKS = ("assemblees", "juridique", "dgs", "presidence")
STEPS = (
    Step(APPROVE, "Visa juridique", ("desk:juridique",), working_days=3),
    Step(APPROVE, "Visa de la direction générale", ("desk:dgs",)),
    Step(SIGN, "Signature de la présidence", ("desk:presidence",)),
)
APPROVED = STEPS[:2]
FIELDS = [
    {"key": "seance", "label": "Date de la séance", "kind": "date", "values": [],
     "required_at": ["deposit"]},
    {"key": "montant", "label": "Montant", "kind": "number", "values": [], "required_at": []},
    {"key": "service", "label": "Service", "kind": "choice",
     "values": ["Finances", "Culture", "Routes"], "required_at": ["deposit"]},
]  # fmt: skip


def paper(title: str, pages: int = 3) -> bytes:
    """A real PDF of some pages that say something."""
    made = FPDF()
    for number in range(1, pages + 1):
        made.add_page()
        made.set_font("Helvetica", "B", 18)
        made.multi_cell(0, 10, f"{title} ({number}/{pages})", new_x="LMARGIN", new_y="NEXT")
        made.set_font("Helvetica", size=11)
        made.multi_cell(0, 6, "L'assemblee, apres en avoir delibere, adopte. " * 40)
    return bytes(made.output())


def email(desk: str) -> str:
    """With which address who sits at a desk signs in; so does the keeper of the book."""
    return f"{desk}@region.demo"


def open_accounts(book: Book) -> None:
    """Let everybody sign in."""
    with transaction():
        for desk, person_id in {**book.people, "keeper": book.keeper}.items():
            db.session.get_one(Person, person_id).email = email(desk)
    for desk in (*DESKS, "keeper"):
        open_account(email=email(desk), name=desk, password=PASSWORD)


def furnish(app: Flask, *steps: Step) -> Book:
    """The book with a subtype that asks for metadata, everybody able to sign in."""
    book = with_circuit(app, *(steps or STEPS))
    typology.change_subtype(
        book.subtype_id, actor=book.actor("keeper"), metadata_fields=FIELDS, working_days=15
    )
    open_accounts(book)
    return book


def dispute(book: Book) -> tuple[Any, str]:
    """A subtype of its own, with its circuit, that knows two data and asks for none."""
    circuit = book.circuit("Contentieux", Step(APPROVE, "Visa", ("desk:juridique",)))
    fields = [
        {"key": "cote", "label": "Cote", "kind": "text", "values": [], "required_at": []},
        {"key": "cause", "label": "Cause du refus", "kind": "choice",
         "values": ["Fond", "Forme"], "required_at": []},
    ]  # fmt: skip
    made = book.subtype("contentieux", circuit=circuit, metadata_fields=fields)
    return made, circuit


def deposit(book: Book, title: str, **more: Any) -> Any:
    """A folder of one real PDF and an annex, on its way."""
    content = paper(title, more.pop("pages", 3))
    files = [
        Given(book.file(f"{title}.pdf", content)),
        Given(book.file("annexe.pdf", paper(f"Annexe de {title}", 1)), kind="annex"),
    ]
    said = {"seance": "2026-12-04", "service": "Finances", "montant": 1250.5}
    return book.deposit(title, files=files, metadata=said, **more)


def desk_address(book: Book, desk: str, tray: str = "a-traiter") -> str:
    """Where a tray is."""
    return f"/parapheur/bureaux/{book.desks[desk]}/{tray}"
