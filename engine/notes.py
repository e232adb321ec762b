"""Private notes on a case: what those who handle it tell each other, and nobody else reads."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, Text, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine import clock
from engine.columns import UtcDateTime
from engine.directory import Person
from engine.models import ProcessInstance, db

LONGEST = 10_000
"""Characters in one note."""


class CaseNote(db.Model):  # type: ignore[name-defined]
    """One note. Its text is never journalled, so that deleting it deletes it."""

    __tablename__ = "case_note"
    __table_args__ = (Index(None, "instance_id", "at", "id"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"))
    author_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    instance: Mapped[ProcessInstance] = relationship()
    author: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


def of_case(instance_id: UUID, most: int = 200) -> list[CaseNote]:
    """The last notes of a case, the newest first."""
    return list(
        db.session.scalars(
            select(CaseNote)
            .where(CaseNote.instance_id == instance_id)
            .order_by(CaseNote.at.desc(), CaseNote.id.desc())
            .limit(most)
        )
    )
