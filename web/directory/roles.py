"""The roles of a body: who holds which, and which of its procedures' nobody holds."""

from uuid import UUID

from flask import Blueprint
from flask.typing import ResponseReturnValue

from engine import agents, definitions
from engine.directory import Holding, Organisation
from web.auth import guard
from web.directory import frame

bp = Blueprint("body_roles", __name__, url_prefix="/annuaire")


@bp.get("/<uuid:organisation_id>/roles")
@guard("administer", Organisation, "organisation_id")
def index(organisation_id: UUID) -> ResponseReturnValue:
    """Each role that the body may give, who asks for it and how many hold it."""
    body = frame.body(organisation_id)
    names = {d.key: d.name for d in definitions.latest_of_each()}
    staff = agents.staff(body.id, Holding.role)
    asked = {
        role: [names[key] for key in keys]
        for role, keys in agents.asked_for(body.id).items()
    }
    told = {*staff, *asked, *agents.EVERYWHERE}
    return frame.page(
        "roles.html",
        body,
        roles=[role for role in agents.role_list(body.kind) if role in told],
        staff=staff,
        asked=asked,
        vacant={names[k]: roles for k, roles in agents.vacant(body.id).items()},
    )
