"""One slice of a chore: what it is given, and what it leaves to the next."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Taken:
    """A chore that a worker holds, as it stands before the slice."""

    id: UUID
    kind: str
    subject: str
    motive: str
    created_by: UUID | None
    cursor: Mapping[str, Any]
    result: Mapping[str, Any]


@dataclass(frozen=True)
class Slice:
    """What a slice did: how many things, where the next begins, what is known so far."""

    done: int
    cursor: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] = field(default_factory=dict)
    total: int | None = None
    finished: bool = False
