"""Looking for acts in the journal, the latest first, each time through an index.

What one looks for is a chain (`case:<id>`, `partner:oseo`), a person, an act, or days. Pages
follow one another by the last act seen: a journal has no end, and nobody reads its middle.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select, tuple_, union_all

from engine.criteria import between
from engine.directory import Person
from engine.journal import JournalEntry
from engine.models import db

OPERATED = (
    "partner_paused", "partner_resumed", "partner_rate_set", "partner_rehearsed",
    "incident_retried", "incident_answered", "incidents_retried", "step_answered",
    "task_skipped", "branch_cancelled", "token_moved", "case_cancelled", "case_suspended",
    "case_resumed", "case_migrated", "job_created", "job_stopped", "job_resumed",
    "job_cancelled", "organisation_added", "person_added", "service_added",
    "procedure_published", "parameters_set", "host_activated", "host_stopped",
    "exchange_read", "journal_exported", "chore_asked", "chore_stopped",
    "retention_decided", "eliminated", "case_held", "case_hold_lifted",
)  # fmt: skip
"""Acts of operation: those that change how the platform itself runs."""

_ORDER = (JournalEntry.at.desc(), JournalEntry.chain.desc(), JournalEntry.seq.desc())


@dataclass(frozen=True)
class Wanted:
    """What is known of the acts looked for; what is empty is not asked.

    `operated`: acts of operation alone.
    """

    chain: str = ""
    person: UUID | None = None
    action: str = ""
    first: date | None = None
    last: date | None = None
    operated: bool = False


@dataclass(frozen=True)
class After:
    """The last act of the page before."""

    at: datetime
    chain: str
    seq: int

    @classmethod
    def of(cls, entry: Any) -> "After":
        """What follows this act."""
        return cls(entry.at, entry.chain, entry.seq)


def find(wanted: Wanted, after: After | None, limit: int) -> list[JournalEntry]:
    """The next acts that are as wanted."""
    if wanted.operated and not wanted.action:
        return _of_several(wanted, after, limit)
    return list(db.session.scalars(_asked(wanted, after).limit(limit)))


def everything(wanted: Wanted, most: int, at_once: int = 500) -> Iterator[JournalEntry]:
    """All the acts that are as wanted, `most` at most, read little by little."""
    after = None
    while most > 0 and (found := find(wanted, after, min(at_once, most))):
        yield from found
        after = After.of(found[-1])
        most -= len(found)
        db.session.rollback()  # what was given is forgotten


def _asked(wanted: Wanted, after: After | None) -> Select[tuple[JournalEntry]]:
    order = (JournalEntry.seq.desc(),) if wanted.chain else _ORDER
    return select(JournalEntry).where(*_conditions(wanted, after)).order_by(*order)


def _of_several(wanted: Wanted, after: After | None, limit: int) -> list[JournalEntry]:
    """The first of each act, each read on its index, then put in order."""
    entry = JournalEntry
    named = (replace(wanted, action=action, operated=False) for action in OPERATED)
    firsts = [
        select(
            select(entry.chain, entry.seq)
            .where(*_conditions(one, after))
            .order_by(*_ORDER)
            .limit(limit)
            .subquery()
        )
        for one in named
    ]
    found = select(entry).where(tuple_(entry.chain, entry.seq).in_(union_all(*firsts)))
    return list(db.session.scalars(found.order_by(*_ORDER).limit(limit)))


def _conditions(wanted: Wanted, after: After | None) -> Iterator[ColumnElement[bool]]:
    entry = JournalEntry
    if wanted.chain:
        yield entry.chain == wanted.chain
    if wanted.person is not None:
        yield entry.actor_id == wanted.person
    if wanted.action:
        yield entry.action == wanted.action
    yield from between(entry.at, wanted.first, wanted.last)
    if after is not None and wanted.chain:
        yield entry.seq < after.seq
    elif after is not None:
        yield entry.at <= after.at
        earlier = and_(entry.chain == after.chain, entry.seq < after.seq)
        yield or_(entry.at < after.at, entry.chain < after.chain, earlier)


def names(entries: list[JournalEntry]) -> dict[UUID | None, str]:
    """Who acted, and for whom."""
    ids = {one for e in entries for one in (e.actor_id, e.on_behalf_of) if one is not None}
    if not ids:
        return {}
    found = db.session.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))
    return {person_id: name for person_id, name in found}
