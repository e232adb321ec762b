"""The procedures of a body: its own, those it was given, and what it sets for each."""

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import agents, definitions, subscriptions
from engine.commands import subscriptions as commands
from engine.directory import Organisation
from engine.errors import DirectoryRefused
from engine.models import ProcessDefinition, db
from web.auth import current_actor, guard
from web.directory import frame, parameters, words
from web.typed import text

bp = Blueprint("body_procedures", __name__, url_prefix="/annuaire")


@bp.get("/<uuid:organisation_id>/demarches")
@guard("administer", Organisation, "organisation_id")
def index(organisation_id: UUID) -> ResponseReturnValue:
    """What it offers, whose it is, who is missing; and what could be given to it."""
    body = frame.body(organisation_id)
    offered = subscriptions.keys_offered(body.id)
    latest = definitions.latest_of_each()
    owners = {d.owner_id: db.session.get_one(Organisation, d.owner_id) for d in latest}
    return frame.page(
        "procedures.html",
        body,
        procedures=[d for d in latest if d.key in offered],
        others=[
            (d.key, f"{d.name} – {owners[d.owner_id].name}")
            for d in latest
            if d.key not in offered
        ],
        owners=owners,
        vacant=agents.vacant(body.id),
        alone={d.id for d in latest if _starts_alone(d)},
    )


def _starts_alone(definition: ProcessDefinition) -> bool:
    """Whether a timer or a message starts it: for its owner alone."""
    starts = definitions.model(definition.id).start_events
    return any(start.event.kind in {"timer", "message"} for start in starts)


@bp.post("/<uuid:organisation_id>/demarches")
@guard("operate")
def subscribe(organisation_id: UUID) -> ResponseReturnValue:
    """Give it a procedure, then ask what it sets for it."""
    frame.body(organisation_id)
    key = text(request.form, "key")
    try:
        commands.subscribe(organisation_id, key, actor=current_actor())
    except definitions.UnknownProcedure:
        flash(_("Démarche : choisissez-en une dans la liste."), "danger")
        return _back(organisation_id)
    except DirectoryRefused as refused:
        flash(words.sentence(refused), "danger")
        return _back(organisation_id)
    flash(_("La démarche est donnée : vérifiez ce qui la concerne."), "success")
    return redirect(url_for(".show", organisation_id=organisation_id, key=key))


@bp.post("/<uuid:organisation_id>/demarches/<key>/fin")
@guard("operate")
def give_up(organisation_id: UUID, key: str) -> ResponseReturnValue:
    """Take a procedure away; its cases stay."""
    _version(organisation_id, key)
    try:
        commands.give_up(organisation_id, key, actor=current_actor())
    except DirectoryRefused as refused:
        flash(words.sentence(refused), "danger")
    else:
        flash(_("La démarche est retirée ; ses dossiers vont à leur terme."), "success")
    return _back(organisation_id)


@bp.get("/<uuid:organisation_id>/demarches/<key>")
@guard("administer", Organisation, "organisation_id")
def show(organisation_id: UUID, key: str) -> ResponseReturnValue:
    """What the body sets for a procedure."""
    return _show(organisation_id, _version(organisation_id, key), {}, {})


@bp.post("/<uuid:organisation_id>/demarches/<key>")
@guard("administer", Organisation, "organisation_id")
def save(organisation_id: UUID, key: str) -> ResponseReturnValue:
    """Set it: cases filed from now on take it."""
    version = _version(organisation_id, key)
    asked = parameters.fields(version, organisation_id)
    values, said, problems = parameters.typed(asked, request.form)
    if problems:
        return _show(organisation_id, version, said, problems), 422
    commands.set_parameters(organisation_id, key, values, actor=current_actor())
    flash(_("C’est enregistré : les prochains dossiers en tiennent compte."), "success")
    return _back(organisation_id)


def _version(organisation_id: UUID, key: str) -> ProcessDefinition:
    """The current version of a procedure that the body offers."""
    if key not in subscriptions.keys_offered(organisation_id):
        abort(404)
    return definitions.latest(key)


def _show(
    organisation_id: UUID,
    version: ProcessDefinition,
    said: dict[str, str],
    problems: dict[str, str],
) -> str:
    return frame.page(
        "procedure.html",
        frame.body(organisation_id),
        definition=version,
        owner=db.session.get_one(Organisation, version.owner_id),
        used=subscriptions.uses(organisation_id, version.key),
        fields=parameters.fields(version, organisation_id),
        typed=said,
        problems=problems,
        vacant=agents.vacant(organisation_id).get(version.key, []),
    )


def _back(organisation_id: UUID) -> ResponseReturnValue:
    return redirect(url_for(".index", organisation_id=organisation_id))
