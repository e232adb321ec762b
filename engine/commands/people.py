"""Enter member bodies and their people, and say who holds which role, from when to when."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from engine import clock, journal
from engine.directory import Holding, Organisation, Person, person_by_email
from engine.models import db
from engine.transaction import lock, transaction


def add_organisation(kind: str, name: str, *, by: UUID | None = None, **facts: Any) -> UUID:
    """Enter an organisation; `facts` are its other columns. Returns its id."""
    with transaction():
        organisation = Organisation(id=uuid4(), kind=kind, name=name, **facts)
        db.session.add(organisation)
        journal.write(f"organisation:{organisation.id}", "organisation_added", by=by)
        return organisation.id


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
    """Give a person a role in an organisation from today; returns the holding's id."""
    with transaction():
        known = db.session.scalars(
            select(Holding.id).where(
                Holding.person_id == person_id,
                Holding.organisation_id == organisation_id,
                Holding.role == role,
                Holding.valid_to.is_(None),
            )
        ).first()
        if known is not None:
            return known
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
        journal.write(
            f"organisation:{organisation_id}",
            "role_granted",
            by=by,
            detail={"person": str(person_id), "role": role},
        )
        return holding.id


def withdraw(holding_id: UUID, *, by: UUID | None) -> None:
    """End a holding: yesterday was its last day."""
    with transaction():
        holding = lock(Holding, holding_id)
        holding.valid_to = clock.today() - timedelta(days=1)
        journal.write(
            f"organisation:{holding.organisation_id}",
            "role_withdrawn",
            by=by,
            detail={"person": str(holding.person_id), "role": holding.role},
        )
