"""Asking for a chore, and doing it slice after slice."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import or_, select

from engine import chores, clock, journal, wake
from engine.access import Actor, require
from engine.chores import DONE, FAILED, FIGURES, JOURNAL, RETENTION, RUNNING, STOPPED, Chore
from engine.commands import eliminating, measuring, verifying
from engine.commands.operations import checked
from engine.errors import OperationRefused
from engine.models import db
from engine.slices import Slice, Taken
from engine.transaction import lock, transaction

log = structlog.get_logger()

LEASE = timedelta(minutes=5)
"""How long a slice may take before another worker does it again."""

_DO: Mapping[str, Callable[[Taken], Slice]] = {
    JOURNAL: verifying.go_on,
    RETENTION: eliminating.go_on,
    FIGURES: measuring.go_on,
}


def ask(kind: str, subject: str = "", *, actor: Actor, motive: str) -> UUID:
    """Have the workers do it. While one like it is running, that one is meant.

    Raises Forbidden, OperationRefused without a motive.
    """
    require(actor, "operate")
    return _create(kind, subject, by=actor.person_id, motive=checked(motive))


def plan(kind: str, subject: str = "", *, every: timedelta) -> UUID | None:
    """Have it done by the platform itself, unless one like it was asked less long ago."""
    last = chores.latest(kind, subject)
    if last is not None and clock.now() - last.created_at < every:
        return None
    return _create(kind, subject, by=None, motive="")


def _create(kind: str, subject: str, *, by: UUID | None, motive: str) -> UUID:
    with transaction() as after_commit:
        after_commit.append(wake.for_sweep)
        last = chores.latest(kind, subject)
        if last is not None and last.status == RUNNING:
            return last.id
        chore = Chore(kind=kind, subject=subject, created_by=by, motive=motive)
        db.session.add(chore)
        db.session.flush()
        if by is not None:
            detail = {"kind": kind, "subject": subject, "motive": motive}
            journal.write(f"chore:{chore.id}", "chore_asked", by=by, detail=detail)
        return chore.id


def stop(chore_id: UUID, *, actor: Actor, motive: str) -> None:
    """Leave what is not reached yet as it is. Raises Forbidden, OperationRefused."""
    require(actor, "operate")
    motive = checked(motive)
    with transaction():
        chore = lock(Chore, chore_id)
        if chore.status != RUNNING:
            raise OperationRefused("Ce travail n'est plus en cours.")
        chore.status, chore.finished_at = STOPPED, clock.now()
        detail = {"motive": motive}
        journal.write(
            f"chore:{chore_id}", "chore_stopped", by=actor.person_id, detail=detail
        )


def advance() -> int:
    """Do the next slice of the oldest chore that nobody holds; how many slices: 0 or 1."""
    running = select(Chore.id).where(Chore.status == RUNNING).limit(1)
    if db.session.scalar(running) is None:
        return 0
    taken = _take()
    if taken is None:
        return 0
    try:
        done = _DO[taken.kind](taken)
    except Exception as error:  # one chore must not stop the others
        log.exception("chore_failed", chore=str(taken.id), kind=taken.kind)
        _fail(taken.id, f"{type(error).__name__} : {error}")
        return 1
    _keep(taken.id, done)
    wake.for_sweep()  # there may be more
    return 1


def finish() -> None:
    """Do every slice that is left, here and now."""
    while advance():
        pass


def _take() -> Taken | None:
    now = clock.now()
    with transaction():
        chore = db.session.scalars(
            select(Chore)
            .where(
                Chore.status == RUNNING,
                or_(Chore.lease_until.is_(None), Chore.lease_until < now),
            )
            .order_by(Chore.created_at)
            .limit(1)
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        ).first()
        if chore is None:
            return None
        chore.lease_until = now + LEASE
        return Taken(
            chore.id, chore.kind, chore.subject, chore.motive, chore.created_by,
            dict(chore.cursor), dict(chore.result),
        )  # fmt: skip


def _keep(chore_id: UUID, done: Slice) -> None:
    with transaction():
        chore = lock(Chore, chore_id)
        chore.lease_until = None
        chore.done += done.done
        chore.cursor, chore.result = dict(done.cursor), dict(done.result)
        chore.total = done.total if done.total is not None else chore.total
        if done.finished and chore.status == RUNNING:
            chore.status, chore.finished_at = DONE, clock.now()


def _fail(chore_id: UUID, error: str) -> None:
    with transaction():
        chore = lock(Chore, chore_id)
        chore.status, chore.finished_at, chore.lease_until = FAILED, clock.now(), None
        chore.result = {**chore.result, "error": error[:2000]}
