"""What people see first on the transmission of a PES: the file, its amounts, each batch's fate."""

from uuid import UUID

from sqlalchemy import select

from engine import clock
from engine.models import db
from workflows.accounting import invoice_facts
from workflows.accounting.models import (
    ACCEPTED,
    ACKNOWLEDGED,
    CHECKING,
    CLOSED,
    ERROR,
    EXPENSE,
    MADE,
    PARTIAL,
    REFUSED,
    REPLACED,
    SENT,
    SIGNING,
    WAITING,
    Pes,
    PesBatch,
)
from workflows.facts import Fact

STATES = {
    MADE: "à signer", SIGNING: "au parapheur", CHECKING: "en contrôle",
    SENT: "transmis, acquittement attendu", ACKNOWLEDGED: "acquitté",
    PARTIAL: "accepté en partie", REFUSED: "refusé", ERROR: "n’a pas pu partir",
    CLOSED: "clos", REPLACED: "remplacé",
}  # fmt: skip
PARTS = {WAITING: "en attente", ACCEPTED: "accepté", REFUSED: "refusé"}
_SHOWN = 20


def of(instance_id: UUID) -> list[Fact]:
    """The facts of one invoice; of one transmission, those of the latest file it sent."""
    if found := invoice_facts.of(instance_id):
        return found
    row = db.session.scalars(
        select(Pes)
        .where(Pes.instance_id == instance_id)
        .order_by(Pes.created_at.desc(), Pes.id)
        .limit(1)
    ).one_or_none()
    if row is None:
        return []
    facts = [
        Fact("PES", row.name, f"collectivité {row.code}" if row.code else ""),
        Fact("État", STATES.get(row.state, row.state)),
    ]
    if row.expenses:
        facts.append(Fact("Dépenses", row.expenses))
    if row.revenues:
        facts.append(Fact("Recettes", row.revenues))
    if row.sent_at:
        facts.append(Fact("Transmis le", row.sent_at.astimezone(clock.PARIS).date()))
    if row.answered_at:
        facts.append(Fact("Réponse le", row.answered_at.astimezone(clock.PARIS).date()))
    return facts + [_batch(one) for one in row.batches[:_SHOWN]]


deadlines = invoice_facts.deadlines


def label(domain: str, number: str) -> str:
    """How a batch is called."""
    return f"{'Dépense' if domain == EXPENSE else 'Recette'} {number}"


def _batch(one: PesBatch) -> Fact:
    reason = one.reasons[0] if one.reasons else ""
    state = PARTS.get(one.state, one.state)
    return Fact(f"Bordereau : {label(one.domain, one.number)}", state, reason)
