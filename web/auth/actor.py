"""Who is acting in this request, and for which organisation."""

from uuid import UUID

from flask import g, session
from flask_login import current_user
from sqlalchemy import select

from engine.access import VISITOR, Actor, actor_for
from engine.directory import Organisation
from engine.models import db

_CHOSEN = "organisation"


def current_actor() -> Actor:
    """The person signed in, as they stand now; the visitor otherwise. Once a request."""
    if "actor" not in g:
        signed_in = bool(current_user and current_user.is_authenticated)
        g.actor = actor_for(current_user.person_id) if signed_in else VISITOR
    actor: Actor = g.actor
    return actor


def forget_actor() -> None:
    """Read the person's roles again: they have just changed."""
    g.pop("actor", None)
    g.pop("organisations", None)


def organisations() -> list[Organisation]:
    """The organisations in which this person holds a role today, by name."""
    if "organisations" not in g:
        ids = {role.organisation_id for role in current_actor().roles}
        statement = select(Organisation).where(Organisation.id.in_(ids))
        ordered = statement.order_by(Organisation.name)
        g.organisations = list(db.session.scalars(ordered)) if ids else []
    mine: list[Organisation] = g.organisations
    return mine


def acting_for() -> Organisation | None:
    """The organisation one acts for: the one chosen, else the first; None for a visitor."""
    mine = organisations()
    chosen = session.get(_CHOSEN)
    return next((o for o in mine if str(o.id) == chosen), mine[0] if mine else None)


def act_for(organisation_id: UUID) -> None:
    """Choose the organisation one acts for, from the next page on."""
    session[_CHOSEN] = str(organisation_id)
