"""What the office already knows: the requests, decisions and aids it keeps.

Everything is read and written in the transaction of the step.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from engine import clock
from engine.models import ProcessInstance, db
from workflows.grants import amounts
from workflows.grants.models import DeMinimisAid, GrantApplication, GrantDecision

GENERAL = "2023/2831"
GENERAL_INTEREST = frozenset({"2023/2832", "360/2012"})
"""De minimis for services of general economic interest has a ceiling of its own."""


@dataclass(frozen=True)
class PastAid:
    """One de minimis aid already granted; `amount` in euros of gross grant equivalent."""

    granted_on: date
    amount: Decimal
    authority: str


def instance_of(case: Mapping[str, Any]) -> ProcessInstance:
    """The instance behind the reserved variable `case`."""
    return db.session.get_one(ProcessInstance, UUID(case["id"]))


def application_of(case: Mapping[str, Any]) -> GrantApplication:
    """The request of a case. Raises ValueError when it was never registered."""
    row = db.session.get(GrantApplication, UUID(case["id"]))
    if row is None:
        raise ValueError(
            "Cette demande n'est pas au registre : une étape « grants.register_application » "
            "doit venir plus tôt dans le diagramme."
        )
    return row


def open_applications(row: GrantApplication) -> int:
    """How many other requests of the same establishment, same procedure, are under way."""
    return (
        db.session.scalar(
            select(func.count())
            .select_from(GrantApplication)
            .where(
                GrantApplication.siret == row.siret,
                GrantApplication.procedure == row.procedure,
                GrantApplication.outcome.is_(None),
                GrantApplication.instance_id != row.instance_id,
            )
        )
        or 0
    )


def months_since_grant(row: GrantApplication) -> int | None:
    """Whole months since the company last obtained this aid; None if it never did."""
    last = db.session.scalar(
        select(func.max(GrantDecision.decided_on)).where(
            GrantDecision.siren == row.siret[:9],
            GrantDecision.procedure == row.procedure,
            GrantDecision.outcome == "granted",
            GrantDecision.instance_id != row.instance_id,
        )
    )
    if last is None:
        return None
    today = clock.today()
    whole = (today.year - last.year) * 12 + today.month - last.month
    return whole - 1 if today.day < last.day else whole


def de_minimis_aids(siren: str, after: date, *, besides: UUID) -> list[PastAid]:
    """The general de minimis aids we granted to a company after a day, but in this case."""
    rows = db.session.scalars(
        select(DeMinimisAid).where(
            DeMinimisAid.siren == siren,
            DeMinimisAid.granted_on > after,
            DeMinimisAid.regulation.not_in(GENERAL_INTEREST),
            DeMinimisAid.instance_id.is_distinct_from(besides),
        )
    )
    return [PastAid(row.granted_on, row.amount, row.authority) for row in rows]


def declared_aid(row: Mapping[str, Any]) -> PastAid | None:
    """An aid as the company declares it; None under a regulation with its own ceiling."""
    if row.get("regulation") in GENERAL_INTEREST:
        return None
    return PastAid(
        date.fromisoformat(row["granted_on"]),
        amounts.number(row["amount"], "Aide de minimis déclarée"),
        str(row.get("authority") or ""),
    )


def enter_de_minimis(decision: GrantDecision, authority: str) -> None:
    """Add an aid just granted to the de minimis register, once a case."""
    row = db.session.scalars(
        select(DeMinimisAid).where(DeMinimisAid.instance_id == decision.instance_id)
    ).first() or DeMinimisAid(instance_id=decision.instance_id, regulation=GENERAL)
    row.siren, row.authority = decision.siren, authority[:300]
    row.granted_on, row.amount = decision.decided_on, decision.amount or Decimal(0)
    db.session.add(row)
