"""Read, keep as unread, choose how one is told. Each acts on what the actor is told, alone."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Update, delete, select, update

from engine import clock, rows, wake
from engine.access import Actor
from engine.models import db
from engine.notices import (
    CHANNELS,
    DAILY,
    DUE,
    KINDS,
    NOTHING,
    SITE,
    Letters,
    Notice,
    NoticeChoice,
)
from engine.transaction import transaction


def read_case(instance_id: UUID, *, actor: Actor) -> None:
    """Whoever opens a case has read what they were told of it."""
    _read_when_any(Notice.instance_id == instance_id, actor)


def read_task(instance_id: UUID, task_id: UUID, *, actor: Actor) -> None:
    """Whoever opens a task has read what they were told of it, not of the rest of its case."""
    _read_when_any((Notice.instance_id == instance_id) & (Notice.task_id == task_id), actor)


def _read_when_any(which: ColumnElement[bool], actor: Actor) -> None:
    """Most pages are opened without anything to read: nothing is locked for them."""
    left = _left(actor).where(which)
    if db.session.scalar(left.limit(1)) is not None:
        with transaction():
            db.session.execute(_reading(actor).where(which))
            _say(actor)


def read_all(*, actor: Actor) -> None:
    """Nothing is left to read."""
    with transaction():
        db.session.execute(_reading(actor))
        _say(actor)


def mark(notice_id: UUID, *, read: bool, actor: Actor) -> bool:
    """Keep a notice as unread, or as read; False when the actor was not told of it."""
    with transaction():
        mine = update(Notice).where(
            Notice.id == notice_id, Notice.person_id == actor.person_id
        )
        done = db.session.execute(mine.values(read_at=clock.now() if read else None))
        _say(actor)
        return bool(done.rowcount)  # type: ignore[attr-defined]


def keep_case_unread(instance_id: UUID, *, actor: Actor) -> bool:
    """Keep the latest that the actor was told of a case as unread; False if they never were."""
    latest = db.session.scalar(
        select(Notice.id)
        .where(Notice.instance_id == instance_id, Notice.person_id == actor.person_id)
        .order_by(Notice.at.desc(), Notice.id)
        .limit(1)
    )
    return latest is not None and mark(latest, read=False, actor=actor)


def choose(
    channels: Mapping[str, str], quiet_days: Iterable[int], locale: str, *, actor: Actor
) -> None:
    """How the actor wants to be told from now on, of what has not been mailed yet too.

    A kind or a channel that does not exist is left as it was.
    """
    person_id = actor.person_id
    known = {
        kind: channel
        for kind, channel in channels.items()
        if kind in {*KINDS, DUE} and channel in CHANNELS
    }
    days = "".join(str(day) for day in sorted(set(quiet_days)) if day in range(1, 8))
    with transaction():
        for kind, channel in known.items():
            _choose(person_id, kind, channel)
        db.session.merge(Letters(person_id=person_id, quiet_days=days, locale=locale))


def _choose(person_id: UUID | None, kind: str, channel: str) -> None:
    mine = NoticeChoice.person_id == person_id, NoticeChoice.kind == kind
    if channel == DAILY:
        db.session.execute(delete(NoticeChoice).where(*mine))
    else:
        chosen = NoticeChoice(person_id=person_id, kind=kind, channel=channel)
        db.session.merge(chosen)
    if channel in {SITE, NOTHING}:
        unsent = update(Notice).where(
            Notice.person_id == person_id,
            Notice.kind == kind,
            Notice.read_at.is_(None),
            Notice.mailed_at.is_(None),
        )
        db.session.execute(unsent.values(channel=SITE, mail_after=None))


def _left(actor: Actor) -> Select[UUID]:
    return select(Notice.id).where(
        Notice.person_id == actor.person_id, Notice.read_at.is_(None)
    )


def _reading(actor: Actor) -> Update:
    mine = update(Notice).where(
        Notice.person_id == actor.person_id, Notice.read_at.is_(None)
    )
    return mine.values(read_at=clock.now())


def _say(actor: Actor) -> None:
    """The other pages that this person has open count again."""
    if actor.person_id is not None:
        rows.signal(wake.person(actor.person_id))
