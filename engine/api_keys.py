"""Keys by which an organisation's own software acts here, and what they leave behind.

A key is told once and kept as its digest: 256 random bits need no slow hash. Whoever has it
acts as a technical person made with it, in the roles that were chosen then, and never signs.
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine import clock
from engine.actors import NOT_HANDLING, Actor, Role
from engine.columns import UtcDateTime
from engine.directory import APPLICANT, COMPANY, Holding, Organisation, current
from engine.models import DefinitionRole, ProcessDefinition, db

DEFINITIONS_READ = "definitions:read"
REQUESTS_READ, REQUESTS_WRITE = "requests:read", "requests:write"
TASKS_READ, TASKS_WRITE = "tasks:read", "tasks:write"
CASES_READ = "cases:read"
FOLDERS_READ, FOLDERS_WRITE = "folders:read", "folders:write"
FOLDERS_SIGN = "folders:sign"
"""Carrying an agent's signature: what a key says was signed, their certificate proves."""
WEBHOOKS_MANAGE = "webhooks:manage"

OF_COMPANIES = (
    DEFINITIONS_READ, REQUESTS_READ, REQUESTS_WRITE, TASKS_READ, TASKS_WRITE,
    WEBHOOKS_MANAGE,
)  # fmt: skip
OF_BODIES = (
    DEFINITIONS_READ, TASKS_READ, TASKS_WRITE, CASES_READ, FOLDERS_READ, FOLDERS_WRITE,
    FOLDERS_SIGN, WEBHOOKS_MANAGE,
)  # fmt: skip
"""What the keys of a company, and those of any other organisation, may be for."""

LONGEST_LIFE = timedelta(days=730)
LONGEST_OVERLAP = timedelta(days=30)
LONGEST_NAME = 80
MOST_KEYS = 20
"""Keys of one organisation that open something at the same time."""

UPLOAD_LIFE = timedelta(hours=24)
"""How long a file sent ahead waits for the request that names it."""

ANSWER_LIFE = timedelta(days=7)
"""How long the answer to an `Idempotency-Key` is given again."""

_MARK, _PREFIX, _SECRET = "ebg", 6, 32  # bytes of the last two
_NOBODY = hashlib.sha256(secrets.token_bytes(_SECRET)).hexdigest()
"""What a key is compared with when none begins like it: it takes as long."""


class ApiKey(db.Model):  # type: ignore[name-defined]
    """One key. `person_id` is the technical person as whom it acts."""

    __tablename__ = "api_key"
    __table_args__ = (Index(None, "organisation_id", "created_at"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    prefix: Mapped[str] = mapped_column(String(20), unique=True)  # told with its name
    digest: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[str]] = mapped_column(JSON)
    roles: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    created_by: Mapped[UUID | None]
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_by: Mapped[UUID | None]
    motive: Mapped[str] = mapped_column(Text, default="")
    replaced_by: Mapped[UUID | None]  # the key that takes over when this one expires

    organisation: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)

    @property
    def state(self) -> str:
        """active, expired or revoked."""
        if self.revoked_at is not None:
            return "revoked"
        return "active" if clock.now() < self.expires_at else "expired"


class ApiUpload(db.Model):  # type: ignore[name-defined]
    """A file sent ahead of the request that will name it, by its organisation."""

    __tablename__ = "api_upload"
    __table_args__ = (
        Index(None, "organisation_id", "sha256"),
        Index(None, "sha256"),
        Index(None, "at"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(150))
    size: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class ApiAnswer(db.Model):  # type: ignore[name-defined]
    """What was answered under an `Idempotency-Key`; no status yet: it is being done."""

    __tablename__ = "api_answer"
    __table_args__ = (Index(None, "at"),)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(String(200), primary_key=True)
    request: Mapped[str] = mapped_column(String(64))  # its digest
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    body: Mapped[bytes] = mapped_column(LargeBinary, default=b"")


def new_token() -> tuple[str, str]:
    """A key, and the part of it by which it is found: `ebg_0a1b2c3d4e5f_…`."""
    prefix = secrets.token_hex(_PREFIX)
    return f"{_MARK}_{prefix}_{secrets.token_urlsafe(_SECRET)}", prefix


def digest(token: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(token.encode()).hexdigest()


def opened_by(token: str) -> ApiKey | None:
    """The key that this is, be it expired or revoked; None when there is none such.

    A wrong beginning and a wrong end cost the same.
    """
    mark, _, rest = token[:200].partition("_")
    prefix = rest.partition("_")[0]
    asked = select(ApiKey).where(ApiKey.prefix == prefix)
    found = db.session.scalars(asked).one_or_none() if mark == _MARK else None
    right = hmac.compare_digest(digest(token), found.digest if found else _NOBODY)
    return found if right else None


def actor_of(key: ApiKey) -> Actor:
    """Who acts with a key."""
    body = key.organisation
    names = [APPLICANT] if body.kind == COMPANY else key.roles
    roles = frozenset(Role(body.id, body.kind, name, by_key=True) for name in names)
    return Actor(key.person_id, key.name, roles)


def actors_with(person_id: UUID, organisation_id: UUID, scope: str) -> list[Actor]:
    """Who acts now with the keys of a technical person that have a scope; none once closed."""
    asked = select(ApiKey).where(
        ApiKey.organisation_id == organisation_id,
        ApiKey.person_id == person_id,
        ApiKey.revoked_at.is_(None),
        ApiKey.expires_at > clock.now(),
    )
    return [actor_of(key) for key in db.session.scalars(asked) if scope in key.scopes]


def scopes_for(organisation: Organisation) -> tuple[str, ...]:
    """What the keys of an organisation may be for."""
    return OF_COMPANIES if organisation.kind == COMPANY else OF_BODIES


def roles_for(organisation: Organisation) -> list[str]:
    """The roles that a body's key may have: those held there, and those of its procedures."""
    if organisation.kind == COMPANY:
        return []
    held = current(
        select(Holding.role).where(Holding.organisation_id == organisation.id).distinct()
    )
    named = (
        select(DefinitionRole.role)
        .join(ProcessDefinition, ProcessDefinition.id == DefinitionRole.definition_id)
        .where(ProcessDefinition.owner_id == organisation.id)
        .distinct()
    )
    found = {*db.session.scalars(held), *db.session.scalars(named)}
    return sorted(found - NOT_HANDLING)


def of_organisation(organisation_id: UUID) -> list[ApiKey]:
    """The keys of an organisation, the latest first, two hundred at most."""
    asked = select(ApiKey).where(ApiKey.organisation_id == organisation_id)
    return list(db.session.scalars(asked.order_by(ApiKey.created_at.desc()).limit(200)))


def uploads(organisation_id: UUID, digests: Collection[str]) -> list[ApiUpload]:
    """The files that an organisation sent ahead, of those named, and that still wait."""
    asked = select(ApiUpload).where(
        ApiUpload.organisation_id == organisation_id,
        ApiUpload.sha256.in_(sorted(digests)[:1000]),
        ApiUpload.at > clock.now() - UPLOAD_LIFE,
    )
    return list(db.session.scalars(asked.order_by(ApiUpload.at)))


def kept(digests: Collection[str]) -> set[str]:
    """Those of these digests that a file sent ahead points at."""
    asked = select(ApiUpload.sha256).where(ApiUpload.sha256.in_(digests)).distinct()
    return set(db.session.scalars(asked))
