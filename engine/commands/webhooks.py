"""Register the addresses that an organisation is told at, and say how each telling went."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, exists, func, or_, select

from engine import clock, journal, notices
from engine.access import Actor, require
from engine.directory import ADMINISTRATOR, Organisation
from engine.errors import EngineError
from engine.models import db
from engine.told import holders, tell
from engine.transaction import lock, transaction
from engine.webhooks import (
    ACTIVE,
    DELIVERED,
    DISABLED,
    EVENTS,
    FAILED,
    MOST_WEBHOOKS,
    READY,
    TEST,
    Webhook,
    WebhookDelivery,
    WebhookEvent,
)

WAITS = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 60, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""How long one waits after each failure: three days in all, then the address is disabled."""

GONE = 410
"""By this answer an address says that it wants to be told nothing any more."""

LEASE = timedelta(minutes=2)
AT_ONCE = 5
"""Events that one address is given in a row, before another has its turn."""

KEPT = timedelta(days=30)
LONGEST_OVERLAP = timedelta(days=30)
LONGEST_ERROR = 500


class TooManyWebhooks(EngineError):
    """The organisation has as many addresses as it may."""


@dataclass(frozen=True)
class Due:
    """One event to tell now. `secrets` are the generations whose secrets sign it."""

    event_id: UUID
    webhook_id: UUID
    organisation_id: UUID
    organisation_kind: str
    url: str
    type: str
    at: datetime
    data: dict[str, Any]
    generations: tuple[int, ...]


def create(
    organisation_id: UUID,
    *,
    url: str,
    name: str,
    events: Collection[str],
    actor: Actor,
    seen_by: UUID | None = None,
) -> UUID:
    """Have an address told of these kinds of events. Raises Forbidden, TooManyWebhooks.

    Of folders it is told what the keys of `seen_by` see; without it, nothing.
    """
    with transaction():
        body = lock(Organisation, organisation_id)
        require(actor, "be told", body)
        count = select(func.count()).where(Webhook.organisation_id == organisation_id)
        if (db.session.scalar(count) or 0) >= MOST_WEBHOOKS:
            raise TooManyWebhooks
        made = Webhook(
            id=uuid4(),
            organisation_id=organisation_id,
            url=url,
            name=name,
            events=[],
            created_by=actor.person_id,
            seen_by=seen_by,
        )
        db.session.add(made)
        db.session.flush()
        _listen(made, events)
        _tell(made, "webhook_added", actor, url=url)
        return made.id


def change(
    webhook_id: UUID,
    *,
    actor: Actor,
    url: str | None = None,
    name: str | None = None,
    events: Collection[str] | None = None,
    active: bool | None = None,
    seen_by: UUID | None = None,
) -> None:
    """Change what is said; one enabled again is told what waited for it. Raises Forbidden."""
    with _changed(webhook_id, actor) as hook:
        hook.url = hook.url if url is None else url
        hook.name = hook.name if name is None else name
        hook.seen_by = seen_by or hook.seen_by
        if events is not None:
            _listen(hook, events)
        if active is not None:
            hook.status, hook.reason = ACTIVE if active else DISABLED, ""
        changed = "webhook_enabled" if active else "webhook_disabled"
        act = "webhook_changed" if active is None else changed
        _tell(hook, act, actor, url=hook.url)


def _listen(hook: Webhook, events: Collection[str]) -> None:
    hook.events = [event for event in EVENTS if event in events]
    db.session.execute(delete(WebhookEvent).where(WebhookEvent.webhook_id == hook.id))
    for event in hook.events:
        db.session.add(WebhookEvent(webhook_id=hook.id, type=event))


def renew_secret(webhook_id: UUID, *, overlap: timedelta, actor: Actor) -> None:
    """Sign with a new secret; with the old one too during `overlap`. Raises Forbidden."""
    with _changed(webhook_id, actor) as hook:
        hook.generation += 1
        hook.old_until = clock.now() + min(overlap, LONGEST_OVERLAP)
        _tell(hook, "webhook_secret_renewed", actor, url=hook.url)


def remove(webhook_id: UUID, *, actor: Actor) -> None:
    """Tell an address nothing any more, and forget what it was told. Raises Forbidden."""
    with _changed(webhook_id, actor) as hook:
        _tell(hook, "webhook_removed", actor, url=hook.url)
        for kind in (WebhookDelivery, WebhookEvent):
            db.session.execute(delete(kind).where(kind.webhook_id == webhook_id))
        db.session.delete(hook)


def try_out(webhook_id: UUID, *, actor: Actor) -> UUID:
    """Tell an address that somebody tries it; returns the event's id. Raises Forbidden."""
    with _changed(webhook_id, actor) as hook:
        made = WebhookDelivery(event_id=uuid4(), webhook_id=hook.id, type=TEST, data={})
        db.session.add(made)
        return made.event_id


def redeliver(webhook_id: UUID, event_id: UUID, *, actor: Actor) -> None:
    """Tell an event again, whatever came of it. Raises Forbidden, NoResultFound."""
    with _changed(webhook_id, actor):
        told = lock(WebhookDelivery, (event_id, webhook_id))
        told.status, told.attempts, told.due_at = READY, 0, clock.now()
        told.lease_until = None


@contextmanager
def _changed(webhook_id: UUID, actor: Actor) -> Iterator[Webhook]:
    """An address under its lock, for who may change it."""
    with transaction():
        hook = lock(Webhook, webhook_id)
        require(actor, "change", hook)
        yield hook


def _tell(hook: Webhook, act: str, actor: Actor | None, **detail: str) -> None:
    by = actor.person_id if actor else None
    about = {"webhook": str(hook.id), **detail}
    journal.write(f"organisation:{hook.organisation_id}", act, by=by, detail=about)


# Telling


def take(most: int) -> list[Due]:
    """Events to tell now, a few for each address, those served longest ago first.

    They are left to us for a while; other processes take other addresses.
    """
    now = clock.now()
    waiting = exists().where(WebhookDelivery.webhook_id == Webhook.id, *_due(now))
    asked = (
        select(Webhook).where(Webhook.status == ACTIVE, waiting).order_by(Webhook.served_at)
    )
    if db.session.scalars(asked.limit(1)).first() is None:
        return []
    with transaction():
        locking = asked.limit(most).with_for_update(of=Webhook, skip_locked=True)
        taken = [one for hook in db.session.scalars(locking) for one in _taken(hook, now)]
        return taken[: most * AT_ONCE]


def _due(now: datetime) -> Sequence[Any]:
    return (
        WebhookDelivery.status == READY,
        WebhookDelivery.due_at <= now,
        or_(WebhookDelivery.lease_until.is_(None), WebhookDelivery.lease_until <= now),
    )


def _taken(hook: Webhook, now: datetime) -> list[Due]:
    hook.served_at = now
    generations = [hook.generation]
    if hook.old_until is not None and now < hook.old_until:
        generations.append(hook.generation - 1)
    due = db.session.scalars(
        select(WebhookDelivery)
        .where(WebhookDelivery.webhook_id == hook.id, *_due(now))
        .order_by(WebhookDelivery.due_at)
        .limit(AT_ONCE)
    ).all()
    for one in due:
        one.lease_until = now + LEASE
        one.attempts += 1  # counted before it is made
    return [
        Due(
            one.event_id, hook.id, hook.organisation_id, hook.organisation.kind, hook.url,
            one.type, one.at, one.data, tuple(generations),
        )
        for one in due
    ]  # fmt: skip


def settle(due: Due, code: int | None, error: str) -> None:
    """Say what came of telling an event: `error` is empty when the address has it.

    After the last failure, or when the address says that it is gone, it is disabled, and
    those who administer its organisation are told.
    """
    with transaction():
        hook = db.session.get(Webhook, due.webhook_id, with_for_update={"of": Webhook})
        told = db.session.get(WebhookDelivery, (due.event_id, due.webhook_id))
        if hook is None or told is None:
            return  # removed meanwhile
        told.lease_until = None
        told.last_at, told.last_code = clock.now(), code
        told.last_error = error[:LONGEST_ERROR]
        if not error:
            told.status = DELIVERED
        elif code != GONE and told.attempts <= len(WAITS):
            told.due_at = clock.now() + WAITS[told.attempts - 1]
        else:
            told.status = FAILED
            _disable(hook, told.last_error)


def _disable(hook: Webhook, reason: str) -> None:
    if hook.status == DISABLED:
        return
    hook.status, hook.reason = DISABLED, reason
    _tell(hook, "webhook_disabled", None, url=hook.url, reason=reason)
    tell(
        notices.WEBHOOK,
        holders(hook.organisation_id, ADMINISTRATOR),
        by=None,
        detail={"webhook": str(hook.id), "url": hook.url[:200]},
    )


def forget() -> int:
    """Remove what was told long ago; how much."""
    with transaction():
        old = WebhookDelivery.at < clock.now() - KEPT
        gone = db.session.execute(delete(WebhookDelivery).where(old))
        return int(gone.rowcount)  # type: ignore[attr-defined]
