"""Reminding the desk that has a folder, from the folder's page."""

from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.errors import Busy, TaskNotOpen
from engine.models import db
from web.auth import current_actor, guard
from web.inbox.too_late import too_late
from web.parapheur import folders, words
from web.parapheur.folders import Refused
from web.parapheur.reading import FolderPage
from web.typed import clean, text
from workflows.parapheur import acts
from workflows.parapheur.acts import ActRefused
from workflows.parapheur.models import Folder

bp = Blueprint("parapheur_reminders", __name__, url_prefix="/parapheur/dossiers")
bp.context_processor(lambda: {"words": words})


@bp.post("/<uuid:folder_id>/relance")
@guard("remind", Folder, "folder_id")
def remind(folder_id: UUID) -> ResponseReturnValue:
    """Tell the desk that has the folder again, with a word; once a day for each desk."""
    page = FolderPage(db.session.get_one(Folder, folder_id), current_actor())
    named, note = request.values.get("tache", ""), text(request.form, "note")
    task_id = next((one.id for one, _today in page.to_remind if str(one.id) == named), None)
    back = url_for("parapheur_folders.show", folder_id=folder_id)
    db.session.rollback()
    try:
        if task_id is None:
            raise TaskNotOpen
        acts.remind_desk(task_id, actor=current_actor(), note=note)
    except ActRefused as refused:
        db.session.rollback()
        fields = {"note": f"mot-relance-{task_id}"}
        typed = Refused("remind", dict(refused.errors), clean(request.form), fields)
        return folders.shown(folder_id, typed), 422
    except (TaskNotOpen, Busy):
        db.session.rollback()
        return too_late(_("Ce dossier a changé entre-temps."), back, None)
    flash(_("Le bureau est relancé."), "success")
    return redirect(back)
