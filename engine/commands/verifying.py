"""The chore that reads the journal again: slice after slice, with what it found so far."""

from typing import Any

from sqlalchemy import func, select

from engine import journal_check
from engine.journal import JournalEntry
from engine.journal_check import Place
from engine.models import db
from engine.slices import Slice, Taken

MOST_TOLD = 500
"""Faults kept with their place; beyond, they are counted."""


def go_on(taken: Taken) -> Slice:
    """Read the next slice of the journal."""
    db.session.rollback()  # a slice is read as the office stands at one moment
    place = Place(**taken.cursor) if taken.cursor else journal_check.START
    total = _entries() if not taken.cursor else None
    faults, following, read = journal_check.check(place)
    told: list[Any] = [*taken.result.get("told", [])]
    told += [[one.chain, one.seq, one.kind] for one in faults]
    found = taken.result.get("faults", 0) + len(faults)
    return Slice(
        read,
        following.to_json() if following else {},
        {"faults": found, "told": told[:MOST_TOLD]},
        total,
        finished=following is None,
    )


def _entries() -> int:
    return db.session.scalar(select(func.count()).select_from(JournalEntry)) or 0
