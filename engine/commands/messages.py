"""Messages from outside: received once, handed to whoever waits, kept if nobody does yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError

from connectors import StoredFile
from engine import clock, documents, wake
from engine.commands import telling, waking
from engine.commands.keeping import MESSAGE_LIFE
from engine.commands.later import or_later
from engine.commands.step import step, take_messages
from engine.errors import TaskSuspended
from engine.models import SUSPENDED, Message, MessageSubscription, ProcessInstance, db
from engine.transaction import transaction


@dataclass(frozen=True)
class Enclosed:
    """A stored file that came with a message, and the case it is about."""

    case_id: UUID
    title: str
    file: StoredFile


def awaited(name: str, correlation: str | None) -> bool:
    """Whether an instance waits for this message now."""
    return _waiting_instance(name, correlation) is not None


def receive(
    name: str,
    correlation: str | None,
    payload: Mapping[str, Any],
    *,
    external_id: str | None = None,
    by: UUID | None = None,
    keep_for: timedelta | None = MESSAGE_LIFE,
    enclosed: Enclosed | None = None,
) -> bool:
    """Keep a message and hand it over if an instance waits for it.

    A second message with the same `external_id` is ignored. What is `enclosed` becomes a
    document of its case, for the office. Returns whether it was new.
    """
    message = Message(
        id=uuid4(),
        name=name,
        correlation=correlation,
        external_id=external_id,
        payload=dict(payload),
        received_at=clock.now(),
        expires_at=clock.now() + (keep_for or timedelta(minutes=1)),
    )
    message_id = message.id
    try:
        with transaction():
            if external_id is not None and known(external_id):
                return False
            db.session.add(message)
            if enclosed is not None:
                documents.add(
                    enclosed.file,
                    kind=name[:100],
                    title=enclosed.title,
                    origin="partner",
                    instance_id=enclosed.case_id,
                    audience=documents.OFFICE,
                    by=by,
                )
                waking.wake(enclosed.case_id, waking.DOCUMENT)
                telling.document(
                    enclosed.case_id, enclosed.title, audience=documents.OFFICE, by=by
                )
    except IntegrityError:  # the same one, received at the same moment
        return False
    if not hand_over(message_id, by=by):
        wake.for_sweep()  # it may start a case
    return True


def hand_over(message_id: UUID, *, by: UUID | None = None) -> bool:
    """Give a kept message to the instance that waits for it; False if none does.

    A suspended instance takes it when it is resumed, a busy one at the next sweep, one that
    cannot take it a while later.
    """
    message = db.session.get_one(Message, message_id)
    instance_id = _waiting_instance(message.name, message.correlation)
    if message.delivered_at is not None or instance_id is None:
        return False
    detail = {"message": message.name, "id": str(message_id)}
    with or_later(Message, message_id):
        with step(instance_id, "message_received", by=by, detail=detail) as (
            instance,
            process,
        ):
            if instance.status == SUSPENDED:
                raise TaskSuspended
            take_messages(instance, process)
            waking.wake(instance_id, waking.ANSWER)
        return True
    return False


def waiting_to_be_handed_over(limit: int) -> list[UUID]:
    """Kept messages that an instance waits for by now."""
    now = clock.now()
    return list(
        db.session.scalars(
            select(Message.id)
            .join(
                MessageSubscription,
                (MessageSubscription.kind == "message")
                & (MessageSubscription.name == Message.name)
                & (MessageSubscription.correlation == Message.correlation),
            )
            .join(ProcessInstance, ProcessInstance.id == MessageSubscription.instance_id)
            .where(
                Message.delivered_at.is_(None),
                Message.expires_at > now,
                or_(Message.retry_at.is_(None), Message.retry_at <= now),
                ProcessInstance.status != SUSPENDED,
            )
            .order_by(Message.received_at)
            .limit(limit)
        )
    )


def known(external_id: str) -> bool:
    """Whether a message of this identifier was received already."""
    return (
        db.session.scalar(select(Message.id).where(Message.external_id == external_id))
        is not None
    )


def _waiting_instance(name: str, correlation: str | None) -> UUID | None:
    return db.session.scalars(
        select(MessageSubscription.instance_id)
        .where(
            MessageSubscription.kind == "message",
            MessageSubscription.name == name,
            MessageSubscription.correlation == correlation,
        )
        .limit(1)
    ).first()
