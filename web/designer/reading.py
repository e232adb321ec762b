"""What the designer's pages show, each in one or two indexed queries."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from flask_sqlalchemy.pagination import Pagination
from sqlalchemy import Select, and_, func, or_, select, union
from sqlalchemy.orm import joinedload

from engine import journal, merging
from engine.actors import Actor
from engine.directory import Organisation, Person
from engine.journal import JournalEntry
from engine.models import ProcessDefinition, ProcessInstance, db
from engine.procedure_drafts import ASKED, ProcedureDraft, PublicationRequest

PER_PAGE = 25
MOST_COUNTED = 10_000


@dataclass(frozen=True)
class Procedure:
    """One line of the list: its current version, its draft, what waits for a decision."""

    key: str
    current: ProcessDefinition | None
    draft: ProcedureDraft | None
    waiting: PublicationRequest | None

    @property
    def name(self) -> str:
        """As its current version names it, else its draft."""
        named = self.current or self.draft
        return named.name if named else self.key


def procedures(actor: Actor, text: str, page: int) -> tuple[Pagination, list[Procedure]]:
    """The procedures of one's bodies, published or not yet, by key."""
    found = db.paginate(_keys(actor, text), page=page, per_page=PER_PAGE, error_out=False)
    return found, _described(list(found.items))


def _keys(actor: Actor, text: str) -> Select[str]:
    """`db.paginate` gives the keys alone."""
    owners = actor.designs
    version, draft = ProcessDefinition, ProcedureDraft
    named = [
        or_(*(
            column.icontains(text, autoescape=True) for column in (row.key, row.name)
        ))
        for row in (version, draft)
        if text
    ]  # fmt: skip
    keys = union(
        select(version.key).where(version.owner_id.in_(owners), *named[:1]),
        select(draft.key).where(draft.owner_id.in_(owners), *named[1:]),
    ).subquery()
    return select(keys.c.key).order_by(keys.c.key)


def _described(keys: list[str]) -> list[Procedure]:
    last = (
        select(ProcessDefinition.key, func.max(ProcessDefinition.version).label("version"))
        .where(ProcessDefinition.key.in_(keys), ProcessDefinition.withdrawn_at.is_(None))
        .group_by(ProcessDefinition.key)
        .subquery()
    )
    same = and_(
        ProcessDefinition.key == last.c.key, ProcessDefinition.version == last.c.version
    )
    current = {one.key: one for one in db.session.scalars(
        select(ProcessDefinition).join(last, same)
    )}  # fmt: skip
    drafts = {one.key: one for one in db.session.scalars(
        select(ProcedureDraft)
        .where(ProcedureDraft.key.in_(keys))
        .options(joinedload(ProcedureDraft.holder))
    )}  # fmt: skip
    asked = {one.key: one for one in db.session.scalars(
        select(PublicationRequest).where(
            PublicationRequest.key.in_(keys), PublicationRequest.status == ASKED
        )
    )}  # fmt: skip
    return [Procedure(k, current.get(k), drafts.get(k), asked.get(k)) for k in keys]


def versions(key: str, page: int) -> Pagination:
    """The versions of a procedure, the latest first."""
    return db.paginate(
        select(ProcessDefinition)
        .where(ProcessDefinition.key == key)
        .order_by(ProcessDefinition.version.desc()),
        page=page,
        per_page=PER_PAGE,
        error_out=False,
    )


def before(version: ProcessDefinition) -> ProcessDefinition | None:
    """The version that new cases would take if this one were withdrawn."""
    return db.session.scalars(
        select(ProcessDefinition)
        .where(
            ProcessDefinition.key == version.key,
            ProcessDefinition.version < version.version,
            ProcessDefinition.withdrawn_at.is_(None),
        )
        .order_by(ProcessDefinition.version.desc())
        .limit(1)
    ).first()


def open_cases(definition_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many open cases follow each version, counted up to MOST_COUNTED."""
    return {one: merging.count(_open(one), MOST_COUNTED) for one in definition_ids}


def _open(definition_id: UUID) -> list[Select[UUID]]:
    case = ProcessInstance
    return [
        select(case.id)
        .where(case.definition_id == definition_id, case.status == status)
        .order_by(case.started_at, case.id)
        for status in ("active", "suspended")
    ]


def people(ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """The names of these people."""
    wanted = {one for one in ids if one}
    rows = db.session.execute(select(Person.id, Person.name).where(Person.id.in_(wanted)))
    return {person_id: name for person_id, name in rows}


def acts(key: str, number: int) -> list[tuple[JournalEntry, str]]:
    """The last acts on a procedure, the newest first, each with its author's name."""
    found = journal.latest(f"procedure:{key}", number)
    names = people(entry.actor_id for entry in found)
    return [(one, names.get(one.actor_id, "") if one.actor_id else "") for one in found]


def bodies(actor: Actor, ids: Iterable[UUID]) -> Mapping[UUID, Organisation]:
    """These organisations, by id."""
    wanted = list(ids)
    found = select(Organisation).where(Organisation.id.in_(wanted))
    return {one.id: one for one in db.session.scalars(found.order_by(Organisation.name))}
