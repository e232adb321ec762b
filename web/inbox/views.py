"""The inbox of those who handle cases, and the page of one task, whoever it is for."""

from collections.abc import Iterable
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from engine.access import Actor, allowed
from engine.commands import drafts, tasks
from engine.directory import APPLICANT, Person
from engine.documents import Draft
from engine.errors import StaleDraft, TaskNotOpen, TaskTaken
from engine.models import UserTask, db
from forms import Reading
from web import filling
from web.auth import current_actor, guard
from web.cases import reading as case_reading
from web.inbox import reading
from web.navigation import Item, offer

bp = Blueprint("inbox", __name__)


@offer(bp)
def navigation(actor: Actor) -> Iterable[Item]:
    """Whoever handles cases has an inbox."""
    if actor.handles_cases:
        yield Item(_("Corbeille"), "inbox.index", icon="inbox")


@bp.get("/corbeille/")
@guard("handle")
def index() -> ResponseReturnValue:
    """One basket of one's tasks, the most urgent first."""
    actor = current_actor()
    baskets = reading.baskets(actor)
    asked = request.args.get("panier")
    by_name = {b.name: b for b in baskets}
    if asked is not None and asked not in by_name:
        abort(404)
    full = next(
        (b.name for b in baskets if b.name in {"a-moi", "a-prendre"} and b.count), None
    )
    basket = by_name[asked or full or "a-prendre"]
    page = reading.tasks(actor, basket.name, request.args.get("page", 1, type=int))
    return render_template("inbox/index.html", baskets=baskets, basket=basket, page=page)


@bp.get("/taches/<uuid:task_id>")
@guard("see", UserTask, "task_id")
def show(task_id: UUID) -> ResponseReturnValue:
    """A task with its form and its case; what became of it when it is closed."""
    return _show(db.session.get_one(UserTask, task_id))


@bp.post("/taches/<uuid:task_id>/prise-en-charge")
@guard("claim", UserTask, "task_id")
def claim(task_id: UUID) -> ResponseReturnValue:
    """Take a task, or be told who has it."""
    try:
        tasks.claim(task_id, actor=current_actor())
    except TaskTaken as taken:
        flash(_("%(who)s a déjà pris cette tâche en charge.", who=taken.who), "warning")
    except TaskNotOpen as closed:
        flash(_closed_sentence(closed), "warning")
    return redirect(url_for(".show", task_id=task_id))


@bp.post("/taches/<uuid:task_id>/remise")
@guard("see", UserTask, "task_id")
def release(task_id: UUID) -> ResponseReturnValue:
    """Put a task back for the others of the role."""
    try:
        tasks.release(task_id, actor=current_actor())
    except TaskNotOpen as closed:
        flash(_closed_sentence(closed), "warning")
    else:
        flash(_("La tâche est remise dans la corbeille commune."), "success")
    return redirect(url_for(".index"))


@bp.post("/taches/<uuid:task_id>")
@guard("see", UserTask, "task_id")
def save(task_id: UUID) -> ResponseReturnValue:
    """Keep a page of the task's form; complete the task if asked and if all is right."""
    actor = current_actor()
    try:
        return _save(db.session.get_one(UserTask, task_id), actor)
    except TaskNotOpen as closed:
        return _too_late(task_id, _closed_sentence(closed))
    except TaskTaken as taken:
        sentence = _("%(who)s a pris cette tâche en charge entre-temps.", who=taken.who)
        return _too_late(task_id, sentence)
    except StaleDraft as stale:
        sentence = _(
            "%(who)s a modifié cette saisie entre-temps. Relisez, puis recopiez ce qui manque.",
            who=stale.who,
        )
        return _too_late(task_id, sentence)


def _save(task: UserTask, actor: Actor) -> ResponseReturnValue:
    if not allowed(actor, "complete", task):
        if task.assignee_id not in {None, actor.person_id}:
            who = db.session.get(Person, task.assignee_id)
            raise TaskTaken(who.name if who else "")
        abort(403)
    if filling.form_of_task(task) is None:
        return _complete(task, {}, actor)
    defaults = filling.prefilled_task(task)
    draft_id = drafts.open_for_task(task.id, actor=actor, values=defaults)
    draft = db.session.get_one(Draft, draft_id)
    wizard = filling.Wizard(draft)
    index = wizard.check_page(request.args.get("page", 1, type=int) - 1)
    strict = bool({"_next", "_complete"} & set(request.form))
    outcome = filling.receive(draft, page=index, actor=actor, strict=strict)
    task = db.session.get_one(UserTask, task.id)
    if outcome.stay or outcome.errors:
        return _show(task, outcome, index), 422 if outcome.errors else 200
    wizard = filling.Wizard(db.session.get_one(Draft, draft_id))
    if "_complete" in request.form:
        judged = wizard.judged()
        if not judged.errors:
            return _complete(task, judged.values, actor)
        wrong = wizard.first_wrong_page(judged)
        return _show(task, judged, wrong), 422
    if "_leave" in request.form:
        flash(_("Votre saisie est gardée."), "success")
        return redirect(url_for("portal.index" if task.role == APPLICANT else ".index"))
    target = wizard.after(index, back="_previous" in request.form)
    page = index if target is None else target
    return redirect(url_for(".show", task_id=task.id, page=page + 1))


def _complete(
    task: UserTask, values: dict[str, object], actor: Actor
) -> ResponseReturnValue:
    applicant = task.role == APPLICANT
    case_id, name = task.instance_id, task.name
    tasks.complete(
        task.id, values, actor=actor, origin="applicant" if applicant else "officer"
    )
    flash(_("« %(name)s » : c'est fait.", name=name), "success")
    if applicant:
        return redirect(url_for("portal.follow", case_id=case_id))
    following = reading.next_task(actor)
    if following is not None:
        return redirect(url_for(".show", task_id=following.id))
    return redirect(url_for(".index"))


def _show(task: UserTask, outcome: Reading | None = None, index: int | None = None) -> str:
    actor = current_actor()
    mine = task.status == "open" and allowed(actor, "complete", task)
    wizard = filling.Wizard(_draft(task) or filling.blank_draft(task))
    number = wizard.check_page(
        index if index is not None else request.args.get("page", 1, type=int) - 1
    )
    return render_template(
        "inbox/task.html",
        task=task,
        page=case_reading.page(reading.case_of(task), actor),
        mine=mine,
        held=task.assignee_id == actor.person_id,
        assignee=db.session.get(Person, task.assignee_id) if task.assignee_id else None,
        closed_by=db.session.get(Person, task.completed_by) if task.completed_by else None,
        wizard=wizard,
        number=number + 1,
        view=wizard.view(number, outcome) if mine and wizard.form else None,
        for_applicant=task.role == APPLICANT,
    )


def _draft(task: UserTask) -> Draft | None:
    return db.session.scalars(select(Draft).where(Draft.task_id == task.id)).first()


def _too_late(task_id: UUID, sentence: str) -> ResponseReturnValue:
    """Say what happened meanwhile, and give back everything that was typed."""
    typed = {
        name: request.form.getlist(name)
        for name in request.form
        if not name.startswith(("_", "csrf"))
    }
    task = db.session.get_one(UserTask, task_id)
    page = render_template("inbox/too_late.html", task=task, sentence=sentence, typed=typed)
    return page, 409


def _closed_sentence(closed: TaskNotOpen) -> str:
    if closed.who is None:
        return _("Cette tâche n'est plus à faire : la procédure a suivi un autre chemin.")
    return _("%(who)s a déjà terminé cette tâche.", who=closed.who)
