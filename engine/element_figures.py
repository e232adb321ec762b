"""What each element of a procedure's diagram has seen: for those who draw it, not who handles.

Cases are those of the versions asked, of the body that owns them. What has passed is read
over a period, on the index of the history; what waits is read on the index of each element.
Versions are added up by the ids of their elements.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, case, distinct, func, select

from engine import clock
from engine.criteria import midnight
from engine.exchanges import RemoteCall
from engine.figures import TIMED, Seconds, percentile
from engine.models import (
    IS_OPEN,
    History,
    Incident,
    MessageSubscription,
    ProcessInstance,
    Timer,
    UserTask,
    db,
)

LONGEST = timedelta(days=366)
"""The longest period that is read at once."""


@dataclass(frozen=True)
class ElementFigures:
    """One element over a period. `cases` went through it, `times` in all; times are those of
    the calendar, by nearest rank, where time may pass.

    `waiting` cases stand there now, `late` of them past the due date of a task; `incidents`
    are those raised in the period, `stopped` those that stop a case now.
    """

    element_id: str
    name: str = ""
    kind: str = ""
    cases: int = 0
    times: int = 0
    median: timedelta | None = None
    ninetieth: timedelta | None = None
    waiting: int = 0
    late: int = 0
    incidents: int = 0
    stopped: int = 0


@dataclass
class _Gathered:
    """Figures as they are found, by element."""

    rows: dict[str, ElementFigures] = field(default_factory=dict)

    def add(self, element: str, **figures: Any) -> None:
        known = self.rows.get(element, ElementFigures(element))
        self.rows[element] = replace(known, **figures)


def of_elements(
    versions: Collection[UUID], first: date, last: date
) -> dict[str, ElementFigures]:
    """The figures of every element that has some, of these versions, by id.

    The period is of whole days in Paris, both included.
    """
    found = _Gathered()
    began, ended = midnight(first), midnight(last + timedelta(days=1))
    passed = and_(
        History.ended_at >= began, History.ended_at < ended, History.state == "completed"
    )
    for element, name, kind, cases, times in db.session.execute(
        _of(History, versions)
        .where(passed)
        .with_only_columns(
            History.element_id,
            func.max(History.name),
            func.max(History.kind),
            func.count(distinct(History.instance_id)),
            func.count(),
        )
        .group_by(History.element_id)
    ):
        found.add(element, name=name, kind=kind, cases=cases, times=times)
    for element, half, most in db.session.execute(_durations(versions, passed)):
        times_of = {"median": half, "ninetieth": most}
        found.add(element, **{k: timedelta(seconds=v) for k, v in times_of.items()})
    _add_waiting(found, versions)
    raised = case((and_(Incident.raised_at >= began, Incident.raised_at < ended), 1))
    stopped = case((Incident.resolved_at.is_(None), 1))
    for element, name, incidents, still in db.session.execute(
        _of(Incident, versions)
        .with_only_columns(
            Incident.element_id,
            func.max(Incident.element_name),
            func.count(raised),
            func.count(stopped),
        )
        .group_by(Incident.element_id)
    ):
        known = found.rows.get(element)
        named = (known.name if known else "") or name
        found.add(element, name=named, incidents=incidents, stopped=still)
    return found.rows


def _of(row: Any, versions: Collection[UUID]) -> Select[Any]:
    """The rows of the cases of these versions."""
    return (
        select(row)
        .join(ProcessInstance, ProcessInstance.id == row.instance_id)
        .where(ProcessInstance.definition_id.in_(sorted(versions)))
    )


def _durations(versions: Collection[UUID], passed: Any) -> Select[Any]:
    spent = Seconds(History.entered_at, History.ended_at)
    ranked = (
        _of(History, versions)
        .where(passed, History.kind.in_(TIMED))
        .with_only_columns(
            History.element_id,
            spent.label("spent"),
            func.row_number()
            .over(partition_by=History.element_id, order_by=spent)
            .label("rank"),
            func.count().over(partition_by=History.element_id).label("times"),
        )
        .subquery()
    )
    return select(
        ranked.c.element_id, percentile(ranked.c, 50), percentile(ranked.c, 90)
    ).group_by(ranked.c.element_id)


def _add_waiting(found: _Gathered, versions: Collection[UUID]) -> None:
    """A case waits once at an element, whatever it waits for there."""
    late = UserTask.due_at < clock.now()
    late_cases = func.count(distinct(case((late, UserTask.instance_id))))
    for row, still, past in (
        (UserTask, IS_OPEN, late_cases),
        (RemoteCall, RemoteCall.finished_at.is_(None), None),
        (Timer, None, None),
        (MessageSubscription, None, None),
    ):
        asked: list[Any] = [row.element_id, func.count(distinct(row.instance_id))]
        statement = _of(row, versions).with_only_columns(
            *asked, *([past] if past is not None else [])
        )
        statement = statement.where(*([still] if still is not None else []))
        for element, cases, *lates in db.session.execute(
            statement.group_by(row.element_id)
        ):
            known = found.rows.get(str(element), ElementFigures(str(element)))
            waiting, overdue = max(known.waiting, cases), sum(lates)
            found.add(known.element_id, waiting=waiting, late=max(known.late, overdue))
