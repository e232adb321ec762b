"""The editor of a draft's diagrams: a page that needs JavaScript, and its own content policy."""

from uuid import UUID

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from engine import procedure_drafts
from engine.access import allowed
from engine.models import db
from engine.procedure_drafts import ProcedureDraft
from web.auth import current_actor, guard
from web.security import relax

bp = Blueprint("designer_canvas", __name__, url_prefix="/concepteur")


@bp.get("/brouillons/<uuid:draft_id>/modifier/<name>.bpmn")
@guard("see", ProcedureDraft, "draft_id")
def edit(draft_id: UUID, name: str) -> ResponseReturnValue:
    """A diagram of a draft, to draw; to read when somebody else writes the draft."""
    actor, file = current_actor(), f"{name}.bpmn"
    draft = db.session.get_one(ProcedureDraft, draft_id)
    if procedure_drafts.file(draft_id, file) is None:
        abort(404)
    relax("style-src-attr", "'unsafe-inline'")  # bpmn-js places what it draws by style
    return render_template(
        "designer/canvas.html",
        draft=draft,
        file=file,
        edits=allowed(actor, "edit", draft),
        held=draft.held_by_another(actor.person_id),
    )
