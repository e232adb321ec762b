"""Lots of signatures: the folders that somebody signs in one gesture, and what became of each.

A lot is signed in two phases. While it is `open` its documents are frozen (`prepared`) and
their signature values awaited, for a quarter of an hour; then it is `finishing`, and the
workers make each signed file and do the act. Signing one folder is a lot of one.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from engine import clock
from engine.columns import UtcDateTime, only
from engine.models import db

MOST = 500
"""Folders of one lot: more than a page shows, few enough to be looked at one by one."""
LONGEST_NOTE = 2000
LASTS = timedelta(minutes=15)
"""For which a lot awaits the values of its signatures."""

OPEN, FINISHING, DONE, STOPPED, EXPIRED = "open", "finishing", "done", "stopped", "expired"
TRIAL = "demo"
"""The quality of a signature that proves nothing."""
TO_DO, REFUSED, FAILED = "to_do", "refused", "failed"
RESULTS = (DONE, REFUSED, FAILED)
"""done; refused: the folder is as it was, and `note` says why; failed: the same, unexpected."""


class SigningLot(db.Model):  # type: ignore[name-defined]
    """One gesture of one person, with one certificate, in one body.

    `nonce` goes with the bytes to be signed and comes back, once, with their values.
    """

    __tablename__ = "signing_lot"
    __table_args__ = (
        Index(None, "person_id", "created_at", "id"),
        Index("ix_signing_lot_live", "state", "created_at",
              **only("state IN ('open', 'finishing')")),
        Index(None, "created_at"),
    )  # fmt: skip
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    signer: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(10))  # demo | remote | seal | local
    quality: Mapped[str] = mapped_column(String(12), default="")
    state: Mapped[str] = mapped_column(String(10), default=OPEN)
    nonce: Mapped[str] = mapped_column(String(64), default="")
    certificate: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    chain: Mapped[list[str]] = mapped_column(JSON, default=list)  # DER in base64
    note: Mapped[str] = mapped_column(Text, default="")
    private_note: Mapped[str] = mapped_column(Text, default="")
    # What the subtype asks to be said when it is signed, for a lot of one.
    answers: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    total: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SigningItem(db.Model):  # type: ignore[name-defined]
    """One folder of a lot: all its documents are signed, in one act, or none is.

    `prepared` are the documents frozen, `signatures` their values; both go once it is known
    what became of it.
    """

    __tablename__ = "signing_item"
    __table_args__ = (
        Index(None, "lot_id", "result", "position"),
        Index(None, "task_id"),
        Index(None, "instance_id"),
    )
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("signing_lot.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[UUID]
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("parapheur_folder.instance_id"))
    title: Mapped[str] = mapped_column(String(300))
    prepared: Mapped[list[Any]] = mapped_column(JSON, default=list)
    signatures: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    result: Mapped[str] = mapped_column(String(10), default=TO_DO)
    level: Mapped[str] = mapped_column(String(10), default="")
    note: Mapped[str] = mapped_column(Text, default="")  # in French
    at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SigningCertificate(db.Model):  # type: ignore[name-defined]
    """That a certificate is an agent's in a body: found so by its names, or confirmed there.

    `confirmed_at` is None while it awaits a confirmation: it signs nothing until then.
    """

    __tablename__ = "signing_certificate"
    __table_args__ = (Index(None, "organisation_id", "confirmed_at", "seen_at"),)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(
        ForeignKey("organisation.id"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(300))
    issuer: Mapped[str] = mapped_column(String(400))
    valid_to: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmed_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
