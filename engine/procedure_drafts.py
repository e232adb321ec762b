"""Drafts of procedures: what designers are writing, and what they ask to publish.

A procedure has one draft at most. Somebody holds it while they write, so that two people
never write over each other; the others read. What is asked for publication is frozen: a
request keeps its own copy of the files, and nothing written since can slip into it.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine import clock
from engine.columns import UtcDateTime, only
from engine.definitions import COMPILED_FORM
from engine.directory import Person
from engine.models import DefinitionFile, ProcessDefinition, db

HELD_FOR = timedelta(minutes=15)
"""How long a draft stays in one person's hands after their last act on it."""
MOST_FILES = 200
ASKED, ACCEPTED, REFUSED, WITHDRAWN = "asked", "accepted", "refused", "withdrawn"
MAIN_FILE = "process.bpmn"


class ProcedureDraft(db.Model):  # type: ignore[name-defined]
    """The next version of a procedure, while it is written; `base` is the one it follows."""

    __tablename__ = "procedure_draft"
    __table_args__ = (UniqueConstraint("key"), Index(None, "owner_id", "key"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    key: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(300))  # in French, from the diagram
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    base_id: Mapped[UUID | None] = mapped_column(ForeignKey("process_definition.id"))
    created_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    holder_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    held_until: Mapped[datetime | None] = mapped_column(UtcDateTime)

    base: Mapped[ProcessDefinition | None] = relationship()
    holder: Mapped[Person | None] = relationship(foreign_keys=[holder_id])

    def held_by_another(self, person_id: UUID | None) -> bool:
        """Whether somebody else is writing it at this moment."""
        return self.is_held and self.holder_id != person_id

    @property
    def is_held(self) -> bool:
        """Whether somebody is writing it at this moment."""
        return self.held_until is not None and clock.now() < self.held_until


class ProcedureDraftFile(db.Model):  # type: ignore[name-defined]
    """One file of a draft; `rev` grows with each save."""

    __tablename__ = "procedure_draft_file"
    draft_id: Mapped[UUID] = mapped_column(
        ForeignKey("procedure_draft.id"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    rev: Mapped[int] = mapped_column(default=1)
    updated_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class PublicationRequest(db.Model):  # type: ignore[name-defined]
    """A draft's files, frozen, that a second person accepts or refuses.

    `sha256` is the digest of the whole folder; `acknowledged` the warnings that were read.
    """

    __tablename__ = "publication_request"
    __table_args__ = (
        Index("ix_publication_request_waiting", "key", unique=True,
              **only("status = 'asked'")),
        Index(None, "key", "asked_at"),
        Index(None, "owner_id", "status", "asked_at"),
    )  # fmt: skip
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    draft_id: Mapped[UUID]  # which may be gone
    key: Mapped[str] = mapped_column(String(200))
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    base_id: Mapped[UUID | None] = mapped_column(ForeignKey("process_definition.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    comment: Mapped[str] = mapped_column(Text)
    acknowledged: Mapped[list[Any]] = mapped_column(JSON, default=list)
    # asked | accepted | refused | withdrawn
    status: Mapped[str] = mapped_column(String(20), default=ASKED)
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int | None]  # what it became

    base: Mapped[ProcessDefinition | None] = relationship()
    asker: Mapped[Person] = relationship(foreign_keys=[asked_by])
    decider: Mapped[Person | None] = relationship(foreign_keys=[decided_by])


class PublicationFile(db.Model):  # type: ignore[name-defined]
    """One file of a request, byte for byte as it was asked."""

    __tablename__ = "publication_file"
    request_id: Mapped[UUID] = mapped_column(
        ForeignKey("publication_request.id"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


def digest(files: Mapping[str, bytes]) -> str:
    """What stands for a folder's files, whatever their order."""
    found = hashlib.sha256()
    for name in sorted(files):
        found.update(name.encode() + b"\0" + hashlib.sha256(files[name]).digest())
    return found.hexdigest()


def of_key(key: str) -> ProcedureDraft | None:
    """The draft of a procedure, if there is one."""
    return db.session.scalar(select(ProcedureDraft).where(ProcedureDraft.key == key))


def listed(draft_id: UUID) -> list[ProcedureDraftFile]:
    """The files of a draft by name, their content left aside."""
    return list(
        db.session.scalars(
            select(ProcedureDraftFile)
            .where(ProcedureDraftFile.draft_id == draft_id)
            .order_by(ProcedureDraftFile.name)
        )
    )


def files(draft_id: UUID) -> dict[str, bytes]:
    """The files of a draft as they are saved."""
    row = ProcedureDraftFile
    rows = select(row.name, row.content).where(row.draft_id == draft_id)
    return {name: content for name, content in db.session.execute(rows.order_by(row.name))}


def file(draft_id: UUID, name: str) -> tuple[bytes, int] | None:
    """One file of a draft with its rev, or None."""
    row = ProcedureDraftFile
    found = db.session.execute(
        select(row.content, row.rev).where(row.draft_id == draft_id, row.name == name)
    ).first()
    return (found.content, found.rev) if found else None


def requested(request_id: UUID) -> dict[str, bytes]:
    """The files of a request, as they were asked."""
    row = PublicationFile
    rows = select(row.name, row.content).where(row.request_id == request_id)
    return {name: content for name, content in db.session.execute(rows.order_by(row.name))}


def published(definition_id: UUID | None) -> dict[str, bytes]:
    """The files of a version as they were written; those that publication made apart."""
    row = DefinitionFile
    rows = select(row.name, row.content).where(row.definition_id == definition_id)
    found = db.session.execute(rows.order_by(row.name))
    return {name: content for name, content in found if not name.endswith(COMPILED_FORM)}


def waiting(key: str) -> PublicationRequest | None:
    """What waits for a second person's word on a procedure, if anything does."""
    return db.session.scalar(
        select(PublicationRequest).where(
            PublicationRequest.key == key, PublicationRequest.status == ASKED
        )
    )


def newest(key: str) -> ProcessDefinition | None:
    """The last version published, be it withdrawn: the one that a draft must know."""
    return db.session.scalars(
        select(ProcessDefinition)
        .where(ProcessDefinition.key == key)
        .order_by(ProcessDefinition.version.desc())
        .limit(1)
    ).first()
