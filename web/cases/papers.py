"""The documents of a case, as many as there are: the latest, page after page, and around one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select

from engine.access import Actor, readable_documents
from engine.documents import Document
from engine.models import ProcessInstance, db

SHOWN = 15
"""Documents on a case's page; all of them are on their own."""

PER_PAGE = 50
ORIGINS = ("office", "applicant", "officer", "partner")
_NEWEST = (Document.created_at.desc(), Document.id.desc())


@dataclass(frozen=True)
class Page:
    """Some documents, the newest first; `after` is where the next page begins."""

    items: list[Document]
    after: str


def latest(
    case: ProcessInstance, actor: Actor, *, origin: str = "", most: int = SHOWN
) -> list[Document]:
    """The latest documents of a case that somebody may read, the newest first."""
    found = _of_origin(readable_documents(actor, case), origin)
    return list(db.session.scalars(found.order_by(*_NEWEST).limit(most)))


def page(
    case: ProcessInstance,
    actor: Actor,
    *,
    origin: str = "",
    sought: str = "",
    after: str = "",
) -> Page:
    """One page of those of an origin, whose title or file name holds what is sought."""
    found = _of_origin(readable_documents(actor, case), origin)
    if sought:
        found = found.where(
            or_(
                Document.title.icontains(sought, autoescape=True),
                Document.name.icontains(sought, autoescape=True),
            )
        )
    if place := _place(after):
        found = found.where(_older(*place))
    rows = list(db.session.scalars(found.order_by(*_NEWEST).limit(PER_PAGE + 1)))
    last = rows[PER_PAGE - 1] if len(rows) > PER_PAGE else None
    where = f"{last.created_at.isoformat()}_{last.id}" if last else ""
    return Page(rows[:PER_PAGE], where)


def around(document: Document, actor: Actor) -> tuple[UUID | None, UUID | None]:
    """The documents just before and after one, in the order of their list."""
    case = document.instance
    if case is None:
        return None, None
    ids = readable_documents(actor, case).with_only_columns(Document.id)
    at, key = document.created_at, document.id
    newer = ids.where(
        or_(Document.created_at > at, and_(Document.created_at == at, Document.id > key))
    ).order_by(Document.created_at, Document.id)
    older = ids.where(_older(at, key)).order_by(*_NEWEST)
    before, following = (db.session.scalar(one.limit(1)) for one in (newer, older))
    return before, following


def _of_origin(found: Select[Any], origin: str) -> Select[Any]:
    return found.where(Document.origin == origin) if origin in ORIGINS else found


def _older(at: datetime, key: UUID) -> ColumnElement[bool]:
    return or_(Document.created_at < at, and_(Document.created_at == at, Document.id < key))


def _place(text: str) -> tuple[datetime, UUID] | None:
    """Where a page begins, as the one before said; None when it makes no sense."""
    moment, _, key = text.partition("_")
    try:
        at, document = datetime.fromisoformat(moment), UUID(key)
    except ValueError:
        return None
    return (at, document) if at.tzinfo else None


def total(case: ProcessInstance, actor: Actor) -> int:
    """How many there are to read, counted no further than a thousand."""
    some = readable_documents(actor, case).with_only_columns(Document.id).limit(1000)
    return len(db.session.scalars(select(some.subquery().c.id)).all())
