"""Who sits at a desk, and how somebody leaves it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine import clock
from engine.access import require
from engine.actors import Actor
from engine.commands import people
from engine.directory import Holding, Person, current
from engine.models import db
from engine.transaction import transaction
from workflows.parapheur.models import DESK_PREFIX, Desk


def at(desk: Desk) -> list[Person]:
    """Those who sit at a desk today, by name."""
    held: Any = select(Holding.person_id).where(
        Holding.organisation_id == desk.organisation_id, Holding.role == desk.role
    )
    rows = select(Person).where(Person.id.in_(current(held)))
    return list(db.session.scalars(rows.order_by(Person.name, Person.id)))


def of_body(organisation_id: UUID) -> dict[str, list[str]]:
    """The names of those who sit at each desk of a body today, by role."""
    held: Any = (
        select(Holding.role, Person.name)
        .join(Person, Person.id == Holding.person_id)
        .where(
            Holding.organisation_id == organisation_id,
            Holding.role.startswith(DESK_PREFIX),
        )
        .order_by(Person.name)
    )
    found: dict[str, list[str]] = {}
    for role, name in db.session.execute(current(held)):
        found.setdefault(role, []).append(name)
    return found


def unseat(desk_id: UUID, person_id: UUID, *, actor: Actor) -> None:
    """Have somebody sit at a desk no more, from now on. Raises Forbidden."""
    with transaction():
        desk = db.session.get_one(Desk, desk_id)
        require(actor, "keep", desk)
        held = current(
            select(Holding).where(
                Holding.person_id == person_id,
                Holding.organisation_id == desk.organisation_id,
                Holding.role == desk.role,
            )
        )
        for holding in db.session.scalars(held):
            holding.valid_to = clock.today() - timedelta(days=1)
            people.tell_of(holding, "role_withdrawn", actor.person_id)
