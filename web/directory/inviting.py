"""Inviting the people of a body to open their account, by letter."""

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import exists

from engine import agents, clock, membership
from engine.commands import agents as commands
from engine.commands.membership import INVITATION_LIFE
from engine.directory import Organisation, Person
from engine.membership import Invitation
from engine.models import db
from web.accounts import Account
from web.auth import current_actor, guard
from web.auth.registration import invitation_link
from web.directory import frame
from web.mailing import letter

bp = Blueprint("body_invitations", __name__, url_prefix="/annuaire")

AT_ONCE = 50
"""Letters that one press of the button sends."""


def _uninvited(organisation_id: UUID) -> Any:
    """Those who have neither an account nor an invitation that can be answered."""
    invited = exists().where(
        Invitation.organisation_id == organisation_id,
        Invitation.email == Person.email,
        Invitation.status == "open",
        Invitation.expires_at > clock.now(),
    )
    return agents.found(organisation_id).where(
        ~exists().where(Account.person_id == Person.id), ~invited
    )


def count(organisation_id: UUID) -> int:
    """How many people wait for an invitation."""
    return agents.count(_uninvited(organisation_id))


def open_one(organisation_id: UUID, email: str) -> bool:
    """Whether an address has an invitation that can be answered."""
    waiting = membership.unused_invitations(organisation_id, email)
    return any(one.usable for one in waiting)


def invite(organisation_id: UUID, person_id: UUID) -> None:
    """Write to somebody: the link opens their account, once."""
    actor = current_actor()
    invitation = commands.invite(organisation_id, person_id, actor=actor)
    person = db.session.get_one(Person, person_id)
    name = frame.body(organisation_id).name
    letter(
        person.email,
        _("%(who)s vous ouvre un compte pour %(name)s", who=actor.name, name=name),
        "directory/mail/invitation.txt",
        who=actor.name,
        body=name,
        address=invitation_link(invitation),
        days=INVITATION_LIFE.days,
    )


@bp.post("/<uuid:organisation_id>/invitations")
@guard("administer", Organisation, "organisation_id")
def invite_all(organisation_id: UUID) -> ResponseReturnValue:
    """Write to those who have no account, a few dozen at once."""
    waiting = list(db.session.scalars(_uninvited(organisation_id).limit(AT_ONCE)))
    for person_id in waiting:
        invite(organisation_id, person_id)
    sent = ngettext(
        "Une invitation est envoyée.", "%(num)d invitations sont envoyées.", len(waiting)
    )
    flash(sent, "success")
    return redirect(url_for("body_people.index", organisation_id=organisation_id))


@bp.post("/<uuid:organisation_id>/personnes/<uuid:person_id>/invitation")
@guard("administer", Organisation, "organisation_id")
def invite_one(organisation_id: UUID, person_id: UUID) -> ResponseReturnValue:
    """Write to one of them, again if need be."""
    if not agents.held(organisation_id, [person_id]):
        abort(404)
    invite(organisation_id, person_id)
    flash(_("L’invitation est envoyée."), "success")
    return redirect(
        url_for("body_people.show", organisation_id=organisation_id, person_id=person_id)
    )
