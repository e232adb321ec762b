"""The demonstration's contract: an invoice ordered, another whose work is to be certified."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from connectors.transmission.practice.paper import sheet
from engine import clock, definitions
from engine.access import Actor, actor_for
from engine.commands import cases, tasks
from engine.directory import person_by_email
from engine.models import UserTask, db
from web.demo.accounts import ACCOUNTS, PARTIES
from workflows.accounting import contracts
from workflows.accounting.contracts import PROCEDURE

OFFICER = "claire@region.demo"
NUMBER = "2026-TX-018"
CONTRACT = {
    "number": NUMBER, "subject": "Charpente du lycée agricole de Château-Chinon",
    "holder": PARTIES["scierie"], "account": "2313", "function": "28", "amount": "182 500",
    "total": "219 000", "retention": "5",
}  # fmt: skip
INVOICES = (("F-2026-0311", 36_500, 43_800, 24), ("F-2026-0347", 52_000, 62_400, 9))
"""Number, amounts without and with taxes, days since each was received."""


def keep(app: Flask, body: UUID) -> None:
    """Enter the contract and its invoices; the first is certified, settled and ordered."""
    accountant, officer = _actor(ACCOUNTS), _actor(OFFICER)
    days = {
        "starts_on": (clock.today() - timedelta(days=200)).isoformat(),
        "ends_on": (clock.today() + timedelta(days=400)).isoformat(),
    }
    contracts.add({**CONTRACT, **days}, organisation_id=body, actor=accountant)
    paid, _waiting = [_received(app, accountant, *one) for one in INVOICES]
    done_on = (clock.today() - timedelta(days=26)).isoformat()
    _do(paid, {"outcome": "certify", "done_on": done_on, "reason": None}, officer)
    settlement = {
        "outcome": "pay", "retention": 2190.0, "recovery": 0.0, "interest": None,
        "indemnity": None, "interest_account": None, "reason": None,
        "subject": f"Marché {NUMBER}, facture {INVOICES[0][0]}",
    }  # fmt: skip
    _do(paid, settlement, accountant)


def _received(
    app: Flask, accountant: Actor, number: str, amount: float, total: float, ago: int
) -> UUID:
    kept = app.extensions["partners"]["storage"].put(
        sheet(f"Facture {number}", [str(CONTRACT["subject"]), "Document de démonstration."]),
        name=f"{number}.pdf", media_type="application/pdf",
    )  # fmt: skip
    file = {
        "sha256": kept.sha256, "name": kept.name, "media_type": kept.media_type,
        "size": kept.size,
    }  # fmt: skip
    values: dict[str, Any] = {
        "contract": NUMBER, "kind": "invoice", "number": number, "chorus": None,
        "received_on": (clock.today() - timedelta(days=ago)).isoformat(),
        "amount": amount, "total": total, "files": [file],
    }  # fmt: skip
    return cases.start(definitions.latest(PROCEDURE).id, values, actor=accountant).id


def _do(case: UUID, values: dict[str, Any], actor: Actor) -> None:
    task = db.session.scalars(
        select(UserTask.id).where(UserTask.instance_id == case, UserTask.status == "open")
    ).one()
    tasks.complete(task, values, actor=actor)


def _actor(email: str) -> Actor:
    person = person_by_email(email)
    assert person is not None, email
    return actor_for(person.id)
