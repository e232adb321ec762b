"""What a signature book sends on, by thousands: acts, the prefecture's letters, accounts."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select

from engine import clock
from engine.commands import people
from engine.documents import Document
from engine.models import db
from tests.workflows.parapheur.book import Book
from workflows.accounting.models import Budget, PaymentOrder, Pes, PesBatch, PesReturn
from workflows.legality import register
from workflows.legality.models import (
    ACKNOWLEDGED,
    WHOLE,
    LegalityAct,
    LegalityDocument,
    LegalityLetter,
    LegalityTerm,
)

THINGS = ("digue", "festival", "budget", "lycée", "convention", "route", "marché", "musée")
ROLES = ("legality_officer", "accountant")
SLICE = 2000


def transmit(book: Book, case: UUID, many: int, first: int = 0) -> UUID:
    """Enter so many acts, shown to the public, and what goes with them; one of the acts.

    `first` is the number of the first, where there are others already.
    """
    for role in ROLES:
        people.grant(book.people["assemblees"], book.body, role)
    document = db.session.scalars(select(Document.id).order_by(Document.id)).first()
    acts, terms, files, letters = [], [], [], []
    for number in range(first, first + many):
        act = _act(book.body, case, number)
        acts.append(_columns(act))
        terms += [
            {"act_id": act.id, "term": term, "organisation_id": book.body,
             "decided_on": act.decided_on}
            for term in register.terms(act)
        ]  # fmt: skip
        files.append({"id": uuid4(), "act_id": act.id, "document_id": document, "kind": "act",
                      "document_type": "99_DE", "position": 1, "public": True})  # fmt: skip
        if number % 20 == 0:
            letters.append(
                {"id": uuid4(), "organisation_id": book.body, "instance_id": case,
                 "act_id": act.id, "external_id": str(number), "kind": "documents_request",
                 "received_on": act.decided_on, "text": "Transmettre le plan.",
                 "state": "received"}
            )  # fmt: skip
    _write(LegalityAct, acts)
    for table, rows in (
        (LegalityTerm, terms),
        (LegalityDocument, files),
        (LegalityLetter, letters),
    ):
        _write(table, rows)
    _keep_accounts(book, range(first, first + many))
    db.session.commit()
    found: UUID = acts[many // 2]["id"]
    return found


def pages(book: Book, act: UUID) -> dict[str, tuple[str, str]]:
    """Every page that lists or shows them: who opens it, and its address."""
    return {
        name: ("assemblees", address)
        for name, address in {
            "acts": "/actes/",
            "acts, page 20": "/actes/?page=20",
            "acts, words": "/actes/?q=musee",
            "acts, words and nature": "/actes/?q=budget+festival&nature=1",
            "acts, matter and days": "/actes/?matiere=7.5&depuis=2026-01-01",
            "acts, state": "/actes/?etat=acknowledged",
            "an act": f"/actes/{act}",
            "letters": "/actes/courriers/",
            "public register": f"/registre/{book.body}",
            "public register, words": f"/registre/{book.body}?q=musee",
            "a public act": f"/registre/{book.body}/{act}",
            "accounts": "/comptabilite/",
            "payment orders": "/comptabilite/mandats/",
            "accountant's returns": "/comptabilite/retours/",
            "budgets": "/comptabilite/budgets/",
        }.items()
    }


def _act(body: UUID, case: UUID, number: int) -> LegalityAct:
    thing, day = THINGS[number % 8], clock.today() - timedelta(days=number % 700)
    return LegalityAct(
        id=uuid4(), organisation_id=body, instance_id=case, number=f"D{number:07}",
        nature=1 + number % 6, matter=f"7.{1 + number % 9}.1", decided_on=day,
        subject=f"Délibération sur {thing} et {THINGS[number // 8 % 8]} n° {number}",
        public_subject="", state=ACKNOWLEDGED, unique_id=f"021-232100016-{number}",
        transmitted_at=clock.now(), acknowledged_on=day, published_on=day,
        published_by="online", version=WHOLE, shown_on=day, enforceable_on=day,
        referral_until=day + timedelta(days=62), created_at=clock.now(),
    )  # fmt: skip


def _keep_accounts(book: Book, numbers: range) -> None:
    budget = {"id": uuid4(), "organisation_id": book.body, "label": "Budget principal",
              "siret": "20005372600022", "post": "021090", "code": "400"}  # fmt: skip
    orders, files, batches, returns = [], [], [], []
    for number in numbers:
        at = clock.now() - timedelta(minutes=7 * number)
        orders.append(
            {"id": uuid4(), "organisation_id": book.body, "budget_id": budget["id"],
             "reference": f"M/{number}", "kind": "expense", "year": 2026, "number": number,
             "state": ("ready", "in_pes", "taken")[number % 3], "subject": "Aide",
             "amount": Decimal(100), "account": "20421", "created_at": at,
             "third_party": {"name": "SCIERIE DU MORVAN", "siret": "99999101100019"}}
        )  # fmt: skip
        if number % 10 == 0:
            pes = {"id": uuid4(), "organisation_id": book.body, "name": f"PESALR2_{number}",
                   "code": "400", "sent_as": f"400 PESALR2_{number}", "file_name": "pes.xml",
                   "state": ("made", "sent", "acknowledged")[number // 10 % 3], "size": 1000,
                   "sha256": "0" * 64, "created_at": at}  # fmt: skip
            files.append(pes)
            batches += [
                {"id": uuid4(), "pes_id": pes["id"], "position": position, "domain": "expense",
                 "year": "2026", "number": str(position), "amount": Decimal(10), "pieces": 5}
                for position in (1, 2)
            ]  # fmt: skip
        if number % 20 == 0:
            returns.append(
                {"id": uuid4(), "organisation_id": book.body, "remote_id": str(number),
                 "name": f"RETOUR_{number}", "sha256": "0" * 64, "received_at": at}
            )  # fmt: skip
    _write(Budget, [budget])
    for table, rows in (
        (PaymentOrder, orders),
        (Pes, files),
        (PesBatch, batches),
        (PesReturn, returns),
    ):
        _write(table, rows)


def _columns(one: Any) -> dict[str, Any]:
    return {c.key: value for c in type(one).__mapper__.column_attrs
            if (value := getattr(one, c.key)) is not None}  # fmt: skip


def _write(table: Any, rows: list[dict[str, Any]]) -> None:
    for start in range(0, len(rows), SLICE):
        db.session.execute(insert(table), rows[start : start + SLICE])
