"""Who acts, with the roles they have at this moment: their own, and those lent to them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, bindparam, select, union_all
from sqlalchemy.orm import aliased

from engine import clock
from engine.absences import Absence, in_force_at
from engine.directory import (
    ADMINISTRATOR,
    APPLICANT,
    COMPANY,
    HEAD_OF_SERVICE,
    LEGAL_OFFICER,
    OPERATOR,
    PLATFORM,
    PROCESS_DESIGNER,
    Holding,
    Organisation,
    Person,
    current,
)
from engine.models import UserTask, db

NOT_HANDLING = frozenset(
    {APPLICANT, ADMINISTRATOR, OPERATOR, PROCESS_DESIGNER, LEGAL_OFFICER}
)
"""Roles that do not handle cases. They are never lent."""


@dataclass(frozen=True)
class Role:
    """A role held in one organisation, or lent by somebody who is away.

    One that is lent may be so for some procedures (`keys`; none: all), `until` a moment, and
    without the right to sign (`delegation` is the reference of that right). One had `by_key`
    is a machine's, which never signs.
    """

    organisation_id: UUID
    organisation_kind: str
    name: str
    for_person: UUID | None = None
    for_name: str = ""
    keys: frozenset[str] = frozenset()
    until: datetime | None = None
    delegation: str = ""
    lent_by: str = ""  # why: `absence` or `delegation`
    by_key: bool = False

    @property
    def signs(self) -> bool:
        """Whether who has it may sign."""
        return not self.by_key and (self.for_person is None or bool(self.delegation))

    def covers(self, key: str) -> bool:
        """Whether it serves for this procedure, now: a page may have waited past the end."""
        in_time = self.until is None or clock.now() < self.until
        return in_time and (not self.keys or key in self.keys)

    def fits(self, task: UserTask) -> bool:
        """Whether it is the role that a task asks for."""
        named = (self.organisation_id, self.name) == (task.organisation_id, task.role)
        return named and self.covers(task.key)


@dataclass(frozen=True)
class Actor:
    """A person with the roles they have now. `person_id` is None for a visitor."""

    person_id: UUID | None
    name: str = ""
    roles: frozenset[Role] = field(default_factory=frozenset)

    def holds(self, organisation_id: UUID | None, role: str) -> bool:
        """Whether this person has the role themselves in that organisation."""
        return any(
            r.organisation_id == organisation_id and r.name == role and not r.for_person
            for r in self.roles
        )

    def organisations(self, role: str) -> list[UUID]:
        """The organisations in which this person has the role themselves."""
        return [
            r.organisation_id for r in self.roles if r.name == role and not r.for_person
        ]

    def has_key_of(self, organisation_id: UUID) -> bool:
        """Whether this is a machine that acts with a key of that organisation."""
        return any(r.organisation_id == organisation_id and r.by_key for r in self.roles)

    @property
    def represented(self) -> list[UUID]:
        """The companies for which this person files or administers."""
        return sorted(
            {
                r.organisation_id
                for r in self.roles
                if r.organisation_kind == COMPANY and r.name in {APPLICANT, ADMINISTRATOR}
            }
        )

    @property
    def administered_bodies(self) -> list[UUID]:
        """The bodies, companies apart, that this person administers."""
        return sorted(
            r.organisation_id
            for r in self.roles
            if r.organisation_kind != COMPANY and r.name == ADMINISTRATOR
        )

    def role_for(self, task: UserTask) -> Role | None:
        """The role by which one acts on a task: that of its absent holder, else one's own."""
        fitting = [r for r in self.roles if r.fits(task)]
        held = [r for r in fitting if r.for_person and r.for_person == task.assignee_id]
        own = [r for r in fitting if r.for_person is None]
        best = held or own or fitting
        return min(best, key=lambda r: (not r.signs, str(r.for_person)), default=None)

    def on_behalf(self, task: UserTask) -> UUID | None:
        """Whom one replaces in acting on a task; None when one acts for oneself."""
        role = self.role_for(task)
        return role.for_person if role else None

    def has_in_hand(self, task: UserTask) -> bool:
        """Whether a task is in one's hands, or in those of somebody one replaces."""
        if task.assignee_id is None:
            return False
        return task.assignee_id == self.person_id or any(
            r.for_person == task.assignee_id and r.fits(task) for r in self.roles
        )

    def heads(self, organisation_id: UUID | None, key: str) -> bool:
        """Whether this person directs, in that body, those who work on a procedure."""
        return any(
            r.organisation_id == organisation_id
            and r.name == HEAD_OF_SERVICE
            and r.covers(key)
            for r in self.roles
        )

    @property
    def lent(self) -> list[Role]:
        """The roles lent to this person, by whom and until when."""
        lent = (r for r in self.roles if r.for_person is not None)
        return sorted(lent, key=lambda r: (r.for_name, str(r.until), r.name))

    @property
    def handling(self) -> list[Role]:
        """The roles by which this person handles cases, in an order of no meaning."""
        return sorted((r for r in self.roles if r.name not in NOT_HANDLING), key=str)

    @property
    def handles_cases(self) -> bool:
        """Whether this person has an inbox."""
        return any(r.name not in NOT_HANDLING for r in self.roles)

    @property
    def designs(self) -> list[UUID]:
        """The bodies whose procedures this person reads: to write them, or to let them out."""
        return sorted(
            {
                r.organisation_id
                for r in self.roles
                if r.name in {PROCESS_DESIGNER, LEGAL_OFFICER} and not r.for_person
            }
        )

    @property
    def operates(self) -> bool:
        """Whether this person runs the platform."""
        return any(
            r.name == OPERATOR and r.organisation_kind == PLATFORM for r in self.roles
        )


VISITOR = Actor(None)

_Lender = aliased(Person)


def actor_for(person_id: UUID) -> Actor:
    """The person as they stand now. Raises NoResultFound for an unknown person.

    A role is lent only to somebody who works in the same body, and only if the absent person
    holds it today.
    """
    asked = {"person_id": person_id, "now": clock.now(), "today": clock.today()}
    rows = db.session.execute(_STANDING, asked).all()
    own = [row for row in rows if row.person_id == person_id]
    name = own[0].name if own else db.session.get_one(Person, person_id).name
    roles = {Role(row.organisation_id, row.kind, row.role) for row in own}
    bodies = {role.organisation_id for role in roles if role.name not in NOT_HANDLING}
    roles |= {
        _lent(row)
        for row in rows
        if row.Absence is not None
        and row.organisation_id in bodies
        and row.role not in NOT_HANDLING
        and row.role in (row.Absence.roles or [row.role])
    }
    return Actor(person_id, name, frozenset(roles))


def _lent(row: Any) -> Role:
    absence = row.Absence
    return Role(
        row.organisation_id,
        row.kind,
        row.role,
        for_person=row.person_id,
        for_name=row.name,
        keys=frozenset(absence.keys),
        until=absence.ends_at,
        delegation=absence.delegation,
        lent_by=absence.kind,
    )


def _standing() -> Select[Any]:
    """What a person holds, and what those they replace hold: one question, two indexes."""
    person_id = bindparam("person_id", type_=Holding.person_id.type)
    in_force = in_force_at(bindparam("now"))
    replaced = select(Absence.person_id).where(Absence.deputy_id == person_id, *in_force)
    lending = and_(
        Absence.deputy_id == person_id,
        Absence.person_id == Holding.person_id,
        Absence.organisation_id == Holding.organisation_id,
        *in_force,
    )
    me = select(person_id.label("person_id"))
    statement: Any = (
        select(
            Holding.person_id,
            Holding.organisation_id,
            Holding.role,
            Organisation.kind,
            _Lender.name,
            Absence,
        )
        .join(Organisation, Organisation.id == Holding.organisation_id)
        .join(_Lender, _Lender.id == Holding.person_id)
        .outerjoin(Absence, lending)
        .where(
            Holding.person_id.in_(union_all(me, replaced)),
            Organisation.closed_at.is_(None),
        )
    )
    return current(statement, bindparam("today"))


_STANDING = _standing()
"""Written once: it is asked at each request and at each act."""
