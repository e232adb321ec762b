"""What a desk does to a folder: one form of its page each, then the next folder opens."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.access import Forbidden
from engine.errors import Busy, TaskNotOpen, TaskSuspended, TaskTaken
from engine.models import UserTask, db
from web.auth import current_actor, guard
from web.inbox.too_late import sentence_of, too_late
from web.parapheur import around, folders, metadata, reading, words
from web.parapheur.folders import Refused
from web.parapheur.reading import FolderPage
from web.typed import clean, text
from workflows.parapheur import acts
from workflows.parapheur.acts import ActRefused
from workflows.parapheur.models import Folder, SecondOpinion

bp = Blueprint("parapheur_acts", __name__, url_prefix="/parapheur/dossiers")
bp.context_processor(lambda: {"words": words})

LONGEST_NOTE = 2000
SAID = {"favorable": True, "defavorable": False}


@bp.post("/<uuid:folder_id>/visa")
@guard("see", Folder, "folder_id")
def approve(folder_id: UUID) -> ResponseReturnValue:
    """Approve at one's desk."""
    given, errors = _metadata(folder_id, "approval")
    if errors:
        return again(folder_id, "approval", errors)
    note, private = text(request.form, "note"), text(request.form, "note_privee")
    return _done(
        folder_id,
        lambda task, actor: acts.approve(
            task, actor=actor, note=note, private_note=private, metadata=given
        ),
        _("Le dossier est visé."),
        asked="approval",
    )


@bp.post("/<uuid:folder_id>/conseil")
@guard("see", Folder, "folder_id")
def advise(folder_id: UUID) -> ResponseReturnValue:
    """Give the opinion that a step of the circuit asks, which stops nothing."""
    said = SAID.get(request.form.get("avis", ""))
    if said is None:
        missing = _("Votre avis : choisissez favorable ou défavorable.")
        return again(folder_id, "advice", {"avis": missing})
    note, private = text(request.form, "note"), text(request.form, "note_privee")
    return _done(
        folder_id,
        lambda task, actor: acts.advise(
            task, actor=actor, favourable=said, note=note, private_note=private
        ),
        _("Votre avis est rendu."),
        asked="advice",
    )


@bp.post("/<uuid:folder_id>/refus")
@guard("see", Folder, "folder_id")
def refuse(folder_id: UUID) -> ResponseReturnValue:
    """Refuse, with a reason that its author reads."""
    given, errors = _metadata(folder_id, "refusal")
    reason = motive(errors, _("Motif du refus : dites pourquoi en une phrase."))
    if errors:
        return again(folder_id, "refusal", errors)
    return _done(
        folder_id,
        lambda task, actor: acts.refuse(task, actor=actor, reason=reason, metadata=given),
        _("Le dossier est refusé : son auteur en lit le motif."),
        asked="refusal",
    )


@bp.post("/<uuid:folder_id>/renvoi")
@guard("see", Folder, "folder_id")
def send_back(folder_id: UUID) -> ResponseReturnValue:
    """Send back to the step before."""
    errors = dict[str, str]()
    reason = motive(errors, _("Motif du renvoi : dites pourquoi en une phrase."))
    if errors:
        return again(folder_id, "return", errors)
    return _done(
        folder_id,
        lambda task, actor: acts.send_back(task, actor=actor, reason=reason),
        _("Le dossier est renvoyé à l’étape précédente."),
        asked="return",
    )


@bp.post("/<uuid:folder_id>/transfert")
@guard("see", Folder, "folder_id")
def transfer(folder_id: UUID) -> ResponseReturnValue:
    """Have another desk do what is asked of one's own."""
    role, errors = _desk(folder_id, _("Transférer à : choisissez un bureau."))
    if errors:
        return again(folder_id, "transfer", errors)
    note = text(request.form, "note")
    return _done(
        folder_id,
        lambda task, actor: acts.transfer(task, role, actor=actor, note=note),
        _("Le dossier est transféré."),
        asked="transfer",
    )


@bp.post("/<uuid:folder_id>/avis")
@guard("see", Folder, "folder_id")
def ask_opinion(folder_id: UUID) -> ResponseReturnValue:
    """Ask another desk what it thinks, without letting the folder go."""
    role, errors = _desk(folder_id, _("Demander à : choisissez un bureau."))
    question = text(request.form, "question")
    if not question:
        errors["question"] = _("Votre question : écrivez ce que vous demandez.")
    if errors:
        return again(folder_id, "opinion", errors)
    return _done(
        folder_id,
        lambda task, actor: acts.ask_opinion(task, role, actor=actor, question=question),
        _("L’avis est demandé."),
        asked="opinion",
        stay=True,
    )


@bp.post("/<uuid:folder_id>/avis/<uuid:opinion_id>")
@guard("answer", SecondOpinion, "opinion_id")
def give_opinion(folder_id: UUID, opinion_id: UUID) -> ResponseReturnValue:
    """Answer an opinion asked of one's desk."""
    opinion = db.session.get(SecondOpinion, opinion_id)
    if opinion is None or opinion.instance_id != folder_id:
        abort(404)
    said = SAID.get(request.form.get("avis", ""))
    if said is None:
        missing = _("Votre avis : choisissez favorable ou défavorable.")
        return again(folder_id, "answer", {"avis": missing})
    answer = text(request.form, "reponse")
    return performed(
        folder_id,
        lambda actor: acts.give_opinion(
            opinion_id, actor=actor, answer=answer, favourable=said
        ),
        _("Votre avis est rendu."),
        asked="answer",
    )


@bp.post("/<uuid:folder_id>/remords")
@guard("see", Folder, "folder_id")
def undo(folder_id: UUID) -> ResponseReturnValue:
    """Take back one's last act, nobody having acted since."""
    page = FolderPage(db.session.get_one(Folder, folder_id), current_actor())
    last = page.undoable
    if last is None:
        raise Forbidden
    act_id = last.id
    return performed(
        folder_id,
        lambda actor: acts.undo(act_id, actor=actor),
        _("Votre acte est repris : l’étape rouvre à votre bureau."),
    )


@bp.post("/<uuid:folder_id>/contournement")
@guard("bypass", Folder, "folder_id")
def bypass(folder_id: UUID) -> ResponseReturnValue:
    """Go past a step that does not answer, as whoever keeps the book."""
    errors = dict[str, str]()
    reason = motive(errors, _("Motif : dites pourquoi l’étape est contournée."))
    if errors:
        return again(folder_id, "bypass", errors)
    return performed(
        folder_id,
        lambda actor: acts.bypass(folder_id, actor=actor, reason=reason),
        _("L’étape est contournée."),
        asked="bypass",
    )


@bp.post("/<uuid:folder_id>/abandon")
@guard("handle", Folder, "folder_id")
def abandon(folder_id: UUID) -> ResponseReturnValue:
    """Give up a refused folder."""
    task = reading.correction(db.session.get_one(Folder, folder_id)) or abort(409)
    task_id = task.id
    return performed(
        folder_id,
        lambda actor: acts.abandon(task_id, actor=actor),
        _("Le dossier est abandonné."),
    )


def _done(
    folder_id: UUID,
    act: Callable[[UUID, Any], Any],
    told: str,
    *,
    asked: str,
    stay: bool = False,
) -> ResponseReturnValue:
    """Do what is asked on the task that the form names, then open the next folder."""
    page = FolderPage(db.session.get_one(Folder, folder_id), current_actor())
    task_id = _named(page)
    if task_id not in {task.id for task in page.tasks}:
        return _too_late(folder_id, TaskNotOpen(), task_id)
    liste = text(request.form, "liste")[: around.LONGEST] or None
    then = around.after(folder_id, liste, current_actor())
    db.session.rollback()
    return performed(
        folder_id, lambda actor: act(task_id, actor), told, asked=asked,
        then=None if stay else then, task_id=task_id,
    )  # fmt: skip


def performed(
    folder_id: UUID,
    act: Callable[[Any], Any],
    told: str,
    *,
    asked: str = "",
    then: str | None = None,
    task_id: UUID | None = None,
) -> ResponseReturnValue:
    """Do it; what is refused is said with everything that was typed."""
    try:
        act(current_actor())
    except ActRefused as refused:
        db.session.rollback()
        return again(folder_id, asked, _by_input(refused.errors, asked))
    except (TaskNotOpen, TaskTaken, TaskSuspended, Busy) as late:
        db.session.rollback()
        return _too_late(folder_id, late, task_id)
    flash(told, "success")
    return redirect(then or url_for("parapheur_folders.show", folder_id=folder_id))


def _too_late(folder_id: UUID, why: Any, task_id: UUID | None) -> ResponseReturnValue:
    back = url_for("parapheur_folders.show", folder_id=folder_id)
    said = sentence_of(why, task_id) if task_id else _("Ce dossier a changé entre-temps.")
    return too_late(said, back, None)


def again(folder_id: UUID, asked: str, errors: dict[str, str]) -> ResponseReturnValue:
    refused = Refused(asked, errors, clean(request.form), _ids(asked, errors))
    return folders.shown(folder_id, refused), 422


def _by_input(errors: Mapping[str, str], asked: str) -> dict[str, str]:
    """What the book says is wrong, by the input that it is about."""
    named = {"reason": "motif", "desk": "bureau", "answer": "reponse"}
    named |= {"question": "question"} if asked == "opinion" else {}
    return {
        f"donnee-{name.removeprefix('metadata.')}"
        if name.startswith("metadata.")
        else named.get(name, ""): told
        for name, told in errors.items()
    }


def _ids(asked: str, errors: Mapping[str, str]) -> dict[str, str]:
    """Where the fields of a form are on the page."""
    data = [name for name in errors if name.startswith("donnee-")]
    return {name: f"{asked}-{name.removeprefix('donnee-')}" for name in data} | {
        "refusal": {"motif": "motif-refus-1"},
        "return": {"motif": "motif-renvoi-1"},
        "transfer": {"bureau": "bureau-transfert-1"},
        "opinion": {"bureau": "bureau-avis-1", "question": "question-avis-1"},
        "answer": {"avis": "avis-rendu-1", "reponse": "reponse-1"},
        "advice": {"avis": "conseil-1"},
        "bypass": {"motif": "motif-contournement"},
        "resume": {"motif": "reponse-au-refus"},
    }.get(asked, {})


def motive(errors: dict[str, str], missing: str) -> str:
    reason = text(request.form, "motif")
    if not reason:
        errors["motif"] = missing
    elif len(reason) > LONGEST_NOTE:
        errors["motif"] = _("Motif : 2 000 caractères au plus.")
    return reason


def _desk(folder_id: UUID, missing: str) -> tuple[str, dict[str, str]]:
    folder = db.session.get_one(Folder, folder_id)
    role = text(request.form, "bureau")
    known = reading.open_desks(folder.organisation_id)
    return role, {} if role in known else {"bureau": missing}


def _metadata(folder_id: UUID, moment: str) -> tuple[dict[str, Any], dict[str, str]]:
    """What the form says of the folder; what the subtype and the step ask is mandatory."""
    page = FolderPage(db.session.get_one(Folder, folder_id), current_actor())
    asked = {task.id: task for task in page.mine}.get(_named(page))
    return metadata.read(request.form, page.subtype, moment, asked)


def _named(page: FolderPage) -> UUID:
    """The task that the form names, else the first of this person's. Raises Forbidden."""
    said = request.form.get("tache", "")
    if not said:
        if not page.mine:
            raise Forbidden
        return page.mine[0].id
    try:
        task = db.session.get(UserTask, UUID(said))
    except ValueError:
        task = None
    return task.id if task else abort(404)
