"""Two versions of a procedure side by side, or a draft beside the version it began from."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import defer

from engine import procedure_drafts
from engine.access import allowed, require
from engine.models import ProcessDefinition, db
from engine.procedure_drafts import ProcedureDraft, PublicationRequest
from web.auth import current_actor, guard
from workflows.comparing import Change, compare

bp = Blueprint("comparing", __name__, url_prefix="/concepteur")

MOST_VERSIONS = 100
SIGNS = {"added": "+", "removed": "−", "changed": "≠"}


@dataclass(frozen=True)
class Side:
    """One of the two: a version, a draft or what was asked, and where its diagram is."""

    id: UUID
    key: str
    name: str
    label: str
    diagram: str
    read: Callable[[UUID], Mapping[str, bytes]]

    def files(self) -> Mapping[str, bytes]:
        """What it holds."""
        return self.read(self.id)


@bp.get("/comparer")
@guard("design")
def show() -> ResponseReturnValue:
    """What changes between two versions or drafts that this person may read."""
    before, after = _side(request.args.get("de", "")), _side(request.args.get("a", ""))
    return _page(before, after)


@bp.get("/brouillons/<uuid:draft_id>/comparer")
@guard("see", ProcedureDraft, "draft_id")
def of_draft(draft_id: UUID) -> ResponseReturnValue:
    """What a draft changes in the version it began from."""
    draft = db.session.get_one(ProcedureDraft, draft_id)
    return _page(_of_version(draft.base) if draft.base else None, _of_draft(draft))


def _side(named: str) -> Side:
    """The version, draft or request of this id. 404 for none; raises Forbidden."""
    try:
        key = UUID(named)
    except ValueError:
        abort(404)
    if version := db.session.get(ProcessDefinition, key):
        require(current_actor(), "read", version)
        return _of_version(version)
    if asked := db.session.get(PublicationRequest, key):
        require(current_actor(), "see", asked)
        return _of_request(asked)
    draft = db.session.get(ProcedureDraft, key) or abort(404)
    require(current_actor(), "see", draft)
    return _of_draft(draft)


def _of_version(one: ProcessDefinition) -> Side:
    label = _("version %(version)s", version=one.version)
    place = url_for("designer_files.published", definition_id=one.id, name="process.bpmn")
    return Side(one.id, one.key, one.name, label, place, procedure_drafts.published)


def _of_draft(one: ProcedureDraft) -> Side:
    place = url_for("designer_files.read", draft_id=one.id, name="process.bpmn")
    read = procedure_drafts.files
    return Side(one.id, one.key, one.name, _("brouillon"), place, read)


def _of_request(one: PublicationRequest) -> Side:
    place = url_for("designer_publication.file", request_id=one.id, name="process.bpmn")
    name = one.base.name if one.base else one.key
    label, read = _("demande de publication"), procedure_drafts.requested
    return Side(one.id, one.key, name, label, place, read)


def _page(before: Side | None, after: Side) -> str:
    found = compare(before.files() if before else {}, after.files())
    drawn = next((one.changes for one in found if one.name == "process.bpmn"), ())
    return render_template(
        "designer/compare.html",
        before=before,
        after=after,
        found=found,
        choices=_choices(before, after),
        marks_after=marks(drawn, "added", "changed"),
        marks_before=marks(drawn, "removed", "changed"),
    )


def marks(changes: Iterable[Change], *kinds: str) -> dict[str, dict[str, str]]:
    """What to write on a diagram of what changed: a sign, so that no colour says it alone."""
    return {
        one.element: {"kind": one.what, "text": SIGNS[one.what], "told": one.name}
        for one in changes
        if one.what in kinds
    }


def _choices(before: Side | None, after: Side) -> list[Side]:
    """What may be chosen: the versions of this procedure, its draft, and the two there are."""
    versions = db.session.scalars(
        select(ProcessDefinition)
        .where(ProcessDefinition.key == after.key)
        .options(defer(ProcessDefinition.documentation))
        .order_by(ProcessDefinition.version.desc())
        .limit(MOST_VERSIONS)
    )
    actor, draft = current_actor(), procedure_drafts.of_key(after.key)
    found = [_of_draft(draft)] if draft and allowed(actor, "see", draft) else []
    found += [_of_version(one) for one in versions if allowed(actor, "read", one)]
    known = {one.id for one in found}
    return [*found, *(one for one in (before, after) if one and one.id not in known)]
