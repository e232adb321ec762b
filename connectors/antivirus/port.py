"""What we ask of an antivirus."""

from dataclasses import dataclass
from typing import BinaryIO, Protocol


@dataclass(frozen=True)
class Verdict:
    """What the antivirus found; `threat` is its name for it."""

    clean: bool
    threat: str | None = None


class Antivirus(Protocol):
    """Asked by the web before a file is kept: it alters nothing, so needs no key."""

    @property
    def mode(self) -> str:
        """`live` or `sandbox`."""
        ...

    def scan(self, content: bytes | BinaryIO) -> Verdict:
        """Reads the content to its end. Raises `Refused` (code `too_large`) above the size
        that the antivirus accepts, `Retryable` when it does not answer: the file is then
        neither clean nor infected.
        """
        ...

    def check(self) -> list[str]:
        """What is wrong with it, in sentences; nothing is altered."""
        ...
