"""Where a case went through its diagram: each element, when, by whom, how long, how many times."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask_babel import format_datetime, format_timedelta, ngettext
from sqlalchemy import func, select

from engine.models import History, ProcessInstance, UserTask, db
from web.cases.naming import names

PER_PAGE = 100
LAST = 2**31
"""No step has this number."""


@dataclass(frozen=True)
class Passage:
    """One time through one element."""

    name: str
    element_id: str
    entered_at: datetime
    ended_at: datetime | None
    who: str
    state: str
    lasted: str


@dataclass(frozen=True)
class Page:
    """Passages, the newest first; `after` is where the next page begins, 0 at the end."""

    passages: list[Passage]
    after: int


def page(case: ProcessInstance, before: int = 0) -> Page:
    """One page of the elements that a case went through, those it stands at first."""
    found = select(History).where(History.instance_id == case.id)
    if 0 < before < LAST:
        found = found.where(History.seq < before)
    ordered = found.order_by(History.seq.desc()).limit(PER_PAGE + 1)
    rows = list(db.session.scalars(ordered))
    shown, here = rows[:PER_PAGE], [] if before else _open(case)
    people = names({*(row.by for row in shown), *(task.assignee_id for task in here)})
    standing = [
        Passage(
            task.name, task.element_id, task.opened_at, None,
            people.get(task.assignee_id, ""), "open", "",
        )
        for task in here
    ]  # fmt: skip
    done = [
        Passage(
            row.name or row.element_id, row.element_id, row.entered_at, row.ended_at,
            people.get(row.by, ""), row.state, lasted(row.ended_at - row.entered_at),
        )
        for row in shown
    ]  # fmt: skip
    return Page([*standing, *done], shown[-1].seq if len(rows) > PER_PAGE else 0)


def marks(case_id: UUID) -> dict[str, dict[str, Any]]:
    """What to write on the diagram, by element: how many times, and when last."""
    rows = db.session.execute(
        select(History.element_id, func.count(), func.max(History.seq))
        .where(History.instance_id == case_id, History.state == "completed")
        .group_by(History.element_id)
    ).all()
    latest = {seq: (element, times) for element, times, seq in rows}
    ended = db.session.execute(
        select(History.seq, History.ended_at).where(
            History.instance_id == case_id, History.seq.in_(latest)
        )
    )
    return {
        latest[seq][0]: {
            "times": latest[seq][1],
            "at": format_datetime(at, "d/M HH:mm"),
            "told": ngettext(
                "une fois, %(at)s",
                "%(num)d fois, la dernière %(at)s",
                latest[seq][1],
                at=format_datetime(at, "short"),
            ),
        }
        for seq, at in ended
    }


def lasted(duration: timedelta) -> str:
    """How long, as people say it; nothing for what took no time."""
    if duration < timedelta(minutes=1):
        return ""
    return str(format_timedelta(duration, threshold=1))


def _open(case: ProcessInstance) -> list[UserTask]:
    return list(
        db.session.scalars(
            select(UserTask)
            .where(UserTask.instance_id == case.id, UserTask.status == "open")
            .order_by(UserTask.opened_at.desc())
        )
    )
