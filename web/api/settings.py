"""The pages where an organisation's keys are made, replaced and revoked.

For those who administer it; for the operator, of any body. A key is told once, on the page
that follows its making.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from flask import (
    Blueprint,
    abort,
    flash,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import select

from engine import api_keys, clock, definitions
from engine.access import allowed
from engine.api_keys import LONGEST_NAME, MOST_KEYS, ApiKey
from engine.commands import api_keys as commands
from engine.commands.api_keys import KeyRefused
from engine.directory import ADMINISTRATOR, COMPANY, Organisation
from engine.errors import MotiveMissing
from engine.models import db
from engine.webhooks import CASE_EVENTS, EVENTS, Webhook
from forms.dates import read_date
from forms.numbers import Wrong
from web.auth import acting_for, current_actor, guard, signed_in
from web.cases.naming import names
from web.paging import whole
from web.typed import text

bp = Blueprint("api_settings", __name__, url_prefix="/reglages/api")

SCOPES: Mapping[str, Any] = {
    api_keys.DEFINITIONS_READ: lazy_gettext("Lire les démarches et leurs formulaires"),
    api_keys.REQUESTS_READ: lazy_gettext("Lire les demandes de l’entreprise"),
    api_keys.REQUESTS_WRITE: lazy_gettext("Déposer des demandes, y répondre, les retirer"),
    api_keys.TASKS_READ: lazy_gettext("Lire les tâches"),
    api_keys.TASKS_WRITE: lazy_gettext("Prendre, remettre et terminer des tâches"),
    api_keys.CASES_READ: lazy_gettext("Chercher et lire les dossiers"),
    api_keys.FOLDERS_READ: lazy_gettext(
        "Suivre les dossiers du parapheur, lire leurs fichiers"
    ),
    api_keys.FOLDERS_WRITE: lazy_gettext("Déposer des dossiers au parapheur, les retirer"),
    api_keys.FOLDERS_SIGN: lazy_gettext(
        "Apporter au parapheur la signature d’un agent, faite avec son certificat"
    ),
    api_keys.WEBHOOKS_MANAGE: lazy_gettext("Gérer les webhooks"),
}
OVERLAPS = (0, 1, 7, 30)
PER_PAGE = 50
_TOLD = "api_secret"

Problems = dict[str, str]


@bp.get("/")
@signed_in
def mine() -> ResponseReturnValue:
    """The page of the organisation one acts for; the bodies to choose from, for an operator."""
    actor = current_actor()
    chosen = acting_for()
    if chosen is not None and allowed(actor, "manage", chosen) and not actor.operates:
        return redirect(url_for(".show", organisation_id=chosen.id))
    administered = actor.organisations(ADMINISTRATOR)
    if administered and not actor.operates:
        return redirect(url_for(".show", organisation_id=min(administered)))
    if not actor.operates:
        abort(403)
    bodies = select(Organisation).where(Organisation.kind != COMPANY)
    page = whole(bodies.order_by(Organisation.name, Organisation.id), PER_PAGE)
    return render_template("api/bodies.html", page=page)


@bp.get("/<uuid:organisation_id>")
@guard("manage", Organisation, "organisation_id")
def show(organisation_id: UUID) -> ResponseReturnValue:
    """The keys and webhooks of an organisation."""
    return page_of(organisation_id, {}, {})


@bp.post("/<uuid:organisation_id>/cles")
@guard("manage", Organisation, "organisation_id")
def create(organisation_id: UUID) -> ResponseReturnValue:
    """Make a key."""
    typed: dict[str, Any] = {
        "name": text(request.form, "name"),
        "expires_on": text(request.form, "expires_on"),
        "scope": request.form.getlist("scope"),
        "role": request.form.getlist("role"),
    }
    try:
        made, token = commands.create(
            organisation_id,
            name=typed["name"],
            scopes=typed["scope"],
            roles=typed["role"],
            expires_at=_end_of(typed["expires_on"]),
            actor=current_actor(),
        )
    except KeyRefused as refused:
        return page_of(organisation_id, typed, _sentences(refused)), 422
    tell_once(made, token)
    flash(_("La clé est faite : notez-la maintenant."), "success")
    return redirect(url_for(".show", organisation_id=organisation_id))


@bp.post("/<uuid:organisation_id>/cles/<uuid:key_id>/remplacement")
@guard("manage", Organisation, "organisation_id")
def replace(organisation_id: UUID, key_id: UUID) -> ResponseReturnValue:
    """Make a key that takes over; the former one opens for a while."""
    _own(organisation_id, key_id)
    days = request.form.get("overlap", 7, type=int)
    overlap = timedelta(days=days if days in OVERLAPS else 7)
    try:
        made, token = commands.replace(key_id, overlap=overlap, actor=current_actor())
    except KeyRefused as refused:
        flash(" ".join(_sentences(refused).values()), "danger")
    else:
        tell_once(made, token)
        flash(_("La nouvelle clé est faite : notez-la maintenant."), "success")
    return redirect(url_for(".show", organisation_id=organisation_id))


@bp.post("/<uuid:organisation_id>/cles/<uuid:key_id>/revocation")
@guard("manage", Organisation, "organisation_id")
def revoke(organisation_id: UUID, key_id: UUID) -> ResponseReturnValue:
    """Have a key open nothing any more."""
    _own(organisation_id, key_id)
    motive = text(request.form, "motive")
    try:
        commands.revoke(key_id, motive=motive, actor=current_actor())
    except MotiveMissing:
        problems = {f"motive-{key_id}": _("Motif : dites pourquoi cette clé est révoquée.")}
        return page_of(organisation_id, {}, problems), 422
    flash(_("La clé est révoquée : elle n’ouvre plus rien."), "success")
    return redirect(url_for(".show", organisation_id=organisation_id))


def page_of(organisation_id: UUID, typed: Mapping[str, Any], problems: Problems) -> str:
    """The page of an organisation, with what was typed and what is wrong with it."""
    body = db.session.get_one(Organisation, organisation_id)
    keys = api_keys.of_organisation(organisation_id)
    hooks = select(Webhook).where(Webhook.organisation_id == organisation_id)
    today = clock.today()
    return render_template(
        "api/settings.html",
        body=body,
        keys=keys,
        living=[key for key in keys if key.state == "active"],
        kinds=EVENTS if body.kind != COMPANY else CASE_EVENTS,
        reading={str(key.id): key.name for key in reading_folders(organisation_id)},
        hooks=db.session.scalars(hooks.order_by(Webhook.created_at.desc()).limit(50)).all(),
        people=names({key.created_by for key in keys} | {key.revoked_by for key in keys}),
        scopes={name: SCOPES[name] for name in api_keys.scopes_for(body)},
        scope_names=SCOPES,
        roles={name: role_label(name) for name in api_keys.roles_for(body)},
        role_label=role_label,
        overlaps=OVERLAPS,
        today=today,
        last=today + api_keys.LONGEST_LIFE - timedelta(days=1),
        told=told_once(),
        typed=typed,
        problems=problems,
    )


def reading_folders(organisation_id: UUID) -> list[ApiKey]:
    """The keys in service that read folders of the signature book."""
    return [
        key
        for key in api_keys.of_organisation(organisation_id)
        if key.state == "active" and api_keys.FOLDERS_READ in key.scopes
    ]


def role_label(name: str) -> str:
    """A role as procedures name it."""
    return definitions.role_names().get(name, name)


def tell_once(what: UUID, secret: str) -> None:
    """Show a secret on the next page, and never again."""
    session[_TOLD] = [str(what), secret]


def told_once() -> tuple[str, str]:
    """What was just made and its secret; empty the next time it is asked."""
    kept: Any = session.pop(_TOLD, None)
    if not isinstance(kept, list) or len(kept) != 2:  # noqa: PLR2004
        return "", ""
    return str(kept[0]), str(kept[1])


def _own(organisation_id: UUID, key_id: UUID) -> None:
    key = db.session.get(ApiKey, key_id)
    if key is None or key.organisation_id != organisation_id:
        abort(404)


def _end_of(typed: str) -> datetime | None:
    """The last second of a day in Paris; None for what is no day."""
    try:
        day = date.fromisoformat(read_date(typed))
    except (ValueError, Wrong):
        return None
    return datetime.combine(day, time(23, 59, 59), clock.PARIS)


def _sentences(refused: KeyRefused) -> Problems:
    """What is to be put right, field by field."""
    said = {
        "name": _("Nom : de 1 à %(n)s caractères.", n=LONGEST_NAME),
        "scope": _("Droits : cochez-en un au moins."),
        "role": _("Rôles : cochez-en un au moins, parmi ceux proposés."),
        "expires_on": _("Dernier jour : choisissez-le entre aujourd’hui et dans deux ans."),
        "overlap": _("Recouvrement : trente jours au plus."),
        "many": _("%(n)s clés au plus : révoquez-en une d’abord.", n=MOST_KEYS),
        "closed": _("Cette clé n’ouvre plus rien, ou elle est déjà remplacée."),
    }
    return {field: str(said[field or why]) for field, why in refused.fields.items()}
