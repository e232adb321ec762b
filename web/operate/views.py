"""The operator's page: what is stuck, which partners answer, what waits in the queue."""

from collections.abc import Iterable, Mapping
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
from engine.access import Actor
from engine.commands import incidents, operations, partners
from engine.commands.operations import Operation
from engine.commands.preview import preview
from engine.errors import NotWaiting, OperationRefused
from engine.models import Incident, db
from web.auth import current_actor, guard
from web.navigation import Item, offer
from web.operate import asking, reading, words
from web.typed import page_number, text

LONGEST_NUMBER = 10
"""Digits read in a rate; no partner takes that many calls."""

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
    """Incidents by cause, partners, queue and clock on one page."""
    return render_template(
        "operate/index.html",
        causes=reading.incidents_by_cause(),
        partners=reading.partners(current_app.extensions["partners"]),
        queue=reading.queue(),
        figures=reading.figures(),
    )


@bp.get("/incidents")
@guard("operate")
def incident_list() -> ResponseReturnValue:
    """Open incidents, the oldest first, of one cause if asked."""
    cause, step = (text(request.args, name) for name in ("cause", "step_name"))
    page = reading.incidents(cause=cause, step=step, page=page_number())
    return render_template("operate/incidents.html", page=page, cause=cause, step=step)


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


@bp.get("/partenaires/<name>")
@guard("operate")
def settings(name: str) -> ResponseReturnValue:
    """One partner: how it stands, what can be set, and what was."""
    return _partner(name, {})


@bp.post("/partenaires/<name>/<any(pause, resume):act>")
@guard("operate")
def partner(name: str, act: str) -> ResponseReturnValue:
    """Pause a partner, or let calls flow again; with a motive."""
    if name not in current_app.extensions["partners"]:
        abort(404)
    typed = text(request.form, "motive")
    change = partners.pause if act == "pause" else partners.resume
    try:
        change(name, actor=current_actor(), motive=operations.checked(typed))
    except OperationRefused as refused:
        return _partner(name, request.form, problem=words.told(refused)), 422
    flash(
        _("Les appels à ce partenaire sont suspendus.")
        if act == "pause"
        else _("Les appels à ce partenaire reprennent."),
        "success",
    )
    return redirect(url_for(".index"))


@bp.post("/partenaires/<name>/debit")
@guard("operate")
def rate(name: str) -> ResponseReturnValue:
    """Say how many calls a minute a partner takes at most; nothing typed: no limit."""
    if name not in current_app.extensions["partners"]:
        abort(404)
    typed = text(request.form, "rate")
    try:
        digits = typed.isascii() and typed.isdigit() and len(typed) < LONGEST_NUMBER
        number = int(typed) if digits else 0
        motive = operations.checked(text(request.form, "motive"))
        asked = number if typed else None
        partners.set_rate(name, asked, actor=current_actor(), motive=motive)
    except OperationRefused as refused:
        return _partner(name, request.form, problem=words.told(refused)), 422
    flash(_("Le débit est réglé."), "success")
    return redirect(url_for(".index"))


def _partner(name: str, typed: Mapping[str, str], **more: Any) -> str:
    connected = current_app.extensions["partners"]
    if name not in connected:
        abort(404)
    [state] = reading.partners({name: connected[name]})
    return render_template(
        "operate/partner.html",
        partner=state,
        typed=typed,
        acts=reading.told(f"partner:{name}"),
        **more,
    )


@bp.post("/partenaires/<name>/essai")
@guard("operate")
def try_partner(name: str) -> ResponseReturnValue:
    """Try a partner's settings, reach and credentials; alter nothing there."""
    found = current_app.extensions["partners"].get(name) or abort(404)
    problems, label = found.check(), words.said(words.PARTNERS, name)
    if problems:
        flash(f"{label} : " + " ; ".join(problems), "danger")
    else:
        flash(_("%(name)s : tout répond.", name=label), "success")
    return redirect(url_for(".index"))


@bp.get("/courrier")
@guard("operate")
def mails() -> ResponseReturnValue:
    """The mails that the sandbox kept instead of sending them."""
    if current_app.extensions["partners"]["mail"].mode != "sandbox":
        abort(404)
    settings = current_app.extensions["settings"]
    received = mail.messages(settings.partners, settings.data)
    return render_template("operate/mails.html", mails=received)
