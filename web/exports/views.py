"""Taking a case out: one PDF, or one archive with every document; journalled."""

from uuid import UUID

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    render_template,
    request,
    stream_with_context,
)
from flask.typing import ResponseReturnValue

from engine import clock
from engine.commands import exports
from engine.models import ProcessInstance, db
from web.attachments import disposition
from web.auth import current_actor, guard
from web.cases import reading
from web.exports import bundle, record

bp = Blueprint("exports", __name__)

PDF, ZIP = "pdf", "zip"


@bp.get("/dossiers/<uuid:case_id>/export")
@guard("see", ProcessInstance, "case_id")
def choose(case_id: UUID) -> ResponseReturnValue:
    """Choose what to take out."""
    case = db.session.get_one(ProcessInstance, case_id)
    page = reading.page(case, current_actor())
    return render_template("cases/export.html", page=page, tab="")


@bp.post("/dossiers/<uuid:case_id>/export")
@guard("see", ProcessInstance, "case_id")
def make(case_id: UUID) -> ResponseReturnValue:
    """The case as the person who asks may read it."""
    what, private = request.form.get("what", ""), "notes" in request.form
    if what not in {PDF, ZIP}:
        abort(422)
    actor = current_actor()
    exports.note(case_id, what, actor=actor, notes=private)
    case = db.session.get_one(ProcessInstance, case_id)
    number, whole = case.number, reading.page(case, actor).handles
    partners = current_app.extensions["partners"]
    paper = record.draw(partners["rendering"], case_id, actor, private=private)
    if what == PDF:
        return _sent(Response(paper, mimetype="application/pdf"), f"{number}.pdf")
    pieces = bundle.stream(
        case_id, actor, partners["storage"], paper, clock.now(), whole=whole
    )
    answer = Response(stream_with_context(pieces), mimetype="application/zip")
    return _sent(answer, f"{number}.zip")


def _sent(answer: Response, name: str) -> Response:
    answer.headers["Content-Disposition"] = disposition(name, inline=False)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
