"""What the operator's page shows, each in one or two indexed queries."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask_sqlalchemy.pagination import Pagination
from sqlalchemy import ColumnElement, case, exists, func, select
from sqlalchemy.orm import joinedload, lazyload, load_only

from engine import clock, journal, merging
from engine.commands import due_calls
from engine.criteria import midnight
from engine.directory import Person
from engine.exchanges import Exchange, Partner, RemoteCall
from engine.journal import JournalEntry
from engine.models import (
    Incident,
    Message,
    ProcessInstance,
    Timer,
    db,
)
from web.paging import bounded

PER_PAGE = 25

MOST_COUNTED = 10_000
"""What there is of everything is counted up to here; beyond, « 10000+ »."""


@dataclass(frozen=True)
class Cause:
    """Open incidents that share a cause."""

    name: str
    element: str
    count: int
    oldest: datetime


@dataclass(frozen=True)
class PartnerState:
    """One partner as an operator sees it."""

    name: str
    mode: str
    paused_at: datetime | None
    broken_at: datetime | None
    reason: str | None
    rate: int | None
    waiting: int
    last_outcome: str | None
    last_at: datetime | None


def incidents_by_cause() -> list[Cause]:
    """Open incidents grouped by cause and step, the most numerous first."""
    rows = db.session.execute(
        select(
            Incident.cause,
            Incident.element_name,
            func.count().label("n"),
            func.min(Incident.raised_at),
        )
        .where(Incident.resolved_at.is_(None))
        .group_by(Incident.cause, Incident.element_name)
        .order_by(func.count().desc())
        .limit(50)
    )
    return [Cause(*row) for row in rows]


@dataclass(frozen=True)
class Stopped:
    """Which open incidents are looked for; what is empty is not asked."""

    cause: str = ""
    step: str = ""
    partner: str = ""
    key: str = ""
    since: date | None = None
    case: UUID | None = None


def incidents(wanted: Stopped, page: int) -> Pagination:
    """The open incidents that are as wanted, the oldest first."""
    number = joinedload(Incident.instance).options(
        load_only(ProcessInstance.number, ProcessInstance.key),
        lazyload(ProcessInstance.definition),
    )
    order = (Incident.raised_at, Incident.id)
    found = select(Incident.id).where(*_stopped(wanted)).order_by(*order)
    rows = select(Incident).options(number).order_by(*order)
    return bounded([found], rows, id=Incident.id, page=page, per_page=PER_PAGE)


def _stopped(wanted: Stopped) -> Iterator[ColumnElement[bool]]:
    yield Incident.resolved_at.is_(None)
    if wanted.cause:
        yield Incident.cause == wanted.cause
    if wanted.step:
        yield Incident.element_name == wanted.step
    if wanted.since is not None:
        yield Incident.raised_at >= midnight(wanted.since)
    if wanted.case is not None:
        yield Incident.instance_id == wanted.case
    if wanted.partner:
        yield exists().where(
            RemoteCall.id == Incident.call_id, RemoteCall.partner == wanted.partner
        )
    if wanted.key:
        yield exists().where(
            ProcessInstance.id == Incident.instance_id, ProcessInstance.key == wanted.key
        )


def partners(connected: Mapping[str, Any]) -> list[PartnerState]:
    """These partners, each with its breaker, its queue and its last exchange."""
    rows = {p.name: p for p in db.session.scalars(select(Partner))}
    counted = db.session.execute(
        select(RemoteCall.partner, func.count())
        .where(RemoteCall.status == "ready")
        .group_by(RemoteCall.partner)
    )
    waiting = {name: number for name, number in counted}
    return [
        _state(name, client, rows.get(name), waiting) for name, client in connected.items()
    ]


def _state(
    name: str, client: Any, row: Partner | None, waiting: Mapping[str, int]
) -> PartnerState:
    last = db.session.scalars(
        select(Exchange)
        .where(Exchange.partner == name)
        .order_by(Exchange.at.desc())
        .limit(1)
    ).first()
    return PartnerState(
        name=name,
        mode=client.mode,
        paused_at=row.paused_at if row else None,
        broken_at=row.broken_at if row else None,
        reason=row.reason if row else None,
        rate=row.rate if row else None,
        waiting=waiting.get(name, 0),
        last_outcome=last.outcome if last else None,
        last_at=last.at if last else None,
    )


def queue() -> dict[str, Any]:
    """What waits to be done by the workers, and since when."""
    now = clock.now()
    return {
        "calls": _count(RemoteCall.id, RemoteCall.status == "ready"),
        "oldest": due_calls.oldest(),
        "timers": _count(Timer.task_id, Timer.due_at <= now),
        "messages": _count(
            Message.id, Message.delivered_at.is_(None), Message.expires_at > now
        ),
        "now": now,
        "moved": clock.shift(),
    }


@dataclass(frozen=True)
class Queue:
    """What waits for one partner. `failing`: tried in vain at least once."""

    waiting: str
    failing: int
    oldest: datetime | None
    next_try: datetime | None
    stopped: str


def queue_of(name: str) -> Queue:
    """What waits for a partner, counted and looked at up to `MOST_COUNTED`."""
    waiting = (
        select(RemoteCall.created_at, RemoteCall.due_at, RemoteCall.failures)
        .where(RemoteCall.partner == name, RemoteCall.status == "ready")
        .limit(MOST_COUNTED + 1)
        .subquery()
    )
    of = waiting.c
    number, failing, oldest, following = db.session.execute(
        select(
            func.count(),
            func.count(case((of.failures > 0, 1))),
            func.min(of.created_at),
            func.min(of.due_at),
        ).select_from(waiting)
    ).one()
    said = f"{MOST_COUNTED}+" if number > MOST_COUNTED else str(number)
    stopped = _count(
        RemoteCall.id, RemoteCall.partner == name, RemoteCall.status == "incident"
    )
    return Queue(said, failing, oldest, following, str(stopped))


def _count(column: Any, *conditions: Any) -> int | str:
    counted = merging.count([select(column).where(*conditions)], MOST_COUNTED + 1)
    return counted if counted <= MOST_COUNTED else f"{MOST_COUNTED}+"


def context_of(incident: Incident) -> dict[str, Any]:
    """The call that failed with its attempts, and the last acts on the case."""
    call = db.session.get(RemoteCall, incident.call_id) if incident.call_id else None
    attempts = (
        list(
            db.session.scalars(
                select(Exchange)
                .where(Exchange.call_id == call.id)
                .order_by(Exchange.attempt.desc())
                .limit(20)
            )
        )
        if call
        else []
    )
    acts = told(f"case:{incident.instance_id}")
    return {"call": call, "attempts": attempts, "acts": acts}


def told(chain: str) -> list[tuple[JournalEntry, str]]:
    """The last acts of a chain, each with the name of whoever did it."""
    entries = journal.latest(chain)
    ids = {entry.actor_id for entry in entries if entry.actor_id}
    people = db.session.scalars(select(Person).where(Person.id.in_(ids))) if ids else ()
    names: dict[UUID | None, str] = {person.id: person.name for person in people}
    return [(entry, names.get(entry.actor_id, "")) for entry in entries]


def causes_of(name: str) -> list[tuple[str, str]]:
    """The steps that open incidents of a cause stopped: (id, name)."""
    rows = db.session.execute(
        select(Incident.element_id, func.max(Incident.element_name))
        .where(Incident.resolved_at.is_(None), Incident.cause == name)
        .group_by(Incident.element_id)
        .limit(50)
    )
    return [(element_id, said or element_id) for element_id, said in rows]
