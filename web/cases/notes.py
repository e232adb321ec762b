"""Private notes: written, corrected and deleted by those who handle a case."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.commands import notes
from engine.errors import Busy
from engine.models import ProcessInstance, db
from engine.notes import LONGEST, CaseNote
from web.auth import current_actor, guard
from web.cases import sections
from web.inbox.too_late import BUSY, too_late
from web.typed import text

bp = Blueprint("notes", __name__)


@bp.post("/dossiers/<uuid:case_id>/notes")
@guard("handle", ProcessInstance, "case_id")
def add(case_id: UUID) -> ResponseReturnValue:
    """Add a note."""
    written = text(request.form, "text")
    if problem := _problem(written):
        return sections.notes_page(case_id, written, problem), 422
    try:
        notes.add(case_id, written, actor=current_actor())
    except Busy:
        return too_late(BUSY, url_for("sections.private", case_id=case_id))
    flash(_("Votre note est ajoutée."), "success")
    return redirect(url_for("sections.private", case_id=case_id))


@bp.get("/notes/<uuid:note_id>")
@guard("edit", CaseNote, "note_id")
def show(note_id: UUID) -> ResponseReturnValue:
    """One's own note, to be corrected or deleted."""
    note = db.session.get_one(CaseNote, note_id)
    return render_template("cases/note.html", note=note, typed=note.text, problem="")


@bp.post("/notes/<uuid:note_id>")
@guard("edit", CaseNote, "note_id")
def edit(note_id: UUID) -> ResponseReturnValue:
    """Correct one's own note."""
    note = db.session.get_one(CaseNote, note_id)
    case_id, written = note.instance_id, text(request.form, "text")
    if problem := _problem(written):
        page = render_template("cases/note.html", note=note, typed=written, problem=problem)
        return page, 422
    try:
        notes.edit(note_id, written, actor=current_actor())
    except Busy:
        return too_late(BUSY, url_for(".show", note_id=note_id))
    flash(_("Votre note est corrigée."), "success")
    return redirect(url_for("sections.private", case_id=case_id))


@bp.post("/notes/<uuid:note_id>/suppression")
@guard("edit", CaseNote, "note_id")
def remove(note_id: UUID) -> ResponseReturnValue:
    """Delete one's own note."""
    case_id = db.session.get_one(CaseNote, note_id).instance_id
    notes.remove(note_id, actor=current_actor())
    flash(_("Votre note est supprimée."), "success")
    return redirect(url_for("sections.private", case_id=case_id))


def _problem(written: str) -> str:
    if not written:
        return str(_("Note : écrivez quelque chose avant d’enregistrer."))
    if len(written) > LONGEST:
        return str(
            _(
                "Note : 10 000 caractères au plus ; la vôtre en compte %(n)s.",
                n=len(written),
            )
        )
    return ""
