"""Which bodies offer which procedures: their own, and those that others publish.

A procedure has one owner, who publishes it. Another body subscribes to it and sets its
parameters; it forks nothing. A case belongs to the body that it was filed with, and its
own people handle it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, Subquery, select, union_all
from sqlalchemy.orm import Mapped, mapped_column

from engine import clock
from engine.columns import UtcDateTime
from engine.directory import PLATFORM, Organisation
from engine.models import ProcessDefinition, db


class ProcedureSubscription(db.Model):  # type: ignore[name-defined]
    """A body uses a procedure that another one publishes, until it gives it up."""

    __tablename__ = "procedure_subscription"
    __table_args__ = (Index(None, "organisation_id"),)

    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(
        ForeignKey("organisation.id"), primary_key=True
    )
    since: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    by: Mapped[UUID | None]


class ProcedureParameters(db.Model):  # type: ignore[name-defined]
    """What one organisation sets for a procedure it uses: contacts, amounts, texts."""

    __tablename__ = "procedure_parameters"
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(
        ForeignKey("organisation.id"), primary_key=True
    )
    values: Mapped[dict[str, Any]] = mapped_column(JSON)


@dataclass(frozen=True)
class Offer:
    """A version of a procedure, as one body offers it."""

    definition: ProcessDefinition
    body: Organisation

    @property
    def stands(self) -> bool:
        """Whether the body offers it now: it owns it or subscribed to it, and is not closed."""
        own = self.body.id == self.definition.owner_id
        return self.body.closed_at is None and (
            own or uses(self.body.id, self.definition.key)
        )


def uses(organisation_id: UUID, key: str) -> bool:
    """Whether a body subscribes to a procedure now."""
    found = db.session.get(ProcedureSubscription, (key, organisation_id))
    return found is not None and found.until is None


def keys_used(organisation_id: UUID) -> list[str]:
    """The procedures of others that a body subscribes to now."""
    rows = select(ProcedureSubscription.key).where(
        ProcedureSubscription.organisation_id == organisation_id,
        ProcedureSubscription.until.is_(None),
    )
    return sorted(db.session.scalars(rows))


def keys_offered(organisation_id: UUID) -> list[str]:
    """The procedures that a body offers: its own and those it subscribes to."""
    own = select(ProcessDefinition.key).where(
        ProcessDefinition.owner_id == organisation_id,
        ProcessDefinition.withdrawn_at.is_(None),
    )
    return sorted({*db.session.scalars(own.distinct()), *keys_used(organisation_id)})


def offers(definition: ProcessDefinition) -> list[Offer]:
    """Every body's offer of a procedure, the owner's first, the others' by name.

    What the platform publishes is for others to offer: it stands aside as soon as one does.
    """
    using = select(ProcedureSubscription.organisation_id).where(
        ProcedureSubscription.key == definition.key, ProcedureSubscription.until.is_(None)
    )
    rows = select(Organisation).where(
        (Organisation.id == definition.owner_id) | Organisation.id.in_(using),
        Organisation.closed_at.is_(None),
    )
    found = sorted(
        db.session.scalars(rows), key=lambda o: (o.id != definition.owner_id, o.name)
    )
    lent = [body for body in found if body.kind != PLATFORM]
    return [Offer(definition, body) for body in lent or found]


def versions() -> Subquery:
    """Each version (`definition_id`) with each body (`body_id`) whose cases may follow it.

    Subscriptions that have ended count: their cases are still there.
    """
    version: Any = ProcessDefinition
    own = select(version.id.label("definition_id"), version.owner_id.label("body_id"))
    used = select(version.id, ProcedureSubscription.organisation_id).join(
        ProcedureSubscription, ProcedureSubscription.key == version.key
    )
    return union_all(own, used).subquery()
