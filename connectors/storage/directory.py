"""Documents kept in a directory: `ab/cd/<sha256>`, written whole or not at all."""

import errno
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from connectors import ConnectorError, Refused, Retryable, StoredFile

_DIGEST = re.compile(r"[0-9a-f]{64}")
_PIECE = 1 << 20
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_LOW = 1 << 30


@dataclass(frozen=True)
class DirectoryStorage:
    """A directory on this machine, or one mounted by all of them."""

    directory: Path
    mode: str = "live"

    def put(
        self,
        content: bytes | BinaryIO,
        *,
        name: str = "",
        media_type: str = "application/octet-stream",
    ) -> StoredFile:
        stream = BytesIO(content) if isinstance(content, bytes) else content
        with _disk_errors(), self._arriving() as arriving:
            sha256, size = _copy(stream, arriving)
            arriving.flush()
            os.fsync(arriving.fileno())
            self._keep(Path(arriving.name), self._path(sha256))
        return StoredFile(sha256, name, media_type, size)

    def open(self, sha256: str, *, verify: bool = False) -> BinaryIO:
        try:
            stream = self._path(sha256).open("rb")
        except FileNotFoundError:
            raise Refused(
                [f"Le document {sha256} n'est pas conservé."], code="missing"
            ) from None
        if verify:
            try:
                _verify(stream, sha256)
            except ConnectorError:
                stream.close()
                raise
        return stream

    def read(self, sha256: str, *, verify: bool = True) -> bytes:
        with self.open(sha256, verify=verify) as stream:
            return stream.read()

    def exists(self, sha256: str) -> bool:
        return self._path(sha256).is_file()

    def delete(self, sha256: str) -> bool:
        try:
            self._path(sha256).unlink()
        except FileNotFoundError:
            return False
        return True

    def stored(self) -> Iterator[tuple[str, datetime]]:
        for path in self.directory.glob("??/??/*"):
            if _DIGEST.fullmatch(path.name):
                yield path.name, datetime.fromtimestamp(path.stat().st_mtime, UTC)

    def forget_unfinished(self, before: datetime) -> int:
        forgotten = 0
        for path in self._incoming.glob("*"):
            with suppress(FileNotFoundError):  # its writer lives, and has just finished
                if path.stat().st_mtime < before.timestamp():
                    path.unlink()
                    forgotten += 1
        return forgotten

    def check(self) -> list[str]:
        try:
            with self._arriving():
                free = shutil.disk_usage(self.directory).free
        except OSError as error:
            return [f"Documents : {self.directory} ne peut être écrit ({error.strerror})."]
        if free < _LOW:
            return [f"Documents : il reste {free >> 20} Mo dans {self.directory}."]
        return []

    @property
    def _incoming(self) -> Path:
        return self.directory / "incoming"

    def _path(self, sha256: str) -> Path:
        # A digest may come from a URL: nothing else may name a file.
        if not _DIGEST.fullmatch(sha256):
            raise Refused(["L'empreinte du document est mal formée."], code="missing")
        return self.directory / sha256[:2] / sha256[2:4] / sha256

    @contextmanager
    def _arriving(self) -> Iterator[BinaryIO]:
        """A file being written, that vanishes unless it was moved to its place."""
        self._incoming.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._incoming, delete=False) as arriving:
            try:
                yield arriving  # type: ignore[misc]
            finally:
                Path(arriving.name).unlink(missing_ok=True)

    def _keep(self, arrived: Path, place: Path) -> None:
        """Moves the file to its place and makes its name durable; what is there stays,
        a little younger so that the sweep of orphans spares it.
        """
        if place.exists():
            os.utime(place)
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        arrived.rename(place)
        for folder in (place.parent, place.parent.parent, self.directory):
            _sync(folder)


def _copy(stream: BinaryIO, target: BinaryIO) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while piece := stream.read(_PIECE):
        digest.update(piece)
        size += len(piece)
        target.write(piece)
    return digest.hexdigest(), size


def _verify(stream: BinaryIO, sha256: str) -> None:
    digest = hashlib.sha256()
    while piece := stream.read(_PIECE):
        digest.update(piece)
    if digest.hexdigest() != sha256:
        raise ConnectorError(f"Le document {sha256} ne correspond plus à son empreinte.")
    stream.seek(0)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise Retryable("Le disque des documents est plein.") from error
        raise
