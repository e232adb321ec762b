"""Procedures as their designers see them: the list, one of them, a version, a draft."""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_sqlalchemy.pagination import Pagination

from engine import definitions, procedure_drafts
from engine.access import Actor, allowed
from engine.commands import procedure_drafts as commands
from engine.errors import Busy, DraftHeld, OperationRefused
from engine.models import ProcessDefinition, db
from engine.procedure_drafts import ProcedureDraft
from web import navigation
from web.auth import current_actor, guard
from web.designer import reading, words
from web.designer.files import checked
from web.navigation import Item
from web.typed import page_number, text
from workflows import designing, known_data

bp = Blueprint("designer", __name__, url_prefix="/concepteur")
bp.context_processor(lambda: {"words": words, "designing": designing})

REFUSALS = (Busy, DraftHeld, OperationRefused)


@navigation.offer(bp)
def items(actor: Actor) -> Iterable[Item]:
    """The designer, for those who write procedures or let them out."""
    if actor.designs:
        yield Item(
            lazy_gettext("Démarches"),
            "designer.index",
            icon="diagram-3",
            under=bp.url_prefix or "",
            count=len(reading.to_decide(actor)),
            about=lazy_gettext(
                "Dessiner, essayer et publier les démarches de votre organisme"
            ),
        )


@bp.get("/")
@guard("design")
def index() -> ResponseReturnValue:
    """The procedures of one's bodies."""
    actor, sought = current_actor(), text(request.args, "q")[:200]
    page, found = reading.procedures(actor, sought, page_number())
    return render_template(
        "designer/index.html",
        page=page,
        procedures=found,
        sought=sought,
        deciding=reading.to_decide(actor),
        writes=allowed(actor, "write procedures"),
    )


@bp.get("/procedures/<key>")
@guard("design")
def procedure(key: str) -> ResponseReturnValue:
    """One procedure: its draft, its versions, what was done to it."""
    actor, (last, draft) = current_actor(), _of_key(key)
    acts = reading.acts(key, 1)
    page = reading.versions(key, page_number())
    named = [p for one in page.items for p in (one.published_by, one.approved_by)]
    return render_template(
        "designer/procedure.html",
        key=key,
        last=last,
        current=_current(key),
        draft=draft,
        waiting=procedure_drafts.waiting(key),
        page=page,
        cases=reading.open_cases(one.id for one in page.items),
        people=reading.people(named),
        acts=_signed(acts),
        more_acts=acts.has_next,
        writes=bool(last and allowed(actor, "design", last))
        or bool(draft and allowed(actor, "edit", draft)),
    )


@bp.get("/procedures/<key>/journal")
@guard("design")
def journal(key: str) -> ResponseReturnValue:
    """Who did what on a procedure, from the first draft on."""
    last, draft = _of_key(key)
    acts = reading.acts(key, page_number())
    named = last or draft
    return render_template(
        "designer/journal.html",
        key=key,
        name=named.name if named else key,
        page=acts,
        acts=_signed(acts),
    )


def _signed(acts: Pagination) -> list[tuple[Any, str]]:
    names = reading.people(act.actor_id for act in acts.items)
    return [(act, names.get(act.actor_id, "")) for act in acts.items]


def _of_key(key: str) -> tuple[ProcessDefinition | None, ProcedureDraft | None]:
    """The last version and the draft of a procedure that one reads; 404 otherwise."""
    actor, last = current_actor(), procedure_drafts.newest(key)
    draft = procedure_drafts.of_key(key)
    if not (last and allowed(actor, "read", last)) and not (
        draft and allowed(actor, "see", draft)
    ):
        abort(404)
    return last, draft


@bp.get("/versions/<uuid:definition_id>")
@guard("read", ProcessDefinition, "definition_id")
def version(definition_id: UUID) -> ResponseReturnValue:
    """One version: its files, who published it, and its diagram."""
    found = db.session.get_one(ProcessDefinition, definition_id)
    files = procedure_drafts.published(definition_id)
    return render_template(
        "designer/version.html",
        version=found,
        current=_current(found.key),
        kinds=by_kind(files),
        titles=titles(files),
        cases=reading.open_cases([found.id])[found.id],
        people=reading.people([found.published_by, found.approved_by]),
        draft=procedure_drafts.of_key(found.key),
        writes=allowed(current_actor(), "design", found),
    )


@bp.post("/versions/<uuid:definition_id>/brouillon")
@guard("design", ProcessDefinition, "definition_id")
def begin_from(definition_id: UUID) -> ResponseReturnValue:
    """Begin the next version from this one, or open the draft that there is."""
    draft_id = commands.begin_from(definition_id, actor=current_actor())
    return redirect(url_for(".draft", draft_id=draft_id))


@bp.get("/brouillons/<uuid:draft_id>")
@guard("see", ProcedureDraft, "draft_id")
def draft(draft_id: UUID) -> ResponseReturnValue:
    """A draft: its files, what is wrong with them, and what can be done."""
    return _show(db.session.get_one(ProcedureDraft, draft_id))


ON_DRAFT: Mapping[str, Any] = {
    "prendre": commands.hold,
    "laisser": commands.release,
    "reprendre": commands.take_over,
}


@bp.post("/brouillons/<uuid:draft_id>/<any(prendre, laisser, reprendre):act>")
@guard("edit", ProcedureDraft, "draft_id")
def turn(draft_id: UUID, act: str) -> ResponseReturnValue:
    """Take the draft in hand, leave it, or take it over from a colleague."""
    try:
        ON_DRAFT[act](draft_id, actor=current_actor())
    except REFUSALS as refused:
        flash(words.told(refused), "warning")
    return redirect(url_for(".draft", draft_id=draft_id))


@bp.post("/brouillons/<uuid:draft_id>/abandonner")
@guard("edit", ProcedureDraft, "draft_id")
def discard(draft_id: UUID) -> ResponseReturnValue:
    """Give the draft up; the versions published stay."""
    key = db.session.get_one(ProcedureDraft, draft_id).key
    try:
        commands.discard(draft_id, actor=current_actor())
    except REFUSALS as refused:
        flash(words.told(refused), "warning")
        return redirect(url_for(".draft", draft_id=draft_id))
    flash(_("Le brouillon est abandonné."), "success")
    if procedure_drafts.newest(key) is None:
        return redirect(url_for(".index"))
    return redirect(url_for(".procedure", key=key))


def _show(found: ProcedureDraft, **more: Any) -> str:
    actor, files = current_actor(), procedure_drafts.files(found.id)
    problems = checked(found, files)
    by_file: dict[str, list[Any]] = {}
    for one in problems:
        by_file.setdefault(one.file, []).append(one)
    return render_template(
        "designer/draft.html",
        draft=found,
        newest=procedure_drafts.newest(found.key),
        waiting=procedure_drafts.waiting(found.key),
        files={file.name: file for file in procedure_drafts.listed(found.id)},
        kinds=by_kind(files),
        titles=titles(files),
        by_file=by_file,
        errors=[one for one in problems if one.severity == "error"],
        warnings=[one for one in problems if one.severity == "warning"],
        edits=allowed(actor, "edit", found),
        held=found.held_by_another(actor.person_id),
        mine=found.is_held and found.holder_id == actor.person_id,
        **more,
    )


def by_kind(names: Iterable[str]) -> dict[str, list[str]]:
    """Names of files under their kind, in the order in which people read them."""
    found: dict[str, list[str]] = {suffix: [] for suffix in words.KINDS}
    for name in sorted(names):
        found[designing.kind(name)].append(name)
    return {suffix: listed for suffix, listed in found.items() if listed}


def titles(files: Mapping[str, bytes]) -> dict[str, str]:
    """What each file is called inside, by its name."""
    named = {f"{n}.form.json": title for n, title in known_data.form_titles(files).items()}
    for file, decision in known_data.compiled_tables(files).values():
        named.setdefault(file, decision.name)
    for name, content in files.items():
        if name.endswith(".letter.md"):
            head = content.decode(errors="replace").partition("\n")[0].strip("# ")
            named[name] = re.sub(r"\{\{.*?\}\}", "…", head)
    return named


def _current(key: str) -> ProcessDefinition | None:
    try:
        return definitions.latest(key)
    except definitions.UnknownProcedure:
        return None
