"""The editor of a draft's scenarios.json: its stories in words, played, renamed, removed."""

import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import procedure_drafts, trials
from engine.access import Actor, allowed
from engine.commands import procedure_drafts as commands
from engine.errors import EngineError
from engine.models import db
from engine.procedure_drafts import ProcedureDraft
from engine.spiff import dialect
from engine.spiff.errors import DiagramRefused
from web.auth import current_actor, guard
from web.designer import telling, throwaway, trying, words
from web.designer.trying import SCENARIOS, Trial
from web.typed import text
from workflows import designing, stories

bp = Blueprint("scenarios", __name__, url_prefix="/concepteur")


@bp.get("/brouillons/<uuid:draft_id>/modifier/scenarios.json")
@guard("see", ProcedureDraft, "draft_id")
def show(draft_id: UUID) -> ResponseReturnValue:
    """The stories of a draft, each in words, and the file as it is written."""
    return _page(draft_id)


@bp.post("/brouillons/<uuid:draft_id>/modifier/scenarios.json")
@guard("edit", ProcedureDraft, "draft_id")
def save(draft_id: UUID) -> ResponseReturnValue:
    """Save the file as it was typed, once it is one."""
    typed = request.form.get("source", "").replace("\r\n", "\n")
    content, rev = typed.encode("utf-8", "replace"), request.form.get("rev", type=int)
    if wrong := _faults(content):
        return _page(draft_id, errors={"source": wrong}, source=typed), 422
    if refused := _write(draft_id, content, rev or None, current_actor()):
        return _page(draft_id, errors={"source": [refused]}, source=typed), 422
    flash(_("Les scénarios sont enregistrés."), "success")
    return redirect(url_for(".show", draft_id=draft_id))


@bp.post("/brouillons/<uuid:draft_id>/scenarios/jouer")
@guard("see", ProcedureDraft, "draft_id")
def play(draft_id: UUID) -> ResponseReturnValue:
    """Play every story, or the one that is named, and say how each went."""
    draft = db.session.get_one(ProcedureDraft, draft_id)
    files = procedure_drafts.files(draft_id)
    known, only = trying.told(files)["stories"], request.form.get("scenario")
    titles = [title for title in known if only in (None, title)]
    setting = trying.setting_of(draft, files)
    db.session.rollback()
    began = time.monotonic()
    found = throwaway.play(setting, [known[title] for title in titles]) if titles else []
    results = {title: _result(one) for title, one in zip(titles, found, strict=False)}
    results |= {title: {"late": True} for title in titles[len(found) :]}
    return _page(draft_id, results=results, seconds=time.monotonic() - began)


@bp.post("/brouillons/<uuid:draft_id>/scenarios/ouvrir")
@guard("see", ProcedureDraft, "draft_id")
def open_story(draft_id: UUID) -> ResponseReturnValue:
    """Make a story one's trial of the draft, in the place of the one that was under way."""
    actor, title = current_actor(), request.form.get("scenario", "")
    steps = trying.told(procedure_drafts.files(draft_id))["stories"].get(title)
    if steps is None:
        return _page(
            draft_id, errors={"": [_("Ce scénario n’est plus dans le brouillon.")]}
        ), 422
    story = trials.of(draft_id, actor.person_id)
    trying.tell(draft_id, steps, actor, story.rev if story else 0, title)
    return redirect(url_for("trial.show", draft_id=draft_id))


@bp.post("/brouillons/<uuid:draft_id>/scenarios/<any(renommer, supprimer):act>")
@guard("edit", ProcedureDraft, "draft_id")
def change(draft_id: UUID, act: str) -> ResponseReturnValue:
    """Give a story another title, or take it out."""
    found = procedure_drafts.file(draft_id, SCENARIOS)
    told = trying.told({SCENARIOS: found[0]} if found else {})
    title, to = request.form.get("scenario", ""), text(request.form, "titre")[:200]
    if title not in told["stories"] or found is None:
        return _page(
            draft_id, errors={"": [_("Ce scénario n’est plus dans le brouillon.")]}
        ), 422
    if act == "renommer" and not to:
        return _page(
            draft_id, errors={"": [_("Titre du scénario : écrivez-le en une phrase.")]}
        ), 422
    if act == "renommer" and to != title and to in told["stories"]:
        taken = _(
            "Titre du scénario : « %(title)s » existe déjà, choisissez-en un autre.",
            title=to,
        )
        return _page(draft_id, errors={"": [taken]}), 422
    told["stories"] = {
        (to if one == title else one): steps
        for one, steps in told["stories"].items()
        if act == "renommer" or one != title
    }
    if refused := _write(draft_id, _written(told), found[1], current_actor()):
        return _page(draft_id, errors={"": [refused]}), 422
    flash(
        _("Le scénario est renommé.")
        if act == "renommer"
        else _("Le scénario est supprimé."),
        "success",
    )
    return redirect(url_for(".show", draft_id=draft_id))


def add(draft: ProcedureDraft, title: str, steps: list[Any], actor: Actor) -> str:
    """Put a story in a draft's file, over the one of this title; why it cannot, or nothing."""
    if not allowed(actor, "edit", draft):
        return str(_("Seuls les concepteurs de cet organisme gardent des scénarios."))
    found = procedure_drafts.file(draft.id, SCENARIOS)
    if found and stories.faults(found[0]):
        return str(
            _("Le fichier scenarios.json contient une erreur : corrigez-le d’abord.")
        )
    told = trying.told({SCENARIOS: found[0]} if found else {})
    told["stories"][title] = steps
    content = _written(told)
    wrong = _faults(content)
    return (
        wrong[0] if wrong else _write(draft.id, content, found[1] if found else None, actor)
    )


def usual(trial: Trial) -> Mapping[str, str]:
    """What to propose as content of each message and answer: what the scenarios say of it."""
    found = {
        call: orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
        for call, value in trial.told["partners"].items()
    }
    for steps in trial.told["stories"].values():
        for step in steps:
            if "message" in step and step.get("payload"):
                told = orjson.dumps(step["payload"], option=orjson.OPT_INDENT_2).decode()
                found.setdefault(step["message"], told)
    return found


def _faults(content: bytes) -> list[str]:
    wrong = designing.fault(SCENARIOS, content)
    return [wrong] if wrong else stories.faults(content)


def _write(draft_id: UUID, content: bytes, rev: int | None, actor: Actor) -> str:
    try:
        commands.save_file(draft_id, SCENARIOS, content, rev, actor=actor)
    except EngineError as refused:
        db.session.rollback()
        return words.told(refused)
    return ""


def _written(told: Mapping[str, Any]) -> bytes:
    """The file, a step a line: as people read it, and compare it."""
    parts = [
        f'"values": {_pretty(told["values"])}',
        f'"partners": {_pretty(told["partners"])}',
    ]
    tales = [
        f"  {_line(title)}: [\n"
        + ",\n".join(f"   {_line(step)}" for step in steps)
        + "\n  ]"
        for title, steps in told["stories"].items()
    ]
    parts.append('"stories": {\n' + ",\n".join(tales) + "\n }")
    return ("{\n " + ",\n ".join(parts) + "\n}\n").encode()


def _line(value: Any) -> str:
    return orjson.dumps(value).decode()


def _pretty(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode().replace("\n", "\n ")


def _result(one: Mapping[str, Any]) -> dict[str, Any]:
    if "refused" in one:
        return {"step": 0, "message": " ".join(one["refused"])}
    return dict(one["broken"] or {"passed": True})


def _page(
    draft_id: UUID,
    *,
    errors: Mapping[str, list[str]] | None = None,
    source: str | None = None,
    results: Mapping[str, Any] | None = None,
    seconds: float = 0,
) -> str:
    draft = db.session.get_one(ProcedureDraft, draft_id)
    found = procedure_drafts.file(draft_id, SCENARIOS)
    content, rev = found or (b"", 0)
    names, roles = _names(draft)
    told = trying.told({SCENARIOS: content})
    actor = current_actor()
    return render_template(
        "designer/scenarios.html",
        draft=draft,
        stories={
            title: telling.tale(steps, names, roles)
            for title, steps in told["stories"].items()
        },
        faults=stories.faults(content) if found else [],
        source=content.decode("utf-8", "replace") if source is None else source,
        rev=rev,
        results=results,
        seconds=seconds,
        errors=errors or {},
        edits=allowed(actor, "edit", draft) and not draft.held_by_another(actor.person_id),
    )


def _names(draft: ProcedureDraft) -> tuple[dict[str, str], dict[str, str]]:
    """How the diagram calls its elements and roles, however wrong it is."""
    try:
        facts, _problems = dialect.read(procedure_drafts.files(draft.id), draft.key)
    except DiagramRefused:
        return {}, {}
    roles = {
        role: name for scope in facts.scopes.values() for role, name in scope.roles.items()
    }
    return {node.id: node.name or node.id for node in facts.nodes.values()}, roles
