"""The letter of the day: who is owed one, and what there is to say.

A day is planned once, by one statement over what is unread and what is due: nobody else is
looked at. Each person planned for is a row, taken by one worker for a while and marked when
the letter has left: whatever dies in between, the letter is sent under the same key.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    and_,
    select,
)
from sqlalchemy.orm import Mapped, contains_eager, mapped_column

from engine import clock, merging, notices
from engine.access import Actor
from engine.columns import UtcDateTime, only
from engine.directory import APPLICANT
from engine.models import IS_OPEN, UserTask, db
from engine.notices import DAILY, DUE, WITH_ITS_CASE, Notice
from engine.visible import task_is_mine
from engine.worklist import TO_TAKE, Wanted, branches

SOON = timedelta(days=7)
"""How long before its date a task is said to be due soon."""

MOST = 50
"""Rows of one kind in one letter; what is left is counted."""

MOST_COUNTED = 99


class DigestDay(db.Model):  # type: ignore[name-defined]
    """A day whose letters are planned."""

    __tablename__ = "digest_day"
    day: Mapped[date] = mapped_column(primary_key=True)
    planned_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class Digest(db.Model):  # type: ignore[name-defined]
    """The letter of one person and day: to be written after `try_after`, until `sent_at`."""

    __tablename__ = "digest"
    __table_args__ = (
        Index("ix_digest_to_send", "try_after", **only("sent_at IS NULL")),
        Index(None, "day"),
    )
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    try_after: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


@dataclass(frozen=True)
class Contents:
    """What a letter says. `more` are the notices that it only counts."""

    told: Sequence[Notice] = ()
    more: int = 0
    mine: Sequence[UserTask] = ()
    awaited: Sequence[UserTask] = ()
    to_take: int = 0

    @property
    def worth_sending(self) -> bool:
        """Whether there is anything but what is there every day: tasks to take, and what is
        awaited without a date or for later.
        """
        soon = clock.now() + SOON
        pressing = any(task.due_at and task.due_at < soon for task in self.awaited)
        return bool(self.told or self.mine or pressing)


def contents(actor: Actor) -> Contents:
    """What this person has to be told today, by their rights of now."""
    ids = db.session.scalars(_unmailed(actor).limit(MOST)).all()
    told = db.session.scalars(
        select(Notice)
        .where(Notice.id.in_(ids), Notice.person_id == actor.person_id)
        .outerjoin(Notice.instance)
        .options(WITH_ITS_CASE)
        .order_by(Notice.at, Notice.id)
    ).all()
    due = notices.choices(actor.person_id)[DUE] == DAILY
    return Contents(
        told=told,
        more=merging.count([_unmailed(actor)], 10 * MOST) - len(told),
        mine=_tasks(_in_hand(actor), _mine(actor)) if due else [],
        awaited=_tasks(*_asked(actor)) if due else [],
        to_take=merging.count(_to_take(actor), MOST_COUNTED + 1),
    )


def _unmailed(actor: Actor) -> Select[UUID]:
    return notices.of(actor, unread=True).where(
        Notice.channel == DAILY, Notice.mailed_at.is_(None)
    )


def _in_hand(actor: Actor) -> ColumnElement[bool]:
    """Theirs, and those of whoever they replace."""
    near = {actor.person_id, *(role.for_person for role in actor.lent)}
    return UserTask.assignee_id.in_(sorted(near, key=str))


def _mine(actor: Actor) -> ColumnElement[bool]:
    """Tasks of roles that this person holds today, due soon or late."""
    return and_(
        UserTask.due_at < clock.now() + SOON,
        UserTask.role != APPLICANT,
        task_is_mine(actor),
    )


def _asked(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    """What the companies of this person have to do."""
    companies = sorted(actor.organisations(APPLICANT))
    return (UserTask.organisation_id.in_(companies), UserTask.role == APPLICANT)


def _tasks(*which: ColumnElement[bool]) -> Sequence[UserTask]:
    return db.session.scalars(
        select(UserTask)
        .where(IS_OPEN, *which)
        .join(UserTask.instance)
        .options(contains_eager(UserTask.instance))
        .order_by(UserTask.due_at.asc().nulls_last(), UserTask.opened_at, UserTask.id)
        .limit(MOST)
    ).all()


def _to_take(actor: Actor) -> list[Select[UUID]]:
    return branches(Wanted(TO_TAKE), actor)
