"""Absences: who replaces whom, in which body, for what, from one minute to another.

A deputy acts in the place of the absent person, within the roles and procedures they were
lent, and not a minute beyond. Nothing is lent further: who replaces a deputy replaces that
deputy alone. They sign only under a written delegation of signature.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    JSON,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    Text,
    and_,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from engine import clock
from engine.columns import UtcDateTime
from engine.directory import Organisation, Person
from engine.models import db

ABSENCE, DELEGATION = "absence", "delegation"
"""Why one acts in the place of another: they are away; they are there and delegate."""


class Absence(db.Model):  # type: ignore[name-defined]
    """One person away, and one who replaces them. No role, or no key, named: all of them.

    Of kind `delegation`, the person is there: they have had a part of what they do done.
    """

    __tablename__ = "absence"
    __table_args__ = (
        Index(None, "person_id", "ends_at"),
        Index(None, "deputy_id", "ends_at"),
        Index(None, "organisation_id", "ends_at"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    deputy_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)  # from then on, no more
    kind: Mapped[str] = mapped_column(String(20), default=ABSENCE, server_default=ABSENCE)
    roles: Mapped[list[str]] = mapped_column(JSON, default=list)
    # Procedures, or the subjects (`ebg:subject`) of their tasks.
    keys: Mapped[list[str]] = mapped_column(JSON, default=list)
    # The reference of the written delegation of signature; without it, nothing is signed.
    delegation: Mapped[str] = mapped_column(Text, default="")
    motive: Mapped[str] = mapped_column(Text, default="")
    made_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # earlier than foreseen

    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    deputy: Mapped[Person] = relationship(foreign_keys=[deputy_id])
    organisation: Mapped[Organisation] = relationship()

    @property
    def signs(self) -> bool:
        """Whether the deputy may sign in the place of the absent person."""
        return bool(self.delegation)

    @property
    def over_at(self) -> datetime:
        """When it ended or will end."""
        return min(self.ended_at or self.ends_at, self.ends_at)

    @property
    def state(self) -> str:
        """`now`, `to_come` or `past`; one given up before it began is past."""
        now = clock.now()
        if self.ended_at is not None or self.ends_at <= now:
            return "past"
        return "now" if self.starts_at <= now else "to_come"


AHEAD = (Absence.ends_at, Absence.id)
"""The order of those to come: the first to end first."""


def in_force() -> ColumnElement[bool]:
    """At this very moment."""
    return and_(*in_force_at(clock.now()))


def in_force_at(moment: Any) -> tuple[ColumnElement[bool], ...]:
    """At a moment, or at the one that a statement is given."""
    return (
        Absence.starts_at <= moment,
        Absence.ends_at > moment,
        Absence.ended_at.is_(None),
    )


def _read(*which: ColumnElement[bool]) -> Select[tuple[Absence]]:
    return (
        select(Absence)
        .where(*which)
        .options(joinedload(Absence.person), joinedload(Absence.deputy))
        .order_by(Absence.ends_at.desc(), Absence.id)
    )


def _all(asked: Select[tuple[Absence]]) -> list[Absence]:
    return list(db.session.scalars(asked))


def of_person(person_id: UUID | None, most: int = 100) -> list[Absence]:
    """The absences of a person and those in which they replace somebody, the latest first."""
    concerned = or_(Absence.person_id == person_id, Absence.deputy_id == person_id)
    return _all(_read(concerned).limit(most))


def ahead(organisation_id: UUID) -> Select[UUID]:
    """The ids of the absences of a body that are not over, the first to end first."""
    return (
        select(Absence.id)
        .where(
            Absence.organisation_id == organisation_id,
            Absence.ends_at > clock.now(),
            Absence.ended_at.is_(None),
        )
        .order_by(*AHEAD)
    )


def away(person_ids: Iterable[UUID | None]) -> dict[UUID, Absence]:
    """Those of these people who are away at this moment, with the absence that ends last."""
    known = [one for one in person_ids if one is not None]
    if not known:
        return {}
    absent = Absence.kind == ABSENCE  # who delegates is there
    found = _all(_read(Absence.person_id.in_(known), absent, in_force()))
    last: dict[UUID, Absence] = {}
    for absence in found:
        last.setdefault(absence.person_id, absence)
    return last


def overlapping(person_id: UUID, starts_at: datetime, ends_at: datetime) -> list[Absence]:
    """The absences of a person that share a moment with these dates."""
    shared: list[Any] = [Absence.starts_at < ends_at, Absence.ends_at > starts_at]
    which = [Absence.person_id == person_id, Absence.ended_at.is_(None), *shared]
    return _all(_read(*which).limit(20))
