"""Case pages of those who handle them, their diagram, and every document's download."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import select

from engine import definitions
from engine.access import Actor, Forbidden, allowed
from engine.commands import cases
from engine.commands.step import restore
from engine.criteria import Search
from engine.documents import Document
from engine.errors import Busy
from engine.models import ProcessInstance, db
from engine.search import ordered
from web import errors
from web.attachments import sent
from web.auth import current_actor, guard
from web.cases import passage, reading, timeline
from web.inbox.too_late import BUSY, too_late
from web.navigation import Item, offer
from web.paging import bounded
from web.typed import page_number, text

bp = Blueprint("cases", __name__)

PER_PAGE = 25
LATEST = 8
"""What happened last, on a case's summary."""


NOT_YOUR_DOCUMENT = errors.Message(
    lazy_gettext("Document réservé"),
    lazy_gettext(
        "Ce document appartient à un dossier que vous ne pouvez pas, ou plus, ouvrir : votre"
        " rôle a pu prendre fin, ou la tâche passer à un autre organisme. Demandez-le à ceux"
        " qui instruisent le dossier."
    ),
)
NOT_YOUR_CASE = errors.Message(
    lazy_gettext("Dossier réservé"),
    lazy_gettext(
        "Ce dossier est instruit par d’autres, ou votre rôle a pris fin. S’il devrait vous"
        " être ouvert, demandez-le à l’administrateur de votre organisme."
    ),
)


@offer(bp)
def navigation(actor: Actor) -> Iterable[Item]:
    """Those who handle cases may look one up."""
    if actor.handles_cases:
        yield Item(
            _("Dossiers"),
            "cases.index",
            icon="folder2-open",
            about=_("Ceux de votre service, où qu’ils en soient."),
        )


@bp.get("/dossiers/")
@guard("handle")
def index() -> ResponseReturnValue:
    """The cases one handles, the newest first; those sought by words are the search's."""
    status = request.args.get("statut", "")
    if sought := text(request.args, "q")[:100]:
        return redirect(url_for("search.index", mots=sought, etat=status or None))
    asked = Search(status=status if status in {"active", "completed"} else "")
    rows = select(ProcessInstance).order_by(
        ProcessInstance.started_at.desc(), ProcessInstance.id.desc()
    )
    page = bounded(
        ordered(asked, current_actor()),
        rows,
        id=ProcessInstance.id,
        page=page_number(),
        per_page=PER_PAGE,
    )
    return render_template(
        "cases/index.html",
        page=page,
        status=status,
        outcome_name=reading.outcome_name,
    )


@bp.get("/dossiers/<uuid:case_id>")
@guard("see", ProcessInstance, "case_id")
def show(case_id: UUID) -> ResponseReturnValue:
    """A case, for those who handle it or are consulted; an applicant has their own page."""
    case = db.session.get_one(ProcessInstance, case_id)
    page = reading.page(case, current_actor())
    if page.applies and not page.handles:
        return redirect(url_for("portal.follow", case_id=case_id))
    return render_template(
        "cases/show.html",
        page=page,
        latest=timeline.page(case, page.actor, handles=True, most=LATEST)
        if page.handles
        else None,
        marks=_marks(case) if page.handles else None,
    )


@bp.get("/dossiers/<uuid:case_id>/schema")
@guard("see", ProcessInstance, "case_id")
def diagram(case_id: UUID) -> ResponseReturnValue:
    """The diagram, with where the case stands, for those who handle it."""
    case = db.session.get_one(ProcessInstance, case_id)
    if not allowed(current_actor(), "handle", case):
        abort(403)
    return render_template(
        "cases/diagram.html",
        page=reading.page(case, current_actor()),
        marks=_marks(case),
        passed=passage.page(case, request.args.get("avant", 0, type=int)),
    )


@bp.get("/dossiers/<uuid:case_id>/schema.bpmn")
@guard("handle", ProcessInstance, "case_id")
def diagram_file(case_id: UUID) -> ResponseReturnValue:
    """The diagram's own file, as published."""
    case = db.session.get_one(ProcessInstance, case_id)
    content = definitions.file(case.definition_id, "process.bpmn") or abort(404)
    return Response(content, mimetype="application/xml")


def _marks(case: ProcessInstance) -> dict[str, Any]:
    """What to write on a case's diagram."""
    passed = passage.marks(case.id)
    return {
        "live": sorted(restore(case).markers()) if case.is_open else [],
        "done": sorted(passed),
        "failed": reading.elements_stopped(case.id),
        "passed": passed,
    }


@bp.post("/dossiers/<uuid:case_id>/messages")
@guard("write", ProcessInstance, "case_id")
def write(case_id: UUID) -> ResponseReturnValue:
    """Add a message to the conversation between the applicant and the office."""
    written = text(request.form, "text")
    if not written:
        flash(_("Message : écrivez quelque chose avant d'envoyer."), "warning")
        return redirect(_page_of(case_id))
    try:
        cases.write_message(case_id, written, actor=current_actor())
    except Busy:
        return too_late(BUSY, _page_of(case_id))
    except cases.CaseClosed:
        sentence = _("Ce dossier a été clos entre-temps : votre message n'est pas parti.")
        return too_late(sentence, _page_of(case_id))
    except cases.MessageTooLong:
        case = db.session.get_one(ProcessInstance, case_id)
        problem = _(
            "Message : 10 000 caractères au plus ; le vôtre en compte %(n)s.",
            n=len(written),
        )
        page = reading.page(case, current_actor())
        template = "portal/follow.html" if page.applies else "cases/exchanges.html"
        about = {"typed": written, "problem": problem, "tab": "echanges"}
        return render_template(template, page=page, **about), 422
    flash(_("Votre message est envoyé."), "success")
    return redirect(_page_of(case_id))


def _page_of(case_id: UUID) -> str:
    case = db.session.get_one(ProcessInstance, case_id)
    handles = allowed(current_actor(), "handle", case)
    place = "sections.exchanges" if handles else "portal.follow"
    return url_for(place, case_id=case_id) + "#messages"


@bp.errorhandler(Forbidden)
def not_yours(_failure: Forbidden) -> ResponseReturnValue:
    """A case or a document that is not theirs, or no longer is: say why it may be."""
    if request.endpoint == "cases.download":
        return errors.page(403, NOT_YOUR_DOCUMENT)
    return errors.page(403, NOT_YOUR_CASE)


@bp.get("/documents/<uuid:document_id>")
@guard("read", Document, "document_id")
def download(document_id: UUID) -> ResponseReturnValue:
    """A document's bytes, shown by the browser only when they cannot run anything."""
    document = db.session.get_one(Document, document_id)
    return sent(document, inline="telecharger" not in request.args)
