"""Plan the letters of a day, take some to write, and say that they have left."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, insert, literal, select, union, update
from sqlalchemy.exc import IntegrityError

from engine import clock, vault
from engine.absences import Absence, in_force
from engine.columns import UtcDateTime
from engine.commands import telling
from engine.digests import SOON, Digest, DigestDay
from engine.directory import APPLICANT, Holding, current
from engine.models import IS_OPEN, UserTask, db
from engine.notices import DAILY, Letters, Notice
from engine.transaction import transaction
from engine.vault import WARNED

LEASE = timedelta(minutes=5)
"""How long a letter is left to whoever took it."""

WEEKEND = "67"


def plan(at: time) -> bool:
    """Plan the letters of today, once it is `at` in Paris; True for whoever planned them."""
    now = clock.now().astimezone(clock.PARIS)
    if now.time() < at or db.session.get(DigestDay, now.date()) is not None:
        return False
    try:
        with transaction():
            db.session.add(DigestDay(day=now.date()))
            db.session.flush()  # whoever else plans this day waits here, then gives up
            ending = vault.expiring(now.date() + WARNED, since=now.date() + WARNED)
            for document in ending:
                telling.expiring(document)
            bodies = {document.organisation_id for document in ending}
            db.session.execute(_planned(now.date(), bodies))
    except IntegrityError:
        return False
    return True


def _planned(day: date, warned: Collection[UUID]) -> Any:
    """Who has something to be told; `warned` are companies that were told just now."""
    soon = UserTask.due_at < clock.now() + SOON
    told = select(Notice.person_id).where(
        Notice.channel == DAILY, Notice.read_at.is_(None), Notice.mailed_at.is_(None)
    )
    late = select(UserTask.assignee_id).where(
        IS_OPEN, soon, UserTask.assignee_id.is_not(None)
    )
    replacing = (
        select(Absence.deputy_id)
        .join(UserTask, UserTask.assignee_id == Absence.person_id)
        .where(IS_OPEN, soon, in_force())
    )
    asked = current(
        select(Holding.person_id)
        .join(UserTask, UserTask.organisation_id == Holding.organisation_id)
        .where(Holding.role == APPLICANT, UserTask.role == APPLICANT, IS_OPEN, soon)
    )
    told_now = current(
        select(Holding.person_id).where(
            Holding.role == APPLICANT, Holding.organisation_id.in_(sorted(warned))
        )
    )
    (person_id,) = (people := union(told, late, replacing, asked, told_now).subquery()).c
    row = select(person_id, literal(day), literal(clock.now(), UtcDateTime())).select_from(
        people
    )
    names = ["person_id", "day", "try_after"]
    return insert(Digest).from_select(
        names, row.where(_wants_letters(person_id, day)), include_defaults=False
    )


def _wants_letters(person_id: Any, day: date) -> ColumnElement[bool]:
    """Whether this day is not one of those that a person keeps quiet."""
    theirs = exists().where(
        Letters.person_id == person_id,
        Letters.quiet_days.contains(str(day.isoweekday())) != quiet_by_default(day),
    )
    return theirs if quiet_by_default(day) else ~theirs


def quiet_by_default(day: date) -> bool:
    """Whether those who said nothing get no letter on this day."""
    return str(day.isoweekday()) in WEEKEND


def take(limit: int) -> Sequence[UUID]:
    """The people whose letter of today is to be written now, left to us for a while."""
    now = clock.now()
    with transaction():
        taken = db.session.scalars(
            select(Digest)
            .where(
                Digest.sent_at.is_(None),
                Digest.try_after <= now,
                Digest.day == clock.today(),
            )
            .order_by(Digest.try_after)
            .limit(limit)
            .with_for_update(skip_locked=True)
        ).all()
        for one in taken:
            one.try_after = now + LEASE
        return [one.person_id for one in taken]


def sent(person_id: UUID, day: date, until: datetime) -> None:
    """A letter has left: what it told, up to that moment, is not told by another."""
    now = clock.now()
    with transaction():
        db.session.execute(
            update(Digest)
            .where(Digest.person_id == person_id, Digest.day == day)
            .values(sent_at=now)
        )
        db.session.execute(
            update(Notice)
            .where(
                Notice.person_id == person_id,
                Notice.channel == DAILY,
                Notice.read_at.is_(None),
                Notice.mailed_at.is_(None),
                Notice.at <= until,
            )
            .values(mailed_at=now)
        )


# Letters at once


def take_notices(limit: int) -> Sequence[tuple[UUID, UUID]]:
    """The notices whose letter is due now, as (fact, person), left to us for a while."""
    now = clock.now()
    with transaction():
        due = db.session.scalars(
            select(Notice)
            .where(Notice.mail_after <= now)
            .order_by(Notice.mail_after)
            .limit(limit)
            .with_for_update(skip_locked=True, of=Notice)
        ).all()
        for one in due:
            one.mail_after = now + LEASE
        return [(one.id, one.person_id) for one in due]


def settle(key: tuple[UUID, UUID], *, mailed: bool, channel: str | None = None) -> None:
    """No letter is due for this notice any more: it has left, or `channel` takes it over."""
    values: dict[str, Any] = {"mail_after": None}
    values |= {"mailed_at": clock.now()} if mailed else {}
    values |= {"channel": channel} if channel else {}
    fact, person_id = key
    with transaction():
        db.session.execute(
            update(Notice)
            .where(Notice.id == fact, Notice.person_id == person_id)
            .values(values)
        )
