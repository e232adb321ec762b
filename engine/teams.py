"""What each agent of a body has on their hands, counted no further than anyone reads."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, literal, select, union_all

from engine import clock
from engine.actors import NOT_HANDLING
from engine.directory import Holding, Person, current
from engine.models import IS_OPEN, UserTask, db

MOST = 999
"""An agent's open tasks are counted up to here."""

MOST_TOLD = 99
"""Where somebody is only chosen, their open tasks are counted up to here."""

AT_RISK = timedelta(days=7)

_AT_ONCE = 100  # SQLite takes no more than five hundred queries in one


@dataclass(frozen=True)
class Load:
    """Open tasks: all, late, due within a week, put off, and since when the oldest waits."""

    tasks: int = 0
    late: int = 0
    at_risk: int = 0
    snoozed: int = 0
    oldest: datetime | None = None


def _working(organisation_id: UUID) -> list[ColumnElement[bool]]:
    return [
        Holding.organisation_id == organisation_id,
        Holding.role.not_in(NOT_HANDLING),
    ]


def agents(organisation_id: UUID) -> Select[Person]:
    """Those who handle cases in a body today, by name."""
    held = select(Holding.person_id).where(*_working(organisation_id))
    rows = select(Person).where(Person.id.in_(current(held)))
    return rows.order_by(Person.name, Person.id)


def roles(
    organisation_id: UUID, person_ids: Iterable[UUID] | None = None
) -> dict[UUID, list[str]]:
    """The roles by which people handle cases in a body today; those of everybody for None."""
    asked: Any = select(Holding.person_id, Holding.role).where(*_working(organisation_id))
    if person_ids is not None:
        asked = asked.where(Holding.person_id.in_(list(person_ids)))
    found: dict[UUID, list[str]] = {}
    for person_id, role in db.session.execute(current(asked.order_by(Holding.role))):
        found.setdefault(person_id, []).append(role)
    return found


def role_list(organisation_id: UUID) -> list[str]:
    """The roles by which somebody handles cases in a body today."""
    asked = select(Holding.role).where(*_working(organisation_id)).distinct()
    return sorted(db.session.scalars(current(asked)))


def loads(organisation_id: UUID, person_ids: Iterable[UUID]) -> dict[UUID, Load]:
    """What each of these people has on their hands in a body."""
    people = list(person_ids)
    found = _counted([_of(organisation_id, person) for person in people])
    return dict(zip(people, found, strict=True))


def held(organisation_id: UUID, person_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many open tasks each of these people has in a body, up to one more than `MOST_TOLD`.

    Read on the index alone, and no further, for each of them.
    """
    theirs = select(UserTask.id).where(
        UserTask.assignee_id == Person.id,
        UserTask.organisation_id == organisation_id,
        IS_OPEN,
    )
    few = theirs.limit(MOST_TOLD + 1).correlate(Person).subquery()
    number = select(func.count()).select_from(few).scalar_subquery()
    asked = select(Person.id, number).where(Person.id.in_(list(person_ids)))
    return {person: count for person, count in db.session.execute(asked)}


def to_take(organisation_id: UUID, roles: Iterable[str]) -> dict[str, Load]:
    """What nobody has taken in a body, by role."""
    named = sorted(set(roles))
    found = _counted([_untaken(organisation_id, role) for role in named])
    return dict(zip(named, found, strict=True))


def _of(organisation_id: UUID, person_id: UUID) -> Select[Any]:
    """A range of the index of what a person has."""
    return _columns().where(
        UserTask.assignee_id == person_id, UserTask.organisation_id == organisation_id
    )


def _untaken(organisation_id: UUID, role: str) -> Select[Any]:
    return _columns().where(
        UserTask.assignee_id.is_(None),
        UserTask.organisation_id == organisation_id,
        UserTask.role == role,
    )


def _columns() -> Select[Any]:
    columns: list[Any] = [UserTask.due_at, UserTask.opened_at, UserTask.follow_up_at]
    return select(*columns).where(IS_OPEN)


def _counted(ranges: Sequence[Select[Any]]) -> list[Load]:
    """One question for a hundred ranges, each read no further than `MOST`."""
    found = [Load()] * len(ranges)
    numbered = [_count(n, one) for n, one in enumerate(ranges)]
    for first in range(0, len(numbered), _AT_ONCE):
        some = union_all(*numbered[first : first + _AT_ONCE])
        for n, *values in db.session.execute(some):
            found[n] = Load(*values)
    return found


def _count(n: int, tasks: Select[Any]) -> Select[Any]:
    few, now = tasks.limit(MOST).subquery(), clock.now()
    late = few.c.due_at < now
    at_risk = (few.c.due_at >= now) & (few.c.due_at < now + AT_RISK)
    counts: list[Any] = [
        literal(n),
        func.count(),
        func.count(case((late, 1))),
        func.count(case((at_risk, 1))),
        func.count(case((few.c.follow_up_at > now, 1))),
        func.min(few.c.opened_at),
    ]
    return select(*counts).select_from(few)
