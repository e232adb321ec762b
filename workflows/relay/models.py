"""What members of the transmission service deposited, what the State answered, in files.

A transmission is one message: an act (1-1), its cancellation, a letter of the prefecture, an
answer to it, a PES. Its `id` is the number that callers know it by, its `status` S²LOW's own.
Only this domain writes these tables.
"""

from datetime import date, datetime
from enum import IntEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine import clock
from engine.columns import UtcDateTime, only
from engine.directory import Organisation
from engine.documents import Document
from engine.models import db

PES, PES_RETURN = "pes", "retour"
"""Codes of transmissions beside those of ACTES: what goes to the accountant, what comes."""
LETTERS = ("2-1", "3-1", "4-1", "5-1")


class Status(IntEnum):
    """Where a transmission stands, by S²LOW's numbers."""

    ERROR = -1
    CANCELLED = 0
    POSTED = 1
    WAITING = 2
    TRANSMITTED = 3
    ACKNOWLEDGED = 4
    REFUSED = 6
    RECEIVED = 7  # a letter whose receipt is to be sent; a PES being processed
    RECEIPT_SENT = 8  # the same, sent; a PES about which there is something to read
    ANSWER_RECEIVED = 11
    ARCHIVE_SENT = 12
    ARCHIVED = 13
    ARCHIVE_ERROR = 14
    HELD = 17  # to be posted by its author
    ARCHIVE_WAITING = 19
    ARCHIVE_NOT_SENT = 20
    READ = 21  # a letter that asks for no receipt
    ARCHIVE_MISSING = 22


ARCHIVING = frozenset(one for one in Status if one.name.startswith("ARCHIVE"))
"""What a member says of its own archives, once an act is acknowledged."""


class TransmissionAccount(db.Model):  # type: ignore[name-defined]
    """An application of a member body that may deposit: a login, a secret, a certificate.

    `secret` is sealed: the nonce scheme needs it whole (docs/decisions/0032). `certificate`
    is the SHA-256 of the client certificate that must come with each call, when there is one.
    `department`, `district` and `nature` are how the ministry knows the body.
    """

    __tablename__ = "transmission_account"
    __table_args__ = (
        UniqueConstraint("login"),
        Index(None, "organisation_id"),
        Index(None, "certificate", **only("certificate IS NOT NULL")),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    login: Mapped[str] = mapped_column(String(100))
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    certificate: Mapped[str | None] = mapped_column(String(64))
    siren: Mapped[str] = mapped_column(String(9))
    department: Mapped[str] = mapped_column(String(3))
    district: Mapped[str] = mapped_column(String(1))
    nature: Mapped[str] = mapped_column(String(2))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    organisation: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)

    @property
    def body(self) -> dict[str, str]:
        """The body as the ministry's door is told."""
        names = ("siren", "department", "district", "nature")
        return {name: getattr(self, name) for name in names}


class Transmission(db.Model):  # type: ignore[name-defined]
    """One message to the State, or from it."""

    __tablename__ = "transmission"
    __table_args__ = (
        Index(None, "organisation_id", "id"),
        Index(None, "organisation_id", "code", "status", "id"),
        Index(None, "organisation_id", "number", "id"),
        Index(None, "status", "id"),
        Index(None, "unique_id", "code"),
        Index(None, "related_id"),
        Index(None, "sha1", **only("sha1 IS NOT NULL")),
        UniqueConstraint("organisation_id", "envelope_on", "envelope_serial"),
        Index(None, "envelope", **only("envelope IS NOT NULL")),
        Index(
            "ix_transmission_unread",
            "organisation_id",
            "id",
            **only("code IN ('2-1', '3-1', '4-1', '5-1', 'retour') AND read_at IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("transmission_account.id"))
    code: Mapped[str] = mapped_column(String(10))  # "1-1" … "6-1", or pes
    status: Mapped[int]
    message: Mapped[str] = mapped_column(Text, default="", server_default="")
    unique_id: Mapped[str] = mapped_column(String(60), default="", server_default="")
    number: Mapped[str] = mapped_column(String(100), default="", server_default="")
    subject: Mapped[str] = mapped_column(String(500), default="", server_default="")
    # What its code asks for: {nature, matter, decided_on, on_paper}, {letter_on, text}…
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    related_id: Mapped[int | None] = mapped_column(ForeignKey("transmission.id"))
    sha1: Mapped[str | None] = mapped_column(String(40))  # how S²LOW knows a PES again
    envelope_on: Mapped[date | None]
    envelope_serial: Mapped[int | None]
    envelope: Mapped[str | None] = mapped_column(String(100))
    instance_id: Mapped[UUID | None] = mapped_column(ForeignKey("process_instance.id"))
    # The XML that the State answered with: an acknowledgement, an anomaly, a PES_ACQUIT.
    answer_id: Mapped[UUID | None] = mapped_column(ForeignKey("document.id"))
    submitted_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    organisation: Mapped[Organisation] = relationship()
    answer: Mapped[Document | None] = relationship()


class TransmissionFile(db.Model):  # type: ignore[name-defined]
    """A file of a transmission. The first is its message, when it has one; `name` is the
    State's, `posted_name` the author's.
    """

    __tablename__ = "transmission_file"
    __table_args__ = (Index(None, "transmission_id", "rank"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    transmission_id: Mapped[int] = mapped_column(ForeignKey("transmission.id"))
    rank: Mapped[int]  # 0: the message itself
    name: Mapped[str] = mapped_column(String(255))
    posted_name: Mapped[str] = mapped_column(String(255), default="", server_default="")
    document_type: Mapped[str] = mapped_column(String(5), default="", server_default="")
    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"))
    signature_id: Mapped[UUID | None] = mapped_column(ForeignKey("document.id"))

    transmission: Mapped[Transmission] = relationship()
    document: Mapped[Document] = relationship(foreign_keys=[document_id], lazy="joined")
    signature: Mapped[Document | None] = relationship(foreign_keys=[signature_id])


class TransmissionEvent(db.Model):  # type: ignore[name-defined]
    """One step of a transmission: when it took a status, and why."""

    __tablename__ = "transmission_event"
    __table_args__ = (Index(None, "transmission_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    transmission_id: Mapped[int] = mapped_column(ForeignKey("transmission.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    status: Mapped[int]
    message: Mapped[str] = mapped_column(Text, default="", server_default="")


class TransmissionArrival(db.Model):  # type: ignore[name-defined]
    """What came from the State was recorded under this name: it is recorded once."""

    __tablename__ = "transmission_arrival"
    name: Mapped[str] = mapped_column(String(300), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    problem: Mapped[str] = mapped_column(Text, default="", server_default="")


class TransmissionNonce(db.Model):  # type: ignore[name-defined]
    """A number with which an account has proved its secret: it proves nothing more."""

    __tablename__ = "transmission_nonce"
    __table_args__ = (Index(None, "expires_at"),)
    value: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
