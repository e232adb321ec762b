"""The chore that counts the platform's figures: one slice, one month.

The first time, every month since the first case; then the one that runs and the one before.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from statistics import median
from typing import Any

from sqlalchemy import delete, func, insert, select

from engine import clock
from engine.criteria import midnight
from engine.documents import Document
from engine.exchanges import Exchange
from engine.journal import JournalEntry
from engine.models import Incident, ProcessInstance, db
from engine.platform_figures import (
    ANSWERED,
    BYTES,
    CALLS,
    CLOSED,
    DECIDED,
    DOCUMENTS,
    INCIDENTS,
    OPENED,
    PEOPLE,
    PlatformFigure,
)
from engine.slices import Slice, Taken
from engine.transaction import transaction

FAILING = ("retryable", "throttled", "ambiguous", "misconfigured", "unexpected")
"""What a partner that does not serve us answers; a refusal is an answer."""

MOST_MONTHS = 240
DAY = 86_400.0

Figure = tuple[str, str, Any, float]
"""Name, procedure or partner, body, value."""


def go_on(taken: Taken) -> Slice:
    """Count the next month."""
    db.session.rollback()
    month = date.fromisoformat(taken.cursor["month"]) if taken.cursor else _first()
    following = _next(month)
    found = list(_figures(month, midnight(month), midnight(following)))
    if month == clock.today().replace(day=1):
        found += _stored()
    _write(month, found)
    result = {"months": taken.result.get("months", 0) + 1}
    over = following > clock.today()
    return Slice(1, {"month": following.isoformat()}, result, finished=over)


def _first() -> date:
    """The month before this one; the first of all when nothing was counted yet."""
    this = clock.today().replace(day=1)
    before = _next(this, -1)
    if db.session.scalar(select(PlatformFigure.id).limit(1)) is not None:
        return before
    first = db.session.scalar(select(func.min(ProcessInstance.started_at)))
    begun = first.astimezone(clock.PARIS).date().replace(day=1) if first else this
    return max(begun, _next(this, -MOST_MONTHS))


def _next(month: date, by: int = 1) -> date:
    year, index = divmod(month.year * 12 + month.month - 1 + by, 12)
    return date(year, index + 1, 1)


def _write(month: date, found: list[Figure]) -> None:
    now = clock.now()
    lines = [
        {"month": month, "name": name, "key": key, "organisation_id": body,
         "value": value, "at": now}
        for name, key, body, value in found
    ]  # fmt: skip
    with transaction():
        db.session.execute(delete(PlatformFigure).where(PlatformFigure.month == month))
        if lines:
            db.session.execute(insert(PlatformFigure), lines)


def _figures(month: date, first: datetime, last: datetime) -> Iterator[Figure]:
    case = ProcessInstance
    yield from _cases(OPENED, case.started_at, first, last)
    yield from _cases(CLOSED, case.ended_at, first, last)
    yield from _medians(first, last)
    raised = db.session.execute(
        select(case.key, case.organisation_id, func.count())
        .join(Incident, Incident.instance_id == case.id)
        .where(Incident.raised_at >= first, Incident.raised_at < last)
        .group_by(case.key, case.organisation_id)
    )
    yield from ((INCIDENTS, key, body, number) for key, body, number in raised)
    active = select(func.count(JournalEntry.actor_id.distinct())).where(
        JournalEntry.at >= first, JournalEntry.at < last
    )
    yield PEOPLE, "", None, db.session.scalar(active) or 0
    yield from _calls(first, last)


def _cases(name: str, moment: Any, first: datetime, last: datetime) -> Iterator[Figure]:
    case = ProcessInstance
    found = db.session.execute(
        select(case.key, case.organisation_id, func.count())
        .where(moment >= first, moment < last)
        .group_by(case.key, case.organisation_id)
    )
    yield from ((name, key, body, number) for key, body, number in found)


def _medians(first: datetime, last: datetime) -> Iterator[Figure]:
    case = ProcessInstance
    spent: Mapping[Any, list[float]] = defaultdict(list)
    found = db.session.execute(
        select(case.key, case.organisation_id, case.started_at, case.ended_at)
        .where(case.ended_at >= first, case.ended_at < last, case.status == "completed")
        .execution_options(yield_per=5000)
    )
    for key, body, started, ended in found:
        if ended is not None:
            spent[key, body].append((ended - started).total_seconds() / DAY)
    yield from ((DECIDED, key, body, median(days)) for (key, body), days in spent.items())


def _calls(first: datetime, last: datetime) -> Iterator[Figure]:
    found = db.session.execute(
        select(Exchange.partner, Exchange.outcome, func.count())
        .where(Exchange.at >= first, Exchange.at < last)
        .group_by(Exchange.partner, Exchange.outcome)
    )
    calls: dict[str, int] = defaultdict(int)
    answered: dict[str, int] = defaultdict(int)
    for partner, outcome, number in found:
        calls[partner] += number
        answered[partner] += 0 if outcome in FAILING else number
    yield from ((CALLS, partner, None, number) for partner, number in calls.items())
    yield from ((ANSWERED, partner, None, number) for partner, number in answered.items())


def _stored() -> list[Figure]:
    """What there is now: documents, and the bytes that they say they have."""
    number, size = db.session.execute(
        select(func.count(), func.coalesce(func.sum(Document.size), 0)).select_from(
            Document
        )
    ).one()
    return [(DOCUMENTS, "", None, number), (BYTES, "", None, size)]
