"""The people of a body as it looks after them: who they are, what they hold, what they have.

Roles that have not begun yet are theirs already; those that ended are told when asked for.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import joinedload

from engine import clock, definitions, subscriptions
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
    Service,
)
from engine.models import IS_OPEN, ProcessInstance, UserTask, db
from engine.words import words

EVERYWHERE = (ADMINISTRATOR, HEAD_OF_SERVICE, PROCESS_DESIGNER, LEGAL_OFFICER)
"""Roles that any body may give, whatever its procedures."""

GONE = "anciens"
"""Those whose roles have all ended."""

MOST = 1000
"""What is in somebody's hands, or in a body's, is counted up to here."""


def standing() -> ColumnElement[bool]:
    """Roles that have not ended: held today, or from a day to come."""
    return Holding.valid_to.is_(None) | (Holding.valid_to >= clock.today())


def role_list(kind: str) -> list[str]:
    """The roles that a body of this kind may give."""
    if kind == PLATFORM:
        return [OPERATOR, ADMINISTRATOR, PROCESS_DESIGNER, LEGAL_OFFICER]
    lanes = set(definitions.role_names()) - {APPLICANT, OPERATOR, *EVERYWHERE}
    return [*sorted(lanes), *EVERYWHERE]


def found(
    organisation_id: UUID,
    *,
    said: str = "",
    role: str = "",
    service_id: UUID | None = None,
    state: str = "",
) -> Select[Any]:
    """The ids of a body's people, by name: those whose name or address begins so."""
    of_body: list[ColumnElement[bool]] = [Holding.organisation_id == organisation_id]
    if role:
        of_body.append(Holding.role == role)
    if service_id:
        of_body.append(Holding.service_id == service_id)
    held = select(Holding.person_id).where(*of_body)
    here = held.where(standing())
    rows: Any = select(Person.id)
    if state == GONE:
        rows = rows.where(Person.id.in_(held), Person.id.not_in(here))
    else:
        rows = rows.where(Person.id.in_(here))
    for word in said.split()[:5]:
        folded = " ".join(words(word))
        named = Person.folded.contains(folded, autoescape=True) if folded else None
        address = Person.email.contains(word.lower(), autoescape=True)
        rows = rows.where(address if named is None else named | address)
    ordered: Select[Any] = rows.order_by(Person.name, Person.id)
    return ordered


def held(organisation_id: UUID, person_ids: Iterable[UUID]) -> dict[UUID, list[Holding]]:
    """What people hold in a body and what they held, the present first."""
    rows = (
        select(Holding)
        .where(
            Holding.organisation_id == organisation_id,
            Holding.person_id.in_(list(person_ids)),
        )
        .options(joinedload(Holding.service))
        .order_by(Holding.valid_to.desc().nulls_first(), Holding.role)
    )
    theirs = dict[UUID, list[Holding]]()
    for holding in db.session.scalars(rows):
        theirs.setdefault(holding.person_id, []).append(holding)
    return theirs


def is_over(holding: Holding) -> bool:
    """Whether a role has ended."""
    return holding.valid_to is not None and holding.valid_to < clock.today()


def bodies_of(person_id: UUID) -> list[Organisation]:
    """Where a person holds a role, or will."""
    rows = select(Organisation).where(
        Organisation.id.in_(
            select(Holding.organisation_id).where(
                Holding.person_id == person_id, standing()
            )
        )
    )
    return list(db.session.scalars(rows.order_by(Organisation.name)))


def acts_for_company(person_id: UUID) -> bool:
    """Whether a person acts for a company: an agent has an address of their own."""
    held_there = exists().where(
        Holding.person_id == person_id,
        Holding.organisation_id == Organisation.id,
        Organisation.kind == COMPANY,
        standing(),
    )
    return db.session.scalar(select(held_there)) or False


def in_hand(organisation_id: UUID, person_id: UUID, role: str = "") -> list[UUID]:
    """The open tasks of a body that a person has in hand, up to `MOST`, case by case."""
    rows = select(UserTask.id).where(
        UserTask.assignee_id == person_id,
        UserTask.organisation_id == organisation_id,
        IS_OPEN,
    )
    if role:
        rows = rows.where(UserTask.role == role)
    rows = rows.order_by(UserTask.instance_id, UserTask.id)
    return list(db.session.scalars(rows.limit(MOST)))


def open_work(organisation_id: UUID) -> dict[str, int]:
    """How many `people`, open `cases` and open `tasks` a body has, each up to `MOST`."""
    case: Any = ProcessInstance
    of_body = case.organisation_id == organisation_id
    return {
        "people": count(found(organisation_id)),
        "cases": sum(
            count(select(case.id).where(of_body, case.status == status))
            for status in ("active", "suspended")
        ),
        "tasks": sum(
            count(
                select(UserTask.id).where(
                    UserTask.organisation_id == organisation_id,
                    UserTask.role == role,
                    IS_OPEN,
                )
            )
            for role in definitions.role_names()
        ),
    }


def count(rows: Select[Any]) -> int:
    """How many rows there are, up to `MOST`."""
    few = rows.order_by(None).limit(MOST).subquery()
    return db.session.scalar(select(func.count()).select_from(few)) or 0


def services(organisation_id: UUID) -> list[Service]:
    """The open services of a body, by name."""
    rows = select(Service).where(
        Service.organisation_id == organisation_id, Service.closed_at.is_(None)
    )
    return list(db.session.scalars(rows.order_by(Service.name)))


def staff(organisation_id: UUID, column: Any) -> dict[Any, int]:
    """How many people of a body there are for each value of a column of `Holding`."""
    rows = db.session.execute(
        select(column, func.count(Holding.person_id.distinct()))
        .where(Holding.organisation_id == organisation_id, standing())
        .group_by(column)
    )
    return {value: number for value, number in rows}


def sizes(organisation_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many people each of these bodies has."""
    rows = db.session.execute(
        select(Holding.organisation_id, func.count(Holding.person_id.distinct()))
        .where(Holding.organisation_id.in_(list(organisation_ids)), standing())
        .group_by(Holding.organisation_id)
    )
    return {body: number for body, number in rows}


def asked_for(organisation_id: UUID) -> dict[str, list[str]]:
    """The roles that a body's procedures ask of it, with the procedures that do."""
    asked = dict[str, list[str]]()
    offered = subscriptions.keys_offered(organisation_id)
    for definition in definitions.latest_of_each():
        if definition.key in offered:
            for role in definitions.own_roles(definition.id) - {APPLICANT}:
                asked.setdefault(role, []).append(definition.key)
    return asked


def vacant(organisation_id: UUID) -> dict[str, list[str]]:
    """The roles that a body's procedures ask for and nobody holds today, by procedure."""
    rows = select(Holding.role).where(
        Holding.organisation_id == organisation_id,
        standing(),
        Holding.valid_from <= clock.today(),
    )
    there = set(db.session.scalars(rows.distinct()))
    missing = dict[str, list[str]]()
    for role, keys in sorted(asked_for(organisation_id).items()):
        if role not in there:
            for key in keys:
                missing.setdefault(key, []).append(role)
    return missing
