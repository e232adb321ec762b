"""Chores: long works of the platform itself, done by the workers slice after slice.

Reading the whole journal again, eliminating what nobody needs, counting a month. Each slice
begins where the last one stopped (`cursor`) and writes how far it got: a worker that dies
in the middle costs one slice, done again.
"""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, ForeignKey, Index, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from engine import clock
from engine.columns import UtcDateTime
from engine.models import db

JOURNAL, RETENTION, FIGURES = "journal", "retention", "figures"
KINDS = (JOURNAL, RETENTION, FIGURES)

RUNNING, DONE, STOPPED, FAILED = "running", "done", "stopped", "failed"


class Chore(db.Model):  # type: ignore[name-defined]
    """One of them. `subject` says on what; `created_by` is None when the platform asks."""

    __tablename__ = "chore"
    __table_args__ = (
        Index(None, "status", "created_at"),
        Index(None, "kind", "created_at", "id"),
        Index(None, "kind", "subject", "created_at"),
        Index(None, "finished_at"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    kind: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(300), default="")
    motive: Mapped[str] = mapped_column(Text, default="")
    status: Mapped[str] = mapped_column(String(20), default=RUNNING)
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int | None]  # None: nobody knows
    cursor: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    result: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    @property
    def percent(self) -> int:
        """From 0 to 100; 0 as long as nobody knows how much there is."""
        if self.status == DONE:
            return 100
        return min(100 * self.done // self.total, 99) if self.total else 0


def latest(kind: str, subject: str = "") -> Chore | None:
    """The last chore of a kind, on this subject if given."""
    asked = select(Chore).where(Chore.kind == kind)
    if subject:
        asked = asked.where(Chore.subject == subject)
    return db.session.scalars(asked.order_by(Chore.created_at.desc()).limit(1)).first()
