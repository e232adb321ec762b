"""A new file of a draft: named, then opened in its editor; it exists once it is saved."""

from collections.abc import Mapping
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from engine import procedure_drafts
from engine.procedure_drafts import ProcedureDraft
from web.auth import guard
from web.typed import text
from workflows import designing

bp = Blueprint("designer_beginning", __name__, url_prefix="/concepteur")

KINDS: Mapping[str, tuple[str, object]] = {
    ".dmn": ("designer_tables.edit", lazy_gettext("Une table de décision")),
    ".form.json": ("designer_forms.edit", lazy_gettext("Un formulaire")),
    ".letter.md": ("designer_letters.edit", lazy_gettext("Un courrier")),
}
bp.app_context_processor(lambda: {"new_kinds": KINDS})


@bp.get("/brouillons/<uuid:draft_id>/nouveau")
@guard("edit", ProcedureDraft, "draft_id")
def begin(draft_id: UUID) -> ResponseReturnValue:
    """The editor of a file that does not exist yet; back to the draft when it cannot."""
    kind, stem = text(request.args, "sorte"), text(request.args, "nom")
    if kind not in KINDS:
        abort(404)
    stem = stem.removesuffix(kind)
    fault = designing.name_fault(stem + kind) if stem else _("Donnez un nom au fichier.")
    if not fault and procedure_drafts.file(draft_id, stem + kind):
        fault = _("Un fichier du brouillon porte déjà ce nom.")
    if fault:
        flash(fault, "danger")
        back = url_for("designer.draft", draft_id=draft_id, sorte=kind, nom=stem)
        return redirect(f"{back}#nouveau")
    return redirect(url_for(KINDS[kind][0], draft_id=draft_id, stem=stem))
