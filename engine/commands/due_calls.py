"""Which remote calls to make now: told to one worker at a time, as their partners allow."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, or_, select, update

from engine import clock
from engine.commands import partners
from engine.exchanges import RemoteCall
from engine.models import SUSPENDED, ProcessInstance, db
from engine.transaction import transaction

WAKE_AGAIN = timedelta(seconds=10)


def take(limit: int) -> list[UUID]:
    """Calls to make now, the oldest first, each told to one worker at a time.

    Partners that are paused or broken are left aside, others take what their rate allows,
    and a suspended case asks for nothing. A call told to a worker that does not take it
    within WAKE_AGAIN is told again.
    """
    now = clock.now()
    limits = partners.limits(now)
    sources: list[tuple[ColumnElement[bool], int]] = [
        (RemoteCall.partner.not_in(limits), limit)
    ]
    sources += [(RemoteCall.partner == name, most) for name, most in limits.items()]
    due = [
        _due(now).where(source).limit(min(most, limit)) for source, most in sources if most
    ]
    if not any(db.session.scalars(one.limit(1)).first() for one in due):
        return []
    with transaction():
        locking = (one.with_for_update(skip_locked=True) for one in due)
        taken = [call_id for one in locking for call_id in db.session.scalars(one)]
        db.session.execute(
            update(RemoteCall).where(RemoteCall.id.in_(taken)).values(woken_at=now)
        )
        return taken


def _due(now: datetime) -> Select[UUID]:
    suspended = exists().where(
        ProcessInstance.id == RemoteCall.instance_id, ProcessInstance.status == SUSPENDED
    )
    return (
        select(RemoteCall.id)
        .where(
            RemoteCall.status == "ready",
            RemoteCall.due_at <= now,
            or_(RemoteCall.woken_at.is_(None), RemoteCall.woken_at <= now - WAKE_AGAIN),
            or_(RemoteCall.lease_until.is_(None), RemoteCall.lease_until <= now),
            ~suspended,
        )
        .order_by(RemoteCall.due_at)
    )


def oldest() -> datetime | None:
    """Since when the oldest call that could be made has been waiting."""
    return db.session.scalar(
        select(RemoteCall.due_at)
        .where(RemoteCall.status == "ready", RemoteCall.due_at <= clock.now())
        .order_by(RemoteCall.due_at)
        .limit(1)
    )
