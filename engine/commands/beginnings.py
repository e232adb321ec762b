"""Cases that nobody files: a message, a signal or a timer starts them.

A start's timer is armed when its version is published, and belongs to the procedure: the
next version takes it as it stands, unless it says something else. Every occurrence starts
one case of the current version, in the transaction that turns to the next one. Those missed
while the service was down all happen, in their order, the last `MOST_MISSED` at most.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import or_, select

from engine import clock, definitions, journal
from engine.commands import cases, messages, telling
from engine.commands.later import or_later
from engine.commands.step import Office, keep
from engine.models import Message, ProcessDefinition, ProcessInstance, StartTimer, db
from engine.spiff.errors import DiagramRefused, Problem
from engine.spiff.model import Model, Start
from engine.spiff.moments import Duration, Repetition
from engine.spiff.process import Process
from engine.spiff.schedules import schedule
from engine.transaction import AfterCommit, transaction

MOST_MISSED = 100
"""Occurrences of one timer that are made up for after an interruption of the service."""


def start(
    definition_id: UUID,
    by: Start,
    after_commit: AfterCommit,
    *,
    detail: Mapping[str, Any],
    payload: Any = None,
    body_id: UUID | None = None,
) -> ProcessInstance:
    """A case that an event starts, in the open transaction, run to its first wait states.

    It belongs to the procedure's owner, unless `body_id` says which body's event it was.
    """
    definition = db.session.get_one(ProcessDefinition, definition_id)
    instance = cases.new(definition, body_id or definition.owner_id, None, None, uuid4())
    db.session.add(instance)
    db.session.flush()
    process = Process.start(
        definitions.model(definition_id),
        {"case": cases.facts(instance, definition, None)},
        host=Office.of(instance),
        start_id=by.element_id,
        event=by.event,
        payload=payload,
    )
    instance.title = cases.title(definition, process.data, start_id=by.element_id)
    keep(instance, process, after_commit, by=None)
    telling.filed(instance)
    said = {"definition": str(definition_id), "start": by.element_id, **detail}
    journal.write_for_case(instance, "case_started", by=None, detail=said)
    return instance


# Messages


def waiting_to_begin(limit: int) -> list[UUID]:
    """Kept messages that start a case."""
    now = clock.now()
    kept = (
        Message.delivered_at.is_(None)
        & (Message.expires_at > now)
        & or_(Message.retry_at.is_(None), Message.retry_at <= now)
    )
    if db.session.scalars(select(Message.id).where(kept).limit(1)).first() is None:
        return []
    names = list(definitions.start_messages())
    return list(
        db.session.scalars(
            select(Message.id)
            .where(kept, Message.name.in_(names))
            .order_by(Message.received_at)
            .limit(limit)
        )
    )


def begin(message_id: UUID) -> UUID | None:
    """Start the case that a message asks for, in its procedure's current version, once.

    Returns its id; None when the message was taken meanwhile, or will be tried again.
    """
    with or_later(Message, message_id), transaction() as after_commit:
        message = db.session.scalars(_claimed(Message, message_id)).first()
        starts = definitions.start_messages()
        if message is None or message.delivered_at or message.name not in starts:
            return None
        if messages.awaited(message.name, message.correlation):
            return None  # that case is busy or suspended: it takes the message later
        definition_id, by = starts[message.name]
        instance = start(
            definition_id, by, after_commit,
            payload=message.payload, detail={"message": message.name},
        )  # fmt: skip
        message.delivered_at = clock.now()
        message.instance_id = instance.id
        return instance.id
    return None


# Timers


def arm(definition: ProcessDefinition, model: Model) -> None:
    """Arm the timers of a version that is being published, and disarm the others'.

    A timer that says what it said keeps its rhythm. Raises DiagramRefused for one that
    would never start anything.
    """
    armed = {
        (timer.element_id, timer.kind, timer.expression): timer
        for timer in db.session.scalars(
            select(StartTimer).where(StartTimer.key == definition.key)
        )
    }
    wanted = {_said(s): s for s in model.start_events if s.event.kind == "timer"}
    for said, found in wanted.items():
        if (kept := armed.pop(said, None)) is not None:
            kept.definition_id = definition.id
        else:
            db.session.add(_armed(definition, found, model))
    for timer in armed.values():
        db.session.delete(timer)


def _armed(definition: ProcessDefinition, found: Start, model: Model) -> StartTimer:
    """Occurrences that are past when a version is published are past."""
    now = clock.now()
    try:
        planned = schedule(found.event, now)
        turn = planned.passed(now)
        due = planned.occurrence(turn)
        if due is None:
            raise ValueError("le minuteur est déjà passé : aucun dossier n'en naîtrait")
    except ValueError as error:
        node = model.starts[found.element_id]
        file = model.diagram.scopes[node.scope].file
        raise DiagramRefused([Problem(file, node.id, node.name, str(error))]) from error
    return StartTimer(
        id=uuid4(),
        key=definition.key,
        definition_id=definition.id,
        element_id=found.element_id,
        kind=found.event.timer or "",
        expression=found.event.expression or "",
        first_at=planned.first,
        every=[planned.every.months, planned.every.days, planned.every.seconds],
        times=planned.times,
        turn=turn,
        due_at=due,
    )


def due(limit: int) -> list[UUID]:
    """Timers that start a case now, the longest waiting first."""
    now = clock.now()
    return list(
        db.session.scalars(
            select(StartTimer.id)
            .join(ProcessDefinition, ProcessDefinition.id == StartTimer.definition_id)
            .where(
                StartTimer.due_at <= now,
                or_(StartTimer.retry_at.is_(None), StartTimer.retry_at <= now),
                ProcessDefinition.withdrawn_at.is_(None),
            )
            .order_by(StartTimer.due_at)
            .limit(limit)
        )
    )


def begin_on_time(timer_id: UUID) -> UUID | None:
    """Start the case of one occurrence, and turn to the next; None when another did."""
    with or_later(StartTimer, timer_id), transaction() as after_commit:
        timer = db.session.scalars(_claimed(StartTimer, timer_id)).first()
        if timer is None or timer.due_at is None or timer.due_at > clock.now():
            return None
        planned = Repetition(timer.times, timer.first_at, Duration(*timer.every))
        occurrence = _caught_up(timer, planned, timer.due_at)
        by = _of(definitions.model(timer.definition_id), timer)
        instance = start(
            timer.definition_id, by, after_commit, detail={"timer": occurrence.isoformat()}
        )
        timer.turn += 1
        timer.due_at, timer.retry_at = planned.occurrence(timer.turn), None
        return instance.id
    return None


def _caught_up(timer: StartTimer, planned: Repetition, due: datetime) -> datetime:
    """The occurrence to honour; what was missed too long ago is passed over, and said."""
    missed = planned.passed(clock.now()) - timer.turn
    if missed <= MOST_MISSED:
        return due
    passed_over = missed - MOST_MISSED
    detail = {"start": timer.element_id, "from": due.isoformat(), "count": passed_over}
    journal.write(
        f"procedure:{timer.key}", "occurrences_passed_over", by=None, detail=detail
    )
    timer.turn += passed_over
    return planned.occurrence(timer.turn) or due


def _of(model: Model, timer: StartTimer) -> Start:
    said = (timer.element_id, timer.kind, timer.expression)
    return next(found for found in model.start_events if _said(found) == said)


def _said(found: Start) -> tuple[str, str, str]:
    """What makes two timers the same one."""
    return found.element_id, found.event.timer or "", found.event.expression or ""


def _claimed(table: Any, row_id: UUID) -> Any:
    """A row that nobody else holds, ours until the commit."""
    return (
        select(table)
        .where(table.id == row_id)
        .with_for_update(of=table, skip_locked=True)
        .execution_options(populate_existing=True)
    )
