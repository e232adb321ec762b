"""Who looks after bodies and their people, and who files with them: rules of `engine.access`."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine import clock
from engine.actors import Actor
from engine.directory import (
    ADMINISTRATOR,
    APPLICANT,
    COMPANY,
    PLATFORM,
    Holding,
    Organisation,
    Person,
)
from engine.models import ProcessDefinition, db
from engine.subscriptions import Offer, offers


def manages(actor: Actor, organisation: Organisation) -> bool:
    """Its administrator; an operator too, unless it is a company."""
    return actor.holds(organisation.id, ADMINISTRATOR) or (
        actor.operates and organisation.kind != COMPANY
    )


def _administers(actor: Actor, organisation: Organisation) -> bool:
    return organisation.kind != COMPANY and manages(actor, organisation)


def _identifies(actor: Actor, person: Person) -> bool:
    """Whoever administers all the bodies of a person, and an operator; never a company's."""
    rows = (
        select(Organisation.id, Organisation.kind)
        .join(Holding, Holding.organisation_id == Organisation.id)
        .where(
            Holding.person_id == person.id,
            Holding.valid_to.is_(None) | (Holding.valid_to >= clock.today()),
        )
    )
    bodies: list[tuple[UUID, str]] = [
        (body, kind) for body, kind in db.session.execute(rows)
    ]
    if not bodies or any(kind == COMPANY for _, kind in bodies):
        return False
    theirs = set(actor.administered_bodies)
    return actor.operates or all(
        kind != PLATFORM and body in theirs for body, kind in bodies
    )


def _starts(actor: Actor, definition: ProcessDefinition) -> bool:
    """With one of the bodies that offer it."""
    return any(_starts_with(actor, offer) for offer in offers(definition))


def _starts_with(actor: Actor, offer: Offer) -> bool:
    role = offer.definition.start_role
    held = any(
        r.name == role
        and r.for_person is None
        and (role == APPLICANT or r.organisation_id == offer.body.id)
        for r in actor.roles
    )
    return held and offer.definition.withdrawn_at is None and offer.stands


RULES: dict[tuple[type, str], Callable[[Actor, Any], bool]] = {
    (Organisation, "manage"): manages,
    (Organisation, "brand"): _administers,
    (Organisation, "administer"): _administers,
    (Person, "identify"): _identifies,
    (ProcessDefinition, "start"): _starts,
    (Offer, "start"): _starts_with,
    (type(None), "administer bodies"): lambda a, _: (
        a.operates or bool(a.administered_bodies)
    ),
}
