"""Fire the timers that are due."""

from uuid import UUID

import structlog
from sqlalchemy import or_, select, update

from engine import clock
from engine.commands.later import RETRY
from engine.commands.step import step
from engine.errors import Busy, NotWaiting, TaskSuspended
from engine.models import SUSPENDED, ProcessInstance, Timer, db
from engine.transaction import transaction

log = structlog.get_logger()


def due(limit: int) -> list[UUID]:
    """Instances with a timer to fire, the longest waiting first; not the suspended ones."""
    now = clock.now()
    return list(
        dict.fromkeys(
            db.session.scalars(
                select(Timer.instance_id)
                .join(ProcessInstance, ProcessInstance.id == Timer.instance_id)
                .where(
                    ProcessInstance.status != SUSPENDED,
                    Timer.due_at <= now,
                    or_(Timer.retry_at.is_(None), Timer.retry_at <= now),
                )
                .order_by(Timer.due_at)
                .limit(limit)
            )
        )
    )


def fire(instance_id: UUID) -> None:
    """Fire an instance's due timers; one that cannot be fired is tried again later."""
    try:
        with step(instance_id, "timer_fired", waits=False) as (instance, process):
            if instance.status == SUSPENDED:
                raise TaskSuspended  # meanwhile: it fires when the case is resumed
            if not process.fire_timers():
                raise NotWaiting  # another sweep has fired it
    except (Busy, NotWaiting, TaskSuspended):  # whoever has it, or else the next sweep
        return
    except Exception:
        log.exception("timer_failed", case=str(instance_id))
        with transaction():
            db.session.execute(
                update(Timer)
                .where(Timer.instance_id == instance_id, Timer.due_at <= clock.now())
                .values(retry_at=clock.now() + RETRY)
            )
