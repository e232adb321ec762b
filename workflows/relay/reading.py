"""What an account may read: the transmissions of its body, and nothing else."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from engine import clock
from engine.models import db
from workflows.relay.models import (
    LETTERS,
    PES_RETURN,
    Status,
    Transmission,
    TransmissionAccount,
    TransmissionFile,
)

LARGEST_ID = 2**31 - 1
MOST = 100
MOST_COUNTED = 10_000


def of(account: TransmissionAccount, transmission_id: int) -> Transmission | None:
    """A transmission of the account's body, by its number."""
    if not 0 < transmission_id <= LARGEST_ID:
        return None
    row = db.session.get(Transmission, transmission_id)
    mine = row is not None and row.organisation_id == account.organisation_id
    return row if mine else None


def by_unique_id(account: TransmissionAccount, unique_id: str) -> Transmission | None:
    """The latest act of the account's body that goes by this identifier."""
    found = (
        select(Transmission)
        .where(
            Transmission.unique_id == unique_id,
            Transmission.code == "1-1",
            Transmission.organisation_id == account.organisation_id,
        )
        .order_by(Transmission.id.desc())
        .limit(1)
    )
    return db.session.scalars(found).first()


def file_of(account: TransmissionAccount, file_id: int) -> TransmissionFile | None:
    """A file of a transmission of the account's body."""
    if not 0 < file_id <= LARGEST_ID:
        return None
    file = db.session.get(
        TransmissionFile, file_id, options=[joinedload(TransmissionFile.transmission)]
    )
    mine = file and file.transmission.organisation_id == account.organisation_id
    return file if mine else None


def number_taken(organisation_id: UUID, number: str) -> bool:
    """Whether an act of this body has this number, and was not refused."""
    found = select(Transmission.id).where(
        Transmission.organisation_id == organisation_id,
        Transmission.number == number,
        Transmission.code == "1-1",
        Transmission.status != Status.ERROR,
    )
    return db.session.scalars(found.limit(1)).first() is not None


def last_of(organisation_id: UUID, code: str, *statuses: Status) -> Transmission | None:
    """The latest transmission of a kind of this body, in one of these statuses if any."""
    found = select(Transmission).where(
        Transmission.organisation_id == organisation_id, Transmission.code == code
    )
    if statuses:
        found = found.where(Transmission.status.in_([int(one) for one in statuses]))
    return db.session.scalars(found.order_by(Transmission.id.desc()).limit(1)).first()


def classification(organisation_id: UUID) -> Transmission | None:
    """The request that the classification in force answered; `answer` is its XML."""
    found = (
        select(Transmission)
        .where(
            Transmission.organisation_id == organisation_id,
            Transmission.code == "7-1",
            Transmission.status == Status.ACKNOWLEDGED,
            Transmission.answer_id.is_not(None),
        )
        .order_by(Transmission.id.desc())
        .limit(1)
    )
    return db.session.scalars(found).first()


def classified_on(organisation_id: UUID) -> str | None:
    """The day of the classification in force."""
    found = classification(organisation_id)
    return str(found.details["dated"]) if found else None


def unread(account: TransmissionAccount, *codes: str) -> Sequence[Transmission]:
    """Letters, or returns, that nobody took in charge yet, the oldest first."""
    found = (
        select(Transmission)
        .where(
            Transmission.organisation_id == account.organisation_id,
            Transmission.code.in_(codes or LETTERS),
            Transmission.code.in_([*LETTERS, PES_RETURN]),
            Transmission.read_at.is_(None),
        )
        .order_by(Transmission.id)
        .limit(MOST)
    )
    return db.session.scalars(found).all()


def about(row: Transmission) -> Sequence[Transmission]:
    """What was sent or received about an act: cancellation, letters, answers, the oldest first."""
    found = (
        select(Transmission)
        .where(Transmission.unique_id == row.unique_id, Transmission.code != "1-1")
        .where(Transmission.organisation_id == row.organisation_id)
        .order_by(Transmission.id)
        .limit(MOST)
    )
    return db.session.scalars(found).all()


def listed(
    account: TransmissionAccount,
    codes: Sequence[str],
    *,
    status: int,
    since: date | None = None,
    until: date | None = None,
    offset: int = 0,
    limit: int = MOST,
) -> Sequence[Transmission]:
    """The transmissions of some kinds in one status, the latest first."""
    kinds: Any = Transmission.code.in_(codes)
    found = select(Transmission).where(
        Transmission.organisation_id == account.organisation_id,
        kinds,
        Transmission.status == status,
    )
    if since:
        found = found.where(Transmission.submitted_at >= _midnight(since))
    if until:
        found = found.where(Transmission.submitted_at <= _midnight(until))
    found = found.order_by(Transmission.id.desc()).offset(max(offset, 0))
    return db.session.scalars(found.limit(max(1, min(limit, MOST)))).all()


def number(account: TransmissionAccount, codes: Sequence[str], status: int) -> int:
    """How many transmissions of some kinds are in one status, no further than MOST_COUNTED."""
    found = select(Transmission.id).where(
        Transmission.organisation_id == account.organisation_id,
        Transmission.code.in_(codes),
        Transmission.status == status,
    )
    some = found.limit(MOST_COUNTED).subquery()
    return db.session.scalar(select(func.count()).select_from(some)) or 0


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), clock.PARIS)
