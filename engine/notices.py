"""What people are told: one fact, one row for each person whom it concerns.

`engine.told` writes them. Nobody is told what they did themselves. Rights are those of
whoever reads, when they read: a notice gives none.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    JSON,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    and_,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, contains_eager, mapped_column, relationship

from engine import clock
from engine.access import Actor
from engine.columns import UtcDateTime, only
from engine.documents import EVERYONE, OFFICE, PARTIES
from engine.models import ProcessInstance, db
from engine.visible import applied, handled, seen

DOCUMENT, MESSAGE, REPLY = "document", "message", "reply"
"""A document joined a case; the applicant wrote; the office wrote."""
OPINION, ANSWER = "opinion", "answer"
"""Another body, or the applicant, did what was asked of them."""
ASSIGNED, ASKED, AWAITED = "assigned", "asked", "awaited"
"""A task was given to somebody by name; an agent is asked something beside the diagram;
something is awaited from a company."""
REMINDER = "reminder"
"""A task that waits is told again, by somebody or because its time comes."""
CLOSED, DEPUTY = "closed", "deputy"
"""A case is over; somebody is named to stand in for another."""
EXPIRING = "expiring"
"""A document of a company's vault comes to its last day."""
PROCEDURE = "procedure"
"""A procedure: its publication is asked for or decided, a version is withdrawn…"""
WEBHOOK = "webhook"
"""An address of the organisation is told nothing any more: it failed for too long."""
LASTING = "lasting"
"""The timestamp that proves the signed files of a folder could not be renewed yet."""
DUE = "due"
"""Tasks that are late or soon will be: worked out for the letter of the day, never a row."""
KINDS = (
    DOCUMENT, MESSAGE, REPLY, OPINION, ANSWER, ASSIGNED, ASKED, AWAITED, CLOSED, DEPUTY,
    EXPIRING, PROCEDURE, WEBHOOK, LASTING, REMINDER,
)  # fmt: skip

SITE, NOW, DAILY, NOTHING = "site", "now", "daily", "nothing"
"""How one wants to be told: on the site alone, there and by a letter at once, there and in the
letter of the day, not at all."""
CHANNELS = (SITE, NOW, DAILY, NOTHING)

MOST_AT_ONCE = 50
"""People of one company, of one role or of one step, who are told of a fact."""


class Notice(db.Model):  # type: ignore[name-defined]
    """What one person is told of one fact; `id` is the fact's. `channel`: see CHANNELS."""

    __tablename__ = "notice"
    __table_args__ = (
        Index("ix_notice_latest", "person_id", "at", "id"),
        Index("ix_notice_unread", "person_id", "at", "id", **only("read_at IS NULL")),
        Index("ix_notice_of_case", "instance_id", "person_id"),
        Index("ix_notice_to_mail", "mail_after", **only("mail_after IS NOT NULL")),
        Index("ix_notice_to_gather", "person_id", "at",
              **only("channel = 'daily' AND read_at IS NULL AND mailed_at IS NULL")),
        Index("ix_notice_read", "read_at", **only("read_at IS NOT NULL")),
    )  # fmt: skip
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    instance_id: Mapped[UUID | None] = mapped_column(ForeignKey("process_instance.id"))
    task_id: Mapped[UUID | None]
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))  # who caused it
    # Of those who see the case, who may know: as for a document.
    audience: Mapped[str] = mapped_column(String(10), default=EVERYONE)
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    channel: Mapped[str] = mapped_column(String(10), default=DAILY)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    mail_after: Mapped[datetime | None] = mapped_column(UtcDateTime)  # its letter is due
    mailed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    instance: Mapped[ProcessInstance | None] = relationship()


class NoticeChoice(db.Model):  # type: ignore[name-defined]
    """How a person wants to be told of one kind of facts; without a row: DAILY, NOW for a
    reminder.
    """

    __tablename__ = "notice_choice"
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    channel: Mapped[str] = mapped_column(String(10))


class Letters(db.Model):  # type: ignore[name-defined]
    """When and in which language a person wants letters; without a row: the defaults."""

    __tablename__ = "letters"
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    # Days without letters, Monday being 1: "67".
    quiet_days: Mapped[str] = mapped_column(String(7), default="67")
    locale: Mapped[str] = mapped_column(String(10), default="fr_FR")

    @property
    def quiet(self) -> list[int]:
        """The days without letters, Monday being 1."""
        return [int(day) for day in self.quiet_days]


WITH_ITS_CASE = contains_eager(Notice.instance).joinedload(
    ProcessInstance.definition, innerjoin=False
)
"""Said in full: a case brings its definition by an inner join, which would leave out the
notices that are about no case."""


def readable(actor: Actor) -> ColumnElement[bool]:
    """The notices that this person may read today, `Notice.instance` being joined (outer)."""
    return and_(
        Notice.person_id == actor.person_id,
        or_(
            Notice.instance_id.is_(None),
            and_(Notice.audience == EVERYONE, seen(actor)),
            and_(
                Notice.audience == PARTIES,
                or_(handled(actor), applied(actor)),
            ),
            and_(Notice.audience == OFFICE, handled(actor)),
        ),
    )


def of(actor: Actor, *, kind: str = "", unread: bool = False) -> Select[UUID]:
    """The ids of what a person may read, the latest first."""
    asked = (
        select(Notice.id)
        .outerjoin(Notice.instance)
        .where(readable(actor))
        .order_by(Notice.at.desc(), Notice.id)
    )
    if kind:
        asked = asked.where(Notice.kind == kind)
    return asked.where(Notice.read_at.is_(None)) if unread else asked


def unread_cases(person_id: UUID | None, instance_ids: Collection[UUID]) -> set[UUID]:
    """Those of these cases of which a person has something left to read."""
    if not instance_ids:
        return set()
    asked = select(Notice.instance_id).where(
        Notice.person_id == person_id,
        Notice.instance_id.in_(list(instance_ids)),
        Notice.read_at.is_(None),
    )
    return {found for found in db.session.scalars(asked.distinct()) if found}


def choices(person_id: UUID | None) -> dict[str, str]:
    """How a person wants to be told of each kind: kind → channel."""
    asked = select(NoticeChoice.kind, NoticeChoice.channel).where(
        NoticeChoice.person_id == person_id
    )
    chosen = {kind: channel for kind, channel in db.session.execute(asked)}
    return {
        kind: chosen.get(kind, NOW if kind == REMINDER else DAILY) for kind in (*KINDS, DUE)
    }


def letters(person_id: UUID) -> Letters:
    """When and in which language a person wants letters."""
    found = db.session.get(Letters, person_id)
    return found or Letters(person_id=person_id, quiet_days="67", locale="fr_FR")
