"""What is searched for about accounts: budgets, payment orders, PES and what was answered.

Only this domain writes these rows: its operations in the transaction of a step, its commands
for what people do on its pages.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, ForeignKey, Index, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine import clock
from engine.columns import UtcDateTime
from engine.directory import Organisation
from engine.models import db

EUROS = Numeric(14, 2)

EXPENSE, REVENUE = "expense", "revenue"
"""A payment order pays somebody (mandat); a revenue order claims from somebody (titre)."""

READY, IN_PES, TAKEN, REJECTED, DROPPED = "ready", "in_pes", "taken", "rejected", "dropped"
"""Where an order stands: to be put in a PES, in one, taken by the accountant, refused with its
batch (it may be put in another), given up."""

MADE, SIGNING, CHECKING, SENT = "made", "signing", "checking", "sent"
ACKNOWLEDGED, PARTIAL, REFUSED, ERROR, CLOSED, REPLACED = (
    "acknowledged", "partial", "refused", "error", "closed", "replaced",
)  # fmt: skip
"""Where a PES stands. `error`: it could not leave. `closed`: somebody took note of a
refusal. `replaced`: it came back signed, under its name, as another file."""

WAITING, ACCEPTED = "waiting", "accepted"
"""Where a batch or a document stands, besides `refused`."""


class Budget(db.Model):  # type: ignore[name-defined]
    """A budget of a body as the State's accountant knows it: what a PES begins with."""

    __tablename__ = "accounting_budget"
    __table_args__ = (Index(None, "organisation_id", "label"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    label: Mapped[str] = mapped_column(String(100))
    siret: Mapped[str] = mapped_column(String(14))
    post: Mapped[str] = mapped_column(String(7))  # IdPost, the accountant's codique
    code: Mapped[str] = mapped_column(String(3))  # CodCol
    number: Mapped[str] = mapped_column(String(2), default="00")  # CodBud
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Series(db.Model):  # type: ignore[name-defined]
    """The last number given in a series of a budget: pieces, batches, files."""

    __tablename__ = "accounting_series"
    budget_id: Mapped[UUID] = mapped_column(
        ForeignKey("accounting_budget.id"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(40), primary_key=True)  # expense:2026:batch
    last: Mapped[int] = mapped_column(default=0)


class PaymentOrder(db.Model):  # type: ignore[name-defined]
    """An order to pay or to claim, that waits for a PES or went in one.

    `reference` is the caller's own: the same one registered twice is the same order.
    `third_party` and `documents` are as `helios.build` takes them.
    """

    __tablename__ = "accounting_payment_order"
    __table_args__ = (
        UniqueConstraint("organisation_id", "reference"),
        UniqueConstraint("budget_id", "kind", "year", "number"),
        Index(None, "organisation_id", "state", "created_at", "id"),
        Index(None, "organisation_id", "created_at", "id"),
        Index(None, "pes_id", "kind"),
        Index(None, "instance_id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    budget_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounting_budget.id"))
    reference: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(10))
    year: Mapped[int]
    number: Mapped[int | None]  # IdPce, given when it first goes in a PES
    state: Mapped[str] = mapped_column(String(12), default=READY)
    subject: Mapped[str] = mapped_column(String(160))
    amount: Mapped[Decimal] = mapped_column(EUROS)  # without taxes
    vat: Mapped[Decimal] = mapped_column(EUROS, default=Decimal(0))
    account: Mapped[str] = mapped_column(String(12))
    function: Mapped[str] = mapped_column(String(10), default="")
    contract: Mapped[str] = mapped_column(String(30), default="")
    third_party: Mapped[dict[str, Any]] = mapped_column(JSON)
    documents: Mapped[list[Any]] = mapped_column(JSON, default=list)
    particulars: Mapped[dict[str, Any] | None] = mapped_column(
        JSON
    )  # of a contract's order
    instance_id: Mapped[UUID | None] = mapped_column(ForeignKey("process_instance.id"))
    pes_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounting_pes.id"))
    reason: Mapped[str] = mapped_column(String(500), default="")  # of the refusal
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    organisation: Mapped[Organisation] = relationship()
    budget: Mapped[Budget | None] = relationship(lazy="joined")


class Pes(db.Model):  # type: ignore[name-defined]
    """One PES of a body, made here or elsewhere, and where its transmission stands.

    `folder_id` is the signature book's case in which it is signed, `instance_id` that of its
    transmission. `replaces_id` is the one refused that it corrects.
    """

    __tablename__ = "accounting_pes"
    __table_args__ = (
        # The accountant takes a name once for a collectivity: what was sent keeps it.
        UniqueConstraint("organisation_id", "sent_as"),
        Index(None, "organisation_id", "state", "created_at", "id"),
        Index(None, "organisation_id", "created_at", "id"),
        Index(None, "organisation_id", "name"),
        Index(None, "folder_id"),
        Index(None, "replaces_id"),
        Index(None, "instance_id", "created_at"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str] = mapped_column(String(120))  # NomFic, else the file's
    code: Mapped[str] = mapped_column(String(3), default="")
    sent_as: Mapped[str | None] = mapped_column(String(130))  # CodCol and NomFic, once sent
    state: Mapped[str] = mapped_column(String(12), default=MADE)
    sha256: Mapped[str] = mapped_column(String(64))
    file_name: Mapped[str] = mapped_column(String(255))
    size: Mapped[int]
    expenses: Mapped[Decimal] = mapped_column(EUROS, default=Decimal(0))
    revenues: Mapped[Decimal] = mapped_column(EUROS, default=Decimal(0))
    reasons: Mapped[list[Any]] = mapped_column(JSON, default=list)
    official_check: Mapped[str] = mapped_column(String(10), default="not_run")
    folder_id: Mapped[UUID | None] = mapped_column(ForeignKey("process_instance.id"))
    instance_id: Mapped[UUID | None] = mapped_column(ForeignKey("process_instance.id"))
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounting_pes.id"))
    remote_id: Mapped[str] = mapped_column(String(100), default="")
    acknowledgement_sha256: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    batches: Mapped[list["PesBatch"]] = relationship(
        order_by="PesBatch.position", lazy="selectin", viewonly=True
    )


class PesBatch(db.Model):  # type: ignore[name-defined]
    """A batch (bordereau) of a PES: the accountant takes or refuses it as a whole."""

    __tablename__ = "accounting_batch"
    __table_args__ = (UniqueConstraint("pes_id", "position"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    pes_id: Mapped[UUID] = mapped_column(ForeignKey("accounting_pes.id"))
    position: Mapped[int]
    domain: Mapped[str] = mapped_column(String(10))
    year: Mapped[str] = mapped_column(String(4))
    number: Mapped[str] = mapped_column(String(10))
    amount: Mapped[Decimal] = mapped_column(EUROS)
    pieces: Mapped[int]
    state: Mapped[str] = mapped_column(String(10), default=WAITING)
    reasons: Mapped[list[Any]] = mapped_column(JSON, default=list)


class PesDocument(db.Model):  # type: ignore[name-defined]
    """A supporting document that a PES carries; its identifier serves once, for ever."""

    __tablename__ = "accounting_document"
    __table_args__ = (
        UniqueConstraint("pes_id", "position"),
        Index(None, "organisation_id", "unique_id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    pes_id: Mapped[UUID] = mapped_column(ForeignKey("accounting_pes.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    position: Mapped[int]
    unique_id: Mapped[str] = mapped_column(String(50))
    name: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(10), default=WAITING)
    reasons: Mapped[list[Any]] = mapped_column(JSON, default=list)


class PesReturn(db.Model):  # type: ignore[name-defined]
    """A PES_Retour received: what became of pieces at the accountant's."""

    __tablename__ = "accounting_return"
    __table_args__ = (
        UniqueConstraint("organisation_id", "remote_id"),
        Index(None, "organisation_id", "received_at", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    remote_id: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    pieces: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    dated: Mapped[date | None]
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
