"""Claim, release and complete user tasks."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm.attributes import set_committed_value

from engine import clock, documents, following, journal, rows, wake
from engine.access import Actor, require
from engine.commands import telling
from engine.commands.step import moved
from engine.directory import Person
from engine.documents import Draft
from engine.errors import NotWaiting, TaskNotOpen, TaskSuspended, TaskTaken
from engine.models import SUSPENDED, ProcessInstance, UserTask, db
from engine.transaction import transaction

LOCKED = (
    select(*rows.columns(UserTask, ProcessInstance))
    .join_from(UserTask, ProcessInstance, UserTask.instance_id == ProcessInstance.id)
    .where(UserTask.id == bindparam("task_id"))
    .with_for_update(of=[ProcessInstance, UserTask])
)
"""A task with its instance, locked in one statement: the instance first, then the task."""

_DRAFT = select(Draft.id).where(Draft.task_id == bindparam("task_id"))


def claim(task_id: UUID, *, actor: Actor) -> None:
    """Take a task into one's own hands; claiming one's own task changes nothing.

    Raises Forbidden, TaskNotOpen (with who did it and when), TaskTaken (with who has it).
    """
    with transaction():
        task = _opened(*rows.ask((LOCKED, {"task_id": task_id})))
        require(actor, "claim", task)
        not_taken(task, actor)
        if task.assignee_id == actor.person_id:
            return
        task.assignee_id = actor.person_id
        following.follow_as_worker(task, actor.person_id)
        _journal(task, "task_claimed", actor)


def release(task_id: UUID, *, actor: Actor) -> None:
    """Put a task back where the others of the role can take it.

    Raises Forbidden, TaskNotOpen, TaskTaken (a colleague has it by now), NotWaiting (nobody
    has it any more).
    """
    with transaction():
        task = _opened(*rows.ask((LOCKED, {"task_id": task_id})))
        require(actor, "claim", task)
        not_taken(task, actor)
        if task.assignee_id is None:
            raise NotWaiting
        require(actor, "release", task)
        task.assignee_id = None
        _journal(task, "task_released", actor)


def complete(
    task_id: UUID,
    values: Mapping[str, Any],
    *,
    actor: Actor,
    origin: str = "officer",
) -> None:
    """Complete a user task with clean form values and run the process on.

    A task nobody has claimed is claimed by completing it. The documents of its draft join
    the case. Raises Forbidden, TaskNotOpen (with who and when), TaskTaken, TaskSuspended.
    """
    with transaction() as after_commit:
        asked = {"task_id": task_id}
        found, drafts = rows.ask((LOCKED, asked), (_DRAFT, asked))
        task = _opened(found)
        if task.instance.status == SUSPENDED:
            raise TaskSuspended
        not_taken(task, actor)
        require(actor, "complete", task)
        detail = {"task": str(task_id), "element": task.element_id, "role": task.role}
        with moved(
            task.instance, "task_completed", after_commit, by=actor.person_id, detail=detail
        ) as process:
            for (draft_id,) in drafts:
                draft = db.session.get_one(Draft, draft_id)
                documents.file_draft(draft, dict(values), task.instance_id, origin)
            task.status = "completed"
            task.assignee_id = task.completed_by = actor.person_id
            task.completed_at = clock.now()
            following.follow_as_worker(task, actor.person_id)
            telling.done(task, values, actor.person_id)
            process.complete(task_id, _signed(task, values, actor))


def not_taken(task: UserTask, actor: Actor) -> None:
    """Tell a colleague who has the task: TaskTaken; Forbidden for whoever is not one."""
    if task.assignee_id not in {None, actor.person_id}:
        require(actor, "claim", task)
        raise TaskTaken(_name(task.assignee_id) or "")


def _signed(task: UserTask, values: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """The answers, with who gave them when the diagram keeps them under a key."""
    if task.into is None:
        return dict(values)
    who = {"id": str(actor.person_id), "name": actor.name}
    return {**values, "completed_by": who, "completed_at": clock.now().isoformat()}


def _opened(found: Sequence[tuple[Any, ...]]) -> UserTask:
    """The task that `LOCKED` found, with its instance. Raises NoResultFound, TaskNotOpen."""
    task: UserTask
    task, instance = rows.held([UserTask, ProcessInstance], found)
    set_committed_value(task, "instance", instance)
    if task.status != "open":
        raise TaskNotOpen(_name(task.completed_by), task.completed_at)
    return task


def _journal(task: UserTask, action: str, actor: Actor) -> None:
    journal.write_for_case(
        task.instance,
        action,
        by=actor.person_id,
        detail={"task": str(task.id), "element": task.element_id},
    )
    rows.signal(wake.basket(task.organisation_id, task.role))


def _name(person_id: UUID | None) -> str | None:
    person = db.session.get(Person, person_id) if person_id else None
    return person.name if person else None
