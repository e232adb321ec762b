"""The services of a body: created, renamed, closed with their people moved."""

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import agents
from engine.commands import bodies
from engine.directory import Holding, Organisation, Service
from engine.errors import DirectoryRefused
from engine.models import db
from web.auth import current_actor, guard
from web.directory import frame, words
from web.typed import text

bp = Blueprint("body_services", __name__, url_prefix="/annuaire")

_LONGEST = 200


@bp.get("/<uuid:organisation_id>/services")
@guard("administer", Organisation, "organisation_id")
def index(organisation_id: UUID) -> ResponseReturnValue:
    """The open services, with how many people each has."""
    return _show(organisation_id, {}, {})


def _show(organisation_id: UUID, typed: dict[str, str], problems: dict[str, str]) -> str:
    staff = agents.staff(organisation_id, Holding.service_id)
    return frame.page(
        "services.html",
        frame.body(organisation_id),
        services=agents.services(organisation_id),
        staff=staff,
        typed=typed,
        problems=problems,
    )


@bp.post("/<uuid:organisation_id>/services")
@guard("administer", Organisation, "organisation_id")
def add(organisation_id: UUID) -> ResponseReturnValue:
    """Create a service."""
    name = text(request.form, "name")
    problems = _wrong(name, "name")
    if not problems:
        try:
            bodies.add_service(organisation_id, name, actor=current_actor())
        except DirectoryRefused as refused:
            problems = words.refusal(refused)
        else:
            flash(_("Le service « %(name)s » est créé.", name=name), "success")
            return _back(organisation_id)
    return _show(organisation_id, {"name": name}, problems), 422


@bp.post("/<uuid:organisation_id>/services/<uuid:service_id>")
@guard("administer", Organisation, "organisation_id")
def rename(organisation_id: UUID, service_id: UUID) -> ResponseReturnValue:
    """Call a service otherwise."""
    _of(organisation_id, service_id)
    field, name = f"name-{service_id}", text(request.form, "name")
    problems = _wrong(name, field)
    if not problems:
        try:
            bodies.rename_service(service_id, name, actor=current_actor())
        except DirectoryRefused as refused:
            problems = {field: words.sentence(refused)}
        else:
            flash(_("Le service s’appelle « %(name)s ».", name=name), "success")
            return _back(organisation_id)
    return _show(organisation_id, {field: name}, problems), 422


@bp.post("/<uuid:organisation_id>/services/<uuid:service_id>/fermeture")
@guard("administer", Organisation, "organisation_id")
def close(organisation_id: UUID, service_id: UUID) -> ResponseReturnValue:
    """Close a service; its people go where the form says."""
    _of(organisation_id, service_id)
    typed = text(request.form, "to")
    try:
        to = UUID(typed) if typed else None
        bodies.close_service(service_id, to, actor=current_actor())
    except ValueError:
        flash(_("Ses personnes : choisissez un service de la liste."), "danger")
    except DirectoryRefused as refused:
        flash(words.sentence(refused), "danger")
    else:
        flash(_("Le service est fermé."), "success")
    return _back(organisation_id)


def _wrong(name: str, field: str) -> dict[str, str]:
    if 0 < len(name) <= _LONGEST:
        return {}
    return {field: _("Nom : donnez-en un, en %(n)s caractères au plus.", n=_LONGEST)}


def _of(organisation_id: UUID, service_id: UUID) -> Service:
    service = db.session.get(Service, service_id)
    if service is None or service.organisation_id != organisation_id:
        abort(404)
    return service


def _back(organisation_id: UUID) -> ResponseReturnValue:
    return redirect(url_for(".index", organisation_id=organisation_id))
