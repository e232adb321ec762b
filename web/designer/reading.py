"""What the designer's pages show, each in one or two indexed queries."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask_sqlalchemy.pagination import Pagination
from sqlalchemy import Select, and_, func, literal, or_, select, union, union_all
from sqlalchemy.orm import joinedload

from engine.actors import Actor
from engine.directory import Organisation, Person
from engine.journal import JournalEntry
from engine.models import ProcessDefinition, ProcessInstance, db
from engine.procedure_drafts import ASKED, ProcedureDraft, PublicationRequest
from web.paging import whole

PER_PAGE = 25
MOST_COUNTED = 10_000
MOST_WAITING = 50


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
    found = whole(_keys(actor, text), PER_PAGE, page=page)
    return found, _described(list(found.items))


def _keys(actor: Actor, text: str) -> Select[str]:
    """`whole` gives the keys alone."""
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
    return whole(
        select(ProcessDefinition)
        .where(ProcessDefinition.key == key)
        .order_by(ProcessDefinition.version.desc()),
        PER_PAGE,
        page=page,
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
    """How many open cases follow each version, counted up to MOST_COUNTED, in one question."""
    wanted = list(definition_ids)
    if not wanted:
        return {}
    counts = [_counted(one) for one in wanted]
    together: Any = counts[0] if len(counts) == 1 else union_all(*counts)
    rows = db.session.execute(together)
    return {definition_id: number for definition_id, number in rows}


def _counted(definition_id: UUID) -> Any:
    case = ProcessInstance
    some = (
        select(case.id)
        .where(
            case.definition_id == definition_id,
            case.status.in_(["active", "suspended"]),
        )
        .limit(MOST_COUNTED)
        .subquery()
    )
    return select(
        literal(definition_id, case.definition_id.type), func.count()
    ).select_from(some)


def people(ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """The names of these people."""
    wanted = {one for one in ids if one}
    rows = db.session.execute(select(Person.id, Person.name).where(Person.id.in_(wanted)))
    return {person_id: name for person_id, name in rows}


def acts(key: str, page: int) -> Pagination:
    """The acts on a procedure, the newest first."""
    return whole(
        select(JournalEntry)
        .where(JournalEntry.chain == f"procedure:{key}")
        .order_by(JournalEntry.seq.desc()),
        PER_PAGE,
        page=page,
    )


def to_decide(actor: Actor) -> list[PublicationRequest]:
    """What waits for this person's word, the oldest first, MOST_WAITING at most."""
    asked = PublicationRequest
    found = (
        select(asked)
        .where(
            asked.owner_id.in_(actor.designs),
            asked.status == ASKED,
            asked.asked_by != actor.person_id,
        )
        .options(joinedload(asked.asker))
        .order_by(asked.asked_at)
        .limit(MOST_WAITING)
    )
    return list(db.session.scalars(found))


def bodies(actor: Actor, ids: Iterable[UUID]) -> Mapping[UUID, Organisation]:
    """These organisations, by id."""
    wanted = list(ids)
    found = select(Organisation).where(Organisation.id.in_(wanted))
    return {one.id: one for one in db.session.scalars(found.order_by(Organisation.name))}
