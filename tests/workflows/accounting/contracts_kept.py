"""A body that pays contracts: the procedure published, an officer, a contract, invoices."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine import clock
from engine.access import Actor, actor_for
from engine.commands import cases, people, tasks
from engine.models import ProcessDefinition, UserTask, db
from tests.workflows.accounting.accounts import Accounts, described
from workflows import publication
from workflows.accounting import contracts
from workflows.accounting.contract_models import Invoice

KEY = "accounting.invoice"
HOLDER = {
    "name": "SCIERIE DU MORVAN", "siret": "999 991 011 00019",
    "iban": "FR76 3000 6000 0112 3456 7890 189",
    "address": {"line2": "3 rue des Hêtres", "postal_code": "58120", "city": "Château-Chinon"},
}  # fmt: skip
CONTRACT = {
    "number": "2026-012", "subject": "Charpente du lycée", "holder": HOLDER, "account": "2313",
    "function": "632", "amount": "100 000", "total": "120 000", "advance": "12 000",
    "retention": "5", "starts_on": "2026-01-05", "ends_on": "2027-06-30",
}  # fmt: skip


def keep_contracts(accounts: Accounts, **changes: Any) -> UUID:
    """Publish the procedure, and enter a contract; returns it."""
    folder = publication.folders()[KEY]
    publication.publish(KEY, publication.read_folder(folder), owner_id=accounts.body)
    people.grant(buyer(accounts).person_id, accounts.body, "buyer")
    return contracts.add(
        {**CONTRACT, **changes}, organisation_id=accounts.body, actor=accounts.actor
    )


def buyer(accounts: Accounts) -> Any:
    """The officer, who also certifies what the body has bought."""
    return actor_for(accounts.office.officer.person_id)


def ago(days: int) -> str:
    return (clock.today() - timedelta(days=days)).isoformat()


def receive(accounts: Accounts, number: str, total: float, **changes: Any) -> UUID:
    """An invoice received today, of a file of its own; returns its case."""
    file = described(accounts.stored(f"%PDF-1.7 {number}".encode(), f"{number}.pdf"))
    values = {
        "contract": "2026-012", "kind": "invoice", "number": number, "chorus": None,
        "received_on": ago(0), "amount": round(total / 1.2, 2), "total": total, "files": [file],
    }  # fmt: skip
    definition = db.session.scalars(
        select(ProcessDefinition.id).where(ProcessDefinition.key == KEY)
    ).one()
    started = cases.start(definition, {**values, **changes}, actor=accounts.actor)
    return started.id


def waiting(case: UUID) -> UserTask:
    db.session.rollback()
    return db.session.scalars(
        select(UserTask).where(UserTask.instance_id == case, UserTask.status == "open")
    ).one()


def invoice_of(case: UUID) -> Invoice:
    db.session.rollback()
    return db.session.scalars(select(Invoice).where(Invoice.instance_id == case)).one()


def do(case: UUID, element: str, actor: Actor, **values: Any) -> None:
    task = waiting(case)
    assert task.element_id == element, task.element_id
    tasks.complete(task.id, values, actor=actor)


def certify(accounts: Accounts, case: UUID) -> None:
    do(case, "certify", buyer(accounts), outcome="certify", done_on=ago(0))


def settled(**changes: Any) -> dict[str, Any]:
    values = {
        "outcome": "pay", "retention": 0, "recovery": 0, "subject": "Charpente du lycée",
        "interest": 0, "indemnity": 0, "interest_account": None, "reason": None,
    }  # fmt: skip
    return {**values, **changes}


def day(text: str) -> date:
    return date.fromisoformat(text)
