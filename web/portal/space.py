"""The personal space of a company: what it owes first, then what it follows and keeps."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from engine import clock, membership, vault
from engine.access import Actor, allowed
from engine.conversation import CaseMessage
from engine.directory import ADMINISTRATOR, APPLICANT, Organisation
from engine.models import ProcessInstance, db
from engine.vault import WARNED
from web.auth import acting_for, current_actor, guard, organisations
from web.cases import reading
from web.navigation import Item, offer
from web.portal import listing
from web.portal.listing import Asked
from web.portal.requests import drafts_of

bp = Blueprint("space", __name__)

SHOWN, FEW = 10, 5
_LATEST = 300
"""Requests among whose messages the latest are looked for: the last ones filed."""


@offer(bp)
def navigation(actor: Actor) -> Iterable[Item]:
    """Whoever files or administers for a company has a space."""
    if actor.represented:
        yield Item(
            _("Mon espace"),
            "space.index",
            icon="house",
            about=_("Ce qu’on attend de vous, vos demandes, vos messages et vos pièces."),
        )


@dataclass(frozen=True)
class Letter:
    """The beginning of a message, with its request."""

    message: CaseMessage
    case: ProcessInstance


@bp.get("/mon-espace/")
@guard("represent")
def index() -> ResponseReturnValue:
    """The space of the company one acts for, or of the first one."""
    actor = current_actor()
    company = _company(actor)
    applies = actor.holds(company.id, APPLICANT)
    mine = [company.id] if applies else []
    page = listing.page(mine, Asked(state="en-cours"), SHOWN)
    closed = listing.page(mine, Asked(state="closes"), FEW)
    manages = allowed(actor, "manage", company)
    soon = clock.today() + WARNED
    return render_template(
        "portal/space.html",
        company=company,
        companies=[o for o in organisations() if o.id in actor.represented],
        applies=applies,
        manages=manages,
        expected=listing.expected(mine, SHOWN),
        drafts=drafts_of(mine)[:FEW],
        page=page,
        lines=listing.lines(page.items, actor),
        closed=listing.lines(closed.items, actor),
        letters=_letters(company.id) if applies else [],
        expiring=vault.expiring(soon, organisation_id=company.id, limit=FEW),
        kept=vault.count(company.id),
        members=membership.members(company.id)[:SHOWN],
        asking=membership.open_requests(company.id) if manages else [],
        administrator=ADMINISTRATOR,
        applicant=APPLICANT,
        outcome_name=reading.outcome_name,
    )


def _company(actor: Actor) -> Organisation:
    """The one chosen if it is a company one represents; else the first by name."""
    chosen = acting_for()
    mine = [o for o in organisations() if o.id in actor.represented]
    if chosen is not None and chosen in mine:
        return chosen
    return mine[0] if mine else abort(403)


def _letters(company: UUID) -> list[Letter]:
    """The last messages that services wrote, on the last requests filed."""
    last = (
        select(ProcessInstance.id)
        .where(ProcessInstance.applicant_id == company)
        .order_by(ProcessInstance.started_at.desc(), ProcessInstance.id.desc())
        .limit(_LATEST)
    )
    rows = db.session.execute(
        select(CaseMessage, ProcessInstance)
        .join(ProcessInstance, ProcessInstance.id == CaseMessage.instance_id)
        .where(CaseMessage.instance_id.in_(select(last.subquery())))
        .where(CaseMessage.side == "officer")
        .order_by(CaseMessage.sent_at.desc())
        .limit(FEW)
    )
    return [Letter(message, case) for message, case in rows]
