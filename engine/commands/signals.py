"""Signals thrown by a case, taken to the other cases of its body and to its procedures.

Inside the case that throws it a signal acts at once. Outside, it is spread a page at a time
and handed over one case at a time, each under its own lock: killed at any moment, it goes on
where it stood, and reaches once each event that waited when it was thrown.
"""

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, insert, literal_column, select

from engine import clock, definitions, wake
from engine.commands import beginnings
from engine.commands.later import or_later
from engine.commands.step import locked, moved
from engine.models import SUSPENDED, MessageSubscription, ProcessInstance, db
from engine.signals import Signal, SignalDelivery
from engine.transaction import AfterCommit, transaction

PAGE = 500
"""Cases that one transaction gives a delivery."""

_SIGNAL = MessageSubscription.kind == literal_column("'signal'")
"""Written out, not bound: so a partial index serves it under every plan."""


def to_spread(limit: int) -> list[UUID]:
    """Signals that have not reached everybody, the oldest first."""
    return list(
        db.session.scalars(
            select(Signal.id)
            .where(Signal.spread_at.is_(None))
            .order_by(Signal.thrown_at)
            .limit(limit)
        )
    )


def spread(signal_id: UUID) -> None:
    """Write the deliveries of the next page of cases; after the last, those that start one."""
    with transaction() as after_commit:
        signal = db.session.scalars(
            select(Signal)
            .where(Signal.id == signal_id, Signal.spread_at.is_(None))
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        ).first()
        if signal is None:
            return
        page = _next_page(signal)
        rows: list[dict[str, Any]] = [{"instance_id": case} for case in page]
        if len(page) == PAGE:
            signal.reached = page[-1]
        else:
            signal.spread_at = clock.now()
            rows += [
                {"definition_id": definition_id, "element_id": start.element_id}
                for definition_id, start in definitions.start_signals(
                    signal.organisation_id, signal.name
                )
            ]
        if rows:
            shared = {"signal_id": signal.id, "due_at": clock.now()}
            nothing = dict.fromkeys(("instance_id", "definition_id", "element_id"))
            db.session.execute(
                insert(SignalDelivery),
                [{**nothing, **shared, **row, "id": uuid4()} for row in rows],
            )
            after_commit.append(wake.for_sweep)


def _next_page(signal: Signal) -> list[UUID]:
    """Other cases of the same body that waited when it was thrown, in the order of their ids."""
    case = MessageSubscription.instance_id
    statement = select(case).where(*_awaited(signal), case != signal.instance_id)
    if signal.reached is not None:
        statement = statement.where(case > signal.reached)
    return list(db.session.scalars(statement.distinct().order_by(case).limit(PAGE)))


def _awaited(signal: Signal) -> list[ColumnElement[bool]]:
    """What waited for a signal when it was thrown, in the cases of its body."""
    return [
        _SIGNAL,
        MessageSubscription.organisation_id == signal.organisation_id,
        MessageSubscription.name == signal.name,
        MessageSubscription.since <= signal.thrown_at,
    ]


def to_hand_over(limit: int) -> list[UUID]:
    """Deliveries that are due, the oldest first."""
    return list(
        db.session.scalars(
            select(SignalDelivery.id)
            .where(SignalDelivery.due_at <= clock.now())
            .order_by(SignalDelivery.due_at)
            .limit(limit)
        )
    )


def hand_over(delivery_id: UUID) -> None:
    """Do one delivery and remove it; a busy case is for the next sweep, a failure for later."""
    delivery = db.session.get(SignalDelivery, delivery_id)
    if delivery is None:
        return
    case = delivery.instance_id
    with or_later(SignalDelivery, delivery_id, "due_at"), transaction() as after_commit:
        if case is None:
            _start(delivery_id, after_commit)
        else:
            _move(delivery_id, case, after_commit)


def _start(delivery_id: UUID, after_commit: AfterCommit) -> None:
    delivery = _claimed(delivery_id)
    if delivery is None or delivery.definition_id is None:
        return
    signal = db.session.get_one(Signal, delivery.signal_id)
    starts = definitions.model(delivery.definition_id).start_events
    start = next(
        start
        for start in starts
        if (start.element_id, start.event.kind, start.event.name)
        == (delivery.element_id, "signal", signal.name)
    )
    detail = {"signal": signal.name, "from": str(signal.instance_id)}
    beginnings.start(
        delivery.definition_id, start, after_commit,
        payload=signal.payload, detail=detail, body_id=signal.organisation_id,
    )  # fmt: skip
    db.session.delete(delivery)


def _move(delivery_id: UUID, case: UUID, after_commit: AfterCommit) -> None:
    free = select(ProcessInstance.id).where(ProcessInstance.id == case)
    if db.session.scalar(free.with_for_update(skip_locked=True)) is None:
        return  # someone acts on it: the next sweep
    instance, delivery = locked(case), _claimed(delivery_id)
    if delivery is None:
        return
    if instance.status == SUSPENDED:
        delivery.due_at = None
        return
    signal = db.session.get_one(Signal, delivery.signal_id)
    here = MessageSubscription.instance_id == case
    waiting = set(
        db.session.scalars(
            select(MessageSubscription.task_id).where(*_awaited(signal), here)
        )
    )
    if waiting:
        detail = {"signal": signal.name, "from": str(signal.instance_id)}
        with moved(instance, "signal_received", after_commit, detail=detail) as process:
            process.signal(signal.name, waiting, signal.payload)
    db.session.delete(delivery)


def _claimed(delivery_id: UUID) -> SignalDelivery | None:
    """A delivery that nobody does or has done, ours until the commit."""
    return db.session.scalars(
        select(SignalDelivery)
        .where(SignalDelivery.id == delivery_id)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).first()
