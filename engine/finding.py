"""Finds the cases that somebody types a few words about, to look for their tasks.

A number, a SIRET, words of the title or of the company's name: accents, capitals and what
stands between words do not matter. Of each body, the rarest word is read on its index, the
others are asked of each case that it gives; no more than `MOST_READ` cases are looked at.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, union_all

from engine.criteria import MOST_WORDS, Criterion, Search, Way, criteria
from engine.models import ProcessInstance, db
from engine.words import fold, words

MOST_READ = 1000
"""Cases of a body that are looked at for the rarest word."""

MOST_FOUND = 500
"""Cases whose tasks are looked for."""

MOST_BODIES = 50

LONGEST = 200
"""Characters that are read of what was typed."""


@dataclass(frozen=True)
class Found:
    """Cases, the latest first. `more`: there are others, that were not looked at."""

    cases: tuple[UUID, ...] = ()
    more: bool = False


def readable(typed: str) -> str:
    """What is looked for: the words typed, or the figures of a SIRET as one."""
    said = typed[:LONGEST]
    bare = "".join(said.split())
    return bare if bare.isascii() and bare.isdigit() else said


def searchable(typed: str) -> bool:
    """Whether there is a letter or a figure to look for."""
    return bool(words(readable(typed)))


def find(typed: str, bodies: Iterable[UUID]) -> Found:
    """The cases of these bodies that have all the words typed, each at least begun."""
    said = readable(typed)
    if numbered := _numbered(said):
        return Found((numbered,))
    if not words(said):
        return Found()
    asked = list(criteria(Search(title=said)))
    found, more = list[UUID](), False
    for body in list(dict.fromkeys(bodies))[:MOST_BODIES]:
        cases, beyond = _of_body(body, asked)
        found += cases
        more = more or beyond
    return Found(tuple(found[:MOST_FOUND]), more or len(found) > MOST_FOUND)


def _numbered(said: str) -> UUID | None:
    """The case that has this number, however its hyphens and capitals were typed."""
    (numbered,) = criteria(Search(number=fold(said).upper() or "-"))
    return db.session.scalar(select(ProcessInstance.id).where(numbered.condition))


def _of_body(body: UUID, asked: list[Criterion]) -> tuple[list[UUID], bool]:
    ways = [(one, one.ways(body)) for one in asked[:MOST_WORDS] if one.ways]
    rarest, read, count = min(
        ((one, way, _count(way)) for one, way in ways), key=lambda three: three[2]
    )
    if not count:
        return [], False
    others = [one.condition for one in asked if one is not rarest]
    latest = [_latest(way) for way in read]
    rows = union_all(*latest).subquery()
    few = select(rows.c.id, func.max(rows.c.at).label("at")).group_by(rows.c.id).subquery()
    found = (
        select(ProcessInstance.id)
        .join(few, few.c.id == ProcessInstance.id)
        .where(*others)
        .order_by(few.c.at.desc(), ProcessInstance.id)
        .limit(MOST_FOUND + 1)
    )
    return list(db.session.scalars(found)), count > MOST_READ


def _count(ways: list[Way]) -> int:
    """How many rows there are to read, up to one too many."""
    total = 0
    for way in ways:
        rows = select(way.case_id).where(*way.conditions).limit(MOST_READ + 1).subquery()
        total += db.session.scalar(select(func.count()).select_from(rows)) or 0
    return total


def _latest(way: Way) -> Select[Any]:
    """The latest cases of a range: where it has an order, it is read in it."""
    rows = select(way.case_id.label("id"), way.row.started_at.label("at")).where(
        *way.conditions
    )
    if way.in_order:
        rows = rows.order_by(way.row.started_at.desc(), way.case_id.desc())
    return select(rows.limit(MOST_READ).subquery())
