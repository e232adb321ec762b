"""The classification in force for a body, and what the body goes by at the prefecture."""

import re
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from connectors import ConnectorError
from engine.access import require
from engine.directory import Organisation
from web.auth import current_actor, guard
from web.legality import act_form, bodies, collecting, letter_desks
from web.typed import clean
from workflows.legality import accounts, acts

bp = Blueprint("classification", __name__, url_prefix="/actes/classification")

_SHAPES = {
    "department": re.compile("[0-9]{3}|02[AB]"),
    "district": re.compile("[0-9]"),
    "nature": re.compile("[0-9]{2}"),
}


@bp.get("")
@guard("set up acts")
def show() -> ResponseReturnValue:
    """The version in force, those before it, and the body's own settings."""
    return _page({}, {})


@bp.post("")
@guard("set up acts")
def refresh() -> ResponseReturnValue:
    """Ask the service whether there is another version."""
    body, others = _body()
    try:
        changed = collecting.classification_of(body.id, whole=True)
    except ConnectorError as failure:
        flash(
            _("Le service de transmission ne répond pas : %(why)s", why=str(failure)),
            "danger",
        )
    else:
        flash(
            _("Une nouvelle version est en vigueur.")
            if changed
            else _("La version en vigueur n’a pas changé."),
            "success",
        )
    return redirect(url_for(".show", organisme=bodies.other(body, others)))


@bp.post("/reglages")
@guard("set up acts")
def save() -> ResponseReturnValue:
    """Keep what the body goes by, and whether its acts are published by themselves."""
    body, others = _body()
    typed = clean(request.form)
    sentences = {
        "department": _("Département : trois caractères, par exemple 021."),
        "district": _("Arrondissement : un chiffre."),
        "nature": _("Nature de la collectivité : deux chiffres, par exemple 31."),
    }
    errors = {
        name: sentences[name]
        for name, shape in _SHAPES.items()
        if not shape.fullmatch(typed.get(name, "").upper())
    }
    if errors:
        return _page(typed, errors), 422
    accounts.set_account(
        body.id,
        department=typed["department"].upper(),
        district=typed["district"],
        nature=typed["nature"],
        publishes=bool(typed.get("publishes")),
        actor=current_actor(),
    )
    flash(_("Les réglages sont enregistrés."), "success")
    return redirect(url_for(".show", organisme=bodies.other(body, others)))


@bp.post("/courriers")
@guard("set up acts")
def save_letters() -> ResponseReturnValue:
    """Keep who answers the prefecture, and in which folders answers may be signed."""
    body, others = _body()
    chosen, errors = letter_desks.read(request.form, letter_desks.choices(body.id))
    if errors:
        return _page({}, errors, typed_letters=True), 422
    accounts.set_letters(body.id, **chosen, actor=current_actor())
    flash(_("Les réglages sont enregistrés."), "success")
    return redirect(url_for(".show", organisme=bodies.other(body, others)))


def _body() -> tuple[Organisation, list[Organisation]]:
    actor = current_actor()
    body, others = bodies.chosen(actor)
    require(actor, "set up acts", body)
    return body, others


def _page(
    typed: Mapping[str, str], errors: Mapping[str, str], *, typed_letters: bool = False
) -> str:
    body, others = _body()
    known = accounts.current(body.id)
    settings = accounts.settings_of(body)
    letters: Mapping[str, Any] = settings
    if typed_letters:
        rows = letter_desks.typed_rows(request.form)
        letters = {**clean(request.form), "letter_desks": rows}
    return render_template(
        "legality/classification.html",
        body=body,
        organisme=bodies.other(body, others),
        others=others,
        reference=bodies.reference,
        rooms=bodies.rooms(current_actor(), body),
        classification=known,
        groups=act_form.grouped(known),
        act=act_form.asked(body.id),
        versions=accounts.versions(body.id),
        account=typed or settings,
        letters=letters,
        choices=letter_desks.choices(body.id),
        standing=letter_desks.standing,
        errors=errors,
        missing=acts.missing(body.id),
    )
