"""Claim, release and complete user tasks.

Each verb is one transaction; `claimed`, `released` and `completed` do the same to a task
that is locked already, so that a job can write its result with the act.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm.attributes import set_committed_value

from engine import clock, documents, following, journal, rows, wake
from engine.access import Actor, allowed, require
from engine.commands import telling, waking
from engine.commands.step import moved
from engine.directory import APPLICANT, Person
from engine.documents import Draft
from engine.errors import (
    DoneElsewhere,
    MotiveMissing,
    NotWaiting,
    TaskNotOpen,
    TaskSuspended,
    TaskTaken,
)
from engine.models import SUSPENDED, ProcessInstance, UserTask, db
from engine.transaction import AfterCommit, lock, transaction

LONGEST_MOTIVE = 2000

LOCKED = (
    select(*rows.columns(UserTask, ProcessInstance))
    .join_from(UserTask, ProcessInstance, UserTask.instance_id == ProcessInstance.id)
    .where(UserTask.id == bindparam("task_id"))
    .with_for_update(of=[ProcessInstance, UserTask])
)
"""A task with its instance, locked in one statement: the instance first, then the task."""

_DRAFT = select(Draft.id).where(Draft.task_id == bindparam("task_id"))

Answers = Mapping[str, Any] | Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Clean values; or what makes them of the case's data, as the task sees them."""


def claim(task_id: UUID, *, actor: Actor) -> int:
    """Take a task into one's own hands; claiming one's own task changes nothing.

    Whoever has its role only in the place of somebody away takes it for them. Returns the
    act's number in the case's journal, 0 when nothing changed. Raises Forbidden, TaskNotOpen
    (with who did it and when), TaskTaken (with who has it).
    """
    with transaction():
        return claimed(locked(task_id), actor)


def claimed(task: UserTask, actor: Actor) -> int:
    """Take a locked task: see `claim`."""
    require(actor, "claim", task)
    not_taken(task, actor)
    own = actor.holds(task.organisation_id, task.role)
    replaced = actor.on_behalf(task)
    holder = actor.person_id if own else replaced
    if task.assignee_id in {actor.person_id, holder}:
        return 0
    before = standing(task)
    task.assignee_id = holder
    following.follow_as_worker(task, actor.person_id)
    return told(task, "task_claimed", actor, before, on_behalf_of=replaced)


def release(task_id: UUID, *, actor: Actor, motive: str = "") -> int:
    """Put a task back where the others of the role can take it.

    A head of the body may do so with anyone's, and says why. Returns the act's number in the
    case's journal. Raises Forbidden, TaskNotOpen, TaskTaken (a colleague has it by now),
    NotWaiting (nobody has it any more), MotiveMissing.
    """
    with transaction():
        return released(locked(task_id), actor, motive)


def released(task: UserTask, actor: Actor, motive: str = "") -> int:
    """Put a locked task back: see `release`."""
    if not allowed(actor, "release", task):
        require(actor, "claim", task)
        not_taken(task, actor)
        raise NotWaiting
    if task.assignee_id is None:
        raise NotWaiting
    motive = motive.strip()[:LONGEST_MOTIVE]
    if not (motive or actor.has_in_hand(task)):
        raise MotiveMissing
    before, replaced = standing(task), actor.on_behalf(task)
    hand_to(task, None)
    return told(task, "task_released", actor, before, motive=motive, on_behalf_of=replaced)


def complete(
    task_id: UUID,
    values: Mapping[str, Any],
    *,
    actor: Actor,
    origin: str = "officer",
) -> None:
    """Complete a user task with clean form values and run the process on.

    A task nobody has claimed is claimed by completing it. The documents of its draft join
    the case. Raises Forbidden, TaskNotOpen (with who and when), TaskTaken, TaskSuspended,
    DoneElsewhere.
    """
    with transaction() as after_commit:
        asked = {"task_id": task_id}
        found, drafts = rows.ask((LOCKED, asked), (_DRAFT, asked))
        task = opened(found)
        filed = [draft_id for (draft_id,) in drafts]
        completed(task, values, actor, after_commit, drafts=filed, origin=origin)


def completed(
    task: UserTask,
    answers: Answers,
    actor: Actor,
    after_commit: AfterCommit,
    *,
    drafts: Sequence[UUID] = (),
    origin: str = "officer",
    job_id: UUID | None = None,
    page: str = "",
) -> None:
    """Complete a locked task: see `complete`. `page` is the room that asks for it.

    Raises DoneElsewhere when the task is of another.
    """
    instance, replaced = task.instance, actor.on_behalf(task)
    if task.page != page:
        raise DoneElsewhere
    if instance.status == SUSPENDED:
        raise TaskSuspended
    not_taken(task, actor)
    require(actor, "complete", task)
    detail = {"task": str(task.id), "element": task.element_id, "role": task.role}
    detail |= {"job": str(job_id)} if job_id else {}
    with moved(
        instance, "task_completed", after_commit,
        by=actor.person_id, on_behalf_of=replaced, detail=detail,
    ) as process:  # fmt: skip
        values = answers(process.task_data(task.id)) if callable(answers) else answers
        for draft_id in drafts:
            with suppress(NoResultFound):  # given up meanwhile
                draft = lock(Draft, draft_id)  # a saving under way ends first
                documents.file_draft(draft, dict(values), instance.id, origin)
        if next(documents.digests_in(dict(values)), None):
            waking.wake(instance.id, waking.DOCUMENT)
        if task.role == APPLICANT or task.organisation_id != instance.organisation_id:
            waking.wake(instance.id, waking.ANSWER)
        given = _signed(task, values, actor)
        task.status = "completed"
        task.assignee_id = task.completed_by = actor.person_id
        task.completed_at = clock.now()
        following.follow_as_worker(task, actor.person_id)
        telling.done(task, values, actor.person_id)
        process.complete(task.id, given)


def not_taken(task: UserTask, actor: Actor) -> None:
    """Tell a colleague who has the task: TaskTaken; Forbidden for whoever is not one."""
    if task.assignee_id is not None and not actor.has_in_hand(task):
        require(actor, "claim", task)
        raise TaskTaken(name_of(task.assignee_id) or "")


def hand_to(task: UserTask, person_id: UUID | None) -> None:
    """Change who has a locked task: what its last holder put off is to do again."""
    task.assignee_id = person_id
    task.follow_up_at, task.follow_up_event = None, ""


def _signed(task: UserTask, values: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """The answers, with who gave them when the diagram keeps them under a key."""
    if task.into is None:
        return dict(values)
    who: dict[str, Any] = {"id": str(actor.person_id), "name": actor.name}
    role = actor.role_for(task)
    if role and role.for_person:
        replaced = {"id": str(role.for_person), "name": role.for_name}
        who["on_behalf_of"] = {**replaced, "delegation": role.delegation}
    return {**values, "completed_by": who, "completed_at": clock.now().isoformat()}


def locked(task_id: UUID) -> UserTask:
    """An open task with its instance, ours until the commit.

    Raises NoResultFound, TaskNotOpen (with who did it and when).
    """
    return opened(*rows.ask((LOCKED, {"task_id": task_id})))


def opened(found: Sequence[tuple[Any, ...]]) -> UserTask:
    """The task that `LOCKED` found, with its instance. Raises NoResultFound, TaskNotOpen."""
    task: UserTask
    task, instance = rows.held([UserTask, ProcessInstance], found)
    set_committed_value(task, "instance", instance)
    if task.status != "open":
        raise TaskNotOpen(name_of(task.completed_by), task.completed_at)
    return task


def standing(task: UserTask) -> dict[str, Any]:
    """In whose hands a task is, and until when it was put off, for the journal."""
    later = task.follow_up_at
    return {
        "assignee": str(task.assignee_id) if task.assignee_id else None,
        "follow_up_at": later.astimezone(UTC).isoformat() if later else None,
        "follow_up_event": task.follow_up_event,
    }


def told(
    task: UserTask,
    action: str,
    actor: Actor,
    before: Mapping[str, Any],
    *,
    on_behalf_of: UUID | None = None,
    **more: Any,
) -> int:
    """Write an act on a task to the case's journal; returns its number there."""
    journal.write_for_case(
        task.instance,
        action,
        by=actor.person_id,
        on_behalf_of=on_behalf_of,
        detail={
            "task": str(task.id),
            "element": task.element_id,
            "before": dict(before),
            "after": standing(task),
            **{name: value for name, value in more.items() if value},
        },
    )
    rows.signal(wake.basket(task.organisation_id, task.role))
    return int(task.instance.journal_seq)


def name_of(person_id: UUID | None) -> str | None:
    """A person's name, to tell who was faster."""
    person = db.session.get(Person, person_id) if person_id else None
    return person.name if person else None
