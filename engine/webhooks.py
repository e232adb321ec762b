"""Addresses that an organisation's software is told at, and what each was told.

`publish` writes the events of a case with its commit, for whoever listens, and reads
nothing to find them. An event names a case and its status: whoever wants more asks the API,
with the rights of a key. Events of folders of the signature book are told to an address only
through a key that sees the folder: see `listening` and `publish_to`.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    String,
    Text,
    bindparam,
    insert,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine import clock, rows
from engine.columns import UtcDateTime, only
from engine.directory import Organisation
from engine.models import ProcessInstance, UserTask, db

FILED, STATUS_CHANGED = "case.filed", "case.status_changed"
OPENED, COMPLETED = "task.opened", "task.completed"
DECIDED, SENT, DOCUMENT = "decision.made", "message.sent", "document.added"
CASE_EVENTS = (FILED, STATUS_CHANGED, OPENED, COMPLETED, DECIDED, SENT, DOCUMENT)
FOLDER_DEPOSITED, FOLDER_STEP_DONE = "folder.deposited", "folder.step_done"
FOLDER_SIGNED, FOLDER_REFUSED = "folder.signed", "folder.refused"
FOLDER_RETURNED, FOLDER_ABANDONED = "folder.returned", "folder.abandoned"
FOLDER_TRANSMITTED, FOLDER_ACKNOWLEDGED = "folder.transmitted", "folder.acknowledged"
FOLDER_FINISHED = "folder.finished"
FOLDER_EVENTS = (
    FOLDER_DEPOSITED, FOLDER_STEP_DONE, FOLDER_SIGNED, FOLDER_REFUSED, FOLDER_RETURNED,
    FOLDER_ABANDONED, FOLDER_TRANSMITTED, FOLDER_ACKNOWLEDGED, FOLDER_FINISHED,
)  # fmt: skip
EVENTS = (*CASE_EVENTS, *FOLDER_EVENTS)
TEST = "webhook.test"
"""What an address is told when somebody asks to try it."""

ACTIVE, DISABLED = "active", "disabled"
READY, DELIVERED, FAILED = "ready", "delivered", "failed"

MOST_WEBHOOKS = 20
LONGEST_URL = 2000


class Webhook(db.Model):  # type: ignore[name-defined]
    """An address, what it wants to be told, and how it fares."""

    __tablename__ = "webhook"
    __table_args__ = (
        Index(None, "organisation_id", "created_at"),
        Index("ix_webhook_served", "served_at", **only("status = 'active'")),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    url: Mapped[str] = mapped_column(String(LONGEST_URL))
    name: Mapped[str] = mapped_column(String(80), default="")
    events: Mapped[list[str]] = mapped_column(JSON)  # as WebhookEvent has them
    status: Mapped[str] = mapped_column(String(10), default=ACTIVE)
    reason: Mapped[str] = mapped_column(Text, default="")  # why it is disabled
    # The secret is worked out from this number; the one before it serves until then.
    generation: Mapped[int] = mapped_column(default=1)
    old_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    created_by: Mapped[UUID | None]
    # Through whose eyes it is told of folders: the technical person of a key.
    seen_by: Mapped[UUID | None]
    served_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    organisation: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)


class WebhookEvent(db.Model):  # type: ignore[name-defined]
    """A kind of events that an address wants to be told."""

    __tablename__ = "webhook_event"
    webhook_id: Mapped[UUID] = mapped_column(ForeignKey("webhook.id"), primary_key=True)
    type: Mapped[str] = mapped_column(String(40), primary_key=True)


class WebhookDelivery(db.Model):  # type: ignore[name-defined]
    """One event for one address. `event_id` is what the address knows it by."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        Index("ix_webhook_delivery_due", "webhook_id", "due_at",
              **only("status = 'ready'")),
        Index(None, "webhook_id", "at", "event_id"),
        Index(None, "at"),
    )  # fmt: skip
    event_id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    webhook_id: Mapped[UUID] = mapped_column(ForeignKey("webhook.id"), primary_key=True)
    type: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    # ready | delivered | failed
    status: Mapped[str] = mapped_column(String(10), default=READY)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_code: Mapped[int | None]  # what the address answered, if it did
    last_error: Mapped[str] = mapped_column(Text, default="")

    webhook: Mapped[Webhook] = relationship(lazy="joined", innerjoin=True)


_GIVEN = {
    name: bindparam(name, type_=getattr(WebhookDelivery, name).type)
    for name in ("event_id", "type", "at", "data")
}
_BODIES = [bindparam(name, type_=Webhook.organisation_id.type) for name in ("one", "other")]
_PUBLISH = insert(WebhookDelivery).from_select(
    ["event_id", "webhook_id", "type", "at", "data", "status", "attempts", "due_at",
     "last_error"],
    select(
        _GIVEN["event_id"], Webhook.id, _GIVEN["type"], _GIVEN["at"], _GIVEN["data"],
        literal(READY), literal(0), _GIVEN["at"], literal(""),
    )
    .join(WebhookEvent, WebhookEvent.webhook_id == Webhook.id)
    .where(
        or_(*(Webhook.organisation_id == body for body in _BODIES)),
        Webhook.status == literal(ACTIVE),
        WebhookEvent.type == _GIVEN["type"],
    ),
    include_defaults=False,
)  # fmt: skip

_decisions: Callable[[ProcessInstance], Collection[str]] | None = None


def decided_by(steps: Callable[[ProcessInstance], Collection[str]]) -> None:
    """Say how one knows the steps of a case at which something is decided."""
    global _decisions  # noqa: PLW0603
    _decisions = steps


def decides(task: UserTask) -> bool:
    """Whether completing a task is deciding something."""
    return _decisions is not None and task.element_id in _decisions(task.instance)


def publish(
    event: str,
    case: ProcessInstance,
    *bodies: UUID | None,
    task: tuple[UUID, str, str] | None = None,
) -> None:
    """Have these organisations told of an event, at the commit of the open transaction.

    Two at most; `task` is its id, the id of its step and its role.
    """
    known = [body for body in dict.fromkeys(bodies) if body is not None]
    if not known:
        return
    data: dict[str, Any] = {
        "case_id": str(case.id), "number": case.number, "procedure": case.key,
        "status": case.status, "milestone": case.milestone,
    }  # fmt: skip
    if task is not None:
        data["task_id"], data["step"], data["role"] = str(task[0]), *task[1:]
    one, other = known[0], known[-1]
    fact = {"event_id": uuid4(), "type": event, "at": clock.now(), "data": data}
    rows.write(_PUBLISH, [{**fact, "one": one, "other": other}])


def listening(organisation_id: UUID, event: str) -> list[tuple[UUID, UUID]]:
    """The addresses of a body that want an event of folders: (webhook, whose eyes)."""
    asked = (
        select(Webhook.id, Webhook.seen_by)
        .join(WebhookEvent, WebhookEvent.webhook_id == Webhook.id)
        .where(
            Webhook.organisation_id == organisation_id,
            Webhook.status == ACTIVE,
            Webhook.seen_by.is_not(None),
            WebhookEvent.type == event,
        )
        .order_by(Webhook.created_at, Webhook.id)
    )
    return [(hook, eyes) for hook, eyes in db.session.execute(asked) if eyes]


def publish_to(webhook_ids: Collection[UUID], event: str, data: Mapping[str, Any]) -> None:
    """Have these addresses told of one event, at the commit of the open transaction."""
    event_id, now = uuid4(), clock.now()
    rows.insert(
        WebhookDelivery,
        [
            {"event_id": event_id, "webhook_id": one, "type": event, "at": now,
             "data": dict(data), "due_at": now}
            for one in webhook_ids
        ],
    )  # fmt: skip
