"""What the address of a list of acts asks, and the page that it gets."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from flask import request
from sqlalchemy import select

from engine import merging
from web.paging import Once, once
from web.typed import page_number, text
from workflows.legality.models import STATES, LegalityAct
from workflows.legality.search import LATE, NEAR, Asked, acts

PER_PAGE = 25
PARAMETERS = ("q", "nature", "matiere", "etat", "depuis", "jusqu_au", "echeance")
DUE = {"retard": LATE, "proche": NEAR}
"""What an address says of the last day of transmission."""

MOST_DUE = 100
"""Acts late, or near it, that are counted."""


def typed() -> dict[str, str]:
    """The parameters of the address, cut to what a person types."""
    return {name: text(request.args, name)[:200] for name in PARAMETERS}


def understood(said: Mapping[str, str], *, public: bool = False) -> Asked:
    """What they ask; those that mean nothing are left out."""
    nature = said["nature"]
    return Asked(
        text=said["q"],
        nature=int(nature) if nature in {"1", "2", "3", "4", "5", "6"} else None,
        matter=said["matiere"],
        state=said["etat"] if said["etat"] in STATES and not public else "",
        since=day(said["depuis"]),
        until=day(said["jusqu_au"]),
        due="" if public else DUE.get(said["echeance"], ""),
        public=public,
    )


def page(organisation_id: UUID, asked: Asked, per_page: int = PER_PAGE) -> Once:
    """One page of a body's acts; of those that are shown to everybody, when that is asked."""
    latest = (LegalityAct.decided_on.desc(), LegalityAct.id.desc())
    first_due = (LegalityAct.due_on, LegalityAct.id)
    rows = select(LegalityAct).order_by(*(first_due if asked.due else latest))
    return once(
        acts(organisation_id, asked),
        rows.where(LegalityAct.shown_on.is_not(None)) if asked.public else rows,
        id=LegalityAct.id,
        page=page_number(),
        per_page=per_page,
    )


def due(organisation_id: UUID) -> dict[str, int]:
    """How many acts that the prefecture awaits are late (`retard`), or near it (`proche`)."""
    return {
        said: merging.count([acts(organisation_id, Asked(due=due))], MOST_DUE)
        for said, due in DUE.items()
    }


def day(said: str) -> date | None:
    """A day as the address gives it, or None."""
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None


def kept(said: Mapping[str, str], **changes: Any) -> dict[str, Any]:
    """The parameters that say something, some changed."""
    return {name: value for name, value in {**said, **changes}.items() if value}
