"""Several folders of a desk at once: looked at, then approved or refused one by one.

A tray shows twenty-five folders; each act is a transaction of its own, and says what became
of its folder. Signing many has pages of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import joinedload

from engine.access import Forbidden
from engine.errors import Busy, TaskNotOpen, TaskSuspended, TaskTaken
from engine.models import ProcessInstance, UserTask, db
from web.auth import current_actor, guard
from web.inbox.too_late import sentence_of
from web.parapheur import words
from web.security import safe
from web.typed import clean, text
from workflows.parapheur import acts, metadata
from workflows.parapheur.acts import ActRefused
from workflows.parapheur.models import Desk, Folder
from workflows.parapheur.standings import folder_of

bp = Blueprint("parapheur_together", __name__, url_prefix="/parapheur")
bp.context_processor(lambda: {"words": words})

MOST = 50
ACTS = ("viser", "refuser")


@dataclass(frozen=True)
class Chosen:
    """A task chosen, its folder, and why it does not suit the act (nothing: it does)."""

    task: UserTask
    folder: Folder
    number: str
    problem: str = ""


@dataclass(frozen=True)
class Result:
    """What became of a folder; `problem` is empty when it was done."""

    folder_id: UUID
    title: str
    number: str
    problem: str


@bp.post("/bureaux/<uuid:desk_id>/ensemble/apercu")
@guard("sit", Desk, "desk_id")
def preview(desk_id: UUID) -> ResponseReturnValue:
    """The folders chosen, before anything is done to them."""
    desk, act = db.session.get_one(Desk, desk_id), request.form.get("acte", "")
    chosen = _chosen(desk, act)
    if act not in ACTS or not chosen:
        flash(_("Cochez au moins un dossier, puis choisissez quoi en faire."), "warning")
        return redirect(_back(desk))
    return _previewed(desk, act, chosen, {})


@bp.post("/bureaux/<uuid:desk_id>/ensemble")
@guard("sit", Desk, "desk_id")
def do(desk_id: UUID) -> ResponseReturnValue:
    """Approve or refuse them, each on its own; a page tells what became of each."""
    desk, act = db.session.get_one(Desk, desk_id), request.form.get("acte", "")
    chosen = [one for one in _chosen(desk, act) if not one.problem]
    note, reason = text(request.form, "note"), text(request.form, "motif")
    if act == "refuser" and not reason:
        told = {"motif": _("Motif du refus : dites pourquoi en une phrase.")}
        return _previewed(desk, act, _chosen(desk, act), told), 422
    actor = current_actor()
    perform: dict[str, Callable[[UUID], Any]] = {
        "viser": lambda task: acts.approve(task, actor=actor, note=note),
        "refuser": lambda task: acts.refuse(task, actor=actor, reason=reason),
    }
    if act not in perform or not chosen:
        flash(_("Il ne reste aucun dossier à traiter ainsi."), "warning")
        return redirect(_back(desk))
    known = [
        (one.task.id, one.folder.instance_id, one.folder.title, one.number)
        for one in chosen
    ]
    back, title = _back(desk), desk.name
    results = [
        Result(folder_id, name, number, _told(perform[act], task_id))
        for task_id, folder_id, name, number in known
    ]
    return render_template(
        "parapheur/together_done.html",
        results=results,
        done=sum(not one.problem for one in results),
        act=act,
        desk_name=title,
        desk_id=desk_id,
        back=back,
    )


def _told(perform: Callable[[UUID], Any], task_id: UUID) -> str:
    """Do it; why it could not be done, in a sentence."""
    try:
        perform(task_id)
    except ActRefused as refused:
        problem = str(refused)
    except (TaskNotOpen, TaskTaken, TaskSuspended, Busy) as late:
        db.session.rollback()
        problem = str(sentence_of(late, task_id))
    except (Forbidden, NoResultFound):
        problem = _("Ce dossier n’est plus à votre bureau.")
    else:
        return ""
    db.session.rollback()
    return problem


def _previewed(desk: Desk, act: str, chosen: list[Chosen], errors: dict[str, str]) -> str:
    return render_template(
        "parapheur/together.html",
        desk=desk,
        act=act,
        chosen=chosen,
        able=sum(not one.problem for one in chosen),
        errors=errors,
        typed=clean(request.form),
        back=_back(desk),
    )


def _chosen(desk: Desk, act: str) -> list[Chosen]:
    """The tasks ticked that are this desk's, with their folders."""
    ids = list[UUID]()
    for said in request.form.getlist("tache")[:MOST]:
        try:
            ids.append(UUID(said))
        except ValueError:
            continue
    rows = (
        select(UserTask)
        .where(
            UserTask.id.in_(ids),
            UserTask.organisation_id == desk.organisation_id,
            UserTask.role == desk.role,
            UserTask.page == "parapheur",
        )
        .options(joinedload(UserTask.instance, innerjoin=True))
    )
    tasks = {task.id: task for task in db.session.scalars(rows)}
    wanted = {folder_of(task.instance) for task in tasks.values()}
    folders = {
        folder.instance_id: (folder, number)
        for folder, number in db.session.execute(
            select(Folder, ProcessInstance.number)
            .join(ProcessInstance, ProcessInstance.id == Folder.instance_id)
            .where(Folder.instance_id.in_(wanted))
            .options(joinedload(Folder.subtype, innerjoin=True))
        )
    }
    found = []
    for one in ids:
        task = tasks.get(one)
        known = folders.get(folder_of(task.instance)) if task else None  # type: ignore[arg-type]
        if task and known:
            problem = _problem(task, act) or _unsaid(task, known[0], act)
            found.append(Chosen(task, *known, problem=problem))
    return found


def _problem(task: UserTask, act: str) -> str:
    if task.status != "open":
        return str(_("Ce dossier n’est plus à votre bureau."))
    if act == "viser" and task.signature:
        return str(_("Cette étape demande une signature."))
    return ""


def _unsaid(task: UserTask, folder: Folder, act: str) -> str:
    """What this folder's step asks to be filled in, that a page of many does not ask."""
    moment = metadata.REFUSAL if act == "refuser" else metadata.APPROVAL
    known = folder.details.get("metadata") or {}
    if labels := metadata.missing(folder.subtype, known, moment, task):
        asked = ", ".join(labels.values())
        return str(_("À remplir d’abord : %(fields)s. Ouvrez ce dossier.", fields=asked))
    return ""


def _back(desk: Desk) -> str:
    asked = request.form.get("next")
    if asked:
        return safe(asked)
    return url_for("parapheur.desk", desk_id=desk.id, state="a-traiter")
