"""Who exists: organisations, their services, the people in them and the roles they hold.

An organisation is a member body, a company, a State service, a partner, or the platform
itself. A holding says that a person has a role in one organisation, from a day to a day.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, LargeBinary, Select, String, Text, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship, validates

from engine import clock
from engine.columns import UtcDateTime
from engine.models import db
from engine.words import fold

MEMBER, COMPANY, STATE, PARTNER, PLATFORM = (
    "member",
    "company",
    "state",
    "partner",
    "platform",
)

# Roles that mean the same everywhere; a diagram's lanes name others.
APPLICANT, ADMINISTRATOR, OPERATOR = "applicant", "administrator", "operator"

PROCESS_DESIGNER, LEGAL_OFFICER = "process_designer", "legal_officer"
"""Who writes the procedures of a body; who, with them, lets one be published."""

HEAD_OF_SERVICE = "head_of_service"
"""Who directs the agents of a body: assigns their tasks, declares their absences."""


def _folded(context: Any) -> str:
    """The name of a row being written, as it is searched."""
    return fold(context.get_current_parameters()["name"])


class Organisation(db.Model):  # type: ignore[name-defined]
    """A public body, a company or a partner.

    One that is `closed` keeps everything and does nothing: its people do not act for it, and
    nothing is filed with it.
    """

    __tablename__ = "organisation"
    __table_args__ = (
        Index(None, "kind", "name"),
        Index(None, "siren"),
        Index(None, "insee"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(300))
    folded: Mapped[str] = mapped_column(String(600), default=_folded)  # the name, to search
    slug: Mapped[str | None] = mapped_column(String(100), unique=True)
    siren: Mapped[str | None] = mapped_column(String(9))
    siret: Mapped[str | None] = mapped_column(String(14), unique=True)
    insee: Mapped[str | None] = mapped_column(String(10))  # COM-21231, DEP-21, REG-27
    naf: Mapped[str | None] = mapped_column(String(6))
    address: Mapped[str] = mapped_column(Text, default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    brand_colour: Mapped[str | None] = mapped_column(String(7))
    logo: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    confirmed: Mapped[bool] = mapped_column(default=True)  # found in the company directory
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @validates("name")
    def _fold(self, _name: str, value: str) -> str:
        self.folded = fold(value)
        return value


class Service(db.Model):  # type: ignore[name-defined]
    """A department within an organisation."""

    __tablename__ = "service"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    name: Mapped[str] = mapped_column(String(300))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Person(db.Model):  # type: ignore[name-defined]
    """Someone who acts. How they prove who they are is the web's affair."""

    __tablename__ = "person"
    __table_args__ = (Index(None, "created_at"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    email: Mapped[str] = mapped_column(String(254), unique=True)  # lower case
    name: Mapped[str] = mapped_column(String(200))
    folded: Mapped[str] = mapped_column(String(400), default=_folded)  # the name, to search
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    @validates("name")
    def _fold(self, _name: str, value: str) -> str:
        self.folded = fold(value)
        return value


class Holding(db.Model):  # type: ignore[name-defined]
    """A role held by a person in an organisation, on the days between two dates."""

    __tablename__ = "holding"
    __table_args__ = (
        Index(None, "person_id"),
        Index(None, "organisation_id", "role"),
        Index(None, "service_id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    service_id: Mapped[UUID | None] = mapped_column(ForeignKey("service.id"))
    role: Mapped[str] = mapped_column(String(100))
    valid_from: Mapped[date] = mapped_column(default=clock.today)
    valid_to: Mapped[date | None]  # the last day it is held

    person: Mapped[Person] = relationship()
    organisation: Mapped[Organisation] = relationship()
    service: Mapped[Service | None] = relationship()


def person_by_email(email: str) -> Person | None:
    """The person with this address, whatever its case."""
    return db.session.scalar(select(Person).where(Person.email == email.strip().lower()))


def company_by_siret(siret: str) -> Organisation | None:
    """The company registered under this SIRET."""
    return db.session.scalar(select(Organisation).where(Organisation.siret == siret))


def current(statement: Select[Any], day: Any = None) -> Select[Any]:
    """Keep the holdings that are valid today, or on the day that a statement is given."""
    today = clock.today() if day is None else day
    return statement.where(
        Holding.valid_from <= today,
        (Holding.valid_to.is_(None)) | (Holding.valid_to >= today),
    )


def holdings_of(person_id: UUID) -> list[Holding]:
    """The roles this person holds today, with the person, each organisation and service."""
    held = (
        select(Holding)
        .where(Holding.person_id == person_id)
        .options(
            joinedload(Holding.person),
            joinedload(Holding.organisation),
            joinedload(Holding.service),
        )
    )
    return list(db.session.scalars(current(held)))


def holders(organisation_id: UUID, roles: Iterable[str]) -> list[Person]:
    """The people who hold one of these roles in an organisation today, by name."""
    statement = (
        select(Person)
        .join(Holding, Holding.person_id == Person.id)
        .where(Holding.organisation_id == organisation_id, Holding.role.in_(list(roles)))
        .order_by(Person.name)
        .distinct()
    )
    return list(db.session.scalars(current(statement)))


def resolve(reference: str) -> Organisation | None:
    """The organisation that a diagram names by id, slug, SIREN or territorial code."""
    if len(reference) == 36:  # noqa: PLR2004  the length of a UUID
        try:
            return db.session.get(Organisation, UUID(reference))
        except ValueError:
            return None
    by_code = select(Organisation).where(
        Organisation.kind != COMPANY,
        (Organisation.slug == reference)
        | (Organisation.siren == reference)
        | (Organisation.insee == reference),
    )
    return db.session.scalars(by_code.order_by(Organisation.created_at)).first()


def describe(organisation: Organisation) -> dict[str, Any]:
    """What a process may know of an organisation, as plain values."""
    return {
        "id": str(organisation.id),
        "name": organisation.name,
        "siren": organisation.siren,
        "siret": organisation.siret,
        "insee": organisation.insee,
        "naf": organisation.naf,
        "address": organisation.address,
        "email": organisation.email,
        "phone": organisation.phone,
    }
