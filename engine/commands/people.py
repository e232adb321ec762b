"""Enter member bodies and their people, and say who holds which role, from when to when.

The first verbs are for seeds, the command line and tests, which act for nobody; `person`,
`service` and `hold` do the same within a transaction that is open. What an administrator or
an operator asks is in `bodies`, `agents` and `imports`, which ask who may.
"""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from engine import clock, journal
from engine.directory import (
    Holding,
    Organisation,
    Person,
    Service,
    current,
    person_by_email,
)
from engine.models import db
from engine.transaction import lock, transaction


def add_organisation(kind: str, name: str, *, by: UUID | None = None, **facts: Any) -> UUID:
    """Enter an organisation; `facts` are its other columns. Returns its id."""
    with transaction():
        return organisation(kind, name, by=by, **facts).id


def organisation(kind: str, name: str, *, by: UUID | None, **facts: Any) -> Organisation:
    """Enter an organisation in the open transaction."""
    made = Organisation(id=uuid4(), kind=kind, name=name, **facts)
    db.session.add(made)
    journal.write(f"organisation:{made.id}", "organisation_added", by=by)
    return made


def add_service(organisation_id: UUID, name: str, *, by: UUID | None = None) -> UUID:
    """Enter a service of an organisation, or find the one of this name. Returns its id."""
    with transaction():
        return service(organisation_id, name, by=by)


def service(organisation_id: UUID, name: str, *, by: UUID | None) -> UUID:
    """The open service of this name, entered if need be in the open transaction."""
    known = db.session.scalars(
        select(Service.id).where(
            Service.organisation_id == organisation_id,
            Service.name == name.strip(),
            Service.closed_at.is_(None),
        )
    ).first()
    if known is not None:
        return known
    made = Service(id=uuid4(), organisation_id=organisation_id, name=name.strip())
    db.session.add(made)
    db.session.flush()
    tell(organisation_id, "service_added", by, service=str(made.id), name=made.name)
    return made.id


def add_person(email: str, name: str, *, by: UUID | None = None) -> UUID:
    """Enter a person, or find the one who has this address. Returns their id."""
    with transaction():
        return person(email, name, by=by).id


def person(email: str, name: str, *, by: UUID | None) -> Person:
    """The person who has this address, entered if need be in the open transaction."""
    known = person_by_email(email)
    if known is not None:
        return known
    made = Person(id=uuid4(), email=email.strip().lower(), name=name.strip())
    db.session.add(made)
    db.session.flush()
    journal.write(f"person:{made.id}", "person_added", by=by)
    return made


def grant(
    person_id: UUID,
    organisation_id: UUID,
    role: str,
    *,
    by: UUID | None = None,
    service_id: UUID | None = None,
    until: date | None = None,
) -> UUID:
    """Give a person a role in an organisation from today; returns the holding's id.

    A role already held stays as it is, but for its last day if `until` says one. Raises
    LookupError for a service of another organisation.
    """
    with transaction():
        return hold(
            person_id, organisation_id, role, by=by, service_id=service_id, until=until
        ).id


def hold(
    person_id: UUID,
    organisation_id: UUID,
    role: str,
    *,
    by: UUID | None,
    service_id: UUID | None = None,
    since: date | None = None,
    until: date | None = None,
) -> Holding:
    """Give a role in the open transaction, from today or `since`: see `grant`."""
    within = db.session.get(Service, service_id) if service_id else None
    if service_id and (within is None or within.organisation_id != organisation_id):
        raise LookupError("This service is not one of the organisation.")
    known = db.session.scalars(
        current(select(Holding))
        .where(
            Holding.person_id == person_id,
            Holding.organisation_id == organisation_id,
            Holding.role == role,
        )
        .with_for_update(of=Holding)
    ).first()
    if isinstance(known, Holding):
        if until is not None and until != known.valid_to:
            known.valid_to = until
            tell_of(known, "role_ends", by, until=until.isoformat())
        return known
    holding = Holding(
        id=uuid4(),
        person_id=person_id,
        organisation_id=organisation_id,
        service_id=service_id,
        role=role,
        valid_from=since or clock.today(),
        valid_to=until,
    )
    db.session.add(holding)
    dates = {"from": since, "until": until}
    tell_of(
        holding, "role_granted", by, **{k: d.isoformat() for k, d in dates.items() if d}
    )
    return holding


def withdraw(holding_id: UUID, *, by: UUID | None) -> None:
    """End a holding: yesterday was its last day."""
    with transaction():
        holding = lock(Holding, holding_id)
        holding.valid_to = clock.today() - timedelta(days=1)
        tell_of(holding, "role_withdrawn", by)


def tell_of(holding: Holding, act: str, by: UUID | None, **about: str) -> None:
    """Write what was done to a role, for the body and for the person."""
    about = {"role": holding.role, **about}
    tell_person(holding.organisation_id, holding.person_id, act, by, **about)


def tell_person(
    organisation_id: UUID, person_id: UUID, act: str, by: UUID | None, **about: str
) -> None:
    """Write what a body did to one of its people: in its journal, and in theirs."""
    tell(organisation_id, act, by, person=str(person_id), **about)
    detail = {"organisation": str(organisation_id), **about}
    journal.write(f"person:{person_id}", act, by=by, detail=detail)


def tell(organisation_id: UUID, act: str, by: UUID | None, **about: str) -> None:
    """Write what was done to a body."""
    journal.write(f"organisation:{organisation_id}", act, by=by, detail=about)
