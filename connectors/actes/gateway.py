"""The ministry's gateway as a transmission service knows it: two exchange folders.

What is in `out` leaves, what comes is in `in`; whatever carries them (a mail gateway, SFTP,
the servers of the ministry) is the platform's. A file appears whole or not at all.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

from connectors import Misconfigured, Produced, StoredFile
from connectors.actes import archives, arrivals, envelopes, stamping
from connectors.actes.composing import Composed, Plain, Sender, compose
from connectors.actes.reading import Unreadable

_AT_ONCE = 50
_TAKEN, _UNREADABLE = ".pris", ".illisibles"
_XML, _ARCHIVE = "text/xml", "application/gzip"
_TYPES = {
    "xml": _XML,
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
}

Store = Callable[[bytes, str, str], StoredFile]


@dataclass(frozen=True)
class Folders:
    """A transmission service's client of the ministry."""

    out: Path
    inbox: Path
    sent: Path
    sender: Sender
    documents: Callable[[str], bytes]
    store: Store
    mode: Literal["live", "sandbox"]
    tick: Callable[[], None] = field(default=lambda: None)

    def check(self) -> list[str]:
        problems = [
            f"ACTES : le dossier {folder} n’est pas accessible en écriture."
            for folder in (self.out, self.inbox)
            if not (folder.is_dir() and os.access(folder, os.W_OK))
        ]
        if len(self.sender.trigram) != 3 or not self.sender.trigram.isupper():  # noqa: PLR2004
            problems.append("ACTES : ACTES_TRIGRAM doit compter trois capitales.")
        if not self.sender.return_to:
            problems.append("ACTES : ACTES_RETURN_TO n’est pas renseigné.")
        problems += [
            f"ACTES : l’adresse « {one} » n’est pas admise par le ministère."
            for one in (*self.sender.return_to, self.sender.referent.email)
            if one and not envelopes.admitted(one)
        ]
        return problems

    def lookup(self, key: str) -> Produced | None:
        kept = self._ledger(key)
        if not kept.exists():
            return None
        noted = json.loads(kept.read_text())
        self._let_go(noted["value"]["archive"])
        return _produced(noted["value"], noted["documents"])

    def send(
        self,
        *,
        body: Plain,
        message: Plain,
        files: list[Plain],
        day: str,
        serial: int,
        key: str,
    ) -> Produced:
        if (done := self.lookup(key)) is not None:
            return done
        composed = compose(
            sender=self.sender, body=body, message=message, files=files,
            day=date.fromisoformat(day), serial=serial, documents=self.documents,
        )  # fmt: skip
        return self._send(composed, key)

    def _send(self, composed: Composed, key: str) -> Produced:
        """Write the archive aside, note it, then let it go: whatever dies, it leaves once."""
        packed = composed.packed()
        (self.out / _part(composed.archive)).write_bytes(packed)
        kept = [
            self._kept("actes_message", "Message à la préfecture", composed.message,
                       composed.contents[composed.message], _XML),
            self._kept("actes_archive", "Enveloppe envoyée", composed.archive,
                       packed, _ARCHIVE),
        ]  # fmt: skip
        value = {
            "archive": composed.archive,
            "envelope": composed.envelope,
            "message": composed.message,
            "act_id": composed.act_id,
            "files": [
                {"name": name, "sha256": hashlib.sha256(content).hexdigest()}
                for name, content in list(composed.contents.items())[2:]
            ],
        }
        _write(self._ledger(key), json.dumps({"value": value, "documents": kept}).encode())
        self._let_go(composed.archive)
        return _produced(value, kept)

    def _kept(
        self, kind: str, title: str, name: str, content: bytes, media_type: str
    ) -> list[Any]:
        return [kind, title, _plain(self.store(content, name, media_type))]

    def _let_go(self, archive: str) -> None:
        """It may have gone already: then it is the ministry's."""
        aside = self.out / _part(archive)
        if aside.exists():
            aside.replace(self.out / archive)

    def _ledger(self, key: str) -> Path:
        return self.sent / f"{hashlib.sha256(key.encode()).hexdigest()}.json"

    def collect(self) -> list[Plain]:
        self.tick()
        if not self.inbox.is_dir():
            raise Misconfigured(f"ACTES : le dossier {self.inbox} n’existe pas.")
        found = sorted(
            (one for one in self.inbox.iterdir() if _arrived(one)),
            key=lambda one: (one.stat().st_mtime_ns, one.name),
        )
        return [item for path in found[:_AT_ONCE] for item in self._read(path)]

    def _read(self, path: Path) -> Iterator[Plain]:
        content = path.read_bytes()
        try:
            contents = (
                {path.name: content} if path.suffix == ".xml" else archives.unpack(content)
            )
            items = list(arrivals.read_archive(contents))
        except Unreadable as error:
            yield {"id": path.name, "kind": "unreadable", "problem": str(error)}
            return
        for item in items:
            names = [item["name"], *item["files"]]
            kept = [self.store(contents[one], one, _type(one)) for one in names]
            yield {
                **item,
                "id": path.name,
                "xml": _plain(kept[0]),
                "files": [_plain(one) for one in kept[1:]],
            }

    def taken(self, id: str) -> None:  # noqa: A002
        self._aside(id, _TAKEN)

    def unreadable(self, id: str) -> None:  # noqa: A002
        """Put aside what cannot be read, for a person to look at."""
        self._aside(id, _UNREADABLE)

    def _aside(self, name: str, folder: str) -> None:
        path = self.inbox / Path(name).name
        (self.inbox / folder).mkdir(exist_ok=True)
        with suppress(FileNotFoundError):  # another process took it
            path.replace(self.inbox / folder / path.name)

    def stamped(
        self, *, content: bytes, act_id: str, received_on: str, published_on: str = ""
    ) -> bytes:
        return stamping.stamped(
            content, act_id=act_id, received_on=received_on, published_on=published_on
        )


def _part(name: str) -> str:
    return f".{name}.part"


def _arrived(path: Path) -> bool:
    return not path.name.startswith(".") and path.name.endswith((".tar.gz", ".xml"))


def _type(name: str) -> str:
    return _TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".part")
    aside.write_bytes(content)
    aside.replace(path)


def _plain(file: StoredFile) -> Plain:
    return {
        "sha256": file.sha256,
        "name": file.name,
        "media_type": file.media_type,
        "size": file.size,
    }


def _produced(value: Plain, documents: list[list[Any]]) -> Produced:
    made = [(kind, title, StoredFile(**file)) for kind, title, file in documents]
    return Produced(value, made)
