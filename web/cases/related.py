"""The case that called another, and those that it called."""

from sqlalchemy import select

from engine.access import Actor, allowed
from engine.models import ProcessInstance, db

MOST_CALLED = 50
"""Cases that a case has called, shown on its page, the newest first."""


def caller(case: ProcessInstance, actor: Actor) -> ProcessInstance | None:
    """The case that called this one, for whoever may see it."""
    found = db.session.get(ProcessInstance, case.parent_id) if case.parent_id else None
    return found if found is not None and allowed(actor, "see", found) else None


def called(case: ProcessInstance) -> list[ProcessInstance]:
    """The cases that this one called, which whoever handles it may see."""
    return list(
        db.session.scalars(
            select(ProcessInstance)
            .where(ProcessInstance.parent_id == case.id)
            .order_by(ProcessInstance.started_at.desc())
            .limit(MOST_CALLED)
        )
    )
