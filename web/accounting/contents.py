"""A PES read as what it means: its batches, their pieces by pages, the documents it carries.

The pages of accounts and the signature book show it alike.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from flask import Response
from flask_babel import gettext as _

from connectors import Refused
from forms.uploads import check
from web.accounting import words
from web.accounting.frame import content
from web.attachments import disposition
from web.partners import partner

Plain = dict[str, Any]
PIECES = 50
"""Pieces of one page of a batch."""
LARGEST = 100 * 1024 * 1024
_KEPT = 32
"""Readings kept in memory: a file never changes, and is leafed through."""


@dataclass(frozen=True)
class Contents:
    """What is shown of a PES: every batch, and one page of the pieces of the batch `at`."""

    header: Plain
    batches: list[Plain]
    documents: list[Plain]
    pieces: list[Plain]
    at: int
    page: int

    @property
    def batch(self) -> Plain:
        """The batch whose pieces are shown."""
        return self.batches[self.at]

    @property
    def pages(self) -> int:
        """How many pages its pieces take."""
        return max(1, -(-int(self.batch["count"]) // PIECES))

    @property
    def by_batch(self) -> bool:
        """Whether each batch bears its own signature, or the file one for all."""
        return bool(self.batches) and all(one["id"] for one in self.batches)

    @property
    def unsigned(self) -> int:
        """How many batches bear no signature of their own."""
        return sum(not one["signed"] for one in self.batches)

    @property
    def known(self) -> dict[str, Plain]:
        """The documents by the identifier that pieces name."""
        return {one["unique_id"]: one for one in self.documents}

    def total(self, domain: str) -> Decimal:
        """What the batches of a kind add up to."""
        found = (_euros(one["amount"]) for one in self.batches if one["domain"] == domain)
        return sum((one for one in found if one is not None), Decimal(0))

    @staticmethod
    def title(batch: Plain) -> str:
        """How a batch is called."""
        kind = words.KINDS.get(batch["domain"], batch["domain"])
        return f"{kind} {batch['year']} – {batch['number']}"

    @staticmethod
    def dated(batch: Plain) -> date | None:
        """The day of a batch; None when it is none."""
        try:
            return date.fromisoformat(batch["date"])
        except ValueError:
            return None

    @staticmethod
    def worth(text: str) -> Decimal | None:
        """An amount as a PES writes it; None for what is none."""
        return _euros(text)


def of(sha256: str, *, at: int = 0, page: int = 1) -> Contents:
    """A stored PES; `at` and `page` are brought back to what there is.

    Raises Refused for what is no PES, or one without any batch.
    """
    page = max(page, 1)
    found = Contents(**_read(sha256, at, page), at=at, page=page)
    if not found.batches:
        raise Refused([_("Ce PES ne contient aucun bordereau.")])
    if 0 <= at < len(found.batches) and page <= found.pages:
        return found
    at = at if 0 <= at < len(found.batches) else 0
    last = Contents(**_read(sha256, at, 1), at=at, page=1).pages
    page = min(page, last)
    return Contents(**_read(sha256, at, page), at=at, page=page)


@lru_cache(_KEPT)
def _read(sha256: str, at: int, page: int) -> Plain:
    found: Plain = partner("helios").sheet(
        content=content(sha256), batch=at, first=(page - 1) * PIECES, count=PIECES
    )
    return found


def _euros(text: str) -> Decimal | None:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def document(sha256: str, position: int) -> Response:
    """A supporting document, opened from the file; of a kind we know, or as plain bytes.

    Raises Refused when it is not there, or cannot be opened.
    """
    found = partner("helios").document(content=content(sha256), position=position)
    checked = check(found["name"] or "piece", found["content"], max_size=LARGEST)
    safe = "application/octet-stream" if checked.problems else checked.media_type
    return kept(found["content"], checked.name, safe)


def kept(body: bytes, name: str, media_type: str) -> Response:
    """Bytes given to be kept, never shown: what they hold cannot run here."""
    response = Response(body, mimetype=media_type)
    response.headers["Content-Disposition"] = disposition(name, inline=False)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response
