"""What a move leaves to be persisted: frozen rows, times as aware UTC datetimes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

PROCEDURE = "procedure"
"""The partner of a call to another procedure: the office itself, where a case starts."""


@dataclass(frozen=True)
class OpenTask:
    """A user or manual task that someone may complete."""

    task_id: UUID
    element_id: str
    name: str
    lane: str | None
    role: str | None
    form: str | None
    organisation: str | None
    assignee: str | None
    due: datetime | None
    follow_up: datetime | None
    priority: int | None
    subject: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """A remote call asked for and not yet answered.

    When `partner` is PROCEDURE, `operation` is the procedure called and `arguments` are
    `{definition, data}`: the version to start, and what its case begins with.
    """

    task_id: UUID
    element_id: str
    partner: str
    operation: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class TimerDue:
    """A timer that is armed."""

    task_id: UUID
    element_id: str
    due_at: datetime


@dataclass(frozen=True)
class Subscription:
    """A message that is awaited, with the value it must carry; or a signal, by its name."""

    task_id: UUID
    element_id: str
    name: str
    correlation: str | None
    kind: str = "message"


@dataclass(frozen=True)
class Failure:
    """A task that stopped on an error, until someone repairs it."""

    task_id: UUID
    element_id: str
    element_name: str
    error_class: str
    message: str
    detail: str


@dataclass(frozen=True)
class Finished:
    """One row of append-only history; `updates` are this task's own data changes."""

    task_id: UUID
    element_id: str
    name: str
    kind: str
    state: str
    entered_at: datetime
    ended_at: datetime
    updates: dict[str, Any]


@dataclass(frozen=True)
class Thrown:
    """A message for the outside, or a signal for the other cases.

    A message carries a context; a signal any plain value, or nothing.
    """

    name: str
    correlation: str | None
    payload: Any
    kind: str = "message"


@dataclass(frozen=True)
class Waiting:
    """What an instance waits for, by task id alone: cheap to take, to compare two moments."""

    tasks: frozenset[UUID]
    timers: frozenset[tuple[UUID, datetime]]
    calls: frozenset[UUID]
    subscriptions: frozenset[UUID]
    failures: frozenset[UUID]
