"""Asking without leaving a case: a document, a correction, a question, an opinion."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from connectors import ConnectorError, Refused, StoredFile
from engine import clock
from engine.access import Actor, is_asked
from engine.asks import KINDS, LONGEST, OPINION, CaseRequest, open_for
from engine.commands import asks
from engine.commands.asks import AlreadyReminded, Asked, of_applicant
from engine.errors import Busy, NotWaiting
from engine.models import ProcessInstance, db
from web import mailing, receiving
from web.auth import current_actor, guard, signed_in
from web.cases import asking, reading
from web.inbox.too_late import BUSY, too_late
from web.navigation import Item, offer
from web.typed import text
from workflows import landmarks

bp = Blueprint("asks", __name__)

MOST_FILES = 20
LARGEST = 20_000_000
"""Bytes of one file that comes with an answer."""


@offer(bp)
def navigation(actor: Actor) -> Iterable[Item]:
    """Whoever is asked something outside their tasks finds it, as long as it waits."""
    waiting = len(_waiting(actor)) if actor.handles_cases else 0
    if waiting:
        yield Item(
            _("Avis"),
            "asks.index",
            icon="chat-left-text",
            count=waiting,
            about=_("Ce que des collègues ou d’autres collectivités vous demandent."),
        )


@bp.get("/avis/")
@signed_in
def index() -> ResponseReturnValue:
    """What one is asked and has not answered yet."""
    return render_template("cases/asked_of_me.html", asks=_waiting(current_actor()))


@bp.get("/dossiers/<uuid:case_id>/demander")
@guard("handle", ProcessInstance, "case_id")
def new(case_id: UUID) -> ResponseReturnValue:
    """Choose what to ask, of whom, until when."""
    return _form(case_id, request.args.get("quoi", ""), {}, {})


@bp.post("/dossiers/<uuid:case_id>/demander")
@guard("handle", ProcessInstance, "case_id")
def send(case_id: UUID) -> ResponseReturnValue:
    """Ask it, and write to those who are asked."""
    kind = request.form.get("kind", "")
    case, actor = db.session.get_one(ProcessInstance, case_id), current_actor()
    back = url_for("sections.private", case_id=case_id)
    if kind not in KINDS:
        abort(422)
    typed = {name: text(request.form, name) for name in ("text", "due", "to")}
    typed["confidential"] = request.form.get("confidential", "")
    problems, of, due = _read(case, actor, typed)
    if problems or of is None:
        return _form(case_id, kind, typed, problems), 422
    try:
        made = asks.ask(
            case_id,
            kind,
            typed["text"],
            of=of,
            due_at=asking.end_of(due) if due else None,
            confidential=bool(typed["confidential"]),
            actor=actor,
        )
    except Busy:
        return too_late(BUSY, back)
    except NotWaiting:
        closed = _("Ce dossier a été clos entre-temps : votre demande n’est pas partie.")
        return too_late(closed, back)
    _write_to(made, "cases/mail/ask.txt")
    flash(_("Votre demande est envoyée."), "success")
    ask = db.session.get_one(CaseRequest, made)
    place = "sections.exchanges" if ask.of_applicant else "sections.private"
    return redirect(url_for(place, case_id=case_id) + "#demandes")


@bp.get("/avis/<uuid:ask_id>")
@guard("see", CaseRequest, "ask_id")
def show(ask_id: UUID) -> ResponseReturnValue:
    """An ask, with its answer or the means to give it."""
    return _show(ask_id)


@bp.post("/avis/<uuid:ask_id>")
@guard("answer", CaseRequest, "ask_id")
def answer(ask_id: UUID) -> ResponseReturnValue:
    """Answer it, with files that are checked and scanned first."""
    ask = db.session.get_one(CaseRequest, ask_id)
    case_id, mine = ask.instance_id, ask.of_applicant
    written = text(request.form, "text")
    files = [one for one in request.files.getlist("files") if one.filename]
    problems = _answer_problems(written, files)
    stored, refused = _stored(files) if not problems else ([], [])
    if refused:
        problems["files"] = " ".join(refused)
    if problems:
        return _show(ask_id, written, problems), 422
    back = url_for(".show", ask_id=ask_id)
    try:
        asks.answer(ask_id, written, actor=current_actor(), files=stored)
    except Busy:
        return too_late(BUSY, back)
    except NotWaiting:
        gone = _("Cette demande n’attend plus de réponse : elle a été répondue ou retirée.")
        return too_late(gone, back)
    flash(_("Votre réponse est envoyée."), "success")
    if mine:
        return redirect(url_for("portal.follow", case_id=case_id))
    return redirect(back)


@bp.post("/avis/<uuid:ask_id>/relance")
@guard("manage", CaseRequest, "ask_id")
def remind(ask_id: UUID) -> ResponseReturnValue:
    """Remind whoever was asked, once a day."""
    try:
        asks.remind(ask_id, actor=current_actor())
    except AlreadyReminded:
        flash(_("Une relance est déjà partie aujourd’hui : réessayez demain."), "warning")
    except NotWaiting:
        flash(_("Cette demande n’attend plus de réponse."), "warning")
    else:
        _write_to(ask_id, "cases/mail/reminder.txt")
        flash(_("La relance est envoyée."), "success")
    return redirect(url_for(".show", ask_id=ask_id))


@bp.post("/avis/<uuid:ask_id>/retrait")
@guard("manage", CaseRequest, "ask_id")
def withdraw(ask_id: UUID) -> ResponseReturnValue:
    """Ask no more, and say why."""
    motive = text(request.form, "motive")
    if not motive or len(motive) > LONGEST:
        told = {"motive": _("Motif : dites pourquoi, en 10 000 caractères au plus.")}
        return _show(ask_id, "", told, motive), 422
    try:
        asks.withdraw(ask_id, motive, actor=current_actor())
    except NotWaiting:
        flash(_("Cette demande n’attend plus de réponse."), "warning")
    else:
        flash(_("La demande est retirée."), "success")
    return redirect(url_for(".show", ask_id=ask_id))


def _waiting(actor: Actor) -> list[CaseRequest]:
    roles = sorted({(role.organisation_id, role.name) for role in actor.roles})
    found = open_for(actor.person_id, roles)
    return [ask for ask in found if is_asked(actor, ask)]


def _form(case_id: UUID, kind: str, typed: dict[str, str], problems: dict[str, Any]) -> str:
    case, actor = db.session.get_one(ProcessInstance, case_id), current_actor()
    return render_template(
        "cases/ask.html",
        page=reading.page(case, actor),
        tab="",
        kind=kind if kind in KINDS else "",
        kinds=asking.KINDS,
        colleagues=asking.colleagues(case, actor),
        roles=asking.roles(case),
        way=asking.way(case, kind),
        legal=landmarks.clock_of(case),
        typed=typed,
        problems=problems,
        opinion=OPINION,
    )


def _read(
    case: ProcessInstance, actor: Actor, typed: dict[str, str]
) -> tuple[dict[str, Any], Asked | None, date | None]:
    problems = dict[str, Any]()
    if not typed["text"] or len(typed["text"]) > LONGEST:
        problems["text"] = _(
            "Votre demande : écrivez ce que vous demandez, en 10 000 caractères au plus."
        )
    offered = [*asking.colleagues(case, actor), *asking.roles(case)]
    to_company = typed["to"] == "company" and case.applicant_id is not None
    of = of_applicant(case) if to_company else asking.asked(typed["to"], offered)
    if of is None:
        problems["to"] = _("À qui : choisissez dans la liste.")
    due = None
    if typed["due"]:
        try:
            due = date.fromisoformat(typed["due"])
        except ValueError:
            problems["due"] = _("Réponse attendue le : donnez une date, 31/12/2026.")
        else:
            if not clock.today() <= due <= date(2200, 1, 1):
                problems["due"] = _("Réponse attendue le : choisissez un jour à venir.")
    return problems, of, due


def _show(
    ask_id: UUID,
    typed: str = "",
    problems: dict[str, Any] | None = None,
    motive: str = "",
) -> str:
    ask, actor = db.session.get_one(CaseRequest, ask_id), current_actor()
    page = reading.page(ask.instance, actor)
    return render_template(
        "cases/asked.html",
        page=page,
        ask=ask,
        answers=is_asked(actor, ask) and ask.is_open,
        files=asking.files_of(ask, actor),
        typed=typed,
        motive=motive,
        problems=problems or {},
    )


def _answer_problems(written: str, files: list[FileStorage]) -> dict[str, Any]:
    if len(written) > LONGEST:
        return {
            "text": _(
                "Votre réponse : 10 000 caractères au plus ; la vôtre en compte %(n)s.",
                n=len(written),
            )
        }
    if not written and not files:
        return {"text": _("Votre réponse : écrivez-la, ou joignez un document.")}
    if len(files) > MOST_FILES:
        return {"files": _("Documents : 20 au plus à la fois.")}
    return {}


def _stored(files: list[FileStorage]) -> tuple[list[StoredFile], list[str]]:
    """The files kept, and a sentence for each one refused."""
    kept, refused = list[StoredFile](), list[str]()
    for file in files:
        try:
            kept.append(receiving.store(file, LARGEST))
        except Refused as failure:
            refused.append(str(failure))
        except ConnectorError:
            refused.append(
                _("Un document n’a pas pu être vérifié : réessayez dans quelques minutes.")
            )
    return kept, refused


def _write_to(ask_id: UUID, template: str) -> None:
    ask = db.session.get_one(CaseRequest, ask_id)
    subject = f"{asking.TITLES[ask.kind]} : {ask.instance.number}"
    text_of = render_template(template, ask=ask)
    for address in asking.addresses(ask):
        mailing.send(address, subject, text_of)
