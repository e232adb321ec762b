"""How much of a PDF is read before it is known to be one: entries, revisions, unpacked bytes.

Runs apart (`apart_child`). pyHanko reads the whole cross-reference before anything is asked of
it, as long as the file says it is; here each entry is counted, whatever the file says.
"""

from collections.abc import Callable, Iterator
from typing import Any

from pyhanko.pdf_utils import xref
from pyhanko.pdf_utils.decode_limits import (
    DEFAULT_PURPOSE_LIMITS,
    DecodeLimits,
    DecodePurpose,
    StreamDecodeLimits,
)

from connectors import Refused

MOST_ENTRIES = 300_000
"""Objects of a file, over all its revisions: one of 100 MB has some tens of thousands."""
A_REVISION = 200
"""What a revision counts for: each costs as much to read as so many entries."""
MEGABYTE = 1024**2
LIMITS = DecodeLimits(
    per_purpose={
        **DEFAULT_PURPOSE_LIMITS,
        DecodePurpose.XREF_STREAM: StreamDecodeLimits(max_output_size=4 * MEGABYTE),
        DecodePurpose.OBJECT_STREAM: StreamDecodeLimits(
            max_ratio=100, ratio_floor=MEGABYTE, max_output_size=16 * MEGABYTE
        ),
    }
)


class _Counter:
    """The entries of the file that is being read."""

    def __init__(self) -> None:
        self.total = 0

    def add(self, number: int) -> None:
        self.total += number
        if self.total > MOST_ENTRIES:
            raise Refused(["Ce PDF contient trop d’objets : il est refusé."], code="beyond")


class _Lines:
    """A file of which each reading is counted: a table is read line by line."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def read(self, size: int) -> bytes:
        _counter.add(1)
        content: bytes = self.stream.read(size)
        return content

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


_counter = _Counter()


def begin() -> None:
    """Count from nothing: another file is read."""
    _counter.total = 0


def _table(read: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    def counted(stream: Any, **more: Any) -> Iterator[Any]:
        _counter.add(A_REVISION)
        return read(_Lines(stream), **more)

    return counted


def _stream(read: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    def counted(section: Any, **more: Any) -> Iterator[Any]:
        _counter.add(A_REVISION)
        for entry in read(section, **more):
            _counter.add(1)
            yield entry

    return counted


xref.parse_xref_table = _table(xref.parse_xref_table)
xref.parse_xref_stream = _stream(xref.parse_xref_stream)
