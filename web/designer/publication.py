"""Ask that a draft be published, decide on it, catch up with others, withdraw a version."""

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import procedure_drafts
from engine.access import allowed
from engine.commands import catching_up, publication_requests
from engine.models import ProcessDefinition, db
from engine.procedure_drafts import ProcedureDraft, PublicationRequest, digest
from engine.spiff.errors import Problem
from web.auth import current_actor, guard
from web.designer import reading, words
from web.designer.files import raw
from web.designer.views import REFUSALS
from web.typed import text
from workflows import proposing
from workflows.comparing import compare
from workflows.proposing import WarningsUnread
from workflows.publication import FolderRefused

bp = Blueprint("designer_publication", __name__, url_prefix="/concepteur")
bp.context_processor(lambda: {"words": words})


@bp.get("/brouillons/<uuid:draft_id>/publier")
@guard("edit", ProcedureDraft, "draft_id")
def choose(draft_id: UUID) -> ResponseReturnValue:
    """What must be known before asking, and why it is asked."""
    return _choosing(db.session.get_one(ProcedureDraft, draft_id))


@bp.post("/brouillons/<uuid:draft_id>/publier")
@guard("edit", ProcedureDraft, "draft_id")
def ask(draft_id: UUID) -> ResponseReturnValue:
    """Freeze the draft, and ask a colleague to let it out."""
    typed = request.form.to_dict()
    try:
        made = proposing.ask(
            draft_id, text(typed, "comment"), read="read" in typed, actor=current_actor()
        )
    except FolderRefused:
        problem = _("Corrigez les erreurs ci-dessous, puis demandez à nouveau.")
    except WarningsUnread:
        problem = _("Lisez les points à vérifier, puis cochez que vous les avez lus.")
    except REFUSALS as refused:
        problem = words.told(refused)
    else:
        flash(_("La publication est demandée : vos collègues sont prévenus."), "success")
        return redirect(url_for(".show", request_id=made))
    draft = db.session.get_one(ProcedureDraft, draft_id)
    return _choosing(draft, problem=problem, typed=typed), 422


@bp.get("/demandes/<uuid:request_id>")
@guard("see", PublicationRequest, "request_id")
def show(request_id: UUID) -> ResponseReturnValue:
    """What is asked, what changes, and the decision."""
    return _showing(db.session.get_one(PublicationRequest, request_id))


@bp.get("/demandes/<uuid:request_id>/fichiers/<name>")
@guard("see", PublicationRequest, "request_id")
def file(request_id: UUID, name: str) -> ResponseReturnValue:
    """One file, as it was asked."""
    content = procedure_drafts.requested(request_id).get(name)
    return abort(404) if content is None else raw(name, content)


@bp.post("/demandes/<uuid:request_id>/accepter")
@guard("decide", PublicationRequest, "request_id")
def accept(request_id: UUID) -> ResponseReturnValue:
    """Publish exactly what was asked."""
    try:
        version = proposing.accept(request_id, actor=current_actor())
    except FolderRefused as refused:
        asked = db.session.get_one(PublicationRequest, request_id)
        problem = _("Ce qui était juste ne l’est plus. Refusez la demande.")
        return _showing(asked, problem=problem, problems=refused.problems), 422
    except REFUSALS as refused:
        return _again(request_id, words.told(refused))
    flash(
        _(
            "Publié : les nouveaux dossiers suivent la version %(version)s.",
            version=version,
        ),
        "success",
    )
    return redirect(url_for(".show", request_id=request_id))


@bp.post("/demandes/<uuid:request_id>/refuser")
@guard("decide", PublicationRequest, "request_id")
def refuse(request_id: UUID) -> ResponseReturnValue:
    """Do not publish, and say why."""
    typed = request.form.to_dict()
    try:
        publication_requests.refuse(
            request_id, text(typed, "reason"), actor=current_actor()
        )
    except REFUSALS as refused:
        return _again(request_id, words.told(refused), typed=typed)
    flash(
        _("La publication est refusée ; la personne qui la demandait est prévenue."),
        "success",
    )
    return redirect(url_for(".show", request_id=request_id))


@bp.post("/demandes/<uuid:request_id>/retirer")
@guard("take back", PublicationRequest, "request_id")
def take_back(request_id: UUID) -> ResponseReturnValue:
    """Ask no more."""
    try:
        publication_requests.take_back(request_id, actor=current_actor())
    except REFUSALS as refused:
        return _again(request_id, words.told(refused))
    flash(_("La demande est retirée."), "success")
    return redirect(url_for(".show", request_id=request_id))


@bp.get("/brouillons/<uuid:draft_id>/rattraper")
@guard("edit", ProcedureDraft, "draft_id")
def compare_apart(draft_id: UUID) -> ResponseReturnValue:
    """What the last version changed since the draft began, to be taken into it."""
    return _catching_up(db.session.get_one(ProcedureDraft, draft_id))


@bp.post("/brouillons/<uuid:draft_id>/rattraper")
@guard("edit", ProcedureDraft, "draft_id")
def catch_up(draft_id: UUID) -> ResponseReturnValue:
    """Take these changes into the draft."""
    typed = request.form.to_dict()
    kept = {n.removeprefix("keep-"): v for n, v in typed.items() if n.startswith("keep-")}
    try:
        last_id = UUID(typed.get("last", ""))
    except ValueError:
        abort(400)
    try:
        catching_up.catch_up(draft_id, last_id, kept, actor=current_actor())
    except REFUSALS as refused:
        draft = db.session.get_one(ProcedureDraft, draft_id)
        return _catching_up(draft, problem=words.told(refused), kept=kept), 422
    flash(
        _("Le brouillon contient maintenant les changements de cette version."), "success"
    )
    return redirect(url_for("designer.draft", draft_id=draft_id))


@bp.get("/versions/<uuid:definition_id>/retirer")
@guard("design", ProcessDefinition, "definition_id")
def withdrawing(definition_id: UUID) -> ResponseReturnValue:
    """What withdrawing a version does, and why it is done."""
    return _withdrawing(db.session.get_one(ProcessDefinition, definition_id))


@bp.post("/versions/<uuid:definition_id>/retirer")
@guard("design", ProcessDefinition, "definition_id")
def withdraw(definition_id: UUID) -> ResponseReturnValue:
    """Let new cases take the version before."""
    typed = request.form.to_dict()
    found = db.session.get_one(ProcessDefinition, definition_id)
    try:
        now = publication_requests.withdraw_version(
            definition_id, text(typed, "motive"), actor=current_actor()
        )
    except REFUSALS as refused:
        return _withdrawing(found, problem=words.told(refused), typed=typed), 422
    flash(
        _(
            "Version retirée : les nouveaux dossiers suivent la version %(version)s.",
            version=now,
        ),
        "success",
    )
    return redirect(url_for("designer.procedure", key=found.key))


def _choosing(draft: ProcedureDraft, **more: Any) -> str:
    files = procedure_drafts.files(draft.id)
    problems = proposing.proposed(draft, files)
    return render_template(
        "designer/ask.html",
        draft=draft,
        errors=[one for one in problems if one.severity == "error"],
        warnings=[one for one in problems if one.severity == "warning"],
        found=compare(procedure_drafts.published(draft.base_id), files),
        waiting=procedure_drafts.waiting(draft.key),
        apart=catching_up.apart(draft),
        **{"typed": {}, **more},
    )


def _showing(asked: PublicationRequest, **more: Any) -> str:
    actor, files = current_actor(), procedure_drafts.requested(asked.id)
    draft = procedure_drafts.of_key(asked.key)
    last = procedure_drafts.newest(asked.key)
    open_ = asked.status == procedure_drafts.ASKED
    return render_template(
        "designer/request.html",
        asked=asked,
        name=draft.name if draft else last.name if last else asked.key,
        draft=draft if draft and draft.id == asked.draft_id else None,
        moved=open_ and (last.id if last else None) != asked.base_id,
        later=bool(
            draft
            and draft.id == asked.draft_id
            and digest(procedure_drafts.files(draft.id)) != asked.sha256
        ),
        found=compare(procedure_drafts.published(asked.base_id), files),
        files=files,
        warnings=[Problem(**one) for one in asked.acknowledged],
        decides=open_ and allowed(actor, "decide", asked),
        takes_back=open_ and allowed(actor, "take back", asked),
        **{"typed": {}, **more},
    )


def _again(request_id: UUID, problem: str, **more: Any) -> ResponseReturnValue:
    asked = db.session.get_one(PublicationRequest, request_id)
    return _showing(asked, problem=problem, **more), 422


def _catching_up(draft: ProcedureDraft, **more: Any) -> str:
    found = catching_up.apart(draft)
    new = procedure_drafts.published(found.last.id) if found else {}
    base = procedure_drafts.published(draft.base_id)
    mine = procedure_drafts.files(draft.id)
    wanted = [*found.theirs, *found.both] if found else []
    return render_template(
        "designer/catch_up.html",
        draft=draft,
        apart=found,
        theirs={one.name: one for one in compare(base, new) if one.name in wanted},
        ours={one.name: one for one in compare(base, mine) if one.name in wanted},
        **{"kept": {}, **more},
    )


def _withdrawing(found: ProcessDefinition, **more: Any) -> str:
    return render_template(
        "designer/withdraw.html",
        version=found,
        before=reading.before(found),
        cases=reading.open_cases([found.id])[found.id],
        **{"typed": {}, **more},
    )
