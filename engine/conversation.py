"""Messages between the applicant and the people who handle a case."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine import clock
from engine.columns import UtcDateTime
from engine.directory import Person
from engine.models import db

LONGEST = 10_000
"""Characters in one message."""


class CaseMessage(db.Model):  # type: ignore[name-defined]
    """One message in a case's conversation."""

    __tablename__ = "case_message"
    __table_args__ = (Index(None, "instance_id", "sent_at"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"))
    author_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    side: Mapped[str] = mapped_column(String(20))  # applicant | officer
    text: Mapped[str] = mapped_column(Text)
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    author: Mapped[Person] = relationship(lazy="joined")


def of_case(instance_id: UUID) -> list[CaseMessage]:
    """The last 200 messages of a case, oldest first."""
    latest = db.session.scalars(
        select(CaseMessage)
        .where(CaseMessage.instance_id == instance_id)
        .order_by(CaseMessage.sent_at.desc())
        .limit(200)
    )
    return list(latest)[::-1]
