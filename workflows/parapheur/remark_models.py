"""What is said of a folder without moving it: remarks on its pages, opinions, who read it.

Only this domain writes them.
"""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine import clock
from engine.columns import UtcDateTime, only
from engine.directory import Person
from engine.models import db


class Annotation(db.Model):  # type: ignore[name-defined]
    """A remark on a page of a file: for all who see the folder, or for its author's desk."""

    __tablename__ = "parapheur_annotation"
    __table_args__ = (Index(None, "file_id", "page"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    file_id: Mapped[UUID] = mapped_column(ForeignKey("parapheur_file.id"))
    page: Mapped[int]
    # Fractions of the page from its top left: 0.0 to 1.0.
    x: Mapped[float]
    y: Mapped[float]
    width: Mapped[float] = mapped_column(default=0.0)
    height: Mapped[float] = mapped_column(default=0.0)
    text: Mapped[str] = mapped_column(String(512))
    private: Mapped[bool] = mapped_column(default=False, server_default=false())
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    role: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    person: Mapped[Person] = relationship()


class FolderReading(db.Model):  # type: ignore[name-defined]
    """That somebody opened a folder, and which state of it they saw last."""

    __tablename__ = "parapheur_reading"
    instance_id: Mapped[UUID] = mapped_column(
        ForeignKey("parapheur_folder.instance_id"), primary_key=True
    )
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class SecondOpinion(db.Model):  # type: ignore[name-defined]
    """An opinion asked of another desk while a step waits; it moves nothing in the diagram."""

    __tablename__ = "parapheur_opinion"
    __table_args__ = (
        Index(None, "instance_id"),
        Index("ix_parapheur_opinion_waiting", "organisation_id", "role", "asked_at",
              **only("given_at IS NULL")),
    )  # fmt: skip
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("parapheur_folder.instance_id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    role: Mapped[str] = mapped_column(String(100))  # the desk asked
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    asking_role: Mapped[str] = mapped_column(String(100))
    question: Mapped[str] = mapped_column(Text, default="")
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    answer: Mapped[str] = mapped_column(Text, default="")
    favourable: Mapped[bool | None]
    given_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    given_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
