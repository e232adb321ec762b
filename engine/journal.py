"""The journal: who did what, when, for whom, on which version. Append-only and chained.

Each entry carries the digest of the one before it in its chain: a case has one chain,
ordered by the lock on its instance; acts outside a case are chained by subject. Personal
data is named by id, never copied, so that erasing a person leaves the chain whole. What an
entry says besides (`detail`) is chained by its own digest, salted: it can be erased with its
salt when the case is eliminated, and the chain still verifies.
"""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import JSON, Index, String, select
from sqlalchemy.exc import IntegrityError, NoResultFound
from sqlalchemy.orm import Mapped, mapped_column

from engine import clock, rows, wake
from engine.columns import UtcDateTime
from engine.errors import Busy
from engine.models import ProcessInstance, db
from engine.transaction import lock


class JournalEntry(db.Model):  # type: ignore[name-defined]
    """One act. Never updated, never deleted."""

    __tablename__ = "journal_entry"
    __table_args__ = (
        Index(None, "at", "chain", "seq"),
        Index(None, "actor_id", "at", "chain", "seq"),
        Index(None, "action", "at", "chain", "seq"),
    )

    chain: Mapped[str] = mapped_column(String(120), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[UUID | None]  # None: the office itself (a timer, an answer)
    on_behalf_of: Mapped[UUID | None]
    action: Mapped[str] = mapped_column(String(60))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)
    # Empty for what was written before details had a digest of their own.
    detail_digest: Mapped[str] = mapped_column(String(64), default="", server_default="")
    salt: Mapped[str] = mapped_column(String(32), default="", server_default="")
    before: Mapped[str] = mapped_column(String(64))  # digest of the state before the act
    after: Mapped[str] = mapped_column(String(64))
    simulated: Mapped[bool]
    previous: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))


class JournalHead(db.Model):  # type: ignore[name-defined]
    """Where a chain outside any case has got to; locked by whoever appends."""

    __tablename__ = "journal_head"
    chain: Mapped[str] = mapped_column(String(120), primary_key=True)
    seq: Mapped[int] = mapped_column(default=0)
    head: Mapped[str] = mapped_column(String(64), default="")


def write_for_case(
    instance: ProcessInstance,
    action: str,
    *,
    by: UUID | None,
    detail: Mapped[Any] | Mapping[str, Any] | None = None,
    before: str = "",
    after: str = "",
    on_behalf_of: UUID | None = None,
) -> None:
    """Append an act to a case's chain; the caller holds the lock on the instance."""
    instance.journal_seq += 1
    instance.journal_head = _append(
        f"case:{instance.id}", instance.journal_seq, instance.journal_head, action,
        by=by, detail=detail, before=before, after=after, on_behalf_of=on_behalf_of,
    )  # fmt: skip
    rows.signal(wake.case(instance.id))


def write(
    subject: str, action: str, *, by: UUID | None, detail: Mapping[str, Any] | None = None
) -> None:
    """Append an act that belongs to no case to its subject's chain."""
    head = turn(subject)
    head.seq += 1
    head.head = _append(subject, head.seq, head.head, action, by=by, detail=detail)


def turn(subject: str) -> JournalHead:
    """Where a subject's chain has got to, ours until the commit: acts on it come one by one.

    Raises Busy when somebody begins the chain at the same moment.
    """
    try:
        return lock(JournalHead, subject)
    except NoResultFound:
        head = JournalHead(chain=subject, seq=0, head="")
        db.session.add(head)
    try:
        db.session.flush()
    except IntegrityError as begun:
        raise Busy from begun
    return head


def _append(
    chain: str,
    seq: int,
    previous: str,
    action: str,
    *,
    by: UUID | None,
    detail: Any = None,
    before: str = "",
    after: str = "",
    on_behalf_of: UUID | None = None,
) -> str:
    """Write an entry with the open transaction; returns its digest."""
    said, salt = dict(detail or {}), secrets.token_hex(16)
    entry = {
        "chain": chain,
        "seq": seq,
        "at": clock.now(),
        "actor_id": by,
        "on_behalf_of": on_behalf_of,
        "action": action,
        "detail": said,
        "detail_digest": seal(said, salt),
        "salt": salt,
        "before": before,
        "after": after,
        "simulated": bool(clock.shift()),
        "previous": previous,
    }
    digest = digest_of(entry)
    rows.insert(JournalEntry, [{**entry, "digest": digest}])
    return digest


def facts(entry: Mapping[str, Any]) -> list[Any]:
    """What the digest of an entry covers, in order."""
    return [
        entry["chain"], entry["seq"], entry["at"].isoformat(timespec="microseconds"),
        str(entry["actor_id"] or ""), str(entry["on_behalf_of"] or ""), entry["action"],
        entry["detail_digest"] or entry["detail"], entry["before"], entry["after"],
        entry["simulated"], entry["previous"],
    ]  # fmt: skip


def digest_of(entry: Mapping[str, Any]) -> str:
    """The digest that an entry should bear."""
    return _sha256(facts(entry))


def seal(detail: Mapping[str, Any], salt: str) -> str:
    """The digest of a detail, which tells nothing of it without the salt."""
    return _sha256([salt, dict(detail)])


def _sha256(value: list[Any]) -> str:
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()


def of_case(instance_id: UUID) -> list[JournalEntry]:
    """A case's acts, oldest first."""
    return list(
        db.session.scalars(
            select(JournalEntry)
            .where(JournalEntry.chain == f"case:{instance_id}")
            .order_by(JournalEntry.seq)
        )
    )


def latest(chain: str, number: int = 10) -> list[JournalEntry]:
    """The last acts of a chain (`case:<id>`, `partner:<name>`), the newest first."""
    return list(
        db.session.scalars(
            select(JournalEntry)
            .where(JournalEntry.chain == chain)
            .order_by(JournalEntry.seq.desc())
            .limit(number)
        )
    )
