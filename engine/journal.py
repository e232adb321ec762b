"""The journal: who did what, when, for whom, on which version. Append-only and chained.

Each entry carries the digest of the one before it in its chain: a case has one chain,
ordered by the lock on its instance; acts outside a case are chained by subject. Personal
data is named by id, never copied, so that erasing a person leaves the chain whole.
"""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import JSON, Index, String, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from engine import clock, rows, wake
from engine.columns import UtcDateTime
from engine.errors import Busy
from engine.models import ProcessInstance, db
from engine.transaction import lock


class JournalEntry(db.Model):  # type: ignore[name-defined]
    """One act. Never updated, never deleted."""

    __tablename__ = "journal_entry"
    __table_args__ = (Index(None, "at"), Index(None, "actor_id", "at"))

    chain: Mapped[str] = mapped_column(String(120), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[UUID | None]  # None: the office itself (a timer, an answer)
    on_behalf_of: Mapped[UUID | None]
    action: Mapped[str] = mapped_column(String(60))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)
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
    if db.session.get(JournalHead, subject) is None:
        db.session.add(JournalHead(chain=subject))
        try:
            db.session.flush()
        except IntegrityError as begun:
            raise Busy from begun
    return lock(JournalHead, subject)


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
    entry = {
        "chain": chain,
        "seq": seq,
        "at": clock.now(),
        "actor_id": by,
        "on_behalf_of": on_behalf_of,
        "action": action,
        "detail": dict(detail or {}),
        "before": before,
        "after": after,
        "simulated": bool(clock.shift()),
        "previous": previous,
    }
    digest = _digest(entry)
    rows.insert(JournalEntry, [{**entry, "digest": digest}])
    return digest


def _digest(entry: Mapping[str, Any]) -> str:
    facts = [
        entry["chain"], entry["seq"], entry["at"].isoformat(timespec="microseconds"),
        str(entry["actor_id"] or ""), str(entry["on_behalf_of"] or ""), entry["action"],
        entry["detail"], entry["before"], entry["after"], entry["simulated"],
        entry["previous"],
    ]  # fmt: skip
    return hashlib.sha256(orjson.dumps(facts, option=orjson.OPT_SORT_KEYS)).hexdigest()


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


def verify() -> list[str]:
    """Say in one sentence each thing that is wrong with the journal; nothing if whole."""
    return list(_faults())


def _faults() -> Iterator[str]:
    chain, seq, head = "", 0, ""
    heads = dict[str, tuple[int, str]]()
    entries = db.session.scalars(
        select(JournalEntry)
        .order_by(JournalEntry.chain, JournalEntry.seq)
        .execution_options(yield_per=1000)
    )
    for entry in entries:
        if entry.chain != chain:
            chain, seq, head = entry.chain, 0, ""
        if entry.seq != seq + 1:
            yield f"{chain}: entry {seq + 1} is missing"
        if entry.previous != head:
            yield f"{chain}: entry {entry.seq} does not follow the one before it"
        if entry.digest != _digest(vars(entry)):
            yield f"{chain}: entry {entry.seq} was altered"
        seq, head = entry.seq, entry.digest
        heads[chain] = (seq, head)
    yield from _verify_heads(heads)


def _verify_heads(heads: dict[str, tuple[int, str]]) -> Iterator[str]:
    cases = db.session.execute(
        select(
            ProcessInstance.id, ProcessInstance.journal_seq, ProcessInstance.journal_head
        ).execution_options(yield_per=1000)
    )
    for instance_id, seq, head in cases:
        if heads.get(f"case:{instance_id}", (0, "")) != (seq, head):
            yield f"case:{instance_id}: the last entries were removed"
    for known in db.session.scalars(select(JournalHead)):
        if heads.get(known.chain, (0, "")) != (known.seq, known.head):
            yield f"{known.chain}: the last entries were removed"
