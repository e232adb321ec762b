"""What is being typed in a task's form: kept by itself, put together with a colleague's."""

from datetime import datetime
from uuid import UUID

from flask import Blueprint, abort, flash, jsonify, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from engine.access import Actor, allowed
from engine.clock import PARIS
from engine.commands import drafts
from engine.documents import Draft
from engine.errors import EngineError, StaleDraft, TaskNotOpen, TaskTaken
from engine.models import UserTask, db
from web import filling
from web.auth import current_actor, guard
from web.filling import Overtaken
from web.inbox import conflict
from web.inbox.too_late import name_of, sentence_of, too_late

bp = Blueprint("drafting", __name__)


@bp.post("/taches/<uuid:task_id>/brouillon")
@guard("see", UserTask, "task_id")
def keep(task_id: UUID) -> ResponseReturnValue:
    """Keep what is being typed, without leaving the page: JSON for a script."""
    task, actor = db.session.get_one(UserTask, task_id), current_actor()
    form = filling.form_of(task) or abort(404)
    try:
        may_type(task, actor)
        start = filling.of_task(task, form).values
        draft_id = drafts.open_for_task(task_id, actor=actor, values=start)
        draft = db.session.get_one(Draft, draft_id)
        filling.receive(draft, index=None, actor=actor, strict=False)
    except StaleDraft as stale:
        told = _(
            "%(who)s a modifié cette saisie à %(time)s. Enregistrez pour voir ce qui a changé.",
            who=stale.who,
            time=hour(stale.when),
        )
        return jsonify(told=str(told)), 409
    except EngineError as failure:
        db.session.rollback()
        return jsonify(told=sentence_of(failure, task_id)), 409
    kept = db.session.get_one(Draft, draft_id, populate_existing=True)
    told = _("Brouillon enregistré à %(time)s", time=hour(kept.updated_at))
    return jsonify(told=str(told), rev=kept.rev)


@bp.post("/taches/<uuid:task_id>/fusion")
@guard("see", UserTask, "task_id")
def merge(task_id: UUID) -> ResponseReturnValue:
    """Put one's answers and a colleague's together, as one has chosen, and go on."""
    task, actor = db.session.get_one(UserTask, task_id), current_actor()
    form = filling.form_of(task) or abort(404)
    back = url_for("inbox.show", task_id=task_id)
    try:
        may_type(task, actor)
        of_task = select(Draft).where(Draft.task_id == task_id)
        draft = db.session.scalars(of_task).first() or abort(404)
        conflict.resolve(task, form, draft, actor)
    except Overtaken as again:
        return show(task_id, again)
    except EngineError as failure:
        db.session.rollback()
        return too_late(sentence_of(failure, task_id), back, form, task_id=task_id)
    flash(_("Vos réponses et celles de votre collègue sont réunies ici."), "success")
    return redirect(back)


def show(task_id: UUID, overtaken: Overtaken) -> ResponseReturnValue:
    """The page on which two people's answers are put together."""
    db.session.rollback()
    task = db.session.get_one(UserTask, task_id)
    form = filling.form_of(task) or abort(404)
    draft = db.session.scalars(select(Draft).where(Draft.task_id == task_id)).one()
    return conflict.page(
        task, form, draft, overtaken.mine, rev=overtaken.rev, files=overtaken.files
    )


def may_type(task: UserTask, actor: Actor) -> None:
    """Turn away whoever cannot fill in a task. Raises TaskNotOpen, TaskTaken."""
    if task.status != "open":
        raise TaskNotOpen(name_of(task.completed_by), task.completed_at)
    if not allowed(actor, "complete", task):
        if task.assignee_id is not None and not actor.has_in_hand(task):
            raise TaskTaken(name_of(task.assignee_id) or "")
        abort(403)


def hour(at: datetime) -> str:
    """The time of day as it is said: 10 h 32."""
    local = at.astimezone(PARIS)
    return f"{local:%H} h {local:%M}".removeprefix("0")
