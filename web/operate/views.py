"""The operator's page: what is stuck, which partners answer, what waits in the queue."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from connectors import mail
from engine import platform_figures
from engine.access import Actor
from engine.commands import incidents, operations
from engine.commands.operations import Operation
from engine.commands.preview import preview
from engine.errors import NotWaiting, OperationRefused
from engine.models import Incident, db
from web.auth import current_actor, guard
from web.navigation import Item, offer
from web.operate import asking, needs, reading, words
from web.operate.filters import Typed
from web.operate.reading import Stopped
from web.typed import clean, page_number, text

bp = Blueprint("operate", __name__, url_prefix="/exploitation")
bp.context_processor(lambda: {"words": words, "asking": asking})


@offer(bp)
def navigation(actor: Actor) -> Iterable[Item]:
    """Operators alone are offered this room."""
    if actor.operates:
        yield Item(
            _("Exploitation"),
            "operate.index",
            icon="speedometer2",
            about=_("Incidents, partenaires, travaux et courrier."),
        )


@bp.get("/")
@guard("operate")
def index() -> ResponseReturnValue:
    """What needs a hand now; below, incidents by cause, the queue and the partners."""
    partners = reading.partners(current_app.extensions["partners"])
    return render_template(
        "operate/index.html",
        needs=needs.all_of_them(partners),
        causes=reading.incidents_by_cause(),
        partners=partners,
        queue=reading.queue(),
    )


@bp.get("/incidents")
@guard("operate")
def incident_list() -> ResponseReturnValue:
    """Open incidents, the oldest first, as they are filtered."""
    typed = Typed(request.args)
    wanted = Stopped(
        cause=typed.text("cause"),
        step=typed.text("step_name"),
        partner=typed.text("partner"),
        key=typed.text("key"),
        since=typed.day("since"),
        case=typed.case("numero"),
    )
    page = None if typed.problems else reading.incidents(wanted, page_number())
    shown = render_template(
        "operate/incidents.html",
        page=page,
        wanted=wanted,
        causes=reading.incidents_by_cause(),
        partners=current_app.extensions["partners"],
        procedures=platform_figures.names(),
        typed=clean(request.args),
        problems=typed.problems,
    )
    return (shown, 422) if typed.problems else shown


@bp.get("/incidents/<uuid:incident_id>")
@guard("operate")
def incident(incident_id: UUID) -> ResponseReturnValue:
    """One incident with its context, and what can be done."""
    return _incident(db.session.get(Incident, incident_id) or abort(404), {}, {})


@bp.post("/incidents/<uuid:incident_id>/<any(retry, correct, answer):act>")
@guard("operate")
def settle(incident_id: UUID, act: str) -> ResponseReturnValue:
    """Try again, with corrected data if given, or answer by hand: first shown, then done."""
    found = db.session.get(Incident, incident_id) or abort(404)
    typed = {name: text(request.form, name) for name in ("motive", "data")}
    motive, value, problems = "", dict[str, Any](), dict[str, str]()
    try:
        motive = operations.checked(typed["motive"])
    except OperationRefused as refused:
        problems["motive"] = words.told(refused)
    try:
        value = asking.data(typed["data"]) if act != "retry" else {}
    except OperationRefused as refused:
        problems["data"] = words.told(refused)
    if problems:
        return _incident(found, typed, problems), 422
    actor = current_actor()
    asked = Operation(
        "answer" if act == "answer" else "retry", str(found.task_id), values=value
    )
    try:
        if "_confirm" not in request.form:
            shown = preview(found.instance_id, asked, actor=actor)
            return _incident(found, typed, problems, act=act, shown=shown)
        if act == "answer":
            incidents.answer(incident_id, value, actor=actor, motive=motive)
        elif value:
            operations.perform(found.instance_id, asked, actor=actor, motive=motive)
        else:
            incidents.retry(incident_id, actor=actor, motive=motive)
    except NotWaiting:
        flash(_("Cet incident est déjà réglé."), "warning")
    except OperationRefused as refused:
        if found.resolved_at is None:
            return _incident(found, typed, {"data": words.told(refused)}), 422
        flash(_("Cet incident est déjà réglé."), "warning")
    else:
        flash(_("C’est fait : le dossier repart."), "success")
    return redirect(url_for(".index"))


def _incident(
    found: Incident, typed: dict[str, str], problems: dict[str, str], **more: Any
) -> str:
    return render_template(
        "operate/incident.html",
        incident=found,
        context=reading.context_of(found),
        typed=typed,
        problems=problems,
        **more,
    )


@bp.get("/courrier")
@guard("operate")
def mails() -> ResponseReturnValue:
    """The mails that the sandbox kept instead of sending them."""
    if current_app.extensions["partners"]["mail"].mode != "sandbox":
        abort(404)
    settings = current_app.extensions["settings"]
    received = mail.messages(settings.partners, settings.data)
    return render_template("operate/mails.html", mails=received)
