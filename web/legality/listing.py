"""What the address of a list of acts asks, and the page that it gets."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from flask import request
from sqlalchemy import select

from web.paging import Once, once
from web.typed import page_number, text
from workflows.legality.models import STATES, LegalityAct
from workflows.legality.search import Asked, acts

PER_PAGE = 25
PARAMETERS = ("q", "nature", "matiere", "etat", "depuis", "jusqu_au")


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
        public=public,
    )


def page(organisation_id: UUID, asked: Asked, per_page: int = PER_PAGE) -> Once:
    """One page of a body's acts; of those that are shown to everybody, when that is asked."""
    rows = select(LegalityAct).order_by(
        LegalityAct.decided_on.desc(), LegalityAct.id.desc()
    )
    return once(
        acts(organisation_id, asked),
        rows.where(LegalityAct.shown_on.is_not(None)) if asked.public else rows,
        id=LegalityAct.id,
        page=page_number(),
        per_page=per_page,
    )


def day(said: str) -> date | None:
    """A day as the address gives it, or None."""
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None


def kept(said: Mapping[str, str], **changes: Any) -> dict[str, Any]:
    """The parameters that say something, some changed."""
    return {name: value for name, value in {**said, **changes}.items() if value}
