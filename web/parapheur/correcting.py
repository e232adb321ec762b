"""Correct a refused folder, or write a draft on: the form of its deposit as it was."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from connectors import StoredFile
from engine.models import ProcessInstance, db
from web.auth import current_actor, guard
from web.parapheur import deciding, metadata, papers, reading, taking, telling, words
from web.parapheur.depositing import Form, by_input, given
from web.parapheur.taking import Kept
from web.typed import clean, text
from workflows.parapheur import acts
from workflows.parapheur.models import DRAFT, EVIDENCE, REFUSED, Folder

bp = Blueprint("parapheur_correction", __name__, url_prefix="/parapheur")
bp.context_processor(lambda: {"words": words})


@bp.get("/dossiers/<uuid:folder_id>/corriger")
@guard("handle", Folder, "folder_id")
def correct(folder_id: UUID) -> ResponseReturnValue:
    """The form of a refused folder, as it was, with the reason of the refusal."""
    folder = db.session.get_one(Folder, folder_id)
    if folder.state not in {DRAFT, REFUSED}:
        return redirect(url_for("parapheur_folders.show", folder_id=folder_id))
    return _correcting(folder, Form(_as_it_was(folder), _files_of(folder)))


@bp.post("/dossiers/<uuid:folder_id>/corriger")
@guard("handle", Folder, "folder_id")
def send_again(folder_id: UUID) -> ResponseReturnValue:
    """Keep what was joined; deposit the folder, or keep the draft, if asked and if all is right."""
    files, errors = taking.read()
    folder = db.session.get_one(Folder, folder_id)
    typed = clean(request.form)
    if not {"_submit", "_brouillon"} & request.form.keys():
        return _correcting(folder, Form(typed, files, errors)), 422 if errors else 200
    task = reading.correction(folder)
    keep, drafted = "_brouillon" in request.form, folder.state == DRAFT
    when = "draft" if keep else "deposit"
    values, wrong = metadata.read(request.form, folder.subtype, when)
    act, wrong_act = telling.act(folder.subtype, folder.organisation_id, files)
    errors |= wrong if keep else wrong | wrong_act
    if not errors:
        try:
            acts.correct(
                task.id if task else abort(409),
                actor=current_actor(),
                title=text(request.form, "titre"),
                metadata=values,
                act=act,
                keep=keep,
                **_changes(folder, files),
            )
        except acts.ActRefused as refused:
            errors = by_input(refused.errors)
        else:
            flash(_told(keep=keep, drafted=drafted), "success")
            return redirect(url_for("parapheur_folders.show", folder_id=folder_id))
    db.session.rollback()
    folder = db.session.get_one(Folder, folder_id)
    return _correcting(folder, Form(typed, files, errors)), 422


@bp.post("/dossiers/<uuid:folder_id>/remise-en-circuit")
@guard("handle", Folder, "folder_id")
def resume(folder_id: UUID) -> ResponseReturnValue:
    """Send a refused folder back, unchanged, to the step that refused it."""
    errors = dict[str, str]()
    answer = deciding.motive(
        errors, _("Réponse : dites pourquoi le dossier revient au bureau.")
    )
    if errors:
        return deciding.again(folder_id, "resume", errors)
    return deciding.performed(
        folder_id,
        lambda actor: acts.resume(folder_id, actor=actor, answer=answer),
        _("Le dossier est de retour au bureau qui l’a refusé."),
        asked="resume",
    )


def _told(*, keep: bool, drafted: bool) -> Any:
    if keep:
        return _("Le brouillon est enregistré : il n’est pas déposé.")
    if drafted:
        return _("Le dossier est déposé : il est parti sur son circuit.")
    return _("Le dossier corrigé est reparti au début de son circuit.")


def _correcting(folder: Folder, form: Form) -> str:
    case = db.session.get_one(ProcessInstance, folder.instance_id)
    return render_template(
        "parapheur/deposit.html",
        desk=None,
        subtype=folder.subtype,
        form=form,
        folder=folder,
        number=case.number,
        **telling.questions(folder.subtype, folder.organisation_id, folder),
        back=url_for("parapheur_folders.show", folder_id=folder.instance_id),
        here_again=url_for(".send_again", folder_id=folder.instance_id),
    )


def _changes(folder: Folder, files: Sequence[Kept]) -> dict[str, Any]:
    """What a correction changes of the files that are there."""
    now = {str(one.file.id): one for one in _papers(folder)}
    there = [one for one in files if one.file_id in now]
    left = {one.file_id for one in there}
    new = [one for one in files if one.file_id not in now]
    kept = sorted(there, key=lambda one: list(now).index(one.file_id))
    places = {files.index(one): number for number, one in enumerate([*kept, *new])}
    return {
        "replaced": {
            UUID(one.file_id): one.file
            for one in there
            if one.file.sha256 != now[one.file_id].current.document.sha256
        },
        "removed": [UUID(one) for one in now if one not in left],
        "added": given(
            [
                replace(one, signs=places.get(one.signs) if one.signs is not None else None)
                for one in new
            ]
        ),
    }


def _as_it_was(folder: Folder) -> dict[str, str]:
    """What the form said at the deposit, as it would be typed."""
    said = folder.details.get("metadata") or {}
    typed = {"titre": folder.title}
    for one in folder.subtype.metadata_fields:
        value = said.get(one["key"])
        if value is True:
            typed[f"donnee-{one['key']}"] = "oui"
        elif value not in (None, False):
            typed[f"donnee-{one['key']}"] = (
                str(value).replace(".", ",") if isinstance(value, float) else str(value)
            )
    return typed


def _files_of(folder: Folder) -> list[Kept]:
    """The files of a folder as they stand."""
    shown = _papers(folder)
    places = {one.file.id: place for place, one in enumerate(shown)}
    return [
        Kept(
            _stored(one.current.document),
            one.file.kind,
            one.file.title,
            one.file.document_type,
            dict(one.file.position_of_stamp or {}),
            places.get(one.file.signs_id) if one.file.signs_id else None,
            str(one.file.id),
        )
        for one in shown
    ]


def _stored(document: Any) -> StoredFile:
    return StoredFile(document.sha256, document.name, document.media_type, document.size)


def _papers(folder: Folder) -> list[papers.Shown]:
    """The files that its author may change: not the proofs."""
    shown = papers.files_of(folder, current_actor())
    return [one for one in shown if one.file.kind != EVIDENCE]
