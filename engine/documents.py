"""Documents and drafts: what people and partners put into a case, and what is being typed.

Bytes are stored by digest, outside the database and before the commit; a row here says
what they are. A document belongs to a draft first and joins the case when it is filed.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, ForeignKey, Index, String, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from connectors import StoredFile
from engine import api_keys, clock, vault
from engine.columns import UtcDateTime, only
from engine.models import ProcessInstance, db

SHA256_LENGTH = 64


EVERYONE, PARTIES, OFFICE = "everyone", "parties", "office"
"""Who reads a document, of those who see its case: everyone, the office that handles it and
the applicant, the office alone. Whoever added it reads it too."""


class Draft(db.Model):  # type: ignore[name-defined]
    """A form being filled in: a new case, or an open task. Nothing typed is lost."""

    __tablename__ = "draft"
    __table_args__ = (
        Index(None, "organisation_id", "updated_at"),
        Index(None, "task_id", unique=True),
        Index("ix_draft_unfinished", "updated_at", "id", **only("task_id IS NULL")),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    definition_id: Mapped[UUID] = mapped_column(ForeignKey("process_definition.id"))
    task_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_task.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    # With whom a request will be filed; None: with the procedure's owner.
    body_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))  # last to write
    values: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    raw: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # wrong, as typed
    page: Mapped[int] = mapped_column(default=0)
    rev: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class DraftChange(db.Model):  # type: ignore[name-defined]
    """What one saving of a draft changed: its answers as they were before. It goes with it."""

    __tablename__ = "draft_change"
    draft_id: Mapped[UUID] = mapped_column(ForeignKey("draft.id"), primary_key=True)
    rev: Mapped[int] = mapped_column(primary_key=True)  # the draft's, once changed
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    before: Mapped[dict[str, Any]] = mapped_column(JSON)  # by key; none when unanswered


class Document(db.Model):  # type: ignore[name-defined]
    """One document of a case or of a draft; its bytes are found by their SHA-256."""

    __tablename__ = "document"
    __table_args__ = (
        Index(None, "instance_id", "created_at"),
        Index(None, "draft_id"),
        Index(None, "sha256"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    instance_id: Mapped[UUID | None] = mapped_column(ForeignKey("process_instance.id"))
    draft_id: Mapped[UUID | None] = mapped_column(ForeignKey("draft.id"))
    sha256: Mapped[str] = mapped_column(String(SHA256_LENGTH))
    name: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(150))
    size: Mapped[int]
    kind: Mapped[str] = mapped_column(String(100))
    title: Mapped[str] = mapped_column(String(300))
    origin: Mapped[str] = mapped_column(
        String(20)
    )  # applicant | officer | partner | office
    audience: Mapped[str] = mapped_column(String(10), default=EVERYONE)
    expires_on: Mapped[date | None]  # its last day of validity, when the vault knew it
    added_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    instance: Mapped[ProcessInstance | None] = relationship()
    draft: Mapped[Draft | None] = relationship()

    @property
    def was_expired(self) -> bool:
        """Whether its last day of validity was past when it was joined."""
        joined = self.created_at.astimezone(clock.PARIS).date()
        return self.expires_on is not None and self.expires_on < joined


def of_case(instance_id: UUID) -> list[Document]:
    """The documents of a case, oldest first."""
    return list(
        db.session.scalars(
            select(Document)
            .where(Document.instance_id == instance_id)
            .order_by(Document.created_at, Document.id)
        )
    )


def add(
    file: StoredFile,
    *,
    kind: str,
    title: str,
    origin: str,
    instance_id: UUID | None = None,
    draft_id: UUID | None = None,
    audience: str = EVERYONE,
    by: UUID | None = None,
    expires_on: date | None = None,
) -> Document:
    """Record a stored file as a document; the caller commits."""
    document = Document(
        id=uuid4(),
        instance_id=instance_id,
        draft_id=draft_id,
        sha256=file.sha256,
        name=file.name,
        media_type=file.media_type,
        size=file.size,
        kind=kind,
        title=title,
        origin=origin,
        audience=audience,
        added_by=by,
        expires_on=expires_on,
    )
    db.session.add(document)
    return document


def digests_in(value: Any) -> Iterator[str]:
    """Every SHA-256 of a file reference found in form values."""
    if isinstance(value, dict):
        digest = value.get("sha256")
        if isinstance(digest, str) and len(digest) == SHA256_LENGTH:
            yield digest
        for inner in value.values():
            yield from digests_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from digests_in(inner)


def file_draft(
    draft: Draft, values: dict[str, Any], instance_id: UUID, origin: str
) -> None:
    """Move what was filed into the case, forget the rest, and remove the draft."""
    filed = set(digests_in(values))
    db.session.execute(
        update(Document)
        .where(Document.draft_id == draft.id, Document.sha256.in_(filed))
        .values(instance_id=instance_id, draft_id=None, origin=origin)
    )
    discard(draft)


def discard(draft: Draft) -> None:
    """Remove a draft and its documents; the sweep removes bytes nobody points at."""
    for document in db.session.scalars(
        select(Document).where(Document.draft_id == draft.id)
    ):
        db.session.delete(document)
    db.session.execute(delete(DraftChange).where(DraftChange.draft_id == draft.id))
    db.session.flush()
    db.session.delete(draft)


def unreferenced(digests: Iterable[str]) -> set[str]:
    """Those of these digests that no document, no vault and no file sent ahead points at."""
    asked = set(digests)
    known = db.session.scalars(
        select(Document.sha256).where(Document.sha256.in_(asked)).distinct()
    )
    held = set[str]().union(*(keeper(asked) for keeper in _keepers))
    return asked - set(known) - vault.kept(asked) - api_keys.kept(asked) - held


Keeper = Callable[[Collection[str]], set[str]]
_keepers: list[Keeper] = []


def kept_by(keeper: Keeper) -> None:
    """Let a domain say which of these digests its own rows point at."""
    if keeper not in _keepers:
        _keepers.append(keeper)


ORPHAN_AGE = timedelta(hours=24)
"""Bytes younger than this may belong to a request that has not committed yet."""
