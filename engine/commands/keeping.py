"""Keeps what a step left behind: what waits in the diagram less what the tables know is
opened, and the converse is closed.

Each function serves `step` alone, in its transaction and under its lock.
"""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from engine import clock, definitions, directory, wake
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
from engine.transaction import AfterCommit

DONE_BY_PEOPLE = {"userTask", "manualTask", "startEvent"}

MESSAGE_LIFE = timedelta(days=30)
"""How long a message is kept when nobody waits for it yet."""


def tasks(instance: ProcessInstance, process: Process) -> None:
    """Open and close user tasks."""
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


def timers(instance: ProcessInstance, process: Process) -> None:
    """Arm and disarm timers."""
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


def subscriptions(instance: ProcessInstance, process: Process) -> None:
    """Begin and cease to wait for messages."""
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


def calls(instance: ProcessInstance, process: Process, after_commit: AfterCommit) -> None:
    """Ask partners, or no longer."""
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


def failures(instance: ProcessInstance, process: Process) -> None:
    """Raise incidents for steps that stopped, and settle those that went on."""
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


def history(instance: ProcessInstance, process: Process, by: UUID | None) -> None:
    """Append what is finished, and note the stage reached."""
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
                by=by if done.kind in DONE_BY_PEOPLE else None,
                updates=done.updates,
            )
        )
    live = [
        elements[e].properties.get("ebg:milestone")
        for e in process.markers()
        if e in elements
    ]
    instance.milestone = next((m for m in live if m), instance.milestone)


def thrown(process: Process, after_commit: AfterCommit) -> None:
    """Send messages to whoever may wait for them."""
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
