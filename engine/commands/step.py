"""The heart: lock an instance, let the command move it, keep the result.

    with step(instance_id, "task_completed", by=person) as (instance, process):
        process.complete(task_id, values)

What waits in the diagram, less what the tables know, is opened; the converse is closed.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine import clock, definitions, journal, operations
from engine.commands import keeping
from engine.models import Message, ProcessInstance, db
from engine.spiff.process import Process
from engine.transaction import AfterCommit, lock, transaction


@dataclass(frozen=True)
class Office:
    """What a running diagram may ask of the office, inside the transaction."""

    definition_id: UUID

    def operation(self, name: str, arguments: dict[str, Any]) -> Any:
        """Run an operation of workflows/."""
        return operations.call(name, arguments)

    def is_remote(self, name: str) -> bool:
        """Whether a service task's name is a call to a partner."""
        return operations.is_remote(name)

    def decide(self, decision_id: str, data: dict[str, Any]) -> Any:
        """Evaluate a decision table of the same version."""
        return definitions.decide(self.definition_id, decision_id, data)

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
) -> Iterator[tuple[ProcessInstance, Process]]:
    """Lock an instance, yield it with its process, and keep what the caller moved.

    Raises NoResultFound for an unknown instance; nothing is kept if the caller raises.
    """
    with transaction() as after_commit:
        instance = lock(ProcessInstance, instance_id)
        before = instance.state
        process = restore(instance)
        yield instance, process
        keep(instance, process, after_commit, by=by)
        journal.write_for_case(
            instance, action, by=by, detail=detail, before=_sha(before),
            after=_sha(instance.state),
        )  # fmt: skip


def restore(instance: ProcessInstance) -> Process:
    """The instance's process as it was last kept."""
    model = definitions.model(instance.definition_id)
    return Process.restore(model, instance.state, host=Office(instance.definition_id))


def keep(
    instance: ProcessInstance,
    process: Process,
    after_commit: AfterCommit,
    *,
    by: UUID | None,
) -> None:
    """Write where the process now stands, in the open transaction."""
    _deliver_kept_messages(instance, process)
    instance.state = process.dump()
    instance.rev += 1
    keeping.tasks(instance, process)
    keeping.timers(instance, process)
    keeping.subscriptions(instance, process)
    keeping.calls(instance, process, after_commit)
    keeping.failures(instance, process)
    keeping.history(instance, process, by)
    keeping.thrown(process, after_commit)
    instance.outcome = process.outcome
    if process.completed:
        instance.status = "completed"
        instance.ended_at = clock.now()


def _deliver_kept_messages(instance: ProcessInstance, process: Process) -> None:
    """Hand over messages that came before anyone waited for them."""
    while True:
        for waiting in process.subscriptions():
            message = db.session.scalars(
                select(Message)
                .where(
                    Message.name == waiting.message,
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


def _sha(state: bytes) -> str:
    return hashlib.sha256(state).hexdigest() if state else ""
