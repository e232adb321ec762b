"""Bring files into a draft and take them out; begin a procedure from nothing or from another."""

import zlib
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from typing import Any
from uuid import UUID

from flask import (
    Blueprint,
    Response,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.utils import secure_filename

from engine import definitions, operations, procedure_drafts
from engine.access import allowed
from engine.commands import procedure_drafts as commands
from engine.directory import PROCESS_DESIGNER, Organisation
from engine.errors import FileChanged
from engine.models import ProcessDefinition, db
from engine.procedure_drafts import ProcedureDraft
from engine.spiff import translating
from engine.spiff.errors import DiagramRefused
from web.auth import current_actor, guard
from web.designer import reading, words
from web.designer.files import checked
from web.designer.views import REFUSALS
from web.typed import text
from workflows import archives, designing
from workflows.publication import LARGEST_FILE

bp = Blueprint("designer_transfers", __name__, url_prefix="/concepteur")
bp.context_processor(lambda: {"words": words})

ZIP = "application/zip"


@bp.get("/brouillons/<uuid:draft_id>/archive.zip")
@guard("see", ProcedureDraft, "draft_id")
def pack_draft(draft_id: UUID) -> ResponseReturnValue:
    """The files of a draft as they are saved."""
    draft = db.session.get_one(ProcedureDraft, draft_id)
    return _packed(procedure_drafts.files(draft_id), f"{draft.key}-brouillon")


@bp.get("/versions/<uuid:definition_id>/archive.zip")
@guard("read", ProcessDefinition, "definition_id")
def pack_version(definition_id: UUID) -> ResponseReturnValue:
    """The files of a version."""
    found = db.session.get_one(ProcessDefinition, definition_id)
    files = procedure_drafts.published(definition_id)
    return _packed(files, f"{found.key}-v{found.version}")


@bp.get("/brouillons/<uuid:draft_id>/importer")
@guard("edit", ProcedureDraft, "draft_id")
def choose(draft_id: UUID) -> ResponseReturnValue:
    """What can be brought into a draft."""
    return _choosing(db.session.get_one(ProcedureDraft, draft_id))


@bp.post("/brouillons/<uuid:draft_id>/importer")
@guard("edit", ProcedureDraft, "draft_id")
def bring(draft_id: UUID) -> ResponseReturnValue:
    """Bring in an archive, a file, or show what becomes of another tool's diagram."""
    draft = db.session.get_one(ProcedureDraft, draft_id)
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return _choosing(draft, faults=[_("Fichier : choisissez-en un.")]), 422
    content = sent.read(archives.LARGEST_ARCHIVE + 1)
    if sent.filename.lower().endswith(".zip") or content[:4] == b"PK\x03\x04":
        return _bring_archive(draft, content)
    if sent.filename.lower().endswith((".bpmn", ".bpmn20.xml", ".xml")):
        return _report(draft, content)
    name = secure_filename(sent.filename)
    if fault := designing.fault(name, content):
        return _choosing(draft, faults=[fault]), 422
    return _written(draft, {name: content}, whole=False)


@bp.post("/brouillons/<uuid:draft_id>/importer/diagramme")
@guard("edit", ProcedureDraft, "draft_id")
def bring_diagram(draft_id: UUID) -> ResponseReturnValue:
    """Keep the diagram whose report was read."""
    draft = db.session.get_one(ProcedureDraft, draft_id)
    content = _carried(request.form.get("content", ""))
    name = text(request.form, "name")
    if not name.endswith(".bpmn"):
        name = f"{name}.bpmn"
    if content is None:
        return _choosing(
            draft, faults=[_("Le diagramme reçu n’est pas lisible : recommencez.")]
        ), 422
    if fault := designing.name_fault(name):
        return _report(draft, content, problem=fault)
    try:
        made = _translated(draft, content)
    except DiagramRefused as refused:
        return _choosing(draft, faults=[one.message for one in refused.problems]), 422
    return _written(draft, {name: made.content}, whole=False)


@bp.post("/brouillons/<uuid:draft_id>/fichiers/<name>/<any(renommer, supprimer):act>")
@guard("edit", ProcedureDraft, "draft_id")
def arrange(draft_id: UUID, name: str, act: str) -> ResponseReturnValue:
    """Give a file another name, or take it out."""
    actor, to = current_actor(), text(request.form, "to")
    address = redirect(url_for("designer.draft", draft_id=draft_id))
    suffix = designing.kind(name)
    if act == "renommer" and not to.endswith(suffix):
        to += suffix
    if act == "renommer" and (fault := designing.name_fault(to)):
        flash(fault, "danger")
        return address
    try:
        if act == "renommer":
            commands.rename_file(draft_id, name, to, actor=actor)
        else:
            commands.delete_file(draft_id, name, actor=actor)
    except (*REFUSALS, FileChanged) as refused:
        flash(words.told(refused), "danger")
    return address


@bp.get("/nouvelle")
@guard("write procedures")
def new() -> ResponseReturnValue:
    """Choose a name, an identifier, and where to begin."""
    return _beginning(request.args.to_dict())


@bp.post("/nouvelle")
@guard("write procedures")
def create() -> ResponseReturnValue:
    """Begin a procedure that does not exist yet."""
    actor, typed = current_actor(), request.form.to_dict()
    key, name = text(typed, "key"), text(typed, "name")
    errors = {}
    if not name or len(name) > 200:  # noqa: PLR2004  what a title may have
        errors["name"] = _("Nom : de 1 à 200 caractères, comme les usagers le liront.")
    if fault := designing.key_fault(key):
        errors["key"] = fault
    owner = _named(typed.get("owner", ""), Organisation)
    if owner is None or not allowed(actor, "design", owner):
        errors["owner"] = _("Organisme : choisissez-en un de la liste.")
    source = (
        _named(typed.get("source", ""), ProcessDefinition) if typed.get("source") else None
    )
    if typed.get("source") and (source is None or not allowed(actor, "read", source)):
        errors["source"] = _("Modèle : choisissez-en un de la liste.")
    if errors or owner is None:
        return _beginning(typed, errors=errors), 422
    files = designing.first_files(key, name)
    if source is not None:
        found = procedure_drafts.published(source.id)
        files = designing.copied(found, source.key, key, name)
    try:
        made = commands.begin(key, owner.id, files, actor=actor)
    except REFUSALS as refused:
        return _beginning(typed, errors={"key": words.told(refused)}), 422
    return redirect(url_for("designer.draft", draft_id=made))


def _packed(files: dict[str, bytes], name: str) -> Response:
    answer = Response(archives.pack(files), mimetype=ZIP)
    answer.headers.set("Content-Disposition", "attachment", filename=f"{name}.zip")
    return answer


def _bring_archive(draft: ProcedureDraft, content: bytes) -> ResponseReturnValue:
    found = archives.unpack(content)
    if found.faults:
        return _choosing(draft, faults=found.faults), 422
    return _written(draft, found.files, whole=True, left=found.left)


def _written(
    draft: ProcedureDraft, files: dict[str, bytes], *, whole: bool, left: Any = ()
) -> ResponseReturnValue:
    try:
        commands.replace_files(draft.id, files, whole=whole, actor=current_actor())
    except REFUSALS as refused:
        found = db.session.get_one(ProcedureDraft, draft.id)
        return _choosing(found, faults=[words.told(refused)]), 422
    flash(
        _("Importé dans le brouillon : %(names)s.", names=", ".join(sorted(files))),
        "success",
    )
    if left:
        kept = ", ".join(sorted(left)[:20])
        flash(
            _(
                "Laissés de côté, car une démarche ne les garde pas : %(names)s.",
                names=kept,
            ),
            "info",
        )
    return redirect(url_for("designer.draft", draft_id=draft.id))


def _translated(draft: ProcedureDraft, content: bytes) -> translating.Translated:
    forms = procedure_drafts.listed(draft.id)
    return translating.translate(
        content,
        draft.key,
        operations={*operations.catalogue(), *operations.remote_catalogue()},
        forms={
            f.name.removesuffix(".form.json")
            for f in forms
            if f.name.endswith(".form.json")
        },
    )


def _report(
    draft: ProcedureDraft, content: bytes, problem: str = ""
) -> ResponseReturnValue:
    """What becomes of a diagram, before anything is kept."""
    try:
        found = _translated(draft, content)
    except DiagramRefused as refused:
        return _choosing(draft, faults=[one.message for one in refused.problems]), 422
    name = text(request.form, "name") or procedure_drafts.MAIN_FILE
    page = render_template(
        "designer/import_report.html",
        draft=draft,
        report=found.report,
        problems=checked(draft, {**procedure_drafts.files(draft.id), name: found.content}),
        content=b64encode(zlib.compress(content)).decode(),
        problem=problem,
        name=name,
    )
    return page, 422 if problem else 200


def _carried(sent: str) -> bytes | None:
    """The diagram that the page of the report carried, within what a file may hold."""
    try:
        reader = zlib.decompressobj()
        content = reader.decompress(b64decode(sent, validate=True), LARGEST_FILE + 1)
    except (NotBase64, ValueError, zlib.error):
        return None
    return content if reader.eof and len(content) <= LARGEST_FILE else None


def _choosing(draft: ProcedureDraft, **more: Any) -> str:
    actor = current_actor()
    return render_template(
        "designer/import.html",
        draft=draft,
        held=draft.held_by_another(actor.person_id),
        **{"faults": [], **more},
    )


def _beginning(typed: dict[str, str], **more: Any) -> str:
    actor = current_actor()
    return render_template(
        "designer/new.html",
        typed=typed,
        owners=reading.bodies(actor, actor.organisations(PROCESS_DESIGNER)),
        namespaces=designing.namespaces(),
        sources=[
            one for one in definitions.latest_of_each() if allowed(actor, "read", one)
        ],
        **{"errors": {}, **more},
    )


def _named(typed: str, row_type: Any) -> Any:
    try:
        return db.session.get(row_type, UUID(typed))
    except ValueError:
        return None
