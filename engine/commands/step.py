"""The heart: lock an instance, let the command move it, keep the result.

    with step(instance_id, "task_completed", by=person) as (instance, process):
        process.complete(task_id, values)

What waits in the diagram, less what the tables know, is opened; the converse is closed.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from engine import clock, definitions, directory, journal, operations, wake
from engine.directory import APPLICANT
from engine.models import (
    History,
    Incident,
    Message,
    MessageSubscription,
    ProcessInstance,
    RemoteCall,
    Timer,
    UserTask,
    db,
)
from engine.spiff.process import Call, Failure, OpenTask, Process
from engine.transaction import AfterCommit, lock, transaction

MESSAGE_LIFE = timedelta(days=30)
"""How long a message is kept when nobody waits for it yet."""


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
    _keep_tasks(instance, process, by)
    _keep_timers(instance, process)
    _keep_subscriptions(instance, process)
    _keep_calls(instance, process, after_commit)
    _keep_failures(instance, process)
    _keep_history(instance, process, by)
    _keep_thrown(process, after_commit)
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


def _keep_tasks(instance: ProcessInstance, process: Process, by: UUID | None) -> None:
    waiting = {t.task_id: t for t in process.user_tasks()}
    known = {
        t.id: t
        for t in db.session.scalars(
            select(UserTask).where(
                UserTask.instance_id == instance.id, UserTask.status == "open"
            )
        )
    }
    for task_id in waiting.keys() - known.keys():
        db.session.add(_opened(instance, waiting[task_id]))
    for task_id in known.keys() - waiting.keys():
        known[task_id].status = "withdrawn"
        known[task_id].completed_at = clock.now()


def _opened(instance: ProcessInstance, task: OpenTask) -> UserTask:
    return UserTask(
        id=task.task_id,
        instance_id=instance.id,
        element_id=task.element_id,
        name=task.name,
        role=task.role or task.lane or "",
        organisation_id=_holder(instance, task),
        definition_id=instance.definition_id,
        form=task.form,
        into=task.properties.get("ebg:into"),
        assignee_id=_assignee(task),
        priority=int(task.priority or 0),
        opened_at=clock.now(),
        due_at=task.due,
        follow_up_at=task.follow_up,
    )


def _holder(instance: ProcessInstance, task: OpenTask) -> UUID:
    """Whose role it is: a partner named in the data, the applicant, or the case's body."""
    if task.organisation:
        named = directory.resolve(str(task.organisation))
        if named is not None:
            return named.id
        _raise_incident(
            instance,
            task_id=task.task_id,
            element_id=task.element_id,
            element_name=task.name,
            cause="unknown_organisation",
            message=f"L'organisation « {task.organisation} » est inconnue de l'annuaire : "
            "l'étape est restée à l'organisation du dossier.",
        )
    elif task.role == APPLICANT and instance.applicant_id:
        return instance.applicant_id
    return instance.organisation_id


def _assignee(task: OpenTask) -> UUID | None:
    if not task.assignee:
        return None
    person = directory.person_by_email(str(task.assignee))
    return person.id if person else None


def _keep_timers(instance: ProcessInstance, process: Process) -> None:
    waiting = {t.task_id: t for t in process.timers()}
    for timer in db.session.scalars(select(Timer).where(Timer.instance_id == instance.id)):
        current = waiting.pop(timer.task_id, None)
        if current is None:
            db.session.delete(timer)
        else:
            timer.due_at = current.due_at
    for new in waiting.values():
        db.session.add(
            Timer(
                instance_id=instance.id,
                task_id=new.task_id,
                element_id=new.element_id,
                due_at=new.due_at,
            )
        )


def _keep_subscriptions(instance: ProcessInstance, process: Process) -> None:
    waiting = {s.task_id: s for s in process.subscriptions()}
    known = db.session.scalars(
        select(MessageSubscription).where(MessageSubscription.instance_id == instance.id)
    )
    for subscription in known:
        if waiting.pop(subscription.task_id, None) is None:
            db.session.delete(subscription)
    for new in waiting.values():
        db.session.add(
            MessageSubscription(
                task_id=new.task_id,
                instance_id=instance.id,
                element_id=new.element_id,
                name=new.message,
                correlation=new.correlation,
            )
        )


def _keep_calls(
    instance: ProcessInstance, process: Process, after_commit: AfterCommit
) -> None:
    waiting = {c.task_id: c for c in process.calls()}
    known = {
        c.task_id: c
        for c in db.session.scalars(
            select(RemoteCall).where(
                RemoteCall.instance_id == instance.id,
                RemoteCall.status.in_(["ready", "incident"]),
            )
        )
    }
    for task_id in known.keys() - waiting.keys():
        known[task_id].status = "cancelled"
        known[task_id].finished_at = clock.now()
    for task_id in waiting.keys() - known.keys():
        call = _asked(instance, waiting[task_id])
        db.session.add(call)
        after_commit.append(partial(wake.for_call, call.id))


def _asked(instance: ProcessInstance, call: Call) -> RemoteCall:
    return RemoteCall(
        id=uuid4(),
        instance_id=instance.id,
        task_id=call.task_id,
        element_id=call.element_id,
        partner=call.operation.split(".")[0],
        operation=call.operation,
        arguments=call.arguments,
        created_at=clock.now(),
        due_at=clock.now(),
        woken_at=clock.now(),
    )


def _keep_failures(instance: ProcessInstance, process: Process) -> None:
    failing = {f.task_id: f for f in process.failures()}
    known = {
        i.task_id: i
        for i in db.session.scalars(
            select(Incident).where(
                Incident.instance_id == instance.id,
                Incident.resolved_at.is_(None),
                Incident.call_id.is_(None),
                Incident.cause != "unknown_organisation",
            )
        )
    }
    for task_id in known.keys() - failing.keys():
        known[task_id].resolved_at = clock.now()
        known[task_id].resolution = known[task_id].resolution or "gone"
    for task_id in failing.keys() - known.keys():
        _raise_failure(instance, failing[task_id])


def _raise_failure(instance: ProcessInstance, failure: Failure) -> None:
    _raise_incident(
        instance,
        task_id=failure.task_id,
        element_id=failure.element_id,
        element_name=failure.element_name,
        cause=failure.error_class,
        message=failure.message,
        detail=failure.detail,
    )


def _raise_incident(instance: ProcessInstance, **facts: Any) -> None:
    db.session.add(Incident(instance_id=instance.id, raised_at=clock.now(), **facts))


def _keep_history(instance: ProcessInstance, process: Process, by: UUID | None) -> None:
    elements = definitions.model(instance.definition_id).elements
    for done in process.finished():
        instance.history_seq += 1
        db.session.add(
            History(
                instance_id=instance.id,
                seq=instance.history_seq,
                task_id=done.task_id,
                element_id=done.element_id,
                name=done.name,
                kind=done.kind,
                state=done.state,
                entered_at=done.entered_at,
                ended_at=done.ended_at,
                by=by,
                updates=done.updates,
            )
        )
    live = [
        elements[e].properties.get("ebg:milestone")
        for e in process.markers()
        if e in elements
    ]
    instance.milestone = next((m for m in live if m), instance.milestone)


def _keep_thrown(process: Process, after_commit: AfterCommit) -> None:
    for thrown in process.thrown():
        message = Message(
            id=uuid4(),
            name=thrown.message,
            correlation=thrown.correlation,
            payload=thrown.payload,
            expires_at=clock.now() + MESSAGE_LIFE,
        )
        db.session.add(message)
        after_commit.append(wake.for_sweep)


def _sha(state: bytes) -> str:
    return hashlib.sha256(state).hexdigest() if state else ""
