"""What an operator may do to one case: first shown, then done, always with a motive."""

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from engine import definitions
from engine.commands import migration, operations
from engine.commands.preview import preview
from engine.commands.step import restore
from engine.errors import EngineError, OperationRefused
from engine.models import Incident, ProcessInstance, db
from engine.spiff import surgery
from web.auth import current_actor, guard
from web.operate import asking, reading, words
from web.typed import text

bp = Blueprint("case_operations", __name__, url_prefix="/exploitation/dossiers")
bp.context_processor(lambda: {"words": words, "asking": asking})


@bp.get("/")
@guard("operate")
def find() -> ResponseReturnValue:
    """Open the case that bears this number."""
    number = text(request.args, "numero").upper()
    found = db.session.scalars(
        select(ProcessInstance.id).where(ProcessInstance.number == number)
    ).first()
    if found is None:
        flash(
            _("Aucun dossier ne porte le numéro « %(number)s ».", number=number), "warning"
        )
        return redirect(url_for("operate.index"))
    return redirect(url_for(".show", case_id=found))


@bp.get("/<uuid:case_id>")
@guard("operate")
def show(case_id: UUID) -> ResponseReturnValue:
    """Where a case stands, and what can be done to it."""
    return _page(_case(case_id), {"target": request.args.get("target", "")})


@bp.post("/<uuid:case_id>")
@guard("operate")
def ask(case_id: UUID) -> ResponseReturnValue:
    """Show what an operation would do; do it once that was seen."""
    case, typed = _case(case_id), request.form.to_dict()
    try:
        asked = asking.operation(typed)
        if "_confirm" not in typed:
            operations.checked(typed.get("motive", ""))
            shown = preview(case_id, asked, actor=current_actor())
            return _page(_case(case_id), typed, shown=shown)
        motive = text(typed, "motive")
        notes = operations.perform(case_id, asked, actor=current_actor(), motive=motive)
    except OperationRefused as refused:
        return _page(_case(case_id), typed, problem=words.told(refused)), 422
    except EngineError as refused:
        return _page(_case(case_id), typed, problem=words.told(refused)), 409
    flash(" ".join([_("C’est fait."), *notes]), "success")
    return redirect(url_for(".show", case_id=case.id))


def _case(case_id: UUID) -> ProcessInstance:
    return db.session.get(ProcessInstance, case_id) or abort(404)


def _page(case: ProcessInstance, typed: dict[str, str], **more: Any) -> str:
    open_ = case.status in {"active", "suspended"}
    process = restore(case) if open_ else None
    elements = definitions.model(case.definition_id).elements
    tokens = surgery.standing(process, repeated=True) if process else {}
    places = (
        {e for t in tokens for e in surgery.destinations(process, t)} if process else set()
    )
    incidents = db.session.scalars(
        select(Incident)
        .where(Incident.instance_id == case.id, Incident.resolved_at.is_(None))
        .order_by(Incident.raised_at, Incident.id)
    ).all()
    return render_template(
        "operate/case.html",
        case=case,
        is_open=open_,
        tokens=[(str(task), elements[element]) for task, element in tokens.items()],
        places=[e for e in elements.values() if e.id in places],
        incidents=incidents,
        versions=[v for v in migration.versions(case.key) if v.id != case.definition_id],
        acts=reading.told(f"case:{case.id}"),
        typed=typed,
        **_mapping(case, typed),
        **more,
    )


def _mapping(case: ProcessInstance, typed: dict[str, str]) -> dict[str, Any]:
    """Once a version is chosen: the steps that it lacks, and what could replace each."""
    try:
        target = asking.identifier(text(typed, "version"))
    except OperationRefused:
        return {}
    if target not in {version.id for version in migration.versions(case.key)}:
        return {}
    typed_here = {
        name.removeprefix("map-"): typed[name] for name in typed if name.startswith("map-")
    }
    return {
        "gone": migration.replaceable(case.definition_id, target),
        "chosen": {**migration.suggestions(case.definition_id, target), **typed_here},
        "replacements": definitions.model(target).elements.values(),
    }
