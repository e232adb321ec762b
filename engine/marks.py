"""What the processes of the platform last did, and when: who is alive, what was tidied.

    note("worker:office-1:4312", threads=4)     # every few seconds, by each worker
    note("backup", where="s3")                  # by whoever makes backups

A mark is overwritten each time: it tells the present, the journal tells the past.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from engine import clock
from engine.columns import UtcDateTime
from engine.models import db
from engine.transaction import lock, transaction

WORKER = "worker:"
BEAT = timedelta(seconds=15)
"""How often a worker says that it is alive."""

SILENT = timedelta(minutes=1)
"""A worker that has said nothing for so long is dead, or as good as."""

MOST = 200


class Mark(db.Model):  # type: ignore[name-defined]
    """The last time something was done, and what there is to say about it."""

    __tablename__ = "mark"
    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


def note(name: str, **detail: Any) -> None:
    """Say that something was done now."""
    with transaction():
        if db.session.get(Mark, name) is None:
            db.session.add(Mark(name=name, at=clock.now(), detail=detail))
            return
        mark = lock(Mark, name)
        mark.at, mark.detail = clock.now(), detail


def forget(name: str) -> None:
    """Remove a mark: a worker that stops by itself is not a dead one."""
    with transaction():
        if (mark := db.session.get(Mark, name)) is not None:
            db.session.delete(mark)


def latest(name: str) -> Mark | None:
    """The mark of this name; None when it was never noted."""
    return db.session.get(Mark, name)


def beginning(prefix: str) -> Sequence[Mark]:
    """The marks whose name begins so, by name."""
    return db.session.scalars(
        select(Mark)
        .where(Mark.name >= prefix, Mark.name < prefix + "\uffff")
        .order_by(Mark.name)
        .limit(MOST)
    ).all()


def workers() -> Sequence[Mark]:
    """Every worker known, those that died included, until they are forgotten."""
    return beginning(WORKER)


def bury() -> None:
    """Forget the workers of which nothing has been heard for a day."""
    with transaction():
        gone = clock.now() - timedelta(days=1)
        db.session.execute(
            delete(Mark).where(Mark.name.startswith(WORKER), Mark.at < gone),
            execution_options={"synchronize_session": False},
        )


def is_silent(worker: Mark) -> bool:
    """Whether a worker has been silent for too long to be alive."""
    return clock.now() - worker.at > SILENT
