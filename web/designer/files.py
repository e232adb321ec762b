"""A draft's files as the editors read and save them: bytes, JSON, and no page."""

import re
from typing import Any
from uuid import UUID

import orjson
from flask import Blueprint, Response, abort, jsonify, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import definitions, procedure_drafts
from engine.commands import procedure_drafts as commands
from engine.errors import Busy, DraftHeld, EngineError, FileChanged
from engine.models import ProcessDefinition, db
from engine.procedure_drafts import ProcedureDraft
from engine.spiff.errors import Problem
from web.auth import current_actor, guard
from web.designer import catalogue, words
from workflows import designing, publication

bp = Blueprint("designer_files", __name__, url_prefix="/concepteur")

_ETAG = re.compile(r'"(\d{1,9})"')
MOST_UNSAVED = 20 * 1024 * 1024
"""Bytes of unsaved texts that one check may bring."""
MEDIA_TYPES = {
    ".bpmn": "application/xml",
    ".dmn": "application/xml",
    ".form.json": "application/json",
    ".letter.md": "text/plain; charset=utf-8",
    "scenarios.json": "application/json",
}


@bp.get("/brouillons/<uuid:draft_id>/fichiers/<name>")
@guard("see", ProcedureDraft, "draft_id")
def read(draft_id: UUID, name: str) -> ResponseReturnValue:
    """One file of a draft as it is saved; its rev is the ETag."""
    found = procedure_drafts.file(draft_id, name)
    if found is None:
        abort(404)
    answer = raw(name, found[0])
    answer.set_etag(str(found[1]))
    answer.headers["Cache-Control"] = "no-cache, private"
    return answer


@bp.put("/brouillons/<uuid:draft_id>/fichiers/<name>")
@guard("edit", ProcedureDraft, "draft_id")
def save(draft_id: UUID, name: str) -> ResponseReturnValue:
    """Save a file over the rev that was opened; says its new rev and what is wrong."""
    actor, content = current_actor(), request.get_data()
    if fault := designing.fault(name, content):
        return _refused(422, fault)
    rev = _opened()
    if rev is None and request.headers.get("If-None-Match") != "*":
        return _refused(
            422, _("L’éditeur n’a pas dit quelle version du fichier il a ouverte.")
        )
    try:
        saved = commands.save_file(draft_id, name, content, rev, actor=actor)
    except DraftHeld as held:
        return _refused(423, words.told(held), by=held.who)
    except FileChanged as changed:
        return _refused(412, words.told(changed), by=changed.who, rev=changed.rev)
    except Busy as busy:
        return _refused(503, words.told(busy))
    except EngineError as refused:
        return _refused(422, words.told(refused))
    draft = db.session.get_one(ProcedureDraft, draft_id)
    problems = checked(draft, procedure_drafts.files(draft_id))
    answer = jsonify(rev=saved, problems=as_json(problems))
    answer.set_etag(str(saved))
    return answer


@bp.post("/brouillons/<uuid:draft_id>/controle")
@guard("see", ProcedureDraft, "draft_id")
def check(draft_id: UUID) -> ResponseReturnValue:
    """What is wrong with the draft, unsaved texts being laid over the saved files."""
    draft = db.session.get_one(ProcedureDraft, draft_id)
    unsaved = _unsaved()
    if unsaved is None:
        return _refused(422, _("Les fichiers à contrôler ne sont pas lisibles."))
    files = procedure_drafts.files(draft_id) | unsaved
    return jsonify(problems=as_json(checked(draft, files)))


@bp.get("/brouillons/<uuid:draft_id>/catalogue")
@guard("see", ProcedureDraft, "draft_id")
def show_catalogue(draft_id: UUID) -> ResponseReturnValue:
    """All that a designer may name in this draft."""
    draft = db.session.get_one(ProcedureDraft, draft_id)
    return jsonify(catalogue.of(draft, procedure_drafts.files(draft_id)))


@bp.get("/versions/<uuid:definition_id>/fichiers/<name>")
@guard("read", ProcessDefinition, "definition_id")
def published(definition_id: UUID, name: str) -> ResponseReturnValue:
    """One file of a published version."""
    content = definitions.file(definition_id, name) if designing.kind(name) else None
    if content is None:
        abort(404)
    return raw(name, content)


def checked(draft: ProcedureDraft, files: dict[str, bytes]) -> list[Problem]:
    """Everything wrong with a draft's files: what publication would say of them."""
    callable_ = definitions.callable_keys(draft.owner_id)
    return publication.check(draft.key, files, callable_)


def as_json(problems: list[Problem]) -> list[dict[str, Any]]:
    """Problems for the editors."""
    return [
        {
            "file": one.file,
            "element_id": one.element_id or "",
            "element_name": one.element_name or "",
            "message": one.message,
            "severity": one.severity,
        }
        for one in problems
    ]


def raw(name: str, content: bytes) -> Response:
    """A file to keep, never shown as a page: a stranger may have written it."""
    media_type = MEDIA_TYPES.get(designing.kind(name), "application/octet-stream")
    answer = Response(content, content_type=media_type)
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


def _opened() -> int | None:
    found = _ETAG.fullmatch(request.headers.get("If-Match", "").strip())
    return int(found[1]) if found else None


def _unsaved() -> dict[str, bytes] | None:
    """The texts that came, by name; None when they make no sense."""
    body = request.get_data()
    if len(body) > MOST_UNSAVED:
        return None
    try:
        sent = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError:
        return None
    texts = sent.get("files", {}) if isinstance(sent, dict) else None
    if not isinstance(texts, dict) or not all(isinstance(t, str) for t in texts.values()):
        return None
    if any(designing.name_fault(name) for name in texts):
        return None
    return {name: text.encode() for name, text in texts.items()}


def _refused(status: int, message: str, **more: Any) -> ResponseReturnValue:
    return jsonify(message=message, **more), status
