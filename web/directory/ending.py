"""Ending a role: what it would leave open is told first, then it is done."""

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import agents
from engine.commands import agents as commands
from engine.directory import Holding, Organisation, Person
from engine.errors import DirectoryRefused
from engine.models import db
from engine.people_file import day
from web.accounts import end_sessions
from web.auth import current_actor, forget_actor, guard
from web.directory import frame, words
from web.typed import text

bp = Blueprint("body_ending", __name__, url_prefix="/annuaire")

_ADDRESS = "/<uuid:organisation_id>/roles/<uuid:holding_id>/fin"


@bp.get(_ADDRESS)
@guard("administer", Organisation, "organisation_id")
def ask(organisation_id: UUID, holding_id: UUID) -> ResponseReturnValue:
    """What the person has in hand in this role, and until when they would keep it."""
    return _ask(organisation_id, _of(organisation_id, holding_id), {}, {})


@bp.post(_ADDRESS)
@guard("administer", Organisation, "organisation_id")
def end(organisation_id: UUID, holding_id: UUID) -> ResponseReturnValue:
    """End it, now or on the day said."""
    holding = _of(organisation_id, holding_id)
    person_id = holding.person_id
    typed, problems = {"until": text(request.form, "until")}, {}
    try:
        commands.end(
            holding_id,
            last=day(typed["until"]),
            hand_back="hand_back" in request.form,
            actor=current_actor(),
        )
    except ValueError:
        problems = {"until": _("Dernier jour : écrivez-le ainsi, 31/12/2026.")}
    except DirectoryRefused as refused:
        problems = words.refusal(refused)
    if problems:
        return _ask(organisation_id, _of(organisation_id, holding_id), typed, problems), 422
    if not typed["until"] and not agents.bodies_of(person_id):
        end_sessions(person_id)
    forget_actor()
    flash(
        _("Le dernier jour est enregistré.")
        if typed["until"]
        else _("Le rôle est retiré."),
        "success",
    )
    if organisation_id not in current_actor().administered_bodies and (
        not current_actor().operates
    ):
        return redirect("/")  # one has just given up the right to be here
    return redirect(
        url_for("body_people.show", organisation_id=organisation_id, person_id=person_id)
    )


def _ask(
    organisation_id: UUID,
    holding: Holding,
    typed: dict[str, str],
    problems: dict[str, str],
) -> str:
    tasks = agents.in_hand(organisation_id, holding.person_id, holding.role)
    return frame.page(
        "ending.html",
        frame.body(organisation_id),
        holding=holding,
        person=db.session.get_one(Person, holding.person_id),
        tasks=len(tasks),
        others=agents.staff(organisation_id, Holding.role).get(holding.role, 0) - 1,
        typed=typed,
        problems=problems,
    )


def _of(organisation_id: UUID, holding_id: UUID) -> Holding:
    holding = db.session.get(Holding, holding_id)
    if holding is None or holding.organisation_id != organisation_id:
        abort(404)
    return holding
