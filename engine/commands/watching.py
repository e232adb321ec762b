"""Note who is looking at a case."""

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from engine import clock
from engine.access import Actor, require
from engine.errors import Busy
from engine.models import ProcessInstance, db
from engine.presence import Presence
from engine.transaction import transaction


def seen(instance_id: UUID, *, actor: Actor) -> None:
    """Note that somebody has a case before their eyes. Raises Forbidden, NoResultFound."""
    require(actor, "handle", db.session.get_one(ProcessInstance, instance_id))
    try:
        _note(instance_id, actor)
    except (IntegrityError, Busy):  # another page of the same person did it at this instant
        db.session.rollback()


def _note(instance_id: UUID, actor: Actor) -> None:
    with transaction():
        known = db.session.execute(
            update(Presence)
            .where(Presence.instance_id == instance_id)
            .where(Presence.person_id == actor.person_id)
            .values(seen_at=clock.now())
        )
        if not known.rowcount:  # type: ignore[attr-defined]
            db.session.add(Presence(instance_id=instance_id, person_id=actor.person_id))
