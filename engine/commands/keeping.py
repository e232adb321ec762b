"""Keeps what a step left behind, by the difference between two moments: what is newly
waited for is inserted, what no longer is waited for is closed, and nothing is read to find it.

Each function serves `step` alone, in its transaction and under its lock; `before` and
`after` are those of `Process.waiting`. A row that someone changed by hand meanwhile is left
as they made it. What a command itself completes, it writes itself.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, select, update

from engine import clock, definitions, directory, rows, told, variables
from engine.commands import telling
from engine.directory import APPLICANT
from engine.models import (
    History,
    Incident,
    MessageSubscription,
    ProcessInstance,
    Timer,
    UserTask,
    db,
)
from engine.spiff.process import Process
from engine.spiff.records import Failure, Finished, OpenTask

DONE_BY_PEOPLE = {"userTask", "manualTask", "startEvent"}

LONGEST_KEY = 200

MESSAGE_LIFE = timedelta(days=30)
"""How long a message is kept when nobody waits for it yet."""

_WITHDRAW = (
    update(UserTask)
    .where(UserTask.id == bindparam("task_id"), UserTask.status == "open")
    .values(status="withdrawn", completed_at=bindparam("now"))
)
_DISARM = delete(Timer).where(
    Timer.instance_id == bindparam("instance_id"), Timer.task_id == bindparam("task_id")
)
_CEASE = delete(MessageSubscription).where(
    MessageSubscription.task_id == bindparam("task_id")
)


def tasks(
    instance: ProcessInstance,
    process: Process,
    before: AbstractSet[UUID],
    after: AbstractSet[UUID],
    by: UUID | None,
) -> None:
    """Open user tasks, and withdraw those that the diagram no longer wants done."""
    if opened := after - before:
        tasks = [t for t in process.user_tasks() if t.task_id in opened]
        made = [_opened(instance, task) for task in tasks]
        rows.insert(UserTask, made)
        telling.opened(instance, made, by)
    if withdrawn := before - after:
        now = clock.now()
        rows.write(_WITHDRAW, [{"task_id": one, "now": now} for one in withdrawn])
        told.no_longer_to_do(instance.id, withdrawn)


def _opened(instance: ProcessInstance, task: OpenTask) -> dict[str, Any]:
    return {
        "id": task.task_id,
        "instance_id": instance.id,
        "element_id": task.element_id,
        "name": task.name,
        "role": task.role or task.lane or "",
        "organisation_id": _holder(instance, task),
        "definition_id": instance.definition_id,
        "key": (task.subject or instance.key)[:LONGEST_KEY],
        "page": task.properties.get("ebg:page", ""),
        "form": task.form,
        "into": task.properties.get("ebg:into"),
        "assignee_id": _assignee(task),
        "priority": int(task.priority or 0),
        "opened_at": clock.now(),
        "due_at": task.due,
        "follow_up_at": task.follow_up,
        "signature": signs(task),
    }


def signs(task: OpenTask) -> bool:
    """Whether completing this task is signing, as its diagram says."""
    return task.properties.get("ebg:signature") == "true"


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


def timers(
    instance: ProcessInstance,
    process: Process,
    before: AbstractSet[tuple[UUID, datetime]],
    after: AbstractSet[tuple[UUID, datetime]],
) -> None:
    """Disarm and arm timers; one whose moment changed is disarmed, then armed again."""
    if gone := {task_id for task_id, _ in before - after}:
        of_case = {"instance_id": instance.id}
        rows.write(_DISARM, [{**of_case, "task_id": one} for one in gone])
    if armed := {task_id for task_id, _ in after - before}:
        rows.insert(
            Timer,
            [
                {
                    "instance_id": instance.id,
                    "task_id": timer.task_id,
                    "element_id": timer.element_id,
                    "due_at": timer.due_at,
                }
                for timer in process.timers()
                if timer.task_id in armed
            ],
        )


def subscriptions(
    instance: ProcessInstance,
    process: Process,
    before: AbstractSet[UUID],
    after: AbstractSet[UUID],
) -> None:
    """Begin and cease to wait for messages and signals."""
    if gone := before - after:
        rows.write(_CEASE, [{"task_id": one} for one in gone])
    if new := after - before:
        rows.insert(
            MessageSubscription,
            [
                {
                    "task_id": awaited.task_id,
                    "instance_id": instance.id,
                    "element_id": awaited.element_id,
                    "kind": awaited.kind,
                    "name": awaited.name,
                    "correlation": awaited.correlation,
                    "organisation_id": instance.organisation_id,
                    "since": clock.now(),
                }
                for awaited in process.subscriptions()
                if awaited.task_id in new
            ],
        )


def failures(
    instance: ProcessInstance,
    process: Process,
    before: AbstractSet[UUID],
    after: AbstractSet[UUID],
) -> None:
    """Raise incidents for steps that stopped, and settle those that went on.

    Rare enough to be read: a step that was tried again and failed again is a new incident.
    """
    if not before | after:
        return
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


def history(
    instance: ProcessInstance,
    finished: Sequence[Finished],
    by: UUID | None,
    on_behalf_of: UUID | None = None,
) -> None:
    """Append what is finished, and note what of it the case can be searched by."""
    rows.insert(
        History,
        [
            {
                "instance_id": instance.id,
                "seq": seq,
                "task_id": done.task_id,
                "element_id": done.element_id,
                "name": done.name,
                "kind": done.kind,
                "state": done.state,
                "entered_at": done.entered_at,
                "ended_at": done.ended_at,
                "by": by if done.kind in DONE_BY_PEOPLE else None,
                "on_behalf_of": on_behalf_of if done.kind in DONE_BY_PEOPLE else None,
                "updates": done.updates,
            }
            for seq, done in enumerate(finished, instance.history_seq + 1)
        ],
    )
    changed = {name: value for done in finished for name, value in done.updates.items()}
    variables.keep(instance, changed)


def milestone(instance: ProcessInstance, process: Process) -> str | None:
    """The stage that the case has reached, in French."""
    elements = definitions.model(instance.definition_id).elements
    live = (
        elements[e].properties.get("ebg:milestone")
        for e in process.markers()
        if e in elements
    )
    return next((m for m in live if m), instance.milestone)
