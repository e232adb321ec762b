"""What is searched for about public contracts: the contracts of a body, their invoices.

Only this domain writes these rows, in the transaction of a step or of a command.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, ForeignKey, Index, Numeric, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine import clock
from engine.columns import UtcDateTime
from engine.models import db
from workflows.accounting.models import EUROS

INVOICE, ADVANCE, RELEASE = "invoice", "advance", "release"
"""What a holder asks to be paid: work done, the advance, the retention given back."""

RECEIVED, SUSPENDED, CERTIFIED, ORDERED, REJECTED = (
    "received", "suspended", "certified", "ordered", "rejected",
)  # fmt: skip
"""Where an invoice stands. `rejected`: sent back to the holder, or its order was dropped."""

_COUNTS = text("state <> 'rejected'")


class Contract(db.Model):  # type: ignore[name-defined]
    """A public contract of a body: who holds it, how much it may pay, what it keeps back.

    `holder` is the third party as an order takes it; its SIRET and folded name are beside it to
    be searched. Amounts are without taxes, `total` is with them.
    """

    __tablename__ = "accounting_contract"
    __table_args__ = (
        UniqueConstraint("organisation_id", "number"),
        Index(None, "organisation_id", "created_at", "id"),
        Index(None, "organisation_id", "siret"),
        Index(None, "organisation_id", "name"),
        {
            "info": {
                "outlives_case": "a contract is paid long after the case that awarded it"
            }
        },
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    number: Mapped[str] = mapped_column(String(30))  # IdMarche
    subject: Mapped[str] = mapped_column(String(160))
    siret: Mapped[str] = mapped_column(String(14))
    name: Mapped[str] = mapped_column(String(38))
    holder: Mapped[dict[str, Any]] = mapped_column(JSON)
    account: Mapped[str] = mapped_column(String(12))
    function: Mapped[str] = mapped_column(String(10), default="")
    amount: Mapped[Decimal] = mapped_column(EUROS)
    total: Mapped[Decimal] = mapped_column(EUROS)
    advance: Mapped[Decimal] = mapped_column(EUROS, default=Decimal(0))  # with taxes
    retention: Mapped[Decimal] = mapped_column(Numeric(5, 2), default=Decimal(0))  # %
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    instance_id: Mapped[UUID | None] = mapped_column(ForeignKey("process_instance.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class Invoice(db.Model):  # type: ignore[name-defined]
    """A demand for payment of a contract, from its receipt to its order.

    One number of one holder is taken once by a body, unless the first was rejected.
    """

    __tablename__ = "accounting_invoice"
    __table_args__ = (
        UniqueConstraint("instance_id"),
        Index(
            "uq_accounting_invoice_number", "organisation_id", "siret", "number",
            unique=True, postgresql_where=_COUNTS, sqlite_where=_COUNTS,
        ),
        Index(None, "organisation_id", "state", "due_on", "id"),
        Index(None, "organisation_id", "due_on", "id"),
        Index(None, "contract_id", "received_on", "id"),
        Index(None, "order_id"),
    )  # fmt: skip
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("accounting_contract.id"))
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"))
    kind: Mapped[str] = mapped_column(String(10), default=INVOICE)
    siret: Mapped[str] = mapped_column(String(14))
    number: Mapped[str] = mapped_column(String(50))
    chorus: Mapped[str] = mapped_column(String(30), default="")  # of Chorus Pro
    amount: Mapped[Decimal] = mapped_column(EUROS)
    total: Mapped[Decimal] = mapped_column(EUROS)
    received_on: Mapped[date]
    delay_from: Mapped[date]  # the day the delay that runs began
    due_on: Mapped[date]
    suspended_on: Mapped[date | None]
    suspensions: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(String(10), default=RECEIVED)
    retained: Mapped[Decimal] = mapped_column(EUROS, default=Decimal(0))
    recovered: Mapped[Decimal] = mapped_column(EUROS, default=Decimal(0))
    interest: Mapped[Decimal] = mapped_column(EUROS, default=Decimal(0))
    reason: Mapped[str] = mapped_column(String(500), default="")
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounting_payment_order.id"))
    ordered_on: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    contract: Mapped[Contract] = relationship(lazy="joined")
