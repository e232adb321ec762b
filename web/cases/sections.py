"""The sections of a case beside its summary: request, documents, exchanges, notes, history.

Each is a page of its own, read at its own cost; a company reads its documents and what
concerns it of the history.
"""

from typing import Any
from uuid import UUID

from flask import Blueprint, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from engine import notes
from engine.commands import watching
from engine.models import ProcessInstance, db
from web.auth import current_actor, guard
from web.cases import asking, papers, reading, timeline
from web.typed import text

bp = Blueprint("sections", __name__)


@bp.get("/dossiers/<uuid:case_id>/demande")
@guard("see", ProcessInstance, "case_id")
def filed(case_id: UUID) -> ResponseReturnValue:
    """The request as it was filed, then what people answered in its tasks."""
    return render_template("cases/filed.html", page=_page(case_id), tab="demande")


@bp.get("/dossiers/<uuid:case_id>/documents")
@guard("see", ProcessInstance, "case_id")
def documents(case_id: UUID) -> ResponseReturnValue:
    """Every document, by where it comes from and by name, page after page."""
    page = _page(case_id)
    sought = text(request.args, "q")[:100]
    origin = request.args.get("origine", "")
    found = papers.page(
        page.case,
        page.actor,
        origin=origin,
        sought=sought,
        after=request.args.get("apres", ""),
    )
    kept: dict[str, Any] = {"q": sought or None, "origine": origin or None}
    return render_template(
        "cases/documents.html",
        page=page,
        tab="documents",
        found=found,
        people=reading.names({one.added_by for one in found.items}),
        origin=origin,
        sought=sought,
        further=url_for(".documents", case_id=case_id, apres=found.after, **kept)
        if found.after
        else "",
    )


@bp.get("/dossiers/<uuid:case_id>/echanges")
@guard("handle", ProcessInstance, "case_id")
def exchanges(case_id: UUID) -> ResponseReturnValue:
    """The conversation with the company, and what is asked of it."""
    return render_template("cases/exchanges.html", page=_page(case_id), tab="echanges")


@bp.get("/dossiers/<uuid:case_id>/notes")
@guard("handle", ProcessInstance, "case_id")
def private(case_id: UUID) -> ResponseReturnValue:
    """What those who handle the case tell each other, and the opinions they asked for."""
    return notes_page(case_id)


def notes_page(case_id: UUID, typed: str = "", problem: str = "") -> str:
    """The notes of a case, with the one being typed and what is wrong with it."""
    return render_template(
        "cases/notes.html",
        page=_page(case_id),
        tab="notes",
        notes=notes.of_case(case_id),
        typed=typed,
        problem=problem,
    )


@bp.get("/dossiers/<uuid:case_id>/historique")
@guard("see", ProcessInstance, "case_id")
def history(case_id: UUID) -> ResponseReturnValue:
    """Everything that happened, the newest first; what concerns them for the others."""
    page = _page(case_id)
    asked = request.args.get("genre", "")
    kind = asked if page.handles and asked in timeline.KINDS else ""
    found = timeline.page(
        page.case,
        page.actor,
        handles=page.handles,
        kind=kind,
        after=request.args.get("apres", ""),
    )
    further = url_for(".history", case_id=case_id, genre=kind or None, apres=found.after)
    return render_template(
        "cases/history.html",
        page=page,
        tab="historique",
        found=found,
        kinds=timeline.KINDS,
        kind=kind,
        further=further if found.after else "",
    )


@bp.post("/dossiers/<uuid:case_id>/presence")
@guard("handle", ProcessInstance, "case_id")
def watch(case_id: UUID) -> ResponseReturnValue:
    """Note that one looks at a case, and say who else does: JSON for a script."""
    watching.seen(case_id, actor=current_actor())
    return jsonify(told=present_words(_page(case_id).present))


def present_words(names: list[str]) -> str:
    """Who else looks at a case, in a sentence; "" for nobody."""
    if not names:
        return ""
    return str(
        ngettext(
            "%(who)s consulte aussi ce dossier.",
            "%(who)s consultent aussi ce dossier.",
            len(names),
            who=", ".join(names),
        )
    )


def _page(case_id: UUID) -> reading.CasePage:
    return reading.page(db.session.get_one(ProcessInstance, case_id), current_actor())


@bp.app_context_processor
def _words() -> dict[str, object]:
    return {
        "ask_titles": asking.TITLES,
        "asked_of": asking.of_whom,
        "present_words": present_words,
    }
