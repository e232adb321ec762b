"""Who acts for which organisation: its members, those who ask to join, those invited."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from engine import clock
from engine.columns import UtcDateTime
from engine.directory import Holding, Organisation, Person, current
from engine.models import db


class JoinRequest(db.Model):  # type: ignore[name-defined]
    """Somebody asks to act for a company that is already registered."""

    __tablename__ = "join_request"
    __table_args__ = (Index(None, "organisation_id", "status"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    status: Mapped[str] = mapped_column(String(20), default="open")
    # open | accepted | refused
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[UUID | None]

    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)
    organisation: Mapped[Organisation] = relationship()


class Invitation(db.Model):  # type: ignore[name-defined]
    """An administrator invites an e-mail address to act for an organisation, once."""

    __tablename__ = "invitation"
    __table_args__ = (Index(None, "organisation_id", "status"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    email: Mapped[str] = mapped_column(String(254))
    role: Mapped[str] = mapped_column(String(100))
    status: Mapped[str] = mapped_column(String(20), default="open")
    # open | accepted | revoked
    invited_by: Mapped[UUID]
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)

    organisation: Mapped[Organisation] = relationship()

    @property
    def usable(self) -> bool:
        """Whether it can still be accepted."""
        return self.status == "open" and clock.now() < self.expires_at


@dataclass(frozen=True)
class Member:
    """A person with the roles they hold in one organisation today, and until which day."""

    person: Person
    roles: frozenset[str]
    until: date | None = None


def members(organisation_id: UUID) -> list[Member]:
    """The people who act for an organisation today, by name."""
    held = defaultdict[UUID, list[Holding]](list)
    rows = select(Holding).where(Holding.organisation_id == organisation_id)
    for holding in db.session.scalars(current(rows.options(joinedload(Holding.person)))):
        held[holding.person_id].append(holding)
    found = [
        Member(
            rights[0].person,
            frozenset(one.role for one in rights),
            _last_day(one.valid_to for one in rights),
        )
        for rights in held.values()
    ]
    return sorted(found, key=lambda member: member.person.name.casefold())


def _last_day(days: Iterable[date | None]) -> date | None:
    """The last of these days; None when one of them never comes."""
    known = list(days)
    return None if None in known else max(day for day in known if day is not None)


def open_requests(organisation_id: UUID) -> list[JoinRequest]:
    """Those who ask to join, the oldest first."""
    return list(
        db.session.scalars(
            select(JoinRequest)
            .where(
                JoinRequest.organisation_id == organisation_id, JoinRequest.status == "open"
            )
            .order_by(JoinRequest.asked_at)
        )
    )


def requests_of(person_id: UUID) -> list[JoinRequest]:
    """The companies this person asks to join and that have not answered."""
    return list(
        db.session.scalars(
            select(JoinRequest)
            .where(JoinRequest.person_id == person_id, JoinRequest.status == "open")
            .order_by(JoinRequest.asked_at)
        )
    )


def open_invitations(organisation_id: UUID) -> list[Invitation]:
    """The invitations that can still be accepted."""
    return [i for i in unused_invitations(organisation_id) if i.usable]


def unused_invitations(organisation_id: UUID, email: str = "") -> list[Invitation]:
    """The invitations that have not served, expired or not; those of one address if asked."""
    rows = select(Invitation).where(
        Invitation.organisation_id == organisation_id, Invitation.status == "open"
    )
    if email:
        rows = rows.where(Invitation.email == email)
    return list(db.session.scalars(rows.order_by(Invitation.email)))


def holdings_in(person_id: UUID, organisation_id: UUID) -> list[Holding]:
    """The roles a person holds in one organisation today."""
    return list(
        db.session.scalars(
            current(
                select(Holding).where(
                    Holding.person_id == person_id,
                    Holding.organisation_id == organisation_id,
                )
            ).order_by(Holding.role, Holding.id)
        )
    )


def belongs(person_id: UUID, organisation_id: UUID) -> bool:
    """Whether a person holds any role there today."""
    return bool(holdings_in(person_id, organisation_id))
