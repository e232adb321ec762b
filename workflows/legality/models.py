"""The register of acts: what a body decided, what the prefecture answered, what is public.

The cases carry what their diagrams need; these rows carry what people look for, and what must
be known for years. Operations and the verbs of this domain alone write them.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine import clock
from engine.columns import UtcDateTime, only
from engine.directory import Organisation
from engine.documents import Document
from engine.models import db

LEGALITY_OFFICER = "legality_officer"
"""Who transmits the acts of a body, publishes them and answers the prefecture."""

PREPARED, SENT, ANOMALY = "prepared", "sent", "anomaly"
ACKNOWLEDGED, CANCELLED = "acknowledged", "cancelled"
ABANDONED, EXEMPT = "abandoned", "exempt"
"""Where an act stands. `anomaly`: refused, to be corrected; `abandoned`: given up, and its
number is free again; `exempt`: the law does not ask for its transmission."""
STATES = (PREPARED, SENT, ANOMALY, ACKNOWLEDGED, CANCELLED, ABANDONED, EXEMPT)
AWAITED = (PREPARED, SENT, ANOMALY)
"""The prefecture has not received it yet."""

_AWAITED = "state IN ('prepared', 'sent', 'anomaly')"
IS_AWAITED = text(f"legality_act.{_AWAITED}")
"""That, written out: what makes a partial index."""

ACT, ANNEX, SIGNATURE, STAMPED, REDACTED = (
    "act",
    "annex",
    "signature",
    "stamped",
    "redacted",
)
"""Kinds of an act's documents: deposited, deposited beside it, stamped by the service, and
the copy without what must not be read by everybody (« occultée »)."""

WHOLE, HIDDEN = "whole", "none"
"""With REDACTED, how an act is published: as it is, occulted, or not on line at all."""

LETTER, DOCUMENTS, OBSERVATIONS, REFERRAL = (
    "letter", "documents_request", "observations", "referral",
)  # fmt: skip
LETTER_KINDS = (LETTER, DOCUMENTS, OBSERVATIONS, REFERRAL)
RECEIVED, ANSWERED, REFUSED, CLOSED = "received", "answered", "refused", "closed"
"""Where a letter of the prefecture stands. `refused`: its documents were refused, its
observations rejected; `closed`: no answer was wanted."""
LETTER_STATES = (RECEIVED, ANSWERED, REFUSED, CLOSED)


class LegalityAccount(db.Model):  # type: ignore[name-defined]
    """What a body goes by at the prefecture, and what it decided for its acts."""

    __tablename__ = "legality_account"
    organisation_id: Mapped[UUID] = mapped_column(
        ForeignKey("organisation.id"), primary_key=True
    )
    department: Mapped[str] = mapped_column(String(3))  # 021, 02A
    district: Mapped[str] = mapped_column(String(1), default="0", server_default="0")
    nature: Mapped[str] = mapped_column(String(2))  # 31: a commune; 11: a region
    publishes: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Who answers the prefecture: the desk that issued the act, else the first that suits of
    # `letter_desks` [{nature, matter, role, from, until}], else the legality officers.
    to_issuer: Mapped[bool] = mapped_column(default=False, server_default=false())
    letter_desks: Mapped[list[Any]] = mapped_column(JSON, default=list, server_default="[]")
    reply_subtype_id: Mapped[UUID | None]  # of the folders in which answers are signed
    # When its letters were last collected, and its classification last asked for.
    collected_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    classified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    organisation: Mapped[Organisation] = relationship()


class LegalityClassification(db.Model):  # type: ignore[name-defined]
    """One version of the prefecture's classification, as given to a body; one is current.

    `natures` is [{code, label}], `document_types` [{nature, code, label}] and `matters`
    [{code, label}], a code being "1.1.2".
    """

    __tablename__ = "legality_classification"
    __table_args__ = (
        UniqueConstraint("organisation_id", "version_date"),
        Index("ix_legality_classification_current", "organisation_id", unique=True,
              **only("until IS NULL")),
    )  # fmt: skip
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    version_date: Mapped[date]
    natures: Mapped[list[Any]] = mapped_column(JSON)
    document_types: Mapped[list[Any]] = mapped_column(JSON)
    matters: Mapped[list[Any]] = mapped_column(JSON)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)  # another replaced it


class LegalityAct(db.Model):  # type: ignore[name-defined]
    """One act of a body: the line of its register.

    It is enforceable once published and, where the law asks for it, transmitted. The
    prefect's time to refer it to the court ends with `referral_until`; while documents are
    awaited (`referral_open`), it does not end.
    """

    __tablename__ = "legality_act"
    __table_args__ = (
        Index("ix_legality_act_number", "organisation_id", "number", unique=True,
              **only("state <> 'abandoned'")),
        Index(None, "organisation_id", "decided_on", "id"),
        Index(None, "organisation_id", "nature", "created_at"),
        Index("ix_legality_act_due", "organisation_id", "due_on", "id",
              **only(_AWAITED)),
        Index("ix_legality_act_shown", "organisation_id", "decided_on", "id",
              **only("shown_on IS NOT NULL")),
        Index(None, "unique_id"),
        Index(None, "instance_id"),
        Index(None, "folder_id"),
        {"info": {"outlives_case": "the register of acts is kept as long as the acts"}},
    )  # fmt: skip
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    # The case that transmits it, the one that follows it, the folder it was signed in.
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"))
    watch_id: Mapped[UUID | None] = mapped_column(ForeignKey("process_instance.id"))
    folder_id: Mapped[UUID | None] = mapped_column(ForeignKey("process_instance.id"))
    desk: Mapped[str] = mapped_column(
        String(100), default="", server_default=""
    )  # issued it
    number: Mapped[str] = mapped_column(String(15))
    nature: Mapped[int]  # 1 to 6
    matter: Mapped[str] = mapped_column(String(20))  # "1.1.2"
    subject: Mapped[str] = mapped_column(String(500))
    # What the public reads in its place, when the subject names somebody.
    public_subject: Mapped[str] = mapped_column(String(500), default="", server_default="")
    decided_on: Mapped[date]
    on_paper: Mapped[bool] = mapped_column(default=False, server_default=false())
    classified_on: Mapped[date | None]  # the version of the classification it was sent with
    state: Mapped[str] = mapped_column(String(20), default=PREPARED)
    # By when the law wants it at the prefecture, and where the law says whether it must be;
    # `confirmed` once that article has been read by somebody who answers for it.
    due_on: Mapped[date | None]
    article: Mapped[str] = mapped_column(String(120), default="", server_default="")
    confirmed: Mapped[bool] = mapped_column(default=True, server_default=true())
    service_id: Mapped[str] = mapped_column(String(100), default="", server_default="")
    unique_id: Mapped[str] = mapped_column(String(80), default="", server_default="")
    transmitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    acknowledged_on: Mapped[date | None]  # the acknowledgement's DateReception
    published_on: Mapped[date | None]
    published_by: Mapped[str] = mapped_column(String(20), default="", server_default="")
    version: Mapped[str] = mapped_column(String(10), default=HIDDEN)  # whole|redacted|none
    shown_on: Mapped[date | None]  # in the public register since; None: not in it
    names_people: Mapped[bool] = mapped_column(default=False, server_default=false())
    enforceable_on: Mapped[date | None]
    cancelled_on: Mapped[date | None]
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    referral_until: Mapped[date | None]
    referral_open: Mapped[bool] = mapped_column(default=False, server_default=false())
    referred_on: Mapped[date | None]  # brought before the court
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    organisation: Mapped[Organisation] = relationship()

    @property
    def shown_subject(self) -> str:
        """The subject as the public reads it."""
        return self.public_subject or self.subject


class LegalityTerm(db.Model):  # type: ignore[name-defined]
    """A word, a nature, a matter or a state by which an act is found, in the order of days.

    Those that begin with `p:` are of the public register.
    """

    __tablename__ = "legality_term"
    __table_args__ = (Index(None, "act_id"), {"sqlite_with_rowid": False})
    organisation_id: Mapped[UUID] = mapped_column(
        ForeignKey("organisation.id"), primary_key=True
    )
    term: Mapped[str] = mapped_column(String(60), primary_key=True)
    decided_on: Mapped[date] = mapped_column(primary_key=True)
    act_id: Mapped[UUID] = mapped_column(ForeignKey("legality_act.id"), primary_key=True)


class LegalityDocument(db.Model):  # type: ignore[name-defined]
    """A document of an act; it goes when the case that holds it is eliminated."""

    __tablename__ = "legality_document"
    __table_args__ = (Index(None, "act_id", "position"), Index(None, "document_id"))
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    act_id: Mapped[UUID] = mapped_column(ForeignKey("legality_act.id"))
    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"))
    kind: Mapped[str] = mapped_column(String(10))
    document_type: Mapped[str] = mapped_column(String(10), default="", server_default="")
    position: Mapped[int]
    public: Mapped[bool] = mapped_column(default=True, server_default=true())

    document: Mapped[Document] = relationship(lazy="joined", innerjoin=True)


class LegalityMessage(db.Model):  # type: ignore[name-defined]
    """One message exchanged about an act; `code` is that of the protocol (1-1, 1-2…)."""

    __tablename__ = "legality_message"
    __table_args__ = (Index(None, "act_id", "at"), Index(None, "instance_id"))
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    act_id: Mapped[UUID | None] = mapped_column(ForeignKey("legality_act.id"))
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"))
    code: Mapped[str] = mapped_column(String(5))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    text: Mapped[str] = mapped_column(Text, default="", server_default="")


class LegalityLetter(db.Model):  # type: ignore[name-defined]
    """A letter of the prefecture to a body, and the case that answers it."""

    __tablename__ = "legality_letter"
    __table_args__ = (
        UniqueConstraint("organisation_id", "external_id"),
        Index(None, "organisation_id", "received_on", "id"),
        Index(None, "organisation_id", "state", "received_on", "id"),
        Index(None, "act_id"),
        Index(None, "instance_id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"))
    act_id: Mapped[UUID | None] = mapped_column(ForeignKey("legality_act.id"))
    external_id: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(20))
    # Who answers it: a desk of the body, or its legality officers.
    role: Mapped[str] = mapped_column(
        String(100), default=LEGALITY_OFFICER, server_default=LEGALITY_OFFICER
    )
    dated: Mapped[date | None]
    received_on: Mapped[date]
    due_on: Mapped[date | None]
    text: Mapped[str] = mapped_column(Text, default="", server_default="")
    state: Mapped[str] = mapped_column(String(10), default=RECEIVED)
    answered_on: Mapped[date | None]

    act: Mapped[LegalityAct | None] = relationship()
