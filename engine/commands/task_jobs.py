"""The same act on many tasks: chosen one by one, done by the workers, told one by one.

    create(job_id, [task, …], TaskAct("claim"), actor=actor, motive="")

An item is one transaction, in which its result is written: see `engine.commands.jobs`. A
refusal leaves its task as it was, and says who acted, and when.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from engine import clock, journal, wake
from engine.access import NOT_HANDLING, Actor, Forbidden
from engine.commands import assigning, tasks
from engine.directory import Person
from engine.documents import Draft
from engine.errors import (
    Busy,
    CannotHold,
    DoneElsewhere,
    EngineError,
    FollowUpRefused,
    MotiveMissing,
    NotWaiting,
    OperationRefused,
    TaskNotOpen,
    TaskSuspended,
    TaskTaken,
)
from engine.jobs import TASKS, Job, JobItem
from engine.journal import JournalEntry
from engine.models import ProcessInstance, UserTask, db
from engine.transaction import AfterCommit, transaction

MOST = 500
"""Tasks of one job: more than a page shows, few enough to be looked at one by one."""

CLAIM, ASSIGN, RELEASE, SNOOZE, COMPLETE = (
    "claim",
    "assign",
    "release",
    "snooze",
    "complete",
)
ACTS = (CLAIM, ASSIGN, RELEASE, SNOOZE, COMPLETE)

Judge = Callable[[UserTask, Mapping[str, Any], Mapping[str, Any]], Mapping[str, Any]]
"""Makes clean values of (task, answers, data of its case). Raises OperationRefused."""

_judge: list[Judge] = []


def configure(judge: Judge) -> None:
    """Say how answers are judged: forms are none of the engine's business."""
    _judge[:] = [judge]


@dataclass(frozen=True)
class TaskAct:
    """What is asked, as plain values that a job can keep.

    `to` are people: the tasks are dealt to each in turn. `until` is a moment, in ISO format.
    """

    act: str
    to: tuple[str, ...] = ()
    until: str = ""
    event: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Its values; `TaskAct(**values)` reads them."""
        return asdict(self)


def create(
    job_id: UUID, task_ids: Sequence[UUID], asked: TaskAct, *, actor: Actor, motive: str
) -> UUID:
    """Write the job and its items; the workers take it from there.

    `job_id` is drawn by the page that asks: asking twice makes one job. Each task is judged
    when its turn comes. Raises Forbidden, OperationRefused when nothing is chosen, too much
    is, or tasks to complete are of different steps.
    """
    if actor.person_id is None or not actor.handles_cases:
        raise Forbidden
    with transaction() as after_commit:
        if db.session.get(Job, job_id) is not None:
            return job_id
        found = chosen(task_ids)
        check(found, asked)
        if asked.act == ASSIGN and not asked.to:
            raise OperationRefused("Attribuer à : cochez au moins une personne.")
        bodies = {task.organisation_id for task in found}
        db.session.add(
            Job(
                id=job_id,
                kind=TASKS,
                organisation_id=bodies.pop() if len(bodies) == 1 else None,
                operation=asked.to_json(),
                selection={"step": found[0].name},
                motive=motive.strip()[: tasks.LONGEST_MOTIVE],
                total=len(found),
                created_by=actor.person_id,
            )
        )
        db.session.flush()
        items = [
            {"job_id": job_id, "position": position, "task_id": task.id,
             "instance_id": task.instance_id}
            for position, task in enumerate(found, 1)
        ]  # fmt: skip
        db.session.execute(insert(JobItem), items)
        detail = {"act": asked.act, "tasks": len(found)}
        journal.write(f"job:{job_id}", "job_created", by=actor.person_id, detail=detail)
        after_commit.append(wake.for_sweep)
    return job_id


def chosen(task_ids: Sequence[UUID]) -> list[UserTask]:
    """These tasks, in the order of the choice; those that do not exist are left out."""
    wanted = list(dict.fromkeys(task_ids))[: MOST + 1]
    rows = db.session.scalars(select(UserTask).where(UserTask.id.in_(wanted)))
    found = {task.id: task for task in rows}
    return [found[one] for one in wanted if one in found]


def check(found: Sequence[UserTask], asked: TaskAct) -> None:
    """Refuse what cannot be asked of these tasks together. Raises OperationRefused."""
    if not found:
        raise OperationRefused("Cochez au moins une tâche.")
    if len(found) > MOST:
        raise OperationRefused("Cochez 500 tâches au plus.")
    if asked.act not in ACTS:
        raise OperationRefused("Choisissez ce que vous voulez faire de ces tâches.")
    steps = {(task.definition_id, task.element_id) for task in found}
    if asked.act == COMPLETE and len(steps) > 1:
        raise OperationRefused(
            "Pour les terminer ensemble, ne cochez que des tâches d'une même étape, "
            "dans la même version de la démarche."
        )


def act(item: JobItem, job: Job, *, actor: Actor, after_commit: AfterCommit) -> list[str]:
    """Do a job's act on the task of an item, in the open transaction.

    Returns what should be known, in French. Raises OperationRefused with a sentence.
    """
    asked = TaskAct(**job.operation)
    if item.task_id is None:
        raise LookupError("An item of a job on tasks names one.")
    try:
        task = tasks.locked(item.task_id)
    except TaskNotOpen as closed:
        raise OperationRefused(_closed(closed)) from closed
    if task.role in NOT_HANDLING:
        raise OperationRefused("Cette tâche est à faire par le demandeur.")
    try:
        return _perform(task, item, job, asked, actor, after_commit)
    except Forbidden as forbidden:
        raise OperationRefused(_forbidden(task, actor)) from forbidden
    except (Busy, OperationRefused):
        raise
    except EngineError as refused:
        raise OperationRefused(_refusal(task, refused)) from refused


def _perform(
    task: UserTask,
    item: JobItem,
    job: Job,
    asked: TaskAct,
    actor: Actor,
    after_commit: AfterCommit,
) -> list[str]:
    match asked.act:
        case "claim":
            changed = tasks.claimed(task, actor)
        case "release":
            changed = tasks.released(task, actor, job.motive)
        case "assign":
            to = UUID(asked.to[(item.position - 1) % len(asked.to)])
            changed = assigning.assigned(task, to, actor, job.motive, job_id=job.id)
            return [tasks.name_of(to) or ""]
        case "snooze":
            until = datetime.fromisoformat(asked.until)
            changed = assigning.snoozed(
                task, until, asked.event, actor, motive=job.motive, job_id=job.id
            )
        case _:
            _no_draft(task)
            tasks.completed(
                task,
                lambda data: _judge[0](task, asked.values, data),
                actor,
                after_commit,
                job_id=job.id,
            )
            return []
    return [] if changed else ["C'était déjà fait."]


def _no_draft(task: UserTask) -> None:
    """Answers that somebody began for this case alone are not thrown away."""
    draft = db.session.scalars(select(Draft).where(Draft.task_id == task.id)).first()
    if draft is not None:
        who = tasks.name_of(draft.person_id) or ""
        begun = f"{who} a commencé à répondre pour ce dossier {_at(draft.updated_at)}"
        raise OperationRefused(f"{begun} : terminez-le à part.")


def _closed(closed: TaskNotOpen) -> str:
    if closed.who is None:
        return "Elle n'est plus à faire : la procédure a suivi un autre chemin."
    return f"{closed.who} l'a déjà terminée {_at(closed.when)}."


def _forbidden(task: UserTask, actor: Actor) -> str:
    role = actor.role_for(task)
    if role is None:
        return f"Vous n'avez pas le rôle « {task.role} » pour cette tâche."
    if task.signature and not role.signs:
        return f"C'est une signature : {role.for_name} ne vous a pas délégué la sienne."
    return "Cette tâche n'est pas entre vos mains : prenez-la d'abord."


def _refusal(task: UserTask, refused: EngineError) -> str:
    match refused:
        case TaskTaken():
            return f"{refused.who} l'a prise en charge {_at(_taken_at(task))}."
        case TaskSuspended():
            return f"Le dossier est suspendu {_since(task.instance)}."
        case NotWaiting():
            return "Personne ne l'a en charge : prenez-la d'abord."
        case MotiveMissing():
            return "Dites pourquoi : elle est à quelqu'un d'autre, ou le devient."
        case DoneElsewhere():
            return "Elle se fait dans sa propre page, pas dans la corbeille."
        case CannotHold():
            return f"Cette personne n'a pas le rôle « {task.role} »."
        case FollowUpRefused(why="late"):
            return f"Son échéance est {_at(task.due_at)} : elle ne se reporte pas au-delà."
        case FollowUpRefused():
            return "Reportez-la à une date à venir."
        case _:
            return str(refused)


def _taken_at(task: UserTask) -> datetime | None:
    entry = _last(task, "task_claimed", "task_assigned")
    return entry.at if entry else None


def _since(instance: ProcessInstance) -> str:
    entry = db.session.scalars(
        select(JournalEntry)
        .where(
            JournalEntry.chain == f"case:{instance.id}",
            JournalEntry.action == "case_suspended",
        )
        .order_by(JournalEntry.seq.desc())
        .limit(1)
    ).first()
    who = db.session.get(Person, entry.actor_id) if entry and entry.actor_id else None
    by = f" par {who.name}" if who else ""
    return f"depuis {_at(instance.suspended_at)}{by}"


def _last(task: UserTask, *actions: str) -> JournalEntry | None:
    """The last such act on a task: its case's journal is short, and read from its end."""
    chain = f"case:{task.instance_id}"
    return next(
        (
            entry
            for entry in journal.latest(chain, 50)
            if entry.action in actions and entry.detail.get("task") == str(task.id)
        ),
        None,
    )


def _at(moment: datetime | None) -> str:
    if moment is None:
        return "entre-temps"
    return f"le {moment.astimezone(clock.PARIS):%d/%m/%Y à %H:%M}"
