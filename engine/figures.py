"""The figures a head of service asks for: where cases stand, how long steps take, who has what.

All are about the cases one handles, of one procedure, and are counted by the database: a few
queries a page, whatever the number of cases. They read everything that is open, so they cost
more than a search: nobody waits for them to work.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Float, Select, and_, case, distinct, func, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from engine import clock, subscriptions
from engine.access import NOT_HANDLING, Actor
from engine.criteria import Search, criteria, midnight
from engine.directory import Organisation, Person
from engine.exchanges import RemoteCall
from engine.models import (
    IS_OPEN,
    DefinitionRole,
    History,
    MessageSubscription,
    ProcessDefinition,
    ProcessInstance,
    Timer,
    UserTask,
    db,
)
from engine.visible import handled_cases

TIMED = (
    "userTask", "manualTask", "serviceTask", "sendTask", "receiveTask",
    "intermediateCatchEvent", "callActivity",
)  # fmt: skip
"""Kinds of elements where time may pass."""


@dataclass(frozen=True)
class Standing:
    """How many running cases wait at one element, since when, and how many are late.

    `since` is None where only a moment or a message is waited for.
    """

    element_id: str
    cases: int
    since: datetime | None = None
    late: int = 0


@dataclass(frozen=True)
class Duration:
    """How long one element took: times gone through, median, and what nine in ten stay under.

    Time that passed on the calendar, nights and Sundays included.
    """

    element_id: str
    name: str
    times: int
    median: timedelta
    ninetieth: timedelta


@dataclass(frozen=True)
class Load:
    """Open tasks of one person or one body: all, late, and due soon. None is nobody."""

    id: UUID | None
    name: str
    tasks: int
    late: int
    soon: int


def procedures(actor: Actor) -> list[ProcessDefinition]:
    """Every version of the procedures whose cases one handles, by name, the latest first."""
    handling = [r for r in actor.roles if r.name not in NOT_HANDLING]
    pairs = select(DefinitionRole.definition_id).where(
        DefinitionRole.role.in_({r.name for r in handling})
    )
    bodies = {r.organisation_id for r in handling}
    offered = subscriptions.versions()
    theirs = select(offered.c.definition_id).where(offered.c.body_id.in_(bodies))
    return list(
        db.session.scalars(
            select(ProcessDefinition)
            .where(ProcessDefinition.id.in_(pairs), ProcessDefinition.id.in_(theirs))
            .order_by(ProcessDefinition.name, ProcessDefinition.version.desc())
        )
    )


def standing(actor: Actor, search: Search) -> list[Standing]:
    """Where the running cases found wait, by element, in no order."""
    ids = _ids(actor, search, ProcessInstance.status == "active")
    return [found for rows in _waiting(ids) for found in rows]


def _waiting(ids: Select[UUID]) -> Iterator[list[Standing]]:
    late = func.count(case((UserTask.due_at < clock.now(), 1)))
    yield _grouped(UserTask, ids, func.min(UserTask.opened_at), late, IS_OPEN)
    open_call = RemoteCall.finished_at.is_(None)
    yield _grouped(RemoteCall, ids, func.min(RemoteCall.created_at), None, open_call)
    yield _grouped(Timer, ids, None, None)
    yield _grouped(MessageSubscription, ids, None, None)


def _grouped(
    row: Any, ids: Select[UUID], since: Any, late: Any, *still: ColumnElement[bool]
) -> list[Standing]:
    asked = [row.element_id, func.count(distinct(row.instance_id))]
    asked += [column for column in (since, late) if column is not None]
    statement = select(*asked).where(row.instance_id.in_(ids), *still)
    found = db.session.execute(statement.group_by(row.element_id))
    return [Standing(*values) for values in found]


def durations(actor: Actor, search: Search, first: date, last: date) -> list[Duration]:
    """Time spent in each element that ended between two days included, the longest first.

    Elements that never make anyone wait (under a second) are left out.
    """
    spent = Seconds(History.entered_at, History.ended_at)
    ranked = (
        select(
            History.element_id,
            History.name,
            spent.label("spent"),
            func.row_number()
            .over(partition_by=History.element_id, order_by=spent)
            .label("rank"),
            func.count().over(partition_by=History.element_id).label("times"),
        )
        .where(
            History.ended_at >= midnight(first),
            History.ended_at < midnight(last + timedelta(days=1)),
            History.kind.in_(TIMED),
            History.state == "completed",
            History.instance_id.in_(_ids(actor, search)),
        )
        .subquery()
    )
    rows = db.session.execute(
        select(
            ranked.c.element_id,
            func.max(ranked.c.name),
            func.max(ranked.c.times),
            percentile(ranked.c, 50),
            percentile(ranked.c, 90),
        ).group_by(ranked.c.element_id)
    )
    found = [
        Duration(element, name, times, timedelta(seconds=half), timedelta(seconds=most))
        for element, name, times, half, most in rows
        if most >= 1
    ]
    return sorted(found, key=lambda d: d.median, reverse=True)


def percentile(ranked: Any, percent: int) -> ColumnElement[float]:
    """The nearest rank: the shortest that `percent` in a hundred do not exceed."""
    return func.min(case((ranked.rank * 100 >= ranked.times * percent, ranked.spent)))


def loads(actor: Actor, search: Search, *, soon: int) -> list[Load]:
    """Open tasks by who has taken them, in the bodies one works for; `soon` in days."""
    own = {r.organisation_id for r in actor.roles if r.name not in NOT_HANDLING}
    mine = and_(UserTask.organisation_id.in_(own), UserTask.role.not_in(NOT_HANDLING))
    return _loads(actor, search, UserTask.assignee_id, Person, soon, mine)


def loads_of_bodies(actor: Actor, search: Search, *, soon: int) -> list[Load]:
    """Open tasks by the body whose role it is: one's own, partners, applicants together."""
    by = case((UserTask.role.in_(NOT_HANDLING), None), else_=UserTask.organisation_id)
    return _loads(actor, search, by, Organisation, soon)


def _loads(
    actor: Actor, search: Search, by: Any, named: Any, soon: int, *more: ColumnElement[bool]
) -> list[Load]:
    now = clock.now()
    late = UserTask.due_at < now
    near = and_(UserTask.due_at >= now, UserTask.due_at < now + timedelta(days=soon))
    counted = (
        select(
            by.label("by"),
            func.count().label("tasks"),
            func.count(case((late, 1))).label("late"),
            func.count(case((near, 1))).label("soon"),
        )
        .where(UserTask.instance_id.in_(_ids(actor, search)), IS_OPEN, *more)
        .group_by(by)
        .subquery()
    )
    rows = db.session.execute(
        select(counted.c.by, named.name, counted.c.tasks, counted.c.late, counted.c.soon)
        .outerjoin(named, named.id == counted.c.by)
        .order_by(counted.c.tasks.desc())
    )
    return [Load(by_id, name or "", *counts) for by_id, name, *counts in rows]


def _ids(actor: Actor, search: Search, *more: ColumnElement[bool]) -> Select[UUID]:
    found = handled_cases(actor).where(*(c.condition for c in criteria(search)), *more)
    return found.with_only_columns(ProcessInstance.id)


class Seconds(FunctionElement[float]):
    """Seconds between two moments, on each database."""

    type = Float()
    inherit_cache = True
    name = "seconds"


@compiles(Seconds, "postgresql")
def _on_postgresql(element: Seconds, compiler: Any, **more: Any) -> str:
    first, last = (compiler.process(clause, **more) for clause in element.clauses)
    return f"CAST(EXTRACT(EPOCH FROM ({last} - {first})) AS FLOAT)"


@compiles(Seconds, "sqlite")
def _on_sqlite(element: Seconds, compiler: Any, **more: Any) -> str:
    first, last = (compiler.process(clause, **more) for clause in element.clauses)
    return f"((julianday({last}) - julianday({first})) * 86400.0)"
