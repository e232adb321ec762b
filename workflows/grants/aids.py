"""The catalogue of aids: what each sheet says, and the sets that make it found.

A sheet is one row of `Aid`. What it is searched by stands in `AidSet`: for each area,
activity, kind, need or word, the set of the sheets that have it. `aid_index` derives the
sets from the sheets; `aid_search` intersects them; no search ever reads a text.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import VARCHAR
from sqlalchemy.orm import Mapped, mapped_column

from engine import clock
from engine.columns import UtcDateTime
from engine.models import db

FOREVER = datetime(9999, 12, 31, tzinfo=UTC)


def _sorted_by_bytes(length: int) -> String:
    """A text compared byte by byte on both databases, whatever their locale."""
    return String(length).with_variant(VARCHAR(length, collation="C"), "postgresql")


class Aid(db.Model):  # type: ignore[name-defined]
    """One aid as its origin publishes it (national schema « dispositif-aide »).

    `sheet` keeps the lists for display: kinds, needs, funders [{name, siren, roles}],
    areas, excluded_areas, activities, excluded_activities, sectors, sizes, legal_forms,
    excluded_legal_forms, audiences, programmes, legal_basis [{label, url}].
    """

    __tablename__ = "aid"
    __table_args__ = (
        UniqueConstraint("origin", "reference"),
        Index(None, "position"),
        Index(None, "open_until", "position"),
        Index(None, "procedure_key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    origin: Mapped[str] = mapped_column(String(100))
    reference: Mapped[str] = mapped_column(String(100))  # its id at the origin
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    # Its rank among the open sheets, and its bit in every set; null once closed.
    position: Mapped[int | None]
    open_until: Mapped[datetime] = mapped_column(UtcDateTime)  # FOREVER, never null
    procedure_key: Mapped[str | None] = mapped_column(String(200))  # asked on line here
    title: Mapped[str] = mapped_column(String(300))
    promise: Mapped[str] = mapped_column(String(300), default="")
    amount: Mapped[str] = mapped_column(String(500), default="")
    contact: Mapped[str] = mapped_column(String(500), default="")
    source_url: Mapped[str] = mapped_column(String(1000), default="")
    min_workforce: Mapped[int | None]
    max_workforce: Mapped[int | None]
    min_years: Mapped[int | None]  # of existence of the company
    opens_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closes_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    source_updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    digest: Mapped[str] = mapped_column(String(64))
    sheet: Mapped[dict[str, Any]] = mapped_column(JSON)
    description: Mapped[str] = mapped_column(Text)  # Markdown, untrusted
    eligibility: Mapped[str] = mapped_column(Text)  # Markdown, untrusted

    @property
    def is_open(self) -> bool:
        """Whether it is still offered: neither closed nor withdrawn by its origin."""
        return self.open_until > clock.now()

    @property
    def funders(self) -> list[str]:
        """The names of those who carry it, without repetition."""
        return list(dict.fromkeys(one["name"] for one in self.sheet["funders"]))


class AidSet(db.Model):  # type: ignore[name-defined]
    """The open sheets that have one value of one facet, as a set of positions."""

    __tablename__ = "aid_set"
    __table_args__ = (Index(None, "facet", "many"),)

    facet: Mapped[str] = mapped_column(_sorted_by_bytes(20), primary_key=True)
    value: Mapped[str] = mapped_column(_sorted_by_bytes(160), primary_key=True)
    many: Mapped[int]
    members: Mapped[bytes] = mapped_column(LargeBinary)  # see aid_index.pack


def find(slug: str) -> Aid | None:
    """The aid at this address, open or not; None when there never was one."""
    found: Aid | None = db.session.scalar(db.select(Aid).where(Aid.slug == slug))
    return found
