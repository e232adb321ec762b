"""Keep what is being typed, with its files, until it is filed or abandoned."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Protocol, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import func, select

from connectors import StoredFile
from engine import clock, documents, drafting
from engine.access import Actor, require
from engine.commands.tasks import not_taken
from engine.directory import APPLICANT, Organisation, Person
from engine.documents import EVERYONE, OFFICE, PARTIES, Document, Draft
from engine.errors import DraftFull, StaleDraft, TaskNotOpen
from engine.models import ProcessDefinition, UserTask, db
from engine.subscriptions import Offer
from engine.transaction import lock, transaction

MOST_FILES, MOST_BYTES = 300, 500_000_000
"""What one draft may hold: far more than a request, less than a disk."""


def open_for_start(
    definition_id: UUID,
    *,
    actor: Actor,
    organisation_id: UUID,
    values: Mapping[str, Any] | None = None,
    body_id: UUID | None = None,
    draft_id: UUID | None = None,
) -> UUID:
    """Begin a request for an organisation one acts for; returns the draft's id.

    It will be filed with the procedure's owner, unless `body_id` names another body that
    offers it. One that is asked again by its id is there already.
    """
    with transaction():
        definition = db.session.get_one(ProcessDefinition, definition_id)
        body = db.session.get_one(Organisation, body_id or definition.owner_id)
        require(actor, "start", Offer(definition, body))
        if draft_id is not None and db.session.get(Draft, draft_id) is not None:
            return draft_id
        draft = _new(definition.id, organisation_id, actor, values)
        draft.id, draft.body_id = draft_id or draft.id, body_id
        require(actor, "edit", draft)
        db.session.add(draft)
        return draft.id


def open_for_task(task_id: UUID, *, actor: Actor, values: Mapping[str, Any]) -> UUID:
    """The draft of an open task, made with `values` if nothing was typed yet.

    Raises Forbidden, TaskNotOpen, TaskTaken.
    """
    with transaction():
        task = lock(UserTask, task_id)
        if task.status != "open":
            raise TaskNotOpen
        not_taken(task, actor)
        require(actor, "complete", task)
        existing = db.session.scalars(select(Draft).where(Draft.task_id == task_id)).first()
        if existing is not None:
            return existing.id
        draft = _new(task.definition_id, task.organisation_id, actor, values)
        draft.task_id = task_id
        db.session.add(draft)
        return draft.id


class Typed(Protocol):
    """What was read of a form: right or wrong; `stay` when its page is not left."""

    @property
    def values(self) -> Mapping[str, Any]: ...
    @property
    def raw(self) -> Mapping[str, Any]: ...
    @property
    def stay(self) -> bool: ...


Read = TypeVar("Read", bound=Typed)


def save(
    draft_id: UUID,
    read: Callable[[Mapping[str, Any]], Read],
    *,
    actor: Actor,
    page: int,
    rev: int | None = None,
) -> Read:
    """Keep what `read` finds over the values kept last, right or wrong, and return it.

    `rev` is the draft as it was when the page was shown. Raises StaleDraft (who, when) if
    someone else wrote since: what was typed here is then still in the caller's hands. If
    it was oneself, a page that is not left may have been overtaken on its way by the one
    that left it: it is read and not kept. Raises TaskTaken if a colleague has its task by now.
    """
    with transaction():
        draft = lock(Draft, draft_id)
        # Held, so that `require` judges it as read here: read again, it may be a colleague's.
        task = db.session.get_one(UserTask, draft.task_id) if draft.task_id else None
        if task is not None:
            not_taken(task, actor)
        require(actor, "edit", draft)
        overtaken = rev is not None and rev != draft.rev
        if overtaken and draft.person_id != actor.person_id:
            writer = db.session.get_one(Person, draft.person_id)
            raise StaleDraft(writer.name, draft.updated_at)
        typed = read(draft.values)
        if overtaken and typed.stay:
            return typed
        before, draft.values = draft.values, dict(typed.values)
        draft.raw = dict(typed.raw)
        draft.page = page
        draft.rev += 1
        draft.person_id = _id(actor)
        draft.updated_at = clock.now()
        drafting.note(draft, before, draft.person_id)
        return typed


def attach(
    draft_id: UUID,
    file: StoredFile,
    *,
    kind: str,
    title: str,
    actor: Actor,
    reserved: bool = False,
) -> Document:
    """Add a stored file to a draft; the same file sent again for the same question is there.

    The answer to the first sending may have been lost before the page was kept. What the
    applicant sends is read by everyone on the case, or by the two parties when `reserved`;
    what others join to their task, by the office. Raises DraftFull.
    """
    with transaction():
        draft = lock(Draft, draft_id)
        return join(draft, file, kind=kind, title=title, actor=actor, reserved=reserved)


def join(
    draft: Draft,
    file: StoredFile,
    *,
    kind: str,
    title: str,
    actor: Actor,
    reserved: bool = False,
    expires_on: date | None = None,
) -> Document:
    """Add a stored file to a draft that the caller has locked and commits. See `attach`."""
    require(actor, "edit", draft)
    held = db.session.scalars(
        select(Document).where(
            Document.draft_id == draft.id,
            Document.sha256 == file.sha256,
            Document.kind == kind,
        )
    ).first()
    if held is not None:
        return held
    _make_room(draft.id, file.size)
    task = db.session.get(UserTask, draft.task_id) if draft.task_id else None
    applies = task is None or task.role == APPLICANT
    audience = (PARTIES if reserved else EVERYONE) if applies else OFFICE
    return documents.add(
        file,
        kind=kind,
        title=title,
        origin="applicant" if applies else "officer",
        draft_id=draft.id,
        audience=audience,
        by=actor.person_id,
        expires_on=expires_on,
    )


def _make_room(draft_id: UUID, size: int) -> None:
    """Files taken back stay with their draft until it is filed: they count."""
    count, total = db.session.execute(
        select(func.count(), func.coalesce(func.sum(Document.size), 0)).where(
            Document.draft_id == draft_id
        )
    ).one()
    if count >= MOST_FILES or total + size > MOST_BYTES:
        raise DraftFull


def abandon(draft_id: UUID, *, actor: Actor) -> None:
    """Throw a draft away, with its files."""
    with transaction():
        draft = lock(Draft, draft_id)
        require(actor, "edit", draft)
        documents.discard(draft)


def _new(
    definition_id: UUID,
    organisation_id: UUID,
    actor: Actor,
    values: Mapping[str, Any] | None,
) -> Draft:
    return Draft(
        id=uuid4(),
        definition_id=definition_id,
        organisation_id=organisation_id,
        person_id=_id(actor),
        values=dict(values or {}),
        raw={},
        page=0,
        rev=0,
    )


def _id(actor: Actor) -> UUID:
    if actor.person_id is None:
        raise LookupError("A visitor writes no draft.")
    return actor.person_id
