"""Enter and change bodies and their services, close them and open them again.

An operator does all of it; the administrator of a body, what concerns their own: how to
reach it, and its services. Closing loses nothing: the people of a closed body do not act for
it, nothing is filed with it, and everything is there when it opens again.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from engine import clock
from engine.access import Actor, require
from engine.commands import people
from engine.directory import PLATFORM, Holding, Organisation, Service
from engine.errors import DirectoryRefused
from engine.models import db
from engine.transaction import lock, transaction
from engine.words import fold

REACHED_BY = ("address", "email", "phone")
"""What the administrator of a body says of it."""

IDENTITY = ("name", "slug", "siren", "siret", "insee", "parent_id")
"""What an operator alone says of it."""


def create(kind: str, facts: Mapping[str, Any], *, actor: Actor) -> UUID:
    """Enter a body; returns its id. Raises Forbidden, DirectoryRefused."""
    require(actor, "operate")
    try:
        with transaction():
            _check(facts, None)
            known = {k: v for k, v in facts.items() if k in (*IDENTITY, *REACHED_BY)}
            return people.organisation(kind, by=actor.person_id, **known).id
    except IntegrityError:  # another operator entered it at the same moment
        raise DirectoryRefused("slug", "taken") from None


def edit(organisation_id: UUID, facts: Mapping[str, Any], *, actor: Actor) -> None:
    """Change what is said of a body; what is left out stays.

    Raises Forbidden, also for what only an operator says, and DirectoryRefused.
    """
    try:
        with transaction():
            body = lock(Organisation, organisation_id)
            require(actor, "administer", body)
            if set(facts) - {*REACHED_BY}:
                require(actor, "operate")
            _check(facts, body)
            changed = sorted(k for k, v in facts.items() if getattr(body, k) != v)
            for name in changed:
                setattr(body, name, facts[name])
            if changed:
                people.tell(
                    body.id, "body_changed", actor.person_id, fields=" ".join(changed)
                )
    except IntegrityError:
        raise DirectoryRefused("slug", "taken") from None


def _check(facts: Mapping[str, Any], body: Organisation | None) -> None:
    """Raise DirectoryRefused for a number or name that another has, or a loop of parents."""
    for name in ("slug", "siret"):
        if facts.get(name):
            held = select(Organisation.id).where(getattr(Organisation, name) == facts[name])
            other = db.session.scalars(held).first()
            if other is not None and (body is None or other != body.id):
                raise DirectoryRefused(name, "taken")
    above = facts.get("parent_id")
    while above is not None:
        if body is not None and above == body.id:
            raise DirectoryRefused("parent", "loop")
        above = db.session.get_one(Organisation, above).parent_id


def close(organisation_id: UUID, *, actor: Actor) -> None:
    """Close a body: see above. Raises Forbidden, DirectoryRefused for the platform's own."""
    require(actor, "operate")
    with transaction():
        body = lock(Organisation, organisation_id)
        require(actor, "administer", body)
        if body.kind == PLATFORM:
            raise DirectoryRefused("", "platform")
        if body.closed_at is None:
            body.closed_at = clock.now()
            people.tell(body.id, "body_closed", actor.person_id)


def reopen(organisation_id: UUID, *, actor: Actor) -> None:
    """Open a closed body again, with everything it had. Raises Forbidden."""
    require(actor, "operate")
    with transaction():
        body = lock(Organisation, organisation_id)
        require(actor, "administer", body)
        if body.closed_at is not None:
            body.closed_at = None
            people.tell(body.id, "body_reopened", actor.person_id)


def add_service(organisation_id: UUID, name: str, *, actor: Actor) -> UUID:
    """Enter a service of a body. Raises Forbidden, DirectoryRefused for a name it has."""
    with transaction():
        body = lock(Organisation, organisation_id)
        require(actor, "administer", body)
        _free(organisation_id, name, None)
        return people.service(organisation_id, name, by=actor.person_id)


def rename_service(service_id: UUID, name: str, *, actor: Actor) -> None:
    """Call a service otherwise. Raises Forbidden, DirectoryRefused for a name in use."""
    with transaction():
        service = _service(service_id, actor)
        _free(service.organisation_id, name, service)
        before, service.name = service.name, name
        people.tell(
            service.organisation_id, "service_renamed", actor.person_id,
            service=str(service_id), before=before, name=name,
        )  # fmt: skip


def close_service(service_id: UUID, to: UUID | None, *, actor: Actor) -> None:
    """Close a service; its people go to another one, or to none. Raises Forbidden,
    DirectoryRefused when the other one is not an open service of the same body.
    """
    with transaction():
        service = _service(service_id, actor)
        other = db.session.get(Service, to) if to else None
        if to and (
            other is None
            or other.organisation_id != service.organisation_id
            or other.closed_at is not None
            or other.id == service.id
        ):
            raise DirectoryRefused("to", "service")
        db.session.execute(
            update(Holding).where(Holding.service_id == service_id).values(service_id=to)
        )
        service.closed_at = clock.now()
        people.tell(
            service.organisation_id, "service_closed", actor.person_id,
            service=str(service_id), name=service.name, to=other.name if other else "",
        )  # fmt: skip


def _service(service_id: UUID, actor: Actor) -> Service:
    service = lock(Service, service_id)
    body = db.session.get_one(Organisation, service.organisation_id)
    require(actor, "administer", body)
    if service.closed_at is not None:
        raise DirectoryRefused("service", "closed")
    return service


def _free(organisation_id: UUID, name: str, but: Service | None) -> None:
    rows = select(Service).where(
        Service.organisation_id == organisation_id, Service.closed_at.is_(None)
    )
    for other in db.session.scalars(rows):
        if other is not but and fold(other.name) == fold(name):
            raise DirectoryRefused("name", "taken")
