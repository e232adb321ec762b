"""What is searched for about grants, beside the cases: applications, opinions, decisions.

The process carries what its diagram needs; these rows carry what people look for. They
are written by `workflows.grants.operations` alone, in the transaction of the step.
"""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, ForeignKey, Index, Numeric, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.models import db

EUROS = Numeric(14, 2)


class GrantApplication(db.Model):  # type: ignore[name-defined]
    """One request for an aid, as it was filed, with the legal clock that runs on it.

    `rejection_on` is the day on which silence becomes a rejection; until it is over, the
    service may still decide.
    """

    __tablename__ = "grant_application"
    __table_args__ = (
        Index(None, "siret", "procedure"),
        Index(None, "department", "received_on"),
        Index(None, "rejection_on", "outcome"),
    )
    instance_id: Mapped[UUID] = mapped_column(
        ForeignKey("process_instance.id"), primary_key=True
    )
    procedure: Mapped[str] = mapped_column(String(200))
    siret: Mapped[str] = mapped_column(String(14))
    company_name: Mapped[str] = mapped_column(String(300))
    naf: Mapped[str] = mapped_column(String(10))
    size_class: Mapped[str | None] = mapped_column(String(10))  # micro|small|medium|large
    project_title: Mapped[str] = mapped_column(String(300))
    commune: Mapped[str] = mapped_column(String(5))  # INSEE code
    department: Mapped[str] = mapped_column(String(3))
    aid_form: Mapped[str] = mapped_column(String(20))  # grant | advance | mixed
    expenses: Mapped[Decimal] = mapped_column(EUROS)
    requested: Mapped[Decimal] = mapped_column(EUROS)
    received_on: Mapped[date]
    rejection_on: Mapped[date | None]
    suspended_on: Mapped[date | None]  # the clock stands still since that day …
    suspended_until: Mapped[date | None]  # … and starts again by itself after this one
    suspended_days: Mapped[int] = mapped_column(default=0)
    outcome: Mapped[str | None] = mapped_column(String(30))
    decided_on: Mapped[date | None]


class Opinion(db.Model):  # type: ignore[name-defined]
    """What a body consulted thinks of a project; silence is an opinion without remark."""

    __tablename__ = "grant_opinion"
    __table_args__ = (UniqueConstraint("instance_id", "body"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"))
    body: Mapped[str] = mapped_column(String(40))  # oseo, department…
    body_name: Mapped[str] = mapped_column(String(300))
    opinion: Mapped[str] = mapped_column(String(20))
    amount: Mapped[Decimal | None] = mapped_column(EUROS)
    remarks: Mapped[str] = mapped_column(Text, default="")
    received_on: Mapped[date]


class GrantDecision(db.Model):  # type: ignore[name-defined]
    """The register of decisions: what was decided on a request, when and why."""

    __tablename__ = "grant_decision"
    __table_args__ = (Index(None, "siren", "procedure", "decided_on"),)
    instance_id: Mapped[UUID] = mapped_column(
        ForeignKey("process_instance.id"), primary_key=True
    )
    number: Mapped[str] = mapped_column(String(50), unique=True)
    procedure: Mapped[str] = mapped_column(String(200))
    siren: Mapped[str] = mapped_column(String(9))
    outcome: Mapped[str] = mapped_column(String(30))
    amount: Mapped[Decimal | None] = mapped_column(EUROS)
    basis: Mapped[str | None] = mapped_column(String(300))
    reasons: Mapped[list[Any]] = mapped_column(JSON, default=list)
    conditions: Mapped[str] = mapped_column(Text, default="")
    decided_on: Mapped[date]
    decided_by: Mapped[str | None] = mapped_column(String(40))  # id of the person


class DeMinimisAid(db.Model):  # type: ignore[name-defined]
    """One de minimis aid granted to a company, in gross grant equivalent."""

    __tablename__ = "de_minimis_aid"
    __table_args__ = (
        Index(None, "siren", "granted_on"),
        {"info": {"outlives_case": "the register of de minimis aid is kept ten years"}},
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    siren: Mapped[str] = mapped_column(String(9))
    granted_on: Mapped[date]
    amount: Mapped[Decimal] = mapped_column(EUROS)
    regulation: Mapped[str] = mapped_column(String(30))
    authority: Mapped[str] = mapped_column(String(300))
    instance_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("process_instance.id"), unique=True
    )
