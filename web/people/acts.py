"""Take a task, hand it over, put it off: the buttons of its page besides the answer."""

from collections.abc import Mapping
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_date
from flask_babel import gettext as _

from engine.access import allowed, require
from engine.clock import PARIS
from engine.commands import assigning, tasks
from engine.directory import Person
from engine.errors import (
    Busy,
    CannotHold,
    EngineError,
    FollowUpRefused,
    MotiveMissing,
    NotWaiting,
    TaskNotOpen,
    TaskTaken,
)
from engine.models import UserTask, db
from web import undo
from web.auth import current_actor, guard
from web.inbox import views
from web.inbox.too_late import BUSY, too_late
from web.people import moments
from web.typed import text

bp = Blueprint("acts", __name__)


@bp.post("/taches/<uuid:task_id>/attribution")
@guard("see", UserTask, "task_id")
def assign(task_id: UUID) -> ResponseReturnValue:
    """Give a task to somebody of its role, with a reason."""
    if refusal := _meanwhile(task_id, "assign"):
        return refusal
    to, seen = _person("a"), _person("vu")
    if to is None:
        problem = _("Attribuer à : choisissez une personne dans la liste.")
        return _again(task_id, "attribuer", {"a": problem})
    try:
        act = assigning.assign(
            task_id,
            to,
            actor=current_actor(),
            motive=text(request.form, "motif"),
            seen=seen,
        )
    except MotiveMissing:
        problem = _("Motif : dites en une phrase pourquoi cette tâche change de mains.")
        return _again(task_id, "attribuer", {"motif": problem})
    except CannotHold:
        problem = _("Attribuer à : cette personne n’a pas, ou n’a plus, le rôle demandé.")
        return _again(task_id, "attribuer", {"a": problem})
    except EngineError as refused:
        return _refused(task_id, refused)
    person = db.session.get_one(Person, to)
    if act:
        undo.told(
            _("%(who)s a maintenant cette tâche.", who=person.name), "task", task_id, act
        )
    return redirect(url_for("inbox.show", task_id=task_id))


@bp.post("/taches/<uuid:task_id>/reprise")
@guard("see", UserTask, "task_id")
def hand_back(task_id: UUID) -> ResponseReturnValue:
    """A head puts a task back for the others of the role, with a reason."""
    try:
        act = tasks.release(
            task_id, actor=current_actor(), motive=text(request.form, "motif")
        )
    except MotiveMissing:
        problem = _("Motif : dites en une phrase pourquoi vous la remettez à tous.")
        return _again(task_id, "remettre", {"motif": problem})
    except EngineError as refused:
        return _refused(task_id, refused)
    undo.told(_("La tâche est remise dans la corbeille commune."), "task", task_id, act)
    return redirect(url_for("inbox.show", task_id=task_id))


@bp.post("/taches/<uuid:task_id>/report")
@guard("see", UserTask, "task_id")
def snooze(task_id: UUID) -> ResponseReturnValue:
    """Put a task off until a day, or until something happens before it."""
    if refusal := _meanwhile(task_id, "snooze"):
        return refusal
    try:
        until = moments.start(text(request.form, "jusqu_au"))
        act = assigning.snooze(
            task_id, until, request.form.get("evenement", ""), actor=current_actor()
        )
    except moments.Unreadable:
        problem = _("Reporter au : indiquez un jour, par exemple 31/12/2026.")
        return _again(task_id, "reporter", {"jusqu_au": problem})
    except FollowUpRefused as refused:
        return _again(task_id, "reporter", _follow_up_problem(task_id, refused))
    except EngineError as refused:
        return _refused(task_id, refused)
    sentence = _(
        "Reportée : elle reviendra le %(day)s.", day=format_date(until.date(), "full")
    )
    undo.told(sentence, "task", task_id, act)
    return redirect(url_for("inbox.index"))


@bp.post("/taches/<uuid:task_id>/retour")
@guard("see", UserTask, "task_id")
def resume(task_id: UUID) -> ResponseReturnValue:
    """Have a task that was put off to do again."""
    try:
        act = assigning.resume(task_id, actor=current_actor())
    except EngineError as refused:
        return _refused(task_id, refused)
    if act:
        undo.told(_("Cette tâche est de nouveau à faire."), "task", task_id, act)
    return redirect(url_for("inbox.show", task_id=task_id))


def _follow_up_problem(task_id: UUID, refused: FollowUpRefused) -> dict[str, str]:
    if refused.why == "event":
        return {"evenement": str(_("Choisissez l’évènement dans la liste."))}
    if refused.why == "past":
        tomorrow = _("Reporter au : choisissez un jour à venir, à partir de demain.")
        return {"jusqu_au": str(tomorrow)}
    due = db.session.get_one(UserTask, task_id).due_at
    day = format_date(due.astimezone(PARIS), "long") if due else ""
    late = _(
        "Reporter au : l’échéance est le %(day)s et le délai continue de courir. "
        "Choisissez un jour avant.",
        day=day,
    )
    return {"jusqu_au": str(late)}


def _again(task_id: UUID, asked: str, errors: Mapping[str, str]) -> ResponseReturnValue:
    """The task's page with what was typed and what to put right."""
    db.session.rollback()
    typed = {name: text(request.form, name) for name in request.form}
    return views.again(task_id, asked=asked, typed=typed, errors=errors), 422


def _meanwhile(task_id: UUID, act: str) -> ResponseReturnValue | None:
    """Who was faster, before what was typed is judged; 403 for whoever never might."""
    actor, task = current_actor(), db.session.get_one(UserTask, task_id)
    try:
        if task.status != "open":
            raise TaskNotOpen(tasks.name_of(task.completed_by), task.completed_at)
        if not allowed(actor, act, task):
            tasks.not_taken(task, actor)
            require(actor, act, task)
    except EngineError as refused:
        return _refused(task_id, refused)
    return None


def _refused(task_id: UUID, refused: EngineError) -> ResponseReturnValue:
    """Say what happened meanwhile, and give the reason back that was written."""
    back = url_for("inbox.show", task_id=task_id)
    return too_late(sentence(refused), back, labels={"motif": _("Motif")})


def sentence(refused: EngineError) -> str:
    """What happened meanwhile, for people."""
    match refused:
        case TaskTaken():
            return str(_("%(who)s a pris cette tâche en charge.", who=refused.who))
        case TaskNotOpen(who=str() as who):
            return str(_("%(who)s a déjà terminé cette tâche.", who=who))
        case NotWaiting():
            return str(_("Personne n’a cette tâche en charge."))
        case Busy():
            return str(BUSY)
        case _:
            return str(
                _("Cette tâche n'est plus à faire : la procédure a suivi un autre chemin.")
            )


def _person(name: str) -> UUID | None:
    try:
        return UUID(request.form.get(name, ""))
    except ValueError:
        return None
