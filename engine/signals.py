"""Signals on their way from one case to the others of the same body.

A thrown signal is a row of the step that threw it. It is spread page by page into one
delivery for each case that waited when it was thrown, and for each procedure that begins
with it; a delivery is removed in the transaction that hands it over.
"""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from engine.columns import UtcDateTime, only
from engine.models import db


class Signal(db.Model):  # type: ignore[name-defined]
    """A signal that a case threw, for the cases and procedures of one organisation."""

    __tablename__ = "signal"
    __table_args__ = (Index(None, "thrown_at", **only("spread_at IS NULL")),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str] = mapped_column(String(200))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"))
    payload: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    thrown_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reached: Mapped[UUID | None]  # the last case that has its delivery
    spread_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SignalDelivery(db.Model):  # type: ignore[name-defined]
    """What one signal has still to do: move a case, or start one of a version."""

    __tablename__ = "signal_delivery"
    __table_args__ = (
        Index(None, "due_at"),
        Index(None, "instance_id"),
        Index(None, "signal_id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    signal_id: Mapped[UUID] = mapped_column(ForeignKey("signal.id"))
    instance_id: Mapped[UUID | None] = mapped_column(ForeignKey("process_instance.id"))
    definition_id: Mapped[UUID | None] = mapped_column(ForeignKey("process_definition.id"))
    element_id: Mapped[str | None] = mapped_column(String(200))
    # None: the case is suspended, and takes it when it is resumed.
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
