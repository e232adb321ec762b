"""The inbox of those who handle cases, and the page of one task, whoever it is for."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import NoResultFound

from engine import presence
from engine.access import Actor, allowed
from engine.commands import drafts, tasks
from engine.directory import APPLICANT, Organisation
from engine.documents import Draft
from engine.errors import (
    Busy,
    EngineError,
    MotiveMissing,
    TaskNotOpen,
    TaskSuspended,
    TaskTaken,
)
from engine.models import UserTask, db
from engine.worklists import habits
from forms import Form, Reading
from web import filling, undo
from web.auth import current_actor, guard
from web.cases import reading as case_reading
from web.filling import Overtaken
from web.inbox import around, drafting, reading, why
from web.inbox.too_late import closed_sentence, name_of, sentence_of, too_late
from web.navigation import Item, offer
from web.people import acting

bp = Blueprint("inbox", __name__)


@offer(bp)
def navigation(actor: Actor) -> Iterable[Item]:
    """Whoever handles cases has an inbox."""
    if actor.handles_cases:
        yield Item(
            _("Corbeille"),
            "inbox.index",
            icon="inbox",
            about=_("Les tâches qui vous attendent, les plus urgentes d’abord."),
        )


@bp.get("/taches/<uuid:task_id>")
@guard("see", UserTask, "task_id")
def show(task_id: UUID) -> ResponseReturnValue:
    """A task with its form and its case; what became of it when it is closed.

    One that has a room of its own is done there.
    """
    task = db.session.get_one(UserTask, task_id)
    return redirect(_in_its_room(task)) if task.page else _show(task)


def _in_its_room(task: UserTask) -> str:
    return f"/{task.page}/taches/{task.id}"


@bp.post("/taches/<uuid:task_id>/prise-en-charge")
@guard("claim", UserTask, "task_id")
def claim(task_id: UUID) -> ResponseReturnValue:
    """Take a task, or be told who has it."""
    try:
        act = tasks.claim(task_id, actor=current_actor())
    except TaskTaken as taken:
        flash(_("%(who)s a déjà pris cette tâche en charge.", who=taken.who), "warning")
    except TaskNotOpen as closed:
        flash(closed_sentence(closed.who), "warning")
    else:
        if act:
            told = _(
                "Cette tâche est à vous : vos collègues voient que vous vous en occupez."
            )
            undo.told(told, "task", task_id, act)
    return redirect(url_for(".show", task_id=task_id, liste=around.query() or None))


@bp.post("/taches/<uuid:task_id>/remise")
@guard("see", UserTask, "task_id")
def release(task_id: UUID) -> ResponseReturnValue:
    """Put a task back for the others of the role."""
    try:
        act = tasks.release(task_id, actor=current_actor())
    except TaskNotOpen as closed:
        flash(closed_sentence(closed.who), "warning")
    except MotiveMissing:
        return again(task_id, asked="remettre"), 422
    else:
        undo.told(_("La tâche est remise dans la corbeille commune."), "task", task_id, act)
    return redirect(url_for(".index"))


@bp.post("/taches/<uuid:task_id>")
@guard("see", UserTask, "task_id")
def save(task_id: UUID) -> ResponseReturnValue:
    """Keep what the task's form holds; complete the task if asked and if all is right."""
    actor = current_actor()
    task = db.session.get_one(UserTask, task_id)
    if task.page:
        return redirect(_in_its_room(task), 303)
    form = filling.form_of(task)
    try:
        return _save(task, form, actor)
    except Overtaken as overtaken:
        return drafting.show(task_id, overtaken)
    except NoResultFound:  # the draft goes with its task, at any moment
        failure: EngineError = TaskNotOpen()
    except (TaskNotOpen, TaskTaken, TaskSuspended, Busy) as refused:
        failure = refused
    db.session.rollback()
    back = url_for(".show", task_id=task_id)
    return too_late(sentence_of(failure, task_id), back, form, task_id=task_id)


def _save(task: UserTask, form: Form | None, actor: Actor) -> ResponseReturnValue:
    drafting.may_type(task, actor)
    if form is None:
        return _complete(task, {}, actor)
    start = filling.of_task(task, form).values
    draft_id = drafts.open_for_task(task.id, actor=actor, values=start)
    draft = db.session.get_one(Draft, draft_id)
    submitted = "_submit" in request.form
    outcome = filling.receive(draft, index=None, actor=actor, strict=submitted)
    task = db.session.get_one(UserTask, task.id)
    if outcome.stay or outcome.errors:
        return _show(task, outcome), 422 if outcome.errors else 200
    if not submitted:
        flash(_("Votre saisie est gardée."), "success")
        return redirect(url_for(".show", task_id=task.id, liste=around.query() or None))
    judged = filling.of_draft(db.session.get_one(Draft, draft_id)).judged()
    if judged.errors:
        return _show(task, judged), 422
    return _complete(task, judged.values, actor)


def _complete(task: UserTask, values: dict[str, Any], actor: Actor) -> ResponseReturnValue:
    applicant = task.role == APPLICANT
    case_id, name = task.instance_id, task.name
    place = None if applicant else around.of(task.id, actor)
    tasks.complete(
        task.id, values, actor=actor, origin="applicant" if applicant else "officer"
    )
    flash(_("« %(name)s » : c'est fait.", name=name), "success")
    if applicant:
        return redirect(url_for("portal.follow", case_id=case_id))
    return redirect(around.after(place, actor))


def again(task_id: UUID, **refused: Any) -> str:
    """The page of a task, with an act on it that was refused: what was typed, and why."""
    task = db.session.get_one(UserTask, task_id)
    return _show(task, offered=replace(acting.on(task, current_actor()), **refused))


def _show(
    task: UserTask, outcome: Reading | None = None, offered: acting.Acts | None = None
) -> str:
    actor = current_actor()
    mine = task.status == "open" and allowed(actor, "complete", task)
    form = filling.form_of(task)
    draft = db.session.scalars(select(Draft).where(Draft.task_id == task.id)).first()
    view = None
    if mine and form is not None:
        filled = filling.of_draft(draft) if draft else filling.of_task(task, form)
        view = filled.view(None, outcome)
    return render_template(
        "inbox/task.html",
        task=task,
        page=case_reading.page(reading.case_of(task), actor),
        mine=mine,
        asks=form is not None,
        acts=offered or acting.on(task, actor),
        task_events=acting.EVENTS,
        assignee=name_of(task.assignee_id),
        closed_by=name_of(task.completed_by),
        view=view,
        rev=draft.rev if draft else 0,
        kept_at=drafting.hour(draft.updated_at) if draft and draft.rev else "",
        typing=presence.typing(task, actor.person_id),
        role=case_reading.role_name(task),
        body=db.session.get_one(Organisation, task.organisation_id),
        for_applicant=task.role == APPLICANT,
        around=None if task.role == APPLICANT else around.of(task.id, actor),
        liste=around.query() or None,
        habits=habits(actor.person_id) if actor.person_id else None,
        why=None if task.role == APPLICANT else why.of(task, actor),
    )
