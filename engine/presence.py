"""Who is looking at a case at this moment: told to those who handle it, then forgotten."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, Index, select
from sqlalchemy.orm import Mapped, mapped_column

from engine import clock
from engine.columns import UtcDateTime
from engine.directory import Person
from engine.documents import Draft
from engine.models import UserTask, db

FORGOTTEN_AFTER = timedelta(minutes=2)
"""Somebody not seen for that long has left."""

MOST_TOLD = 20


class Presence(db.Model):  # type: ignore[name-defined]
    """The last time that somebody had a case before their eyes."""

    __tablename__ = "presence"
    __table_args__ = (Index(None, "seen_at"),)
    instance_id: Mapped[UUID] = mapped_column(
        ForeignKey("process_instance.id"), primary_key=True
    )
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


def others(instance_id: UUID, me: UUID | None) -> list[str]:
    """The names of those who look at a case now, but oneself."""
    return list(
        db.session.scalars(
            select(Person.name)
            .join(Presence, Presence.person_id == Person.id)
            .where(
                Presence.instance_id == instance_id,
                Presence.person_id != me,
                Presence.seen_at > clock.now() - FORGOTTEN_AFTER,
            )
            .order_by(Person.name)
            .limit(MOST_TOLD)
        )
    )


def typing(task: UserTask, me: UUID | None) -> str:
    """The name of whoever else filled in this task's form a moment ago; "" for nobody."""
    if task.status != "open":
        return ""
    found = db.session.scalar(
        select(Person.name)
        .join(Draft, Draft.person_id == Person.id)
        .where(
            Draft.task_id == task.id,
            Draft.person_id != me,
            Draft.updated_at > clock.now() - FORGOTTEN_AFTER,
        )
    )
    return found or ""
