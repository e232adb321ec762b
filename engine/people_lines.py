"""What a line of a file of people would change in the directory, and changing it.

The same judgement serves a file tried on a page and one given on the command line.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine import agents, clock, definitions
from engine.directory import ADMINISTRATOR, COMPANY, OPERATOR, Holding, Organisation, Person
from engine.imports import CHANGED, KNOWN, NEW, REFUSED
from engine.models import db
from engine.people_file import ROLE_WORDS, Note, Wanted, note, understand
from engine.words import fold


@dataclass
class Place:
    """A body that people are brought into: the roles it gives, by how they are written, and
    its services by name. `new_services`: those not known are made.
    """

    body: Organisation
    roles: Mapping[str, str]
    services: dict[str, UUID]
    new_services: bool

    @classmethod
    def of(cls, body: Organisation, *, new_services: bool) -> "Place":
        """The body as it stands."""
        given = agents.role_list(body.kind)
        names = definitions.role_names()
        words = {word: role for word, role in ROLE_WORDS.items() if role in given}
        words |= {fold(names[role]): role for role in given if role in names}
        words |= {role: role for role in given}
        services = {fold(one.name): one.id for one in agents.services(body.id)}
        return cls(body, words, services, new_services)


@dataclass(frozen=True)
class Known:
    """What the directory says of the people whom some lines name, by address."""

    people: dict[str, Person]
    holdings: dict[tuple[UUID, str], Holding]
    elsewhere: frozenset[UUID] = field(default_factory=frozenset)
    of_companies: frozenset[UUID] = field(default_factory=frozenset)

    @classmethod
    def about(cls, place: Place, emails: Iterable[str]) -> "Known":
        """Read in three questions, however many they are."""
        rows = select(Person).where(Person.email.in_({one.lower() for one in emails}))
        people = {person.email: person for person in db.session.scalars(rows)}
        ids = [person.id for person in people.values()]
        asked: Any = (
            select(Holding, Organisation.kind)
            .join(Organisation, Organisation.id == Holding.organisation_id)
            .where(Holding.person_id.in_(ids), agents.standing())
        )
        holdings = dict[tuple[UUID, str], Holding]()
        elsewhere, companies = set[UUID](), set[UUID]()
        for holding, kind in db.session.execute(asked):
            if kind == COMPANY:
                companies.add(holding.person_id)
            elif holding.organisation_id == place.body.id:
                holdings[holding.person_id, holding.role] = holding
            else:
                elsewhere.add(holding.person_id)
        return cls(people, holdings, frozenset(elsewhere), frozenset(companies))


@dataclass(frozen=True)
class Judged:
    """What a line would do, and what to tell of it."""

    verdict: str
    notes: list[Note]
    wanted: Wanted | None = None


def judge(
    row: Mapping[str, str], shown: Iterable[Note], place: Place, known: Known
) -> Judged:
    """Judge a line, of which the file itself shows what is wrong (`shown`)."""
    wanted, wrong = understand(row, place.roles)
    named = row.get("organisation", "")
    if named and fold(named) not in _names(place.body):
        wrong.append(note("organisation", "elsewhere", named))
    wrong = [*shown, *wrong]
    if wanted is not None:
        wrong += _refused(wanted, place, known)
    if wrong or wanted is None:
        return Judged(REFUSED, wrong)
    return _compared(wanted, place, known)


def _names(body: Organisation) -> set[str]:
    return {fold(name) for name in (body.slug, body.siren, body.name) if name}


def _refused(wanted: Wanted, place: Place, known: Known) -> Iterable[Note]:
    person = known.people.get(wanted.email)
    if person is not None and person.id in known.of_companies:
        yield note("courriel", "of_a_company", wanted.email)
    if wanted.until is not None and wanted.until < clock.today():
        yield note("fin", "past", wanted.until.isoformat())
    elif wanted.since and wanted.until and wanted.until < wanted.since:
        yield note("fin", "backwards", wanted.until.isoformat())
    unknown = wanted.service and fold(wanted.service) not in place.services
    if unknown and not place.new_services:
        yield note("service", "unknown_service", wanted.service)


def _compared(wanted: Wanted, place: Place, known: Known) -> Judged:
    """What a line that can be entered would change."""
    person = known.people.get(wanted.email)
    if person is None:
        return Judged(NEW, [], wanted)
    notes, changes = list[Note](), False
    if person.id in known.elsewhere:
        notes.append(note("courriel", "works_elsewhere"))
    if person.name != wanted.name:
        changes = renames(person, known)
        notes.append(note("nom", "renamed" if changes else "name_kept", person.name))
    held = known.holdings.get((person.id, wanted.role))
    if held is None:
        here = any(of == person.id for of, _ in known.holdings)
        return Judged(NEW, [*notes, *([note("role", "added")] if here else [])], wanted)
    if wanted.until is not None and wanted.until != held.valid_to:
        if held.role in {ADMINISTRATOR, OPERATOR}:
            return Judged(REFUSED, [note("fin", "administrator")])
        changes = True
        notes.append(note("fin", "last_day", wanted.until.isoformat()))
    if wanted.service and place.services.get(fold(wanted.service)) != held.service_id:
        changes = True
        notes.append(note("service", "moved", wanted.service))
    return Judged(CHANGED if changes else KNOWN, notes, wanted)


def renames(person: Person, known: Known) -> bool:
    """Whether a file may give this person another name: they work for nobody else."""
    here = any(of == person.id for of, _ in known.holdings)
    return here and person.id not in known.elsewhere | known.of_companies
