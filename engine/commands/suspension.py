"""A suspended case waits: its tasks are read but not completed, no timer fires, no partner is
called, messages and signals are kept. What a partner was asked before is still received.

Due dates do not move: the law's delays run whatever an operator does. What fell due in the
meantime happens as soon as the case is resumed, in its order.
"""

from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, select, update

from engine import clock
from engine.commands import telling
from engine.commands.keeping import MESSAGE_LIFE
from engine.commands.step import take_messages
from engine.errors import OperationRefused
from engine.models import SUSPENDED, Message, MessageSubscription, ProcessInstance, db
from engine.signals import SignalDelivery
from engine.spiff.process import Process


def suspend(instance: ProcessInstance) -> None:
    """Stop a case, in the open transaction. Raises OperationRefused."""
    if instance.status == SUSPENDED:
        raise OperationRefused("Ce dossier est déjà suspendu.")
    instance.status = SUSPENDED
    instance.suspended_at = clock.now()
    telling.moved(instance)


def resume(instance: ProcessInstance, process: Process) -> None:
    """Let a case go on, in the open transaction, with the messages and signals it missed.

    Raises OperationRefused when it is not suspended.
    """
    if instance.status != SUSPENDED:
        raise OperationRefused("Ce dossier n'est pas suspendu.")
    db.session.execute(
        update(Message)
        .where(
            Message.delivered_at.is_(None),
            Message.expires_at >= instance.suspended_at,
            _awaited_by(ProcessInstance.id == instance.id),
        )
        .values(expires_at=clock.now() + MESSAGE_LIFE)
    )
    db.session.execute(
        update(SignalDelivery)
        .where(SignalDelivery.instance_id == instance.id)
        .values(due_at=clock.now())
    )
    instance.status, instance.suspended_at = "active", None
    telling.moved(instance)
    take_messages(instance, process)


def awaited_by_suspended() -> Select[UUID]:
    """The ids of messages that a suspended case will take, however old they are by then."""
    return select(Message.id).where(
        Message.delivered_at.is_(None), _awaited_by(ProcessInstance.status == SUSPENDED)
    )


def _awaited_by(which: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(
        MessageSubscription.kind == "message",
        MessageSubscription.name == Message.name,
        MessageSubscription.correlation == Message.correlation,
        ProcessInstance.id == MessageSubscription.instance_id,
        which,
    )
