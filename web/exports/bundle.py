"""A case as one archive, streamed: its documents, what it is, its journal, and what is in it.

Nothing is held whole in memory, and no transaction stays open while bytes travel. A document
whose bytes are gone or altered does not stop the rest: the manifest says so.
"""

import hashlib
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select

from connectors import ConnectorError
from engine.access import Actor, readable_documents
from engine.documents import Document
from engine.journal import JournalEntry
from engine.models import ProcessInstance, db
from forms.uploads import clean_name

AT_ONCE = 200
PIECE = 1 << 18
FOLDERS = {
    "office": "courriers",
    "applicant": "demandeur",
    "officer": "service",
    "partner": "partenaires",
}


class _Sink(io.RawIOBase):
    """What the archive writes, until it is taken away."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self.pieces.append(bytes(piece))
        return len(piece)

    def take(self) -> Iterator[bytes]:
        """What was written since the last time."""
        pieces, self.pieces = self.pieces, []
        return iter(pieces)


class Bundle:
    """One archive being written. `manifest` says what is in it, as it goes."""

    def __init__(self, at: datetime) -> None:
        self._sink = _Sink()
        self._zip = zipfile.ZipFile(self._sink, "w", zipfile.ZIP_DEFLATED)
        self._at = at.timetuple()[:6]
        self._names: set[str] = set()
        self.manifest: list[dict[str, Any]] = []

    def add(self, name: str, pieces: Iterable[bytes], **about: Any) -> Iterator[bytes]:
        """Write one file; yields what is ready to travel."""
        place = self.place(name)
        info = zipfile.ZipInfo(place, self._at)
        info.compress_type = zipfile.ZIP_DEFLATED
        digest, size = hashlib.sha256(), 0
        with self._zip.open(info, "w", force_zip64=True) as entry:
            for piece in pieces:
                digest.update(piece)
                size += len(piece)
                entry.write(piece)
                yield from self._sink.take()
        told = {"name": place, "size": size, "sha256": digest.hexdigest(), **about}
        self.manifest.append(told)
        yield from self._sink.take()

    def close(self) -> Iterator[bytes]:
        """Write the end of the archive."""
        self._zip.close()
        yield from self._sink.take()

    def place(self, name: str) -> str:
        """A path that stays inside the archive and that no other file has."""
        path = PurePosixPath(name)
        folder, base = path.parent, safe(path.name)
        stem, suffix = PurePosixPath(base).stem, PurePosixPath(base).suffix
        chosen, number = base, 1
        while str(folder / chosen).casefold() in self._names:
            number += 1
            chosen = f"{stem} ({number}){suffix}"
        self._names.add(str(folder / chosen).casefold())
        return str(folder / chosen)


def safe(name: str) -> str:
    """A file name that every system can write, and that leads nowhere else."""
    cleaned = re.sub(r'[/\\:*?"<>|\x00-\x1f]+', "_", clean_name(name)).strip(" .")
    cut = cleaned.encode()[:180].decode(errors="ignore").strip(" .")
    return cut or "document"


def stream(
    case_id: UUID, actor: Actor, storage: Any, paper: bytes, at: datetime, *, whole: bool
) -> Iterator[bytes]:
    """The bytes of the archive of a case, as one person may read it.

    The `whole` one holds the journal and the process data, for those who handle the case.
    """
    bundle = Bundle(at)
    case = db.session.get_one(ProcessInstance, case_id)
    number = safe(case.number)
    described = orjson.dumps(_described(case), option=orjson.OPT_INDENT_2)
    db.session.rollback()
    yield from bundle.add(f"{number}.pdf", [paper])
    yield from bundle.add("case.json", [described])
    if whole:
        yield from bundle.add("journal.json", _journal(case_id))
    missing = list[dict[str, Any]]()
    for about in _documents(case_id, actor):
        yield from _document(bundle, storage, about, missing)
    manifest = {
        "case": number,
        "made_at": at.isoformat(),
        "files": bundle.manifest,
        "missing": missing,
    }
    told = orjson.dumps(manifest, option=orjson.OPT_INDENT_2)
    yield from bundle.add("manifest.json", [told])
    yield from bundle.close()


def _document(
    bundle: Bundle, storage: Any, about: dict[str, Any], missing: list[dict[str, Any]]
) -> Iterator[bytes]:
    folder = FOLDERS.get(about["origin"], "autres")
    name = f"documents/{folder}/{safe(about['name'])}"
    try:
        kept = storage.open(about["sha256"], verify=True)
    except ConnectorError as failure:
        missing.append({"name": name, **about, "why": str(failure)})
        return
    with kept:
        pieces = iter(lambda: kept.read(PIECE), b"")
        more = {key: about[key] for key in ("id", "title", "media_type", "added_at")}
        yield from bundle.add(name, pieces, **more)


def _documents(case_id: UUID, actor: Actor) -> Iterator[dict[str, Any]]:
    """What is known of each, read some at a time, with nothing open in between."""
    after: tuple[datetime, UUID] | None = None
    while True:
        case = db.session.get_one(ProcessInstance, case_id)
        found: Any = readable_documents(actor, case)
        if after:
            at, key = after
            found = found.where(
                (Document.created_at > at)
                | ((Document.created_at == at) & (Document.id > key))
            )
        ordered = found.order_by(Document.created_at, Document.id).limit(AT_ONCE)
        rows = [
            {
                "id": str(one.id),
                "name": one.name,
                "title": one.title,
                "origin": one.origin,
                "media_type": one.media_type,
                "sha256": one.sha256,
                "added_at": one.created_at.isoformat(),
            }
            for one in db.session.scalars(ordered)
        ]
        db.session.rollback()
        yield from rows
        if len(rows) < AT_ONCE:
            return
        after = datetime.fromisoformat(rows[-1]["added_at"]), UUID(rows[-1]["id"])


def _journal(case_id: UUID) -> Iterator[bytes]:
    """The chain of acts, one after the other, so that its digests can be checked again."""
    seq, first = 0, True
    yield b"["
    while True:
        entries = db.session.scalars(
            select(JournalEntry)
            .where(JournalEntry.chain == f"case:{case_id}", JournalEntry.seq > seq)
            .order_by(JournalEntry.seq)
            .limit(AT_ONCE)
        ).all()
        rows = [
            {c.key: getattr(e, c.key) for c in JournalEntry.__mapper__.column_attrs}
            for e in entries
        ]
        db.session.rollback()
        for row in rows:
            yield (b"" if first else b",\n") + orjson.dumps(row)
            first = False
        if len(rows) < AT_ONCE:
            break
        seq = rows[-1]["seq"]
    yield b"]"


def _described(case: ProcessInstance) -> dict[str, Any]:
    return {
        "number": case.number,
        "title": case.title,
        "procedure": case.key,
        "version": case.definition.version,
        "status": case.status,
        "outcome": case.outcome,
        "milestone": case.milestone,
        "started_at": case.started_at,
        "ended_at": case.ended_at,
        "simulated": case.simulated,
    }
