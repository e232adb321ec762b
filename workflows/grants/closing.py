"""How a request ends: its line in the registers, and what goes to the archive.

Operations of the grant diagrams, kept apart from `operations.py` for its length.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine import clock, documents
from engine.journal import JournalEntry
from engine.models import db
from engine.operations import operation
from workflows.grants import amounts, register
from workflows.grants.models import GrantDecision

Plain = dict[str, Any]

OUTCOMES = {
    "granted": "Aide accordée",
    "refused": "Aide refusée",
    "inadmissible": "Demande irrecevable",
    "withdrawn": "Demande retirée",
    "implicitly_rejected": "Rejet tacite",
}


@operation
def record_decision(
    *,
    case: Plain,
    outcome: str,
    amount: float | None = None,
    reasons: list[str] | None = None,
    conditions: str | None = None,
    basis: str | None = None,
    decided_by: Plain | None = None,
) -> Plain:
    """Enter the decision in the register; an aid granted joins the de minimis register.

    A tacit rejection is dated from the last day of the legal time, whenever it is noted.
    Returns {number, outcome, label, decided_on, amount, reasons, conditions}.
    """
    if outcome not in OUTCOMES:
        raise ValueError(f"Issue inconnue : « {outcome} ».")
    if outcome == "granted" and amount is None:
        raise ValueError("Une aide accordée demande un montant.")
    row = register.application_of(case)
    tacit = outcome == "implicitly_rejected" and row.rejection_on is not None
    row.outcome = outcome
    row.decided_on = row.rejection_on if tacit else clock.today()
    decision = db.session.get(GrantDecision, row.instance_id) or GrantDecision(
        instance_id=row.instance_id, number=f"{case['number']}-D"
    )
    decision.procedure, decision.siren, decision.outcome = (
        row.procedure,
        row.siret[:9],
        outcome,
    )
    decision.amount = None if amount is None else amounts.number(amount, "Montant accordé")
    decision.basis, decision.reasons = basis, list(reasons or [])
    decision.conditions = conditions or ""
    decision.decided_on = row.decided_on or clock.today()
    decision.decided_by = (decided_by or {}).get("id")
    db.session.add(decision)
    if outcome == "granted":
        register.enter_de_minimis(decision, case["organisation"]["name"])
    return {
        "number": decision.number,
        "outcome": outcome,
        "label": OUTCOMES[outcome],
        "decided_on": decision.decided_on.isoformat(),
        "amount": amount,
        "reasons": decision.reasons,
        "conditions": decision.conditions,
    }


@operation
def archive_manifest(*, case: Plain, previous: Plain | None = None) -> Plain:
    """List what goes to the archive: the case's documents and the acts of its journal.

    `previous` is what this function returned for a transfer that was refused. Returns
    {closed_at, transfer, documents, journal}, as `archiving.deposit` takes them.
    """
    instance_id = UUID(case["id"])
    entries = db.session.scalars(
        select(JournalEntry)
        .where(JournalEntry.chain == f"case:{instance_id}")
        .order_by(JournalEntry.seq)
    )
    return {
        "closed_at": clock.now().isoformat(),
        "transfer": (previous or {}).get("transfer", 0) + 1,
        "documents": [
            {
                "sha256": one.sha256,
                "name": one.name,
                "media_type": one.media_type,
                "size": one.size,
                "title": one.title,
                "kind": one.kind,
                "created_at": one.created_at.isoformat(),
            }
            for one in documents.of_case(instance_id)
        ],
        "journal": [
            {"at": e.at.isoformat(), "action": e.action, "digest": e.digest}
            for e in entries
        ],
    }
