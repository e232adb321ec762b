"""Enter member bodies and their people, and say who holds which role, from when to when."""

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
        organisation = Organisation(id=uuid4(), kind=kind, name=name, **facts)
        db.session.add(organisation)
        journal.write(f"organisation:{organisation.id}", "organisation_added", by=by)
        return organisation.id


def add_service(organisation_id: UUID, name: str, *, by: UUID | None = None) -> UUID:
    """Enter a service of an organisation, or find the one of this name. Returns its id."""
    with transaction():
        known = db.session.scalars(
            select(Service.id).where(
                Service.organisation_id == organisation_id, Service.name == name.strip()
            )
        ).first()
        if known is not None:
            return known
        service = Service(id=uuid4(), organisation_id=organisation_id, name=name.strip())
        db.session.add(service)
        journal.write(
            f"organisation:{organisation_id}",
            "service_added",
            by=by,
            detail={"service": str(service.id), "name": service.name},
        )
        return service.id


def add_person(email: str, name: str, *, by: UUID | None = None) -> UUID:
    """Enter a person, or find the one who has this address. Returns their id."""
    with transaction():
        known = person_by_email(email)
        if known is not None:
            return known.id
        person = Person(id=uuid4(), email=email.strip().lower(), name=name.strip())
        db.session.add(person)
        journal.write(f"person:{person.id}", "person_added", by=by)
        return person.id


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
        service = db.session.get(Service, service_id) if service_id else None
        if service_id and (service is None or service.organisation_id != organisation_id):
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
                _tell(known, "role_ends", by, until=until.isoformat())
            return known.id
        holding = Holding(
            id=uuid4(),
            person_id=person_id,
            organisation_id=organisation_id,
            service_id=service_id,
            role=role,
            valid_from=clock.today(),
            valid_to=until,
        )
        db.session.add(holding)
        _tell(holding, "role_granted", by)
        return holding.id


def withdraw(holding_id: UUID, *, by: UUID | None) -> None:
    """End a holding: yesterday was its last day."""
    with transaction():
        holding = lock(Holding, holding_id)
        holding.valid_to = clock.today() - timedelta(days=1)
        _tell(holding, "role_withdrawn", by)


def _tell(holding: Holding, act: str, by: UUID | None, **about: str) -> None:
    journal.write(
        f"organisation:{holding.organisation_id}",
        act,
        by=by,
        detail={"person": str(holding.person_id), "role": holding.role, **about},
    )
