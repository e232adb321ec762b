"""What we ask of the place that keeps documents, wherever it is."""

from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO, Protocol

from connectors import StoredFile


class Storage(Protocol):
    """Keeps bytes under their digest: the same bytes are kept once, and never change."""

    @property
    def mode(self) -> str:
        """`live` or `sandbox`."""
        ...

    def put(
        self,
        content: bytes | BinaryIO,
        *,
        name: str = "",
        media_type: str = "application/octet-stream",
    ) -> StoredFile:
        """Keeps the bytes, durably once this returns; a stream is never held in memory."""
        ...

    def open(self, sha256: str, *, verify: bool = False) -> BinaryIO:
        """A stream of the bytes, which the caller closes; `verify` reads them first."""
        ...

    def read(self, sha256: str, *, verify: bool = True) -> bytes:
        """The bytes; raises `ConnectorError` if they no longer match their digest."""
        ...

    def exists(self, sha256: str) -> bool: ...

    def delete(self, sha256: str) -> bool:
        """Forgets the bytes, for the sweep of orphans; says whether there were any."""
        ...

    def stored(self) -> Iterator[tuple[str, datetime]]:
        """Every digest, with the moment (UTC) it was last put: a sweep spares the recent."""
        ...

    def forget_unfinished(self, before: datetime) -> int:
        """Forgets what was being put before then and never was: its writer died."""
        ...

    def check(self) -> list[str]:
        """What is wrong with it, in sentences; nothing is altered."""
        ...
