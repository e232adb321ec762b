"""What the operator's page shows, each in one or two indexed queries."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_sqlalchemy.pagination import Pagination
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, lazyload, load_only

from engine import clock, journal, merging
from engine.commands import due_calls
from engine.directory import Person
from engine.exchanges import Exchange, Partner, RemoteCall
from engine.journal import JournalEntry
from engine.models import (
    IS_OPEN,
    Incident,
    Message,
    ProcessDefinition,
    ProcessInstance,
    Timer,
    UserTask,
    db,
)

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


def incidents(*, cause: str, step: str, page: int) -> Pagination:
    """Open incidents of a cause and a step, if given; the oldest first."""
    number = joinedload(Incident.instance).options(
        load_only(ProcessInstance.number), lazyload(ProcessInstance.definition)
    )
    statement = select(Incident).where(Incident.resolved_at.is_(None)).options(number)
    if cause:
        statement = statement.where(Incident.cause == cause)
    if step:
        statement = statement.where(Incident.element_name == step)
    return db.paginate(
        statement.order_by(Incident.raised_at, Incident.id),
        page=max(page, 1),
        per_page=PER_PAGE,
        error_out=False,
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


def figures() -> dict[str, int | str]:
    """How much there is of everything."""
    of_any_version = ProcessInstance.definition_id.in_(select(ProcessDefinition.id))
    return {
        "active": _count(
            ProcessInstance.id, of_any_version, ProcessInstance.status == "active"
        ),
        "open_tasks": _count(UserTask.id, IS_OPEN),
        "incidents": _count(Incident.id, Incident.resolved_at.is_(None)),
    }


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
