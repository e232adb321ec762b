"""The vault of a company: documents it keeps to file them again, each with its expiry.

A document has versions: the newest stands, the earlier ones point at what replaced them.
Bytes are stored by digest like every document's, so filing one from the vault copies nothing.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, ForeignKey, Index, Select, String, case, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from connectors import StoredFile
from engine import clock
from engine.columns import UtcDateTime, only
from engine.directory import Organisation
from engine.models import db

WARNED = timedelta(days=30)
"""How long before its last day a document is said to expire soon."""

MOST = 2000
"""Documents that one company keeps, every version counted."""

OTHER = "other"

_STANDING = "replaced_by IS NULL AND removed_at IS NULL"


class VaultDocument(db.Model):  # type: ignore[name-defined]
    """One version of a document that a company keeps. `series_id` is its first version."""

    __tablename__ = "vault_document"
    __table_args__ = (
        Index("ix_vault_document_standing", "organisation_id", "kind", "added_at",
              **only(_STANDING)),
        Index("ix_vault_document_expiring", "expires_on", "id", **only(_STANDING)),
        Index(None, "organisation_id"),
        Index(None, "series_id", "added_at"),
        Index(None, "sha256"),
    )  # fmt: skip
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    series_id: Mapped[UUID]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    kind: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(300))
    name: Mapped[str] = mapped_column(String(255))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    media_type: Mapped[str] = mapped_column(String(150))
    issued_on: Mapped[date | None]
    expires_on: Mapped[date | None]  # the last day on which it is valid
    added_by: Mapped[UUID | None]
    added_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    replaced_by: Mapped[UUID | None]
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    organisation: Mapped[Organisation] = relationship()

    @property
    def stands(self) -> bool:
        """Whether it is the newest version of a document that was not removed."""
        return self.replaced_by is None and self.removed_at is None

    @property
    def days_left(self) -> int | None:
        """Days until its last one, negative once expired; None when it has no end."""
        return (self.expires_on - clock.today()).days if self.expires_on else None

    @property
    def state(self) -> str:
        """`lasting`, `valid`, `soon` or `expired`."""
        left = self.days_left
        if left is None:
            return "lasting"
        return "expired" if left < 0 else "soon" if left <= WARNED.days else "valid"

    @property
    def file(self) -> StoredFile:
        """What storage knows it by."""
        return StoredFile(self.sha256, self.name, self.media_type, self.size)


STANDS: ColumnElement[bool] = VaultDocument.replaced_by.is_(
    None
) & VaultDocument.removed_at.is_(None)
"""Said as the partial indexes say it."""


@dataclass(frozen=True)
class Kind:
    """A usual piece. `months` is how long services usually accept it: a suggestion, not law."""

    name: str
    months: int | None
    advice: str


@cache
def kinds() -> Mapping[str, Kind]:
    """The usual pieces by code, in the order in which they are offered."""
    source = Path(__file__).with_name("vault_kinds.csv")
    with source.open(encoding="utf-8", newline="") as file:
        return {
            row["kind"]: Kind(
                row["name"], int(row["months"]) if row["months"] else None, row["advice"]
            )
            for row in csv.DictReader(file, delimiter=";")
        }


def standing(organisation_id: UUID, kind: str = "") -> Select[VaultDocument]:
    """The documents that stand in a company's vault, by kind as offered, the latest first."""
    found = select(VaultDocument).where(
        VaultDocument.organisation_id == organisation_id, STANDS
    )
    if kind:
        found = found.where(VaultDocument.kind == kind)
    rank = case(
        {code: place for place, code in enumerate(kinds())},
        value=VaultDocument.kind,
        else_=len(kinds()),
    )
    return found.order_by(rank, VaultDocument.added_at.desc(), VaultDocument.id)


def latest(organisation_id: UUID, limit: int) -> list[VaultDocument]:
    """The documents added last, to choose one from."""
    found = select(VaultDocument).where(
        VaultDocument.organisation_id == organisation_id, STANDS
    )
    return list(
        db.session.scalars(found.order_by(VaultDocument.added_at.desc()).limit(limit))
    )


def versions(document: VaultDocument) -> list[VaultDocument]:
    """Every version of a document, the newest first."""
    return list(
        db.session.scalars(
            select(VaultDocument)
            .where(VaultDocument.series_id == document.series_id)
            .order_by(VaultDocument.added_at.desc())
        )
    )


def expiring(
    until: date,
    *,
    since: date | None = None,
    organisation_id: UUID | None = None,
    limit: int = 10_000,
) -> list[VaultDocument]:
    """The documents whose last day comes by `until` (and from `since` on), the soonest first.

    Of one company when it is named; for warnings, of all: `expiring(day, since=day)` with
    `day = clock.today() + WARNED` gives those to warn about once.
    """
    found = select(VaultDocument).where(STANDS, VaultDocument.expires_on <= until)
    if since is not None:
        found = found.where(VaultDocument.expires_on >= since)
    if organisation_id is not None:
        found = found.where(VaultDocument.organisation_id == organisation_id)
    ordered = found.order_by(VaultDocument.expires_on, VaultDocument.id)
    return list(db.session.scalars(ordered.limit(limit)))


def expired(documents: Iterable[VaultDocument]) -> list[VaultDocument]:
    """Those whose last day is past."""
    return [one for one in documents if one.state == "expired"]


def count(organisation_id: UUID) -> int:
    """How many versions a company keeps, removed ones apart."""
    kept = select(func.count()).where(
        VaultDocument.organisation_id == organisation_id,
        VaultDocument.removed_at.is_(None),
    )
    return db.session.scalar(kept) or 0


def kept(digests: Iterable[str]) -> set[str]:
    """Those of these digests that some vault keeps, in any version."""
    asked = select(VaultDocument.sha256).where(
        VaultDocument.sha256.in_(list(digests)), VaultDocument.removed_at.is_(None)
    )
    return set(db.session.scalars(asked.distinct()))
