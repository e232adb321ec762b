"""The typology of a body's signature book: its desks, its types and subtypes of folders.

Only this domain writes them.
"""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine import clock
from engine.columns import UtcDateTime
from engine.directory import Organisation
from engine.models import db

DESK_PREFIX = "desk:"
"""A desk is a role of its body: whoever holds the role sits at the desk."""

NONE, ACTES, HELIOS = "none", "actes", "helios"
"""Protocols: to whom a signed folder is transmitted."""
PADES, CADES, XADES, PES, AUTO = "pades", "cades", "xades", "pes", "auto"
"""Formats of signature. `auto`: PAdES for a PDF, PES for a PES, else CAdES detached."""
CONFIDENTIAL, SERVICE, PUBLIC = "confidential", "service", "public"
"""Who sees a folder: the desks of its circuits; their parents too; every desk of the body."""
DRAFT, IN_PROGRESS, REFUSED, FINISHED, ABANDONED = (
    "draft",
    "in_progress",
    "refused",
    "finished",
    "abandoned",
)
"""Where a folder stands. A refused one waits for its author, who corrects or abandons it."""
MAIN, ANNEX, DETACHED, EVIDENCE = "main", "annex", "detached", "evidence"
"""Kinds of files: to be signed, joined, a signature kept beside what it signs, a proof."""


class Desk(db.Model):  # type: ignore[name-defined]
    """A seat of a body (Maire, DGS, Service des finances): its role is held by people.

    `title` is the quality written on stamps. Its parent sees folders of visibility `service`.
    """

    __tablename__ = "parapheur_desk"
    __table_args__ = (
        UniqueConstraint("organisation_id", "role"),
        Index(None, "parent_id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    role: Mapped[str] = mapped_column(String(100))  # "desk:maire"
    name: Mapped[str] = mapped_column(String(200))
    title: Mapped[str] = mapped_column(String(200), default="", server_default="")
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("parapheur_desk.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    organisation: Mapped[Organisation] = relationship()


class FolderType(db.Model):  # type: ignore[name-defined]
    """A type of folders of a body: to whom they go and how they are signed."""

    __tablename__ = "parapheur_type"
    __table_args__ = (UniqueConstraint("organisation_id", "slug"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    slug: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(200))
    protocol: Mapped[str] = mapped_column(String(10), default=NONE)
    format: Mapped[str] = mapped_column(String(10), default=AUTO)
    visible: Mapped[bool] = mapped_column(default=True, server_default=true())  # the stamp
    # {"page": 1 or -1, "x": mm, "y": mm, "width": mm, "height": mm}, from the top left.
    position: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    place: Mapped[str] = mapped_column(String(100), default="", server_default="")
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class FolderSubtype(db.Model):  # type: ignore[name-defined]
    """A subtype: its circuits, what must be said of a folder, who may deposit one.

    `scope` ("parapheur.deliberations.ordinaire") is the key under which its tasks are lent to
    deputies. `metadata_fields` is a list of {key, label, kind: text|date|number|choice|
    boolean, values: [text], required_at: [deposit|approval|refusal], default}.
    """

    __tablename__ = "parapheur_subtype"
    __table_args__ = (UniqueConstraint("type_id", "slug"), Index(None, "scope"))
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    type_id: Mapped[UUID] = mapped_column(ForeignKey("parapheur_type.id"))
    slug: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(200))
    scope: Mapped[str] = mapped_column(String(200))
    creation_circuit: Mapped[str | None] = mapped_column(String(200))  # procedure keys
    circuit: Mapped[str | None] = mapped_column(String(200))
    # A DMN table of outputs {circuit, desks: {variable: desk role}}; it decides when present.
    selection: Mapped[str | None] = mapped_column(Text)
    metadata_fields: Mapped[list[Any]] = mapped_column(JSON, default=list)
    seal: Mapped[str | None] = mapped_column(
        String(60)
    )  # a seal of the signature connector
    deposit_roles: Mapped[list[str]] = mapped_column(
        JSON, default=list
    )  # empty: every desk
    visibility: Mapped[str] = mapped_column(String(20), default=CONFIDENTIAL)
    working_days: Mapped[int | None]  # within which a folder should be finished
    # Desks are reminded so many days before that, then as often once it is late.
    reminder_days: Mapped[int | None]
    chained_to: Mapped[UUID | None] = mapped_column(ForeignKey("parapheur_subtype.id"))
    # What the State is told by default: {nature, matter: [..], document_type}, for ACTES.
    transmission: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    type: Mapped[FolderType] = relationship(lazy="joined", innerjoin=True)
