"""Who acts for a company: registering it, asking to join, inviting, accepting, removing.

Somebody who registers a company first becomes its applicant and its administrator. Whoever
comes after asks to join, and an administrator decides; or an administrator invites them.
A company keeps one administrator at least.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from engine import clock, journal, membership
from engine.access import Actor, require
from engine.directory import (
    ADMINISTRATOR,
    APPLICANT,
    COMPANY,
    Holding,
    Organisation,
    Person,
    company_by_siret,
    current,
)
from engine.errors import EngineError
from engine.membership import Invitation, JoinRequest
from engine.models import db
from engine.transaction import lock, transaction

ROLES = (APPLICANT, ADMINISTRATOR)
"""The roles that a company gives."""

INVITATION_LIFE = timedelta(days=14)


class NotPossible(EngineError):
    """This changed meanwhile, or the company would be left without an administrator."""


@dataclass(frozen=True)
class Registered:
    """What came of a registration: `member` now, or a request that waits (`requested`)."""

    organisation_id: UUID
    outcome: str


def register_company(
    *, siret: str, facts: Mapping[str, str], confirmed: bool, actor: Actor
) -> Registered:
    """Register a company for this person, or ask to join it when it is registered already.

    `facts` are what the directory of companies says (name, siren, address, naf, commune) or,
    not `confirmed`, the name that the person typed while the directory was down.
    """
    try:
        return _register(siret, facts, confirmed, actor)
    except IntegrityError:  # somebody registered it at the same moment: it is there now
        return _register(siret, facts, confirmed, actor)


def _register(
    siret: str, facts: Mapping[str, str], confirmed: bool, actor: Actor
) -> Registered:
    with transaction():
        person_id = _person(actor)
        company = company_by_siret(siret)
        if company is not None:
            if membership.belongs(person_id, company.id):
                return Registered(company.id, "member")
            _ask(person_id, company.id)
            return Registered(company.id, "requested")
        company = Organisation(
            kind=COMPANY, siret=siret, siren=siret[:9], name=facts["name"]
        )
        _fill(company, facts)
        company.confirmed = confirmed
        db.session.add(company)
        db.session.flush()
        for role in ROLES:
            _grant(person_id, company.id, role)
        _journal(company.id, "company_registered", actor, siret=siret)
        return Registered(company.id, "member")


def complete_company(organisation_id: UUID, facts: Mapping[str, str]) -> None:
    """Fill in what the directory says of a company registered while it was down."""
    with transaction():
        company = lock(Organisation, organisation_id)
        _fill(company, facts)
        company.confirmed = True
        journal.write(f"organisation:{company.id}", "company_completed", by=None)


def decide(request_id: UUID, *, accepted: bool, actor: Actor) -> None:
    """Accept or refuse somebody who asks to join. Raises Forbidden, NotPossible."""
    with transaction():
        asked = lock(JoinRequest, request_id)
        require(actor, "manage", db.session.get_one(Organisation, asked.organisation_id))
        if asked.status != "open":
            raise NotPossible
        asked.status = "accepted" if accepted else "refused"
        asked.decided_at, asked.decided_by = clock.now(), actor.person_id
        if accepted:
            _grant(asked.person_id, asked.organisation_id, APPLICANT)
        _journal(
            asked.organisation_id, f"joining_{asked.status}", actor, person=asked.person_id
        )


def invite(organisation_id: UUID, *, email: str, role: str, actor: Actor) -> UUID:
    """Invite an address, for fourteen days; the letter is the caller's to send.

    An earlier invitation of the same address stops working. Raises Forbidden.
    """
    with transaction():
        organisation = lock(Organisation, organisation_id)
        require(actor, "manage", organisation)
        address = email.strip().lower()
        for earlier in membership.unused_invitations(organisation_id, address):
            earlier.status = "revoked"
        invitation = Invitation(
            organisation_id=organisation_id,
            email=address,
            role=role if role in ROLES else APPLICANT,
            invited_by=actor.person_id,
            expires_at=clock.now() + INVITATION_LIFE,
        )
        db.session.add(invitation)
        db.session.flush()
        _journal(organisation_id, "member_invited", actor, invitation=invitation.id)
        return invitation.id


def revoke_invitation(invitation_id: UUID, *, actor: Actor) -> None:
    """Make an invitation useless. Raises Forbidden, NotPossible if it served already."""
    with transaction():
        invitation = lock(Invitation, invitation_id)
        require(
            actor, "manage", db.session.get_one(Organisation, invitation.organisation_id)
        )
        if invitation.status != "open":
            raise NotPossible
        invitation.status = "revoked"
        _journal(
            invitation.organisation_id,
            "invitation_revoked",
            actor,
            invitation=invitation.id,
        )


def accept_invitation(invitation_id: UUID, *, actor: Actor) -> UUID:
    """Join the organisation that invited this person's address; returns its id.

    A company's invitation gives a role; a body's gives none, since the body has given them
    already. Raises NotPossible when the invitation is not theirs, has expired or has served.
    """
    with transaction():
        invitation = lock(Invitation, invitation_id)
        person = db.session.get_one(Person, _person(actor))
        if not invitation.usable or person.email != invitation.email:
            raise NotPossible
        invitation.status = "accepted"
        if invitation.organisation.kind == COMPANY:
            for role in {APPLICANT, invitation.role}:
                _grant(person.id, invitation.organisation_id, role)
        _journal(
            invitation.organisation_id, "member_joined", actor, invitation=invitation.id
        )
        return invitation.organisation_id


def set_rights(
    organisation_id: UUID,
    person_id: UUID,
    roles: Iterable[str],
    *,
    until: date | None = None,
    actor: Actor,
) -> None:
    """Say what a member may do, from now on, and their last day if there is one.

    Raises Forbidden, NotPossible for a stranger, for no right at all, for a day that is
    past, and when no administrator without a last day would be left.
    """
    wanted = set(roles) & set(ROLES)
    with transaction():
        require(actor, "manage", lock(Organisation, organisation_id))
        held = membership.holdings_in(person_id, organisation_id)
        if not held or not wanted or (until is not None and until < clock.today()):
            raise NotPossible
        for holding in held:
            gone = holding.role not in wanted
            holding.valid_to = clock.today() - timedelta(days=1) if gone else until
        for role in sorted(wanted - {holding.role for holding in held}):
            _grant(person_id, organisation_id, role, until)
        db.session.flush()
        _keep_an_administrator(organisation_id)
        _journal(
            organisation_id,
            "rights_changed",
            actor,
            person=person_id,
            roles=" ".join(sorted(wanted)),
            until=until or "",
        )


def remove_member(organisation_id: UUID, person_id: UUID, *, actor: Actor) -> None:
    """End what a person does for an organisation, from now on.

    An administrator removes anyone; anyone removes themselves. Raises Forbidden,
    NotPossible for the last administrator.
    """
    with transaction():
        organisation = lock(Organisation, organisation_id)
        if person_id != actor.person_id:
            require(actor, "manage", organisation)
        _end(person_id, organisation_id, set(ROLES))
        _journal(organisation_id, "member_removed", actor, person=person_id)


def _fill(company: Organisation, facts: Mapping[str, str]) -> None:
    company.name = facts["name"]
    company.address = facts.get("address", "")
    company.naf = facts.get("naf") or None
    company.insee = f"COM-{facts['commune']}" if facts.get("commune") else None


def _ask(person_id: UUID, organisation_id: UUID) -> None:
    lock(Organisation, organisation_id)
    waiting = {r.person_id for r in membership.open_requests(organisation_id)}
    if person_id not in waiting:
        db.session.add(JoinRequest(person_id=person_id, organisation_id=organisation_id))


def _grant(
    person_id: UUID, organisation_id: UUID, role: str, until: date | None = None
) -> None:
    if role not in {h.role for h in membership.holdings_in(person_id, organisation_id)}:
        db.session.add(
            Holding(
                person_id=person_id,
                organisation_id=organisation_id,
                role=role,
                valid_to=until,
            )
        )
        db.session.flush()


def _end(person_id: UUID, organisation_id: UUID, roles: set[str]) -> None:
    """End holdings as of yesterday: they are history, and the journal says who ended them."""
    ended = [
        h for h in membership.holdings_in(person_id, organisation_id) if h.role in roles
    ]
    if not ended:
        raise NotPossible
    for holding in ended:
        holding.valid_to = clock.today() - timedelta(days=1)
    db.session.flush()
    _keep_an_administrator(organisation_id)


def _keep_an_administrator(organisation_id: UUID) -> None:
    """One at least whose right has no last day: nobody could name another afterwards."""
    lasting = select(Holding.id).where(
        Holding.organisation_id == organisation_id,
        Holding.role == ADMINISTRATOR,
        Holding.valid_to.is_(None),
    )
    if db.session.scalars(current(lasting)).first() is None:
        raise NotPossible


def _person(actor: Actor) -> UUID:
    if actor.person_id is None:
        raise NotPossible
    return actor.person_id


def _journal(organisation_id: UUID, action: str, actor: Actor, **detail: object) -> None:
    journal.write(
        f"organisation:{organisation_id}",
        action,
        by=actor.person_id,
        detail={name: str(value) for name, value in detail.items()},
    )
