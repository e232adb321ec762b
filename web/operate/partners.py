"""One partner: how it stands, what waits for it, what can be set, and how to rehearse."""

from collections.abc import Mapping
from typing import Any

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
from flask_babel import lazy_gettext

from connectors import catalogue, sandboxes
from connectors.faults import Weather
from engine.commands import operations, partners
from engine.errors import OperationRefused
from web.auth import current_actor, guard
from web.operate import asking, exchanging, reading, words
from web.typed import clean, text

LONGEST_NUMBER = 10
"""Digits read in a rate; no partner takes that many calls."""

LATEST = 8
LONGEST_REASON = 200

bp = Blueprint("partners", __name__, url_prefix="/exploitation/partenaires")
bp.context_processor(lambda: {"words": words, "asking": asking})

RATES = {"ambiguous": lazy_gettext("Réponses perdues"), "error": lazy_gettext("Erreurs")}
SECONDS = {"slow": lazy_gettext("Lenteur"), "throttle": lazy_gettext("Attente demandée")}
MOST_SECONDS = 120


@bp.get("/")
@guard("operate")
def index() -> ResponseReturnValue:
    """Every partner, and how it stands."""
    return render_template("operate/partners.html", partners=reading.partners(_connected()))


@bp.get("/<name>")
@guard("operate")
def show(name: str) -> ResponseReturnValue:
    """One partner: how it stands, what can be set, and what was."""
    return _page(name, {})


@bp.post("/<name>/<any(pause, resume):act>")
@guard("operate")
def turn(name: str, act: str) -> ResponseReturnValue:
    """Pause a partner, or let calls flow again; with a motive."""
    _client(name)
    change = partners.pause if act == "pause" else partners.resume
    typed = text(request.form, "motive")
    try:
        change(name, actor=current_actor(), motive=operations.checked(typed))
    except OperationRefused as refused:
        return _page(name, clean(request.form), problem=words.told(refused)), 422
    flash(
        _("Les appels à ce partenaire sont suspendus.")
        if act == "pause"
        else _("Les appels à ce partenaire reprennent."),
        "success",
    )
    return redirect(url_for(".show", name=name))


@bp.post("/<name>/debit")
@guard("operate")
def rate(name: str) -> ResponseReturnValue:
    """Say how many calls a minute a partner takes at most; nothing typed: no limit."""
    _client(name)
    typed = text(request.form, "rate")
    try:
        digits = typed.isascii() and typed.isdigit() and len(typed) < LONGEST_NUMBER
        number = int(typed) if digits else 0
        motive = operations.checked(text(request.form, "motive"))
        asked = number if typed else None
        partners.set_rate(name, asked, actor=current_actor(), motive=motive)
    except OperationRefused as refused:
        return _page(name, clean(request.form), problem=words.told(refused)), 422
    flash(_("Le débit est réglé."), "success")
    return redirect(url_for(".show", name=name))


@bp.post("/<name>/essai")
@guard("operate")
def probe(name: str) -> ResponseReturnValue:
    """Try a partner's settings, reach and credentials; alter nothing there."""
    problems, label = _client(name).check(), words.said(words.PARTNERS, name)
    if problems:
        flash(f"{label} : " + " ; ".join(problems), "danger")
    else:
        flash(_("%(name)s : tout répond.", name=label), "success")
    return redirect(url_for(".show", name=name))


@bp.post("/<name>/repetition")
@guard("operate")
def rehearse(name: str) -> ResponseReturnValue:
    """Tell a sandbox to be down, slow, to lose answers or to refuse; a live partner, never."""
    if not _is_rehearsed(name):
        abort(404)
    settings = current_app.extensions["settings"]
    try:
        motive = operations.checked(text(request.form, "motif_repetition"))
        faults = _faults(request.form)
        partners.rehearse(name, faults, actor=current_actor(), motive=motive)
        sandboxes.rehearse(settings.partners, settings.data, name, **faults)
    except OperationRefused as refused:
        return _page(name, clean(request.form), unfit=words.told(refused)), 422
    flash(_("Le partenaire simulé se comporte maintenant ainsi."), "success")
    return redirect(url_for(".show", name=name) + "#repeter")


def _faults(form: Mapping[str, str]) -> dict[str, Any]:
    faults: dict[str, Any] = {
        "down": "down" in form,
        "refuse": text(form, "refuse")[:LONGEST_REASON],
    }
    for name, label in SECONDS.items():
        faults[name] = _number(form, name, label, MOST_SECONDS)
    for name, label in RATES.items():
        faults[name] = _number(form, name, label, 100) / 100
    if sum(faults[name] for name in RATES) > 1:
        raise OperationRefused(_("Réponses perdues et erreurs : 100 %% au plus, ensemble."))
    return faults


def _number(form: Mapping[str, str], name: str, label: object, most: int) -> int:
    typed = text(form, name) or "0"
    if not (typed.isascii() and typed.isdigit() and len(typed) < LONGEST_NUMBER):
        raise OperationRefused(_("%(label)s : un nombre entier.", label=label))
    if int(typed) > most:
        raise OperationRefused(_("%(label)s : %(most)s au plus.", label=label, most=most))
    return int(typed)


def _page(name: str, typed: Mapping[str, str], **more: Any) -> str:
    client = _client(name)
    settings = current_app.extensions["settings"]
    [state] = reading.partners({name: client})
    rehearsed = _is_rehearsed(name)
    return render_template(
        "operate/partner.html",
        partner=state,
        queue=reading.queue_of(name),
        settings=catalogue.settings_of(name, settings.partners),
        weather=_weather(name) if rehearsed else None,
        rates=RATES,
        seconds=SECONDS,
        exchanges=exchanging.latest(name, LATEST),
        typed=typed,
        acts=reading.told(f"partner:{name}"),
        **more,
    )


def _weather(name: str) -> Weather | None:
    settings = current_app.extensions["settings"]
    try:
        return sandboxes.weather(settings.partners, settings.data, name)
    except Exception:  # the server of sandboxes is away: the page says so
        return None


def _is_rehearsed(name: str) -> bool:
    return bool(_client(name).mode == "sandbox" and name in sandboxes.NAMES)


def _client(name: str) -> Any:
    return _connected().get(name) or abort(404)


def _connected() -> Mapping[str, Any]:
    partners: Mapping[str, Any] = current_app.extensions["partners"]
    return partners
