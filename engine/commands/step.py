"""The heart: lock an instance, let the command move it, keep the result.

    with step(instance_id, "timer_fired") as (instance, process):
        process.fire_timers()

What the instance waits for is compared before and after, and the difference is written;
nothing is read to find it.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Self
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.exc import OperationalError

from connectors import Refused
from engine import clock, definitions, following, journal, operations, rooms, rows
from engine.commands import asking, keeping, live, telling, throwing
from engine.errors import Busy
from engine.models import CANCELLED, SUSPENDED, Message, ProcessInstance, db
from engine.spiff.errors import Abort, BpmnError
from engine.spiff.process import Process
from engine.spiff.records import Waiting
from engine.transaction import AfterCommit, transaction

NOTHING = Waiting(*[frozenset[Any]()] * 5)
"""What an instance waits for before it starts."""

_LOCKED = (
    select(*rows.columns(ProcessInstance))
    .where(ProcessInstance.id == bindparam("id"))
    .with_for_update(of=ProcessInstance)
)
_FREE = _LOCKED.with_for_update(of=ProcessInstance, skip_locked=True)
"""The same, unless somebody holds it: then no row."""


@dataclass(frozen=True)
class Office:
    """What a running diagram may ask of the office, inside the transaction.

    `organisation_id` is the body that owns the case; `called`, whether a case waits for it.
    """

    definition_id: UUID
    organisation_id: UUID
    called: bool = False

    @classmethod
    def of(cls, instance: ProcessInstance) -> Self:
        """What this case may ask."""
        return cls(
            instance.definition_id, instance.organisation_id, instance.called_by is not None
        )

    def operation(self, name: str, arguments: dict[str, Any]) -> Any:
        """Run an operation of workflows/; its refusal is an error the diagram may catch.

        What the database loses meanwhile is the whole transaction, not a step of it.
        """
        try:
            return operations.call(name, arguments)
        except Refused as refusal:
            raise BpmnError(refusal.code, refusal.reasons) from refusal
        except OperationalError as lost:
            raise Abort from lost

    def is_remote(self, name: str) -> bool:
        """Whether a service task's name is a call to a partner."""
        return operations.is_remote(name)

    def decide(self, decision_id: str, data: dict[str, Any]) -> Any:
        """Evaluate a decision table of the same version."""
        return definitions.decide(self.definition_id, decision_id, data)

    def procedure(self, name: str) -> str | None:
        """The version that a call starts today; None when this body may not call it."""
        found = definitions.callable_by(self.organisation_id, name, self.definition_id)
        return str(found.id) if found else None

    def now(self) -> datetime:
        """The office's clock."""
        return clock.now()


@contextmanager
def step(
    instance_id: UUID,
    action: str,
    *,
    by: UUID | None = None,
    detail: Mapping[str, Any] | None = None,
    waits: bool = True,
) -> Iterator[tuple[ProcessInstance, Process]]:
    """Lock an instance, yield it with its process, and keep what the caller moved.

    Raises NoResultFound for an unknown instance; unless it `waits`, Busy when somebody holds
    it. Nothing is kept if the caller raises.
    """
    with transaction() as after_commit:
        found = rows.ask((_LOCKED if waits else _FREE, {"id": instance_id}))[0]
        if not (found or waits):
            raise Busy
        (instance,) = rows.held([ProcessInstance], found)
        with moved(instance, action, after_commit, by=by, detail=detail) as process:
            yield instance, process


def locked(instance_id: UUID) -> ProcessInstance:
    """An instance as it is now, with its state, ours until the commit. Raises NoResultFound."""
    instance: ProcessInstance
    (instance,) = rows.locked([ProcessInstance], _LOCKED, id=instance_id)
    rows.fill(instance, "state")
    return instance


@contextmanager
def moved(
    instance: ProcessInstance,
    action: str,
    after_commit: AfterCommit,
    *,
    by: UUID | None = None,
    on_behalf_of: UUID | None = None,
    detail: Mapping[str, Any] | None = None,
) -> Iterator[Process]:
    """Yield the process of an instance locked already, and keep what the caller moved."""
    process = live.take(instance)
    if process is None:
        rows.fill(instance, "state")
        process = restore(instance)
    was, before = standing(instance), process.waiting()
    yield process
    keep(instance, process, after_commit, by=by, on_behalf_of=on_behalf_of, before=before)
    journal.write_for_case(
        instance, action, by=by, detail=detail, before=was, after=instance.digest,
        on_behalf_of=on_behalf_of,
    )  # fmt: skip
    after_commit.append(partial(live.put, instance, process))


def standing(instance: ProcessInstance) -> str:
    """The digest of an instance's state; one kept before digests were has it computed."""
    return instance.digest or digest(instance.state)


def restore(instance: ProcessInstance) -> Process:
    """The instance's process as it was last kept."""
    model = definitions.model(instance.definition_id)
    return Process.restore(model, instance.state, host=Office.of(instance))


def keep(
    instance: ProcessInstance,
    process: Process,
    after_commit: AfterCommit,
    *,
    by: UUID | None,
    on_behalf_of: UUID | None = None,
    before: Waiting = NOTHING,
) -> None:
    """Write where the process now stands, in the open transaction.

    A suspended case takes no message: they are kept until it is resumed.
    """
    if instance.status != SUSPENDED:
        take_messages(instance, process, but=before.subscriptions)
    after, finished = process.waiting(), process.finished()
    done = {row.task_id for row in finished if row.state == "completed"}
    keeping.tasks(instance, process, before.tasks - done, after.tasks, by)
    if before.tasks != after.tasks:
        rooms.tell(instance, process.user_tasks)
    keeping.timers(instance, process, before.timers, after.timers)
    keeping.subscriptions(instance, process, before.subscriptions, after.subscriptions)
    asking.calls(instance, process, before.calls - done, after.calls, after_commit)
    keeping.failures(instance, process, before.failures, after.failures)
    keeping.history(instance, finished, by, on_behalf_of)
    throwing.thrown(instance, process, after_commit)
    instance.history_seq += len(finished)
    reached, instance.milestone = instance.milestone, keeping.milestone(instance, process)
    instance.state = process.dump()
    instance.digest = digest(instance.state)
    instance.rev += 1
    instance.outcome = process.outcome
    asking.answer_caller(instance, process, after_commit)
    if process.completed:
        if instance.status != CANCELLED:
            instance.status = "completed"
        instance.ended_at = clock.now()
        telling.closed(instance, by)
        following.closed(instance)
    elif before is not NOTHING and instance.milestone != reached:
        telling.moved(instance)


def take_messages(
    instance: ProcessInstance, process: Process, *, but: Collection[UUID] = ()
) -> None:
    """Hand over messages that came before anyone waited for them.

    `but`: subscriptions for which this was done when they were made.
    """
    while True:
        for waiting in process.subscriptions():
            if waiting.task_id in but or waiting.kind == "signal":
                continue
            message = db.session.scalars(
                select(Message)
                .where(
                    Message.name == waiting.name,
                    Message.correlation == waiting.correlation,
                    Message.delivered_at.is_(None),
                    Message.expires_at > clock.now(),
                )
                .order_by(Message.received_at)
                .limit(1)
                .with_for_update()
            ).first()
            if message is not None:
                message.delivered_at = clock.now()
                message.instance_id = instance.id
                process.deliver(waiting.task_id, message.payload)
                break
        else:
            return


def digest(state: bytes) -> str:
    """What the journal says of a state."""
    return hashlib.sha256(state).hexdigest() if state else ""
