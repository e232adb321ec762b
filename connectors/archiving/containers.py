"""One file that holds the others: a zip without compression, or a tar.gz.

Written without dates, owners or chance: same content, same bytes. The name says the kind.
"""

import gzip
import hashlib
import shutil
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

CHUNK = 1 << 20
MEDIA_TYPES = {"zip": "application/zip", "tar.gz": "application/gzip"}


@contextmanager
def writing(path: Path) -> Iterator[Callable[[str, Path], None]]:
    """Open a new container; the function it gives adds one file under a name."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:

            def add_to_zip(name: str, source: Path) -> None:
                with archive.open(zipfile.ZipInfo(name), "w") as out:
                    _copy(source, out)

            yield add_to_zip
        return
    with (
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", compresslevel=1, fileobj=raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):

        def add_to_tar(name: str, source: Path) -> None:
            member = tarfile.TarInfo(name)
            member.size = source.stat().st_size
            with source.open("rb") as content:
                tar.addfile(member, content)

        yield add_to_tar


def _copy(source: Path, out: IO[bytes]) -> None:
    with source.open("rb") as content:
        shutil.copyfileobj(content, out, CHUNK)


def digests(container: Path) -> Iterator[tuple[str, tuple[str, int]]]:
    """Each file of the container with its SHA-512 and its size in bytes."""
    if container.suffix == ".zip":
        with zipfile.ZipFile(container) as archive:
            for info in archive.infolist():
                with archive.open(info) as content:
                    yield info.filename, _digest(content)
        return
    with tarfile.open(container, "r:gz") as tar:
        for member in tar:
            extracted = tar.extractfile(member)
            if extracted is not None:
                yield member.name, _digest(extracted)


def _digest(content: IO[bytes]) -> tuple[str, int]:
    digest, size = hashlib.sha512(), 0
    while chunk := content.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
    return digest.hexdigest(), size


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
