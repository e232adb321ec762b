"""Trying an expression of FEEL on sample data, and the samples themselves."""

from uuid import UUID

from flask import Blueprint, jsonify, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import procedure_drafts
from engine.errors import EngineError
from engine.feel import FeelError, FeelSyntaxError
from engine.feel.trying import attempt
from engine.models import db
from engine.procedure_drafts import ProcedureDraft
from web.auth import current_actor, guard
from web.designer import editing, samples

bp = Blueprint("designer_feel", __name__, url_prefix="/concepteur")


@bp.get("/brouillons/<uuid:draft_id>/expression")
@guard("see", ProcedureDraft, "draft_id")
def page(draft_id: UUID) -> ResponseReturnValue:
    """The page where an expression is typed beside the data it is tried on."""
    draft = db.session.get_one(ProcedureDraft, draft_id)
    return render_template(
        "designer/expression.html",
        draft=draft,
        settings=editing.settings(
            urls={
                "feel": url_for(".evaluate", draft_id=draft_id),
                "samples": url_for(".take", draft_id=draft_id),
            },
            scenarios=samples.scenarios(procedure_drafts.files(draft_id)),
        ),
    )


@bp.post("/brouillons/<uuid:draft_id>/feel")
@guard("see", ProcedureDraft, "draft_id")
def evaluate(draft_id: UUID) -> ResponseReturnValue:
    """{"value", "type", "notes"} of an expression or a cell, or {"error", "at"}."""
    asked = editing.sent("expression", "kind")
    data = asked.get("data") or {}
    if not isinstance(data, dict):
        return editing.refused(_("Les données d’exemple doivent être un objet JSON."))
    unary = asked.get("kind") == "unary"
    try:
        found = attempt(asked.get("expression", ""), data, unary=unary)
    except FeelError as error:
        at = error.position if isinstance(error, FeelSyntaxError) else None
        return jsonify(error=str(error), at=at)
    return jsonify(value=found.value, type=found.type, notes=found.notes)


@bp.post("/brouillons/<uuid:draft_id>/donnees")
@guard("see", ProcedureDraft, "draft_id")
def take(draft_id: UUID) -> ResponseReturnValue:
    """Data to try things on, from the catalogue, a scenario, or a case one handles."""
    draft = db.session.get_one(ProcedureDraft, draft_id)
    files = procedure_drafts.files(draft_id)
    source = editing.sent("from").get("from", "catalogue")
    try:
        return jsonify(data=samples.take(draft, files, source, current_actor()))
    except (samples.NoSample, EngineError) as refused:
        return editing.refused(str(refused))
