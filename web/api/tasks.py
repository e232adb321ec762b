"""Tasks: those that the key's roles give to do, claimed, released and completed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from flask_babel import gettext as _
from pydantic import Field
from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import joinedload

from connectors import StoredFile
from engine import merging, worklist
from engine.access import allowed, require
from engine.api_keys import TASKS_READ, TASKS_WRITE
from engine.commands import drafts, tasks
from engine.directory import APPLICANT
from engine.documents import Document, Draft, digests_in
from engine.models import IS_OPEN, UserTask, db
from engine.worklist import Wanted
from web import filling
from web import receiving as files
from web.api import answering, cursors, keyed, receiving, refusals
from web.api.declaring import operation
from web.api.definitions import questions
from web.api.drafts import NewValues
from web.api.problems import Problem
from web.api.shapes import Key, Listing, Page, plain_text
from web.api.telling import Task, TaskInFull
from web.api.telling import tasks as told

TAG = "Tâches"

BASKETS = {
    "available": worklist.TO_TAKE, "mine": worklist.MINE, "team": worklist.TEAM,
    "late": worklist.LATE,
}  # fmt: skip
ORDERS = {
    "urgency": worklist.URGENCY, "oldest": worklist.OLDEST, "newest": worklist.NEWEST,
}  # fmt: skip
DUES = {"overdue": worklist.OVERDUE, "week": worklist.WEEK, "month": worklist.MONTH,
        "none": worklist.NEVER}  # fmt: skip


class TasksAsked(Listing):
    """Which tasks, in which order."""

    basket: Literal["available", "mine", "team", "late"] = "available"
    procedure: Key | None = None
    step: Annotated[str, plain_text(200), Field(description="With `procedure`.")] | None = (
        None
    )
    due: Literal["overdue", "week", "month", "none"] | None = None
    order: Literal["urgency", "oldest", "newest"] = "urgency"


@operation(
    "GET", "/tasks", TASKS_READ, tag=TAG, summary="Lister les tâches",
    about="Les tâches ouvertes d’une corbeille, les plus urgentes d’abord. La clé d’une entreprise liste ce qui est attendu d’elle. `due` et `late` se lisent dans l’ordre de l’urgence.",
)  # fmt: skip
def list_tasks(query: TasksAsked) -> Page[Task]:
    """The open tasks of a basket, the most urgent first.

    A company's key lists what is awaited of the company, whatever the basket. `due` and
    `late` are read in the order of urgency.
    """
    order = ORDERS[query.order]
    if query.due or query.basket == "late":
        order = worklist.URGENCY
    after = cursors.read(query.cursor, str, datetime, datetime, UUID)
    if after is not None and after[0] != order:
        after = cursors.read("", str)  # a cursor of another order leads nowhere
    branches = _branches(query, order, after[1:] if after else None)
    if not branches:
        return Page(items=[], next=None)
    rows = (
        select(UserTask)
        .where(UserTask.id.in_(merging.first_ids(branches, query.limit + 1)))
        .order_by(*worklist.order(order))
        .limit(query.limit + 1)
        .options(joinedload(UserTask.instance))
    )
    found = list(db.session.scalars(rows).unique())
    shown, following = cursors.cut(
        found, query, lambda last: (order, last.due_at, last.opened_at, last.id)
    )
    return Page(items=[Task(**one) for one in told(shown)], next=following)


def _branches(
    query: TasksAsked, order: str, after: Sequence[Any] | None
) -> list[Select[UUID]]:
    """Queries that each follow one index, from a place on."""
    actor = keyed.actor()
    if actor.handles_cases:
        wanted = Wanted(
            BASKETS[query.basket],
            key=query.procedure or "",
            step=query.step or "",
            due=DUES[query.due] if query.due else "",
            order=order,
        )
        begun = worklist.branches(wanted, actor)
    else:
        begun = [_awaited(query, order)]
    if after is None:
        return begun
    return [one for branch in begun for one in _following(branch, order, after)]


def _awaited(query: TasksAsked, order: str) -> Select[UUID]:
    row = UserTask
    asked = select(row.id).where(
        row.organisation_id == keyed.key().organisation_id, row.role == APPLICANT, IS_OPEN
    )
    if query.procedure:
        asked = asked.where(row.key == query.procedure)
    return asked.order_by(*worklist.order(order))


def _following(
    branch: Select[UUID], order: str, after: Sequence[Any]
) -> list[Select[UUID]]:
    """A branch from a place on: those with a due date, then those without."""
    row, (due, opened, last) = UserTask, after
    place = tuple_(row.opened_at, row.id)
    here = tuple_(opened, last)
    if order == worklist.OLDEST:
        return [branch.where(place > here)]
    if order == worklist.NEWEST:
        return [branch.where(place < here)]
    if due is None:
        return [branch.where(row.due_at.is_(None), place > here)]
    dated = tuple_(row.due_at, row.opened_at, row.id) > tuple_(due, opened, last)
    return [branch.where(dated), branch.where(row.due_at.is_(None))]


@operation(
    "GET", "/tasks/{task_id}", TASKS_READ, tag=TAG, problems=(404,), summary="Lire une tâche",
    about="Une tâche et son formulaire, avec ce qui a déjà été tapé ou est proposé.",
)  # fmt: skip
def get_task(task_id: UUID) -> TaskInFull:
    """A task and its form, with what was typed so far or is proposed."""
    return _in_full(readable(task_id))


@operation(
    "POST", "/tasks/{task_id}/claim", TASKS_WRITE, tag=TAG, problems=(404, 409),
    summary="Prendre une tâche",
    about="Prend une tâche dans les mains de la clé ; fait deux fois, rien ne change.",
)  # fmt: skip
def claim_task(task_id: UUID) -> TaskInFull:
    """Take a task into the key's hands; done twice, it changes nothing."""
    tasks.claim(readable(task_id).id, actor=keyed.actor())
    return _in_full(readable(task_id))


@operation(
    "POST", "/tasks/{task_id}/release", TASKS_WRITE, tag=TAG, problems=(404, 409),
    summary="Remettre une tâche",
    about="Remet une tâche prise par la clé là où les autres de son rôle peuvent la prendre.",
)  # fmt: skip
def release_task(task_id: UUID) -> TaskInFull:
    """Put a task that the key has taken back where the others of its role can take it."""
    tasks.release(readable(task_id).id, actor=keyed.actor())
    return _in_full(readable(task_id))


@operation(
    "POST", "/tasks/{task_id}/completion", TASKS_WRITE, tag=TAG, status=204,
    repeatable=True, multipart=True, problems=(404, 409, 413, 423, 503),
    summary="Terminer une tâche", example={"values": {}},
    about="Donne les réponses au formulaire d’une tâche, et laisse le dossier avancer.",
)  # fmt: skip
def complete_task(task_id: UUID, body: NewValues) -> None:
    """Give the answers to a task's form, and let the case go on."""
    complete(readable(task_id), body.values, receiving.files())


def readable(task_id: UUID) -> UserTask:
    """A task that the key's roles show. Raises Problem."""
    return refusals.found(UserTask, task_id)


def complete(
    task: UserTask, values: answering.Values, sent: Mapping[str, list[StoredFile]]
) -> None:
    """Judge the answers to a task and complete it. Raises Problem, Forbidden, EngineError."""
    actor, form = keyed.actor(), filling.form_of(task)
    require(actor, "claim", task)  # whoever only sees it learns nothing of its form
    if task.signature:
        sentence = _("Cette tâche se signe : une personne doit la faire.")
        raise Problem(403, "signature", sentence)
    answering.with_files(values, sent)
    held = _held(task.id)
    reading = answering.judged(form, values, filling.context_of(task), held=held)
    clean = answering.checked(reading) if task.status == "open" else {}
    task_id, applies = task.id, task.role == APPLICANT
    if any(True for _ in digests_in(clean)):
        draft_id = drafts.open_for_task(task_id, actor=actor, values=clean)
        answering.attach(draft_id, form, clean, actor)
    origin = "applicant" if applies else "officer"
    tasks.complete(task_id, clean, actor=actor, origin=origin)


def _held(task_id: UUID) -> Any:
    asked = select(Document).join(Draft, Draft.id == Document.draft_id)
    rows = db.session.scalars(asked.where(Draft.task_id == task_id))
    return [files.reference(one) for one in rows]


def _in_full(task: UserTask) -> TaskInFull:
    actor, form = keyed.actor(), filling.form_of(task)
    mine = task.status == "open" and not task.signature and allowed(actor, "complete", task)
    filled = None
    if form is not None and mine:
        draft = db.session.scalars(select(Draft).where(Draft.task_id == task.id)).first()
        filled = filling.of_draft(draft) if draft else filling.of_task(task, form)
    return TaskInFull(
        **told([task])[0],
        may_claim=task.status == "open" and allowed(actor, "claim", task),
        may_complete=mine,
        values=dict(filled.values) if filled else {},
        form=form.json_schema() if form else None,
        questions=questions(form),
    )
