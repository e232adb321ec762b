"""Archives: an envelope, its messages and their files, flat in one tar.gz.

The same contents make the same bytes. What is received is opened with suspicion: no folder,
no link, few entries, and never more bytes than announced here, whatever it inflates to.
"""

import gzip
import io
import tarfile
import zlib
from collections.abc import Mapping

from connectors.actes.reading import Unreadable

LARGEST = 150 * 1024 * 1024
"""Bytes of everything that an archive holds; the State's own limit for what is sent."""
MOST_ENTRIES = 200
_LONGEST_NAME = 200
_MARGIN = 1024 * 1024  # headers and padding
_MODE = 0o644


def pack(files: Mapping[str, bytes]) -> bytes:
    """The archive of these files, in their order: the same bytes whenever it is made."""
    held = io.BytesIO()
    with (
        gzip.GzipFile(
            filename="", mode="wb", fileobj=held, compresslevel=6, mtime=0
        ) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.GNU_FORMAT) as tar,
    ):
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), _MODE
            tar.addfile(entry, io.BytesIO(content))
    return held.getvalue()


def unpack(content: bytes, *, largest: int = LARGEST) -> dict[str, bytes]:
    """The files of an archive by their name. Raises Unreadable with the reason."""
    found: dict[str, bytes] = {}
    left = largest
    inflated = _Bounded(content, largest + _MARGIN)
    try:
        with tarfile.open(fileobj=inflated, mode="r|") as tar:
            for rank, entry in enumerate(tar):
                if rank >= MOST_ENTRIES:
                    raise Unreadable(f"L’archive contient plus de {MOST_ENTRIES} entrées.")
                name = _checked(entry, found)
                left -= entry.size
                if left < 0:
                    raise Unreadable(f"L’archive contient plus de {largest} octets.")
                held = tar.extractfile(entry)
                found[name] = held.read() if held else b""
                if len(found[name]) != entry.size:
                    raise Unreadable("L’archive est tronquée.")
    except (tarfile.TarError, OSError, EOFError, zlib.error, ValueError) as error:
        raise Unreadable(f"L’archive n’est pas un tar.gz lisible ({error}).") from error
    return found


def _checked(entry: tarfile.TarInfo, found: Mapping[str, bytes]) -> str:
    name = entry.name.removeprefix("./")
    odd = not name or len(name) > _LONGEST_NAME or not name.isprintable()
    if odd or "/" in name or "\\" in name or name.startswith("."):
        raise Unreadable(f"L’archive contient un nom interdit ({entry.name[:80]!r}).")
    if not entry.isreg() or entry.issparse():
        raise Unreadable(f"L’archive contient autre chose qu’un fichier ({name}).")
    if name in found:
        raise Unreadable(f"L’archive contient deux fois {name}.")
    return name


class _Bounded(io.RawIOBase):
    """What a gzip inflates to, up to a number of bytes and no further."""

    def __init__(self, content: bytes, largest: int) -> None:
        self._inside = gzip.GzipFile(fileobj=io.BytesIO(content))
        self._left = largest

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        wanted = self._left + 1 if size < 0 else min(size, self._left + 1)
        chunk = self._inside.read(wanted)
        self._left -= len(chunk)
        if self._left < 0:
            raise Unreadable("L’archive contient bien plus qu’elle ne devrait.")
        return chunk
