"""Declare an absence with who replaces the absent person, and end it earlier."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID, uuid4

from sqlalchemy import select

from engine import absences, clock, journal
from engine.absences import ABSENCE, DELEGATION, Absence
from engine.access import NOT_HANDLING, Actor, require
from engine.commands import telling
from engine.directory import Holding, Organisation, Person, current
from engine.errors import AbsenceRefused
from engine.models import db
from engine.transaction import lock, transaction

LONGEST = timedelta(days=731)
LONGEST_TEXT = 500
MOST_NAMED = 100


def declare(
    person_id: UUID,
    deputy_id: UUID,
    organisation_id: UUID,
    *,
    starts_at: datetime,
    ends_at: datetime,
    actor: Actor,
    kind: str = ABSENCE,
    roles: Sequence[str] = (),
    keys: Sequence[str] = (),
    signs: bool = False,
    delegation: str = "",
    motive: str = "",
) -> UUID:
    """Have somebody replaced in a body, for some roles and procedures (all when none is named).

    A `kind` of `delegation` is by a person who is there, and stays at work.
    By the absent person, or for them by who directs or administers the body. Returns its id.
    Raises Forbidden, AbsenceRefused (`field` is what to put right).
    """
    with transaction():
        body = db.session.get_one(Organisation, organisation_id)
        if actor.person_id != person_id:
            require(actor, "declare absences", body)
        require(actor, "belong", body)
        delegation, motive = delegation.strip(), motive.strip()
        asked = Absence(
            id=uuid4(),
            person_id=person_id,
            deputy_id=deputy_id,
            organisation_id=organisation_id,
            starts_at=starts_at,
            ends_at=ends_at,
            kind=kind,
            roles=sorted(set(roles)),
            keys=sorted(set(keys)),
            delegation=delegation if signs else "",
            motive=motive,
            made_by=actor.person_id,
            created_at=clock.now(),
        )
        _check(asked, signs=signs)
        db.session.add(asked)
        _tell(asked, "absence_declared", actor)
        absent = db.session.get_one(Person, person_id)
        telling.replaced(asked, absent.name, actor.person_id)
        return asked.id


def end(absence_id: UUID, *, actor: Actor) -> None:
    """End an absence now, or give up one to come; one that is over stays as it is.

    Raises Forbidden, NoResultFound.
    """
    with transaction():
        absence = lock(Absence, absence_id)
        require(actor, "end", absence)
        if absence.state != "past":
            absence.ended_at = clock.now()
            _tell(absence, "absence_ended", actor)


def _check(asked: Absence, *, signs: bool) -> None:
    held = _held(asked.person_id, asked.organisation_id)
    if not held:
        raise AbsenceRefused("person", "not of the body")
    if asked.deputy_id == asked.person_id:
        raise AbsenceRefused("deputy", "oneself")
    if not _held(asked.deputy_id, asked.organisation_id):
        raise AbsenceRefused("deputy", "not of the body")
    if not set(asked.roles) <= held:
        raise AbsenceRefused("roles", "not held")
    if asked.kind not in {ABSENCE, DELEGATION}:
        raise AbsenceRefused("kind", "unknown")
    if asked.ends_at <= asked.starts_at:
        raise AbsenceRefused("ends", "before its start")
    if asked.ends_at <= clock.now():
        raise AbsenceRefused("ends", "past")
    if asked.ends_at - asked.starts_at > LONGEST:
        raise AbsenceRefused("ends", "too long")
    if signs and not asked.delegation:
        raise AbsenceRefused("delegation", "missing")
    if len(asked.delegation) > LONGEST_TEXT:
        raise AbsenceRefused("delegation", "too long")
    if len(asked.motive) > LONGEST_TEXT:
        raise AbsenceRefused("motive", "too long")
    if len(asked.keys) > MOST_NAMED:
        raise AbsenceRefused("keys", "too many")
    _check_alone(asked, held)


def _check_alone(asked: Absence, held: set[str]) -> None:
    """Two people may share an absence, not the same roles of the same procedures."""
    db.session.execute(
        select(Person.id).where(Person.id == asked.person_id).with_for_update(of=Person)
    )
    at_once = absences.overlapping(asked.person_id, asked.starts_at, asked.ends_at)
    for other in at_once:
        if (other.organisation_id, other.kind) != (asked.organisation_id, asked.kind):
            continue  # who delegates for the year may be away for a week
        roles = _shared(other.roles or held, asked.roles or held)
        if roles and (not other.keys or not asked.keys or _shared(other.keys, asked.keys)):
            raise AbsenceRefused("deputy", other.deputy.name)


Name = TypeVar("Name")


def _shared(some: Sequence[Name] | set[Name], others: Sequence[Name] | set[Name]) -> bool:
    return bool(set(some) & set(others))


def _held(person_id: UUID, organisation_id: UUID) -> set[str]:
    """The roles by which a person handles cases in a body today."""
    held = select(Holding.role).where(
        Holding.person_id == person_id,
        Holding.organisation_id == organisation_id,
        Holding.role.not_in(NOT_HANDLING),
    )
    return set(db.session.scalars(current(held)))


def _tell(absence: Absence, act: str, actor: Actor) -> None:
    """What is said of someone's absence stays out of the journal, which names ids alone."""
    journal.write(
        f"organisation:{absence.organisation_id}",
        act,
        by=actor.person_id,
        detail={
            "absence": str(absence.id),
            "person": str(absence.person_id),
            "deputy": str(absence.deputy_id),
            "from": absence.starts_at.isoformat(),
            "to": absence.over_at.isoformat(),
            "kind": absence.kind,
            "roles": absence.roles,
            "keys": absence.keys,
            "signs": absence.signs,
        },
    )
