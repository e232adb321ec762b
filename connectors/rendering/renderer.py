"""Draws a document twice (to count its pages, then to number them) and keeps it.

The date inside a document is the moment its key was first seen, so that asking again gives
the same bytes, and the same digest.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Literal

from connectors import Produced, Refused, StoredFile
from connectors.memory import Memory
from connectors.rendering.layouts import draw_letter, draw_recap, foot_of
from connectors.rendering.look import missing_fonts
from connectors.rendering.sheet import Sheet
from connectors.rendering.writing import MAXIMUM, clean

MEDIA_TYPE = "application/pdf"
NAME_LENGTH = 180
# No call is tried again after that: its moment is forgotten.
REMEMBERED = timedelta(days=90)
TABLE = "CREATE TABLE IF NOT EXISTS moment (key TEXT PRIMARY KEY, at TEXT NOT NULL)"


@dataclass(frozen=True)
class Renderer:
    """Makes PDF with the fonts of a folder, and keeps them through `store`."""

    fonts: Path | None
    moments: Path
    clock: Callable[[], datetime]
    store: Callable[[bytes, str, str], StoredFile]
    verify_at: str = ""
    mode: Literal["live"] = "live"

    def check(self) -> list[str]:
        missing = missing_fonts(self.fonts)
        if not missing:
            return []
        return [
            f"Les polices {', '.join(missing)} manquent : les PDF ne seront pas archivables (PDF/A)."
        ]

    def letter(
        self,
        *,
        title: str,
        body: str,
        sender: dict[str, Any],
        recipient: dict[str, Any],
        reference: str,
        place_and_date: str,
        signatory: str | None = None,
        kind: str,
        file_name: str,
        key: str,
    ) -> Produced:
        draw = _letter(title, body, sender, recipient, reference, place_and_date, signatory)
        return self._produced(draw, title, sender, kind=kind, file_name=file_name, key=key)

    def written(
        self,
        *,
        title: str,
        body: str,
        sender: dict[str, Any],
        recipient: dict[str, Any],
        reference: str,
        place_and_date: str,
        signatory: str | None = None,
    ) -> bytes:
        draw = _letter(title, body, sender, recipient, reference, place_and_date, signatory)
        return self._bytes(draw, title, sender, self.clock().replace(microsecond=0))

    def recap(
        self,
        *,
        title: str,
        reference: str,
        sections: list[dict[str, Any]],
        subtitle: str = "",
        sender: dict[str, Any] | None = None,
        code: str = "",
        kind: str = "recap",
        file_name: str,
        key: str,
    ) -> Produced:
        draw, foot = _recap(
            title, subtitle, reference, sections, sender, self._verified(code)
        )
        return self._produced(draw, title, foot, kind=kind, file_name=file_name, key=key)

    def drawn(
        self,
        *,
        title: str,
        reference: str,
        sections: list[dict[str, Any]],
        subtitle: str = "",
        sender: dict[str, Any] | None = None,
        code: str = "",
    ) -> bytes:
        draw, foot = _recap(
            title, subtitle, reference, sections, sender, self._verified(code)
        )
        return self._bytes(draw, title, foot, self.clock().replace(microsecond=0))

    def text_file(
        self,
        *,
        title: str,
        content: str,
        media_type: str,
        kind: str,
        file_name: str,
        key: str,
    ) -> Produced:
        file = self.store(content.encode(), clean(file_name)[:NAME_LENGTH], media_type)
        return _kept(file, kind, title)

    def _produced(
        self,
        draw: Callable[[Sheet], None],
        title: str,
        sender: dict[str, Any],
        *,
        kind: str,
        file_name: str,
        key: str,
    ) -> Produced:
        content = self._bytes(draw, title, sender, self._moment(key))
        file = self.store(content, _pdf_name(file_name), MEDIA_TYPE)
        return _kept(file, kind, title)

    def _verified(self, code: str) -> tuple[str, str] | None:
        return (f"{self.verify_at}{code}", code) if code else None

    def _bytes(
        self,
        draw: Callable[[Sheet], None],
        title: str,
        sender: Mapping[str, Any],
        made_at: datetime,
    ) -> bytes:
        new_sheet = partial(
            Sheet,
            title=clean(title),
            author=clean(sender.get("name") or ""),
            made_at=made_at,
            fonts=self.fonts,
            foot=foot_of(sender),
        )
        with closing(new_sheet(total=0)) as counted:
            draw(counted)
        with closing(new_sheet(total=counted.pages_count)) as sheet:
            draw(sheet)
            return bytes(sheet.output())

    def _moment(self, key: str) -> datetime:
        """When this key was first seen, to the second."""
        now = self.clock().astimezone(UTC).replace(microsecond=0)
        with Memory(self.moments).opened(TABLE) as db:
            db.execute("DELETE FROM moment WHERE at < ?", [(now - REMEMBERED).isoformat()])
            db.execute("INSERT OR IGNORE INTO moment VALUES (?, ?)", [key, now.isoformat()])
            row = db.execute("SELECT at FROM moment WHERE key = ?", [key]).fetchone()
        return datetime.fromisoformat(row["at"])


def _kept(file: StoredFile, kind: str, title: str) -> Produced:
    return Produced(
        value={
            "sha256": file.sha256,
            "name": file.name,
            "media_type": file.media_type,
            "size": file.size,
            "kind": kind,
        },
        documents=[(kind, clean(title), file)],
    )


def _letter(
    title: str,
    body: str,
    sender: dict[str, Any],
    recipient: dict[str, Any],
    reference: str,
    place_and_date: str,
    signatory: str | None,
) -> Callable[[Sheet], None]:
    """How to draw a letter. Raises Refused."""
    problems = _required({"objet": title, "texte": body, "émetteur": sender.get("name")})
    if len(body) > MAXIMUM:
        problems.append(f"Le texte de la lettre dépasse {MAXIMUM} caractères.")
    if problems:
        raise Refused(problems)
    return partial(
        draw_letter,
        title=title,
        body=body,
        sender=sender,
        recipient=recipient,
        reference=reference,
        place_and_date=place_and_date,
        signatory=signatory,
    )


def _recap(
    title: str,
    subtitle: str,
    reference: str,
    sections: list[dict[str, Any]],
    sender: dict[str, Any] | None,
    verify: tuple[str, str] | None,
) -> tuple[Callable[[Sheet], None], dict[str, Any]]:
    """How to draw a record, and what its foot says. Raises Refused."""
    if problems := _required({"titre": title}):
        raise Refused(problems)
    draw = partial(
        draw_recap,
        title=title,
        subtitle=subtitle,
        reference=reference,
        sections=sections,
        sender=sender or {},
        verify=verify,
    )
    name = (sender or {}).get("name")
    return draw, {"name": " — ".join(it for it in (name, reference) if it)}


def _required(values: dict[str, Any]) -> list[str]:
    return [
        f"Le document n’a pas de champ « {name} »."
        for name, value in values.items()
        if not clean(value or "").strip()
    ]


def _pdf_name(name: str) -> str:
    """A name that every system and every archive accepts, ending in .pdf."""
    stem = re.sub(r'[/\\:*?"<>|\n]+', "_", clean(name)).strip().removesuffix(".pdf")
    return f"{stem.lstrip('.-_ ')[:NAME_LENGTH].rstrip() or 'document'}.pdf"
