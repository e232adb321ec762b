"""A draft as it was: each of its savings says what it changed, so that two people who filled
in the same form find out who changed what, and when.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine.directory import Person
from engine.documents import Draft, DraftChange
from engine.models import db


@dataclass(frozen=True)
class State:
    """The answers as they were before one saving, which somebody made at some moment."""

    values: Mapping[str, Any]
    who: str
    at: datetime


def undone(draft: Draft, rev: int) -> Iterator[State]:
    """The answers before each saving made since `rev`, the latest first.

    The last one given is what somebody saw who opened the form at `rev`.
    """
    seen = min(max(rev, 0), draft.rev)  # a page may say anything
    rows = db.session.execute(
        select(DraftChange, Person.name)
        .join(Person, Person.id == DraftChange.person_id)
        .where(DraftChange.draft_id == draft.id, DraftChange.rev > seen)
        .order_by(DraftChange.rev.desc())
    )
    values = dict(draft.values)
    for change, who in rows:
        values |= change.before
        yield State(dict(values), who, change.at)


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What the answers that differ were before; None for one that was not there."""
    keys = before.keys() | after.keys()
    return {key: before.get(key) for key in keys if before.get(key) != after.get(key)}


def note(draft: Draft, before: Mapping[str, Any], person_id: UUID) -> None:
    """Note what the saving that is being made changes; the caller commits."""
    db.session.add(
        DraftChange(
            draft_id=draft.id,
            rev=draft.rev,
            person_id=person_id,
            at=draft.updated_at,
            before=changed(before, draft.values),
        )
    )
