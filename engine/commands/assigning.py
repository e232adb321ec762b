"""Hand a task to somebody by name, put it off, and take such an act back."""

from datetime import datetime, timedelta
from types import EllipsisType
from uuid import UUID

from sqlalchemy import select

from engine import clock, following
from engine.access import Actor, actor_for, allowed, require
from engine.commands import telling, waking
from engine.commands.tasks import (
    LONGEST_MOTIVE,
    hand_to,
    locked,
    name_of,
    not_taken,
    standing,
    told,
)
from engine.directory import Person
from engine.errors import (
    ActedSince,
    CannotHold,
    FollowUpRefused,
    MotiveMissing,
    NotWaiting,
    TaskTaken,
)
from engine.journal import JournalEntry
from engine.models import UserTask, db
from engine.transaction import transaction

REVERSIBLE = frozenset(
    {"task_claimed", "task_released", "task_assigned", "task_snoozed", "task_resumed"}
)
UNDONE_WITHIN = timedelta(seconds=60)
"""The button is shown for ten seconds; people may be slow."""


def assign(
    task_id: UUID,
    to: UUID,
    *,
    actor: Actor,
    motive: str,
    seen: UUID | EllipsisType | None = ...,
) -> int:
    """Give a task to somebody who has its role, or who replaces somebody who has it.

    `seen` is who had it when the page was shown. Returns the act's number in the case's
    journal, 0 when they have it already. Raises Forbidden, TaskNotOpen, TaskTaken (somebody
    else has it by now), MotiveMissing, CannotHold.
    """
    with transaction():
        task = locked(task_id)
        if seen is not ... and task.assignee_id not in {seen, to}:
            require(actor, "see", task)
            raise TaskTaken(name_of(task.assignee_id) or "")
        return assigned(task, to, actor, motive)


def assigned(
    task: UserTask, to: UUID, actor: Actor, motive: str, *, job_id: UUID | None = None
) -> int:
    """Give a locked task to somebody: see `assign`."""
    if not allowed(actor, "assign", task):
        not_taken(task, actor)
    require(actor, "assign", task)
    if task.assignee_id == to:
        return 0
    motive = motive.strip()[:LONGEST_MOTIVE]
    to_oneself = to == actor.person_id and task.assignee_id is None
    if not (motive or to_oneself):
        raise MotiveMissing
    if db.session.get(Person, to) is None or actor_for(to).role_for(task) is None:
        raise CannotHold
    before, replaced = standing(task), actor.on_behalf(task)
    hand_to(task, to)
    following.follow_as_worker(task, to)
    telling.assigned(task, to, actor.person_id)
    return told(
        task, "task_assigned", actor, before,
        motive=motive, on_behalf_of=replaced, job=str(job_id or ""),
    )  # fmt: skip


def snooze(task_id: UUID, until: datetime, event: str = "", *, actor: Actor) -> int:
    """Put a task off until a moment, or until something happens before it.

    The delays of the law go on meanwhile: it is never put off beyond its due date. Returns
    the act's number in the case's journal. Raises Forbidden, TaskNotOpen, TaskTaken,
    NotWaiting (nobody has it), FollowUpRefused (past, late, event).
    """
    with transaction():
        return snoozed(locked(task_id), until, event, actor)


def snoozed(
    task: UserTask,
    until: datetime,
    event: str,
    actor: Actor,
    *,
    motive: str = "",
    job_id: UUID | None = None,
) -> int:
    """Put a locked task off: see `snooze`."""
    if task.assignee_id is None:
        require(actor, "claim", task)
        raise NotWaiting
    not_taken(task, actor)
    require(actor, "snooze", task)
    if event not in {"", *waking.EVENTS}:
        raise FollowUpRefused("event")
    if until <= clock.now():
        raise FollowUpRefused("past")
    if task.due_at is not None and until > task.due_at:
        raise FollowUpRefused("late")
    before, replaced = standing(task), actor.on_behalf(task)
    task.follow_up_at, task.follow_up_event = until, event
    return told(
        task, "task_snoozed", actor, before,
        motive=motive, on_behalf_of=replaced, job=str(job_id or ""),
    )  # fmt: skip


def resume(task_id: UUID, *, actor: Actor) -> int:
    """Have a task that was put off to do again; 0 when it was not. Raises as `snooze`."""
    with transaction():
        task = locked(task_id)
        not_taken(task, actor)
        require(actor, "snooze", task)
        if task.follow_up_at is None:
            return 0
        before, replaced = standing(task), actor.on_behalf(task)
        task.follow_up_at, task.follow_up_event = None, ""
        return told(task, "task_resumed", actor, before, on_behalf_of=replaced)


def take_back(task_id: UUID, seq: int, *, actor: Actor) -> None:
    """Undo one's own act on a task, a moment after it, if nobody acted on the task since.

    `seq` is the act's number in the case's journal. Raises Forbidden, TaskNotOpen, ActedSince.
    """
    with transaction():
        task = locked(task_id)
        require(actor, "see", task)
        act, *since = _acts(task, seq)
        mine = act.actor_id == actor.person_id and act.action in REVERSIBLE
        if not mine or act.detail.get("task") != str(task_id):
            raise ActedSince
        for later in since:
            if later.detail.get("task") == str(task_id):
                raise ActedSince(name_of(later.actor_id))
        if clock.now() - act.at > UNDONE_WITHIN or standing(task) != act.detail["after"]:
            raise ActedSince
        before, was = standing(task), act.detail["before"]
        task.assignee_id = UUID(was["assignee"]) if was["assignee"] else None
        again = was["follow_up_at"]
        task.follow_up_at = datetime.fromisoformat(again) if again else None
        task.follow_up_event = was["follow_up_event"]
        told(
            task, "task_act_undone", actor, before,
            undone=seq, on_behalf_of=act.on_behalf_of,
        )  # fmt: skip


def _acts(task: UserTask, seq: int) -> list[JournalEntry]:
    """The act of this number and those after it, in the case's journal."""
    found = db.session.scalars(
        select(JournalEntry)
        .where(JournalEntry.chain == f"case:{task.instance_id}", JournalEntry.seq >= seq)
        .order_by(JournalEntry.seq)
        .limit(100)
    ).all()
    if not found or found[0].seq != seq:
        raise ActedSince
    return list(found)
