"""Calls to partners, every attempt at one, and what an operator sets about each partner.

The outbox is `remote_call`: a row is written by the step that asks, and made after the commit.
"""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import orjson
from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine import clock
from engine.columns import UtcDateTime, only
from engine.models import db


class RemoteCall(db.Model):  # type: ignore[name-defined]
    """A call to a partner that an instance waits on: the outbox."""

    __tablename__ = "remote_call"
    __table_args__ = (
        Index(None, "status", "due_at"),
        Index(None, "partner", "status"),
        Index(None, "instance_id"),
        Index("ix_remote_call_at_step", "element_id", "instance_id", "created_at",
              **only("finished_at IS NULL")),
    )  # fmt: skip
    # The key partners see.
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"))
    task_id: Mapped[UUID]
    element_id: Mapped[str] = mapped_column(String(200))
    partner: Mapped[str] = mapped_column(String(100))
    operation: Mapped[str] = mapped_column(String(200))
    arguments: Mapped[dict[str, Any]] = mapped_column(JSON)
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # of the case it started
    # ready | done | refused | incident | cancelled; a call to another procedure is
    # running while its case is open, and stopping until that case is cancelled
    status: Mapped[str] = mapped_column(String(20), default="ready")
    attempts: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)  # not being ready yet is none
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    woken_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # a worker was told
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ambiguous: Mapped[bool] = mapped_column(default=False)
    last_error: Mapped[str | None] = mapped_column(Text)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Exchange(db.Model):  # type: ignore[name-defined]
    """One attempt at a remote call, with the digests of what was asked and answered."""

    __tablename__ = "exchange"
    __table_args__ = (
        Index(None, "call_id", "attempt"),
        Index(None, "at", "id"),
        Index(None, "partner", "at", "id"),
        Index(None, "partner", "outcome", "at", "id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[UUID] = mapped_column(ForeignKey("remote_call.id"))
    attempt: Mapped[int]
    partner: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    outcome: Mapped[str] = mapped_column(String(40))  # answered | retryable | not_yet | …
    detail: Mapped[str | None] = mapped_column(Text)
    request_sha512: Mapped[str] = mapped_column(String(128))
    response_sha512: Mapped[str | None] = mapped_column(String(128))
    milliseconds: Mapped[int]
    request_size: Mapped[int] = mapped_column(default=0, server_default="0")  # bytes
    response_size: Mapped[int] = mapped_column(default=0, server_default="0")

    call: Mapped[RemoteCall] = relationship()
    response: Mapped["Response | None"] = relationship(back_populates="exchange")


class Response(db.Model):  # type: ignore[name-defined]
    """What a partner answered in one attempt, as long as the rules let it be kept.

    What it was asked is in the call itself: the bytes whose digest is `request_sha512`.
    """

    __tablename__ = "exchange_response"
    __table_args__ = (Index(None, "at"),)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)

    exchange: Mapped[Exchange] = relationship(back_populates="response")


def canonical(value: Any) -> bytes:
    """The bytes whose digests and sizes an exchange keeps."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


class Partner(db.Model):  # type: ignore[name-defined]
    """What an operator sees and sets about one partner: breaker, pause and rate."""

    __tablename__ = "partner"
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    broken_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str | None] = mapped_column(Text)
    rate: Mapped[int | None]  # calls a minute at most; None: as many as there are
    allowance: Mapped[float] = mapped_column(default=0.0)  # calls it takes at once…
    counted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # … at that moment
