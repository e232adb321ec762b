"""A ZIP written while it is sent: nothing is kept in memory but the piece under way.

archive = Archive()
for piece in chain(archive.file("a.json", [b"{}"]), archive.close()): send(piece)
"""

import hashlib
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import orjson

from engine import clock

MANIFEST = "manifest.json"


class _Pipe:
    """A file that is only written to; what was written is taken away at once."""

    def __init__(self) -> None:
        self.waiting: list[bytes] = []

    def write(self, data: bytes) -> int:
        self.waiting.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def take(self) -> bytes:
        taken = b"".join(self.waiting)
        self.waiting.clear()
        return taken


class Archive:
    """Files one after the other, then a manifest that gives the SHA-256 of each."""

    def __init__(self) -> None:
        self._pipe = _Pipe()
        self._zip = zipfile.ZipFile(self._pipe, "w")  # type: ignore[call-overload]
        self._manifest: list[dict[str, Any]] = []
        self._names: set[str] = set()
        self._moment: datetime = clock.now().astimezone(clock.PARIS)

    def file(
        self, name: str, pieces: Iterable[bytes], *, packed: bool = True
    ) -> Iterator[bytes]:
        """Send one file under a name of its own. `packed` compresses it."""
        name = self._own(name)
        info = zipfile.ZipInfo(name, self._moment.timetuple()[:6])
        info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        digest, size = hashlib.sha256(), 0
        with self._zip.open(info, "w", force_zip64=True) as entry:
            for piece in pieces:
                entry.write(piece)
                digest.update(piece)
                size += len(piece)
                if sent := self._pipe.take():
                    yield sent
        self._manifest.append({"name": name, "size": size, "sha256": digest.hexdigest()})
        yield self._pipe.take()

    def json(self, name: str, value: Any) -> Iterator[bytes]:
        """Send a value as a file of JSON that people can read."""
        return self.file(name, [orjson.dumps(value, option=orjson.OPT_INDENT_2)])

    def close(self, **about: Any) -> Iterator[bytes]:
        """Send the manifest, last, and what ends the ZIP."""
        manifest = {
            **about,
            "made_at": self._moment.isoformat(),
            "files": list(self._manifest),
        }
        yield from self.file(MANIFEST, [orjson.dumps(manifest, option=orjson.OPT_INDENT_2)])
        self._zip.close()
        yield self._pipe.take()

    def _own(self, name: str) -> str:
        """The name, numbered when another file has it."""
        stem, dot, extension = name.rpartition(".")
        number, own = 1, name
        while own.casefold() in self._names:
            number += 1
            own = f"{stem} ({number}){dot}{extension}" if dot else f"{name} ({number})"
        self._names.add(own.casefold())
        return own
