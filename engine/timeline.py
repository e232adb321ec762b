"""Everything that happened to a case, as one chronology, the newest first, page after page.

Steps, acts, messages and documents are each read on their own index from where the page
before stopped, and merged: a case of five thousand steps costs what a short one does.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, or_, select

from engine.conversation import CaseMessage
from engine.documents import Document
from engine.journal import JournalEntry
from engine.models import History, ProcessInstance, db

STEP, ACT, MESSAGE, DOCUMENT = "step", "act", "message", "document"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLACE = re.compile(r"s(\d*)a(\d*)m(?:(\d+)-([0-9a-f]{32}))?d(?:(\d+)-([0-9a-f]{32}))?")
_NEVER = 2**31 - 1

Key = tuple[datetime, UUID]


@dataclass(frozen=True)
class Asked:
    """What to tell. None leaves a kind out; `but` are acts that are not told."""

    steps: Sequence[str] | None = None
    elements: frozenset[str] | None = None
    acts: frozenset[str] | None = None
    but: frozenset[str] | None = None
    messages: bool = False
    documents: Select[tuple[Document]] | None = None


@dataclass(frozen=True)
class Place:
    """Where a page stopped, in each kind; None: nothing of it was told yet."""

    step: int | None = None
    act: int | None = None
    message: Key | None = None
    document: Key | None = None

    def __str__(self) -> str:
        return (
            f"s{self.step or ''}a{self.act or ''}"
            f"m{_written(self.message)}d{_written(self.document)}"
        )

    @classmethod
    def read(cls, text: str) -> "Place":
        """The place that `str` wrote; the beginning for anything else."""
        found = _PLACE.fullmatch(text[:200])
        if found is None:
            return cls()
        step, act, sent, message, added, document = found.groups()
        try:
            return cls(
                min(int(step), _NEVER) if step else None,
                min(int(act), _NEVER) if act else None,
                (_moment(sent), UUID(message)) if sent else None,
                (_moment(added), UUID(document)) if added else None,
            )
        except (OverflowError, ValueError):
            return cls()


@dataclass(frozen=True)
class Event:
    """One thing that happened; `row` is the row that says it."""

    kind: str
    at: datetime
    row: Any


@dataclass(frozen=True)
class Page:
    """Events, the newest first. `after` is where the next page begins, if there is one."""

    events: list[Event] = field(default_factory=list)
    after: Place | None = None


def page(case: ProcessInstance, asked: Asked, after: Place, most: int) -> Page:
    """The `most` events that come before a place."""
    heads = {
        kind: [
            Event(kind, at(row), row) for row in db.session.scalars(rows.limit(most + 1))
        ]
        for kind, rows, at in _sources(case, asked, after)
    }
    events, place = list[Event](), after
    while len(events) < most and any(heads.values()):
        kind = max((k for k in heads if heads[k]), key=lambda k: heads[k][0].at)
        event = heads[kind].pop(0)
        events.append(event)
        past: dict[str, Any] = {kind: _key(event)}
        place = replace(place, **past)
    return Page(events, place if any(heads.values()) else None)


def on_behalf(case: ProcessInstance, events: Iterable[Event]) -> dict[str, UUID]:
    """For whom the tasks among these steps were completed, when it was for another: by task."""
    told = [e.at for e in events if e.kind == STEP and e.row.kind == "userTask"]
    if not told:
        return {}
    around = timedelta(minutes=1)
    rows = db.session.scalars(
        select(JournalEntry).where(
            JournalEntry.chain == f"case:{case.id}",
            JournalEntry.action == "task_completed",
            JournalEntry.on_behalf_of.is_not(None),
            JournalEntry.at.between(min(told) - around, max(told) + around),
        )
    )
    return {str(r.detail.get("task")): r.on_behalf_of for r in rows if r.on_behalf_of}


Source = tuple[str, Select[Any], Callable[[Any], datetime]]


def _sources(case: ProcessInstance, asked: Asked, after: Place) -> Iterable[Source]:
    if asked.steps is not None:
        yield STEP, _steps(case, asked, after), lambda row: row.ended_at
    if asked.acts is not None or asked.but is not None:
        yield ACT, _acts(case, asked, after), lambda row: row.at
    if asked.messages:
        yield MESSAGE, _messages(case, after), lambda row: row.sent_at
    if asked.documents is not None:
        yield DOCUMENT, _documents(asked.documents, after), lambda row: row.created_at


def _steps(case: ProcessInstance, asked: Asked, after: Place) -> Select[Any]:
    found = select(History).where(
        History.instance_id == case.id,
        History.name != "",
        History.kind.in_(asked.steps or ()),
        History.seq < (after.step or _NEVER),
    )
    if asked.elements is not None:
        found = found.where(History.element_id.in_(asked.elements))
    return found.order_by(History.seq.desc())


def _acts(case: ProcessInstance, asked: Asked, after: Place) -> Select[Any]:
    found = select(JournalEntry).where(
        JournalEntry.chain == f"case:{case.id}", JournalEntry.seq < (after.act or _NEVER)
    )
    if asked.acts is not None:
        found = found.where(JournalEntry.action.in_(asked.acts))
    if asked.but is not None:
        found = found.where(JournalEntry.action.not_in(asked.but))
    return found.order_by(JournalEntry.seq.desc())


def _messages(case: ProcessInstance, after: Place) -> Select[Any]:
    found = select(CaseMessage).where(CaseMessage.instance_id == case.id)
    if after.message:
        found = found.where(_before(CaseMessage.sent_at, CaseMessage.id, after.message))
    return found.order_by(CaseMessage.sent_at.desc(), CaseMessage.id.desc())


def _documents(found: Select[Any], after: Place) -> Select[Any]:
    if after.document:
        found = found.where(_before(Document.created_at, Document.id, after.document))
    return found.order_by(Document.created_at.desc(), Document.id.desc())


def _before(at: Any, key: Any, place: Key) -> Any:
    return or_(at < place[0], and_(at == place[0], key < place[1]))


def _key(event: Event) -> int | Key:
    if event.kind in {STEP, ACT}:
        seq: int = event.row.seq
        return seq
    return event.at, event.row.id


def _written(key: Key | None) -> str:
    if key is None:
        return ""
    return f"{(key[0] - _EPOCH) // timedelta(microseconds=1)}-{key[1].hex}"


def _moment(micros: str) -> datetime:
    return _EPOCH + timedelta(microseconds=int(micros))
