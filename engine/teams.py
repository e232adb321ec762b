"""What each agent of a body has on their hands, counted no further than anyone reads."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select

from engine import clock
from engine.actors import NOT_HANDLING
from engine.directory import Holding, Person, current
from engine.models import IS_OPEN, UserTask, db

MOST = 999
"""An agent's open tasks are counted up to here."""

MOST_TOLD = 99
"""Where somebody is only chosen, their open tasks are counted up to here."""

AT_RISK = timedelta(days=7)


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
    measures = _measures(
        Person,
        UserTask.assignee_id == Person.id,
        UserTask.organisation_id == organisation_id,
    )
    rows = db.session.execute(select(Person.id, *measures).where(Person.id.in_(people)))
    found = {person: Load(*values) for person, *values in rows}
    return {person: found.get(person, Load()) for person in people}


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
    asked = select(Holding.role).where(*_working(organisation_id)).distinct().subquery()
    measures = _measures(
        asked,
        UserTask.assignee_id.is_(None),
        UserTask.organisation_id == organisation_id,
        UserTask.role == asked.c.role,
    )
    named = sorted(set(roles))
    rows = db.session.execute(
        select(asked.c.role, *measures).where(asked.c.role.in_(named))
    )
    found = {role: Load(*values) for role, *values in rows}
    return {role: found.get(role, Load()) for role in named}


def _measures(of: Any, *which: ColumnElement[bool]) -> list[Any]:
    """The numbers of a `Load` for each row of `of`, each read no further than `MOST`.

    One statement, whoever is asked about: a query for each of fifty agents took longer to
    write down than to answer.
    """
    now, due = clock.now(), UserTask.due_at

    def few(column: Any, *more: ColumnElement[bool]) -> Any:
        tasks = select(column).where(IS_OPEN, *which, *more)
        return tasks.limit(MOST).correlate(of).subquery()

    def count(*more: ColumnElement[bool]) -> Any:
        return select(func.count()).select_from(few(UserTask.id, *more)).scalar_subquery()

    opened = few(UserTask.opened_at)
    return [
        count(),
        count(due < now),
        count(due >= now, due < now + AT_RISK),
        count(UserTask.follow_up_at > now),
        select(func.min(opened.c.opened_at)).scalar_subquery(),
    ]
