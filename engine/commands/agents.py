"""What an administrator does to the people of a body: enter them, name them, give roles and
end them, move them to another service.

A person is one, wherever they work: a body gives and ends its own roles, and changes a name
or an address only of somebody who works for nobody else.
"""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from engine import agents, clock, membership
from engine.access import Actor, require
from engine.commands import people
from engine.commands.membership import INVITATION_LIFE
from engine.commands.tasks import hand_to, locked, standing, told
from engine.directory import (
    ADMINISTRATOR,
    OPERATOR,
    PLATFORM,
    Holding,
    Organisation,
    Person,
    Service,
    current,
    person_by_email,
)
from engine.errors import DirectoryRefused, TaskNotOpen
from engine.membership import Invitation
from engine.models import db
from engine.transaction import lock, transaction


def enter(
    organisation_id: UUID,
    email: str,
    name: str,
    role: str,
    *,
    actor: Actor,
    service_id: UUID | None = None,
    since: date | None = None,
    until: date | None = None,
) -> UUID:
    """Give somebody a role in a body, known or not; returns their id.

    The name of somebody who is known already stays as it is. Raises Forbidden,
    DirectoryRefused.
    """
    with transaction():
        body = lock(Organisation, organisation_id)
        person = people.person(email, name, by=actor.person_id)
        _give(body, person.id, role, actor, service_id, since, until)
        return person.id


def hold(
    organisation_id: UUID,
    person_id: UUID,
    role: str,
    *,
    actor: Actor,
    service_id: UUID | None = None,
    since: date | None = None,
    until: date | None = None,
) -> None:
    """Give one of a body's people another role. Raises Forbidden, DirectoryRefused."""
    with transaction():
        body = lock(Organisation, organisation_id)
        _one_of(body, person_id)
        _give(body, person_id, role, actor, service_id, since, until)


def _give(
    body: Organisation,
    person_id: UUID,
    role: str,
    actor: Actor,
    service_id: UUID | None,
    since: date | None,
    until: date | None,
) -> None:
    require(actor, "administer", body)
    check(body, role, actor)
    if agents.acts_for_company(person_id):
        raise DirectoryRefused("email", "of_a_company")
    service = db.session.get(Service, service_id) if service_id else None
    if service_id and (
        service is None or service.organisation_id != body.id or service.closed_at
    ):
        raise DirectoryRefused("service", "unknown")
    if until is not None and until < max(since or clock.today(), clock.today()):
        raise DirectoryRefused("until", "past" if until < clock.today() else "backwards")
    if _holds(body.id, person_id, role):
        raise DirectoryRefused("role", "held")
    people.hold(
        person_id, body.id, role,
        by=actor.person_id, service_id=service_id, since=since, until=until,
    )  # fmt: skip


def check(body: Organisation, role: str, actor: Actor) -> None:
    """Raise unless this body gives this role and this person may: operators name operators."""
    if role not in agents.role_list(body.kind):
        raise DirectoryRefused("role", "unknown", role)
    if role == OPERATOR or body.kind == PLATFORM:
        require(actor, "operate")


def _holds(organisation_id: UUID, person_id: UUID, role: str) -> bool:
    """Whether they have it, or will."""
    here = select(Holding.id).where(
        Holding.organisation_id == organisation_id,
        Holding.person_id == person_id,
        Holding.role == role,
        agents.standing(),
    )
    return db.session.scalars(here).first() is not None


def end(
    holding_id: UUID, *, actor: Actor, last: date | None = None, hand_back: bool = False
) -> None:
    """End a role: `last` is its last day, or it ends at once.

    `hand_back` puts the tasks that the person has in hand in this role back where others of
    the role take them; otherwise a head of the body has to. Raises Forbidden,
    DirectoryRefused when nobody would be left to name another.
    """
    with transaction():
        holding = lock(Holding, holding_id)
        body = lock(Organisation, holding.organisation_id)
        require(actor, "administer", body)
        if body.kind == PLATFORM:
            require(actor, "operate")
        if agents.is_over(holding):
            raise DirectoryRefused("role", "over")
        if last is not None and last < max(clock.today(), holding.valid_from):
            raise DirectoryRefused("until", "past")
        holding.valid_to = last or clock.today() - timedelta(days=1)
        db.session.flush()
        if holding.role in {ADMINISTRATOR, OPERATOR}:
            _keep_one(body.id, holding.role)
        if last is None:
            people.tell_of(holding, "role_withdrawn", actor.person_id)
        else:
            people.tell_of(holding, "role_ends", actor.person_id, until=last.isoformat())
        if hand_back and last is None:
            _hand_back(holding, actor)


def _keep_one(organisation_id: UUID, role: str) -> None:
    """Somebody keeps the role without a last day: nobody could name another afterwards."""
    lasting = select(Holding.id).where(
        Holding.organisation_id == organisation_id,
        Holding.role == role,
        Holding.valid_to.is_(None),
    )
    if db.session.scalars(current(lasting)).first() is None:
        raise DirectoryRefused("role", "last")


def _hand_back(holding: Holding, actor: Actor) -> None:
    for task_id in agents.in_hand(holding.organisation_id, holding.person_id, holding.role):
        try:
            task = locked(task_id)
        except TaskNotOpen:
            continue
        before = standing(task)
        hand_to(task, None)
        told(task, "task_released", actor, before, motive="Fin de rôle.")


def identify(
    organisation_id: UUID, person_id: UUID, name: str, email: str, *, actor: Actor
) -> str:
    """Change a person's name and address; returns the address they had.

    Raises Forbidden when they work elsewhere too, DirectoryRefused for an address in use.
    """
    with transaction():
        body = db.session.get_one(Organisation, organisation_id)
        _one_of(body, person_id)
        person = lock(Person, person_id)
        require(actor, "identify", person)
        before, address = person.email, email.strip().lower()
        if address != before and person_by_email(address) is not None:
            raise DirectoryRefused("email", "taken")
        changed = [
            field
            for field, old, new in (
                ("name", person.name, name),
                ("email", before, address),
            )
            if old != new
        ]
        person.name, person.email = name, address
        try:
            db.session.flush()
        except IntegrityError:
            raise DirectoryRefused("email", "taken") from None
        if changed:
            people.tell_person(
                organisation_id, person_id, "person_changed", actor.person_id,
                fields=" ".join(changed),
            )  # fmt: skip
        return before


def move(
    organisation_id: UUID, person_id: UUID, service_id: UUID | None, *, actor: Actor
) -> None:
    """Put a person, with all their roles of a body, in one of its services, or in none.

    Raises Forbidden, DirectoryRefused.
    """
    with transaction():
        body = lock(Organisation, organisation_id)
        require(actor, "administer", body)
        _one_of(body, person_id)
        service = db.session.get(Service, service_id) if service_id else None
        if service_id and (
            service is None or service.organisation_id != body.id or service.closed_at
        ):
            raise DirectoryRefused("service", "unknown")
        for holding in agents.held(body.id, [person_id])[person_id]:
            if not agents.is_over(holding):
                holding.service_id = service_id
        people.tell_person(
            body.id, person_id, "person_moved", actor.person_id,
            service=service.name if service else "",
        )  # fmt: skip


def invite(organisation_id: UUID, person_id: UUID, *, actor: Actor) -> UUID:
    """Invite one of a body's people to open their account; the letter is the caller's to send.

    An earlier invitation stops working. It gives no role: the body has. Raises Forbidden,
    DirectoryRefused.
    """
    with transaction():
        body = lock(Organisation, organisation_id)
        require(actor, "administer", body)
        _one_of(body, person_id)
        person = db.session.get_one(Person, person_id)
        for earlier in membership.unused_invitations(organisation_id, person.email):
            earlier.status = "revoked"
        invitation = Invitation(
            organisation_id=organisation_id,
            email=person.email,
            role="",
            invited_by=actor.person_id,
            expires_at=clock.now() + INVITATION_LIFE,
        )
        db.session.add(invitation)
        db.session.flush()
        people.tell_person(organisation_id, person_id, "person_invited", actor.person_id)
        return invitation.id


def _one_of(body: Organisation, person_id: UUID) -> None:
    """Raise unless the person holds a role of the body, or held one."""
    if not agents.held(body.id, [person_id]):
        raise DirectoryRefused("person", "stranger")
