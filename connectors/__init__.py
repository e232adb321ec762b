"""The partners, one folder a capability: port.py, <vendor>.py, sandbox.py.

    ConnectorError
    ├── Retryable       it did not happen; try again after `after`
    │   ├── Throttled   the partner asked us to slow down
    │   └── NotYet      nothing failed: the partner has no answer yet, ask again later
    ├── Ambiguous       it may have happened: look up before sending again
    ├── Refused         the partner said no, with reasons; a diagram may catch it
    └── Misconfigured   our settings or credentials are wrong: one incident for the partner

Anything else that a connector raises is an incident for a person to look at.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any


class ConnectorError(Exception):
    """A partner did not answer as asked."""

    def __str__(self) -> str:
        return super().__str__() or (self.__doc__ or "")


class Retryable(ConnectorError):
    """The partner could not be reached; nothing was done there."""

    def __init__(self, message: str = "", *, after: timedelta | None = None) -> None:
        super().__init__(message)
        self.after = after


class Throttled(Retryable):
    """The partner asked us to slow down."""


class NotYet(Retryable):
    """The partner has received our request and has no answer yet."""


class Ambiguous(ConnectorError):
    """The partner may have acted although no answer came back."""


class Refused(ConnectorError):
    """The partner refused."""

    def __init__(self, reasons: Sequence[str], *, code: str = "refused") -> None:
        super().__init__(" ; ".join(reasons))
        self.reasons = list(reasons)
        self.code = code


class Misconfigured(ConnectorError):
    """Our settings or credentials for this partner are wrong."""


@dataclass(frozen=True)
class StoredFile:
    """Bytes kept by digest: what a case's documents point at. `size` is in bytes."""

    sha256: str
    name: str
    media_type: str
    size: int


@dataclass(frozen=True)
class Produced:
    """A connector's answer that comes with documents for the case file."""

    value: Any
    documents: Sequence[tuple[str, str, StoredFile]] = field(default=())
    """(kind, title, file), e.g. ("acknowledgement", "Accusé de réception", …)."""
