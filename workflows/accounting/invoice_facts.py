"""What people see first on the payment of an invoice: the contract, the amount, the last day."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select

from engine import clock
from engine.models import db
from workflows.accounting.contract_models import (
    CERTIFIED,
    ORDERED,
    RECEIVED,
    REJECTED,
    SUSPENDED,
    Invoice,
)
from workflows.accounting.paying import lateness
from workflows.facts import Deadline, Fact

STATES = {
    RECEIVED: "reçue", SUSPENDED: "délai suspendu", CERTIFIED: "service fait certifié",
    ORDERED: "mandatée", REJECTED: "rejetée",
}  # fmt: skip
_DELAY = "CCP R2192-10"


def of(instance_id: UUID) -> list[Fact]:
    """The facts of one invoice; none for another case."""
    row = db.session.scalars(
        select(Invoice).where(Invoice.instance_id == instance_id)
    ).one_or_none()
    if row is None:
        return []
    facts = [
        Fact("Marché", f"{row.contract.number} – {row.contract.holder['name']}"),
        Fact("Facture", row.number, f"Chorus Pro {row.chorus}" if row.chorus else ""),
        Fact("Montant TTC", row.total),
        Fact("Reçue le", row.received_on),
        Fact("État", STATES[row.state], row.reason),
    ]
    if row.suspended_on:
        facts.append(Fact("Délai suspendu depuis le", row.suspended_on, "CCP R2192-27"))
    else:
        facts.append(Fact("À payer au plus tard le", row.due_on, _DELAY))
    if late := lateness(row, clock.today()):
        facts.append(Fact("Retard", f"{late} jour{'s' if late > 1 else ''}"))
    return facts + _ordered(row)


def deadlines(instance_ids: Iterable[UUID]) -> dict[UUID, Deadline]:
    """The last day on which each invoice that waits is to be paid."""
    rows = db.session.execute(
        select(Invoice.instance_id, Invoice.due_on).where(
            Invoice.instance_id.in_(list(instance_ids)),
            Invoice.state.in_((RECEIVED, CERTIFIED)),
        )
    )
    return {case: Deadline("À payer avant le", day) for case, day in rows}


def _ordered(row: Invoice) -> list[Fact]:
    if row.ordered_on is None:
        return []
    facts = [Fact("Mandatée le", row.ordered_on)]
    for label, amount in (
        ("Retenue de garantie", row.retained),
        ("Avance récupérée", row.recovered),
        ("Intérêts et indemnité de retard", row.interest),
    ):
        if amount:
            facts.append(Fact(label, amount))
    return facts
