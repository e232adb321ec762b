"""What people are told: one fact, one row for each person whom it concerns.

    tell(MESSAGE, followers(case), company(case), by=actor.person_id, case=case)

A fact is told in the transaction that makes it, and costs it no reading: who follows the
case, and how each wants to be told, is found by the statement that writes the rows, sent with
the commit. Nobody is told what they did themselves. Rights are those of whoever reads, when
they read: a notice gives none.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    JSON,
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    Select,
    String,
    and_,
    bindparam,
    case,
    exists,
    func,
    insert,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, contains_eager, mapped_column, relationship

from engine import clock, rows, wake
from engine.access import NOT_HANDLING, Actor
from engine.columns import UtcDateTime, only
from engine.directory import APPLICANT, Holding
from engine.documents import EVERYONE, OFFICE, PARTIES
from engine.following import CaseFollower
from engine.models import IS_OPEN, ProcessInstance, UserTask, db
from engine.visible import applied, handled, seen

DOCUMENT, MESSAGE, REPLY = "document", "message", "reply"
"""A document joined a case; the applicant wrote; the office wrote."""
OPINION, ANSWER = "opinion", "answer"
"""Another body, or the applicant, did what was asked of them."""
ASSIGNED, ASKED, AWAITED = "assigned", "asked", "awaited"
"""A task was given to somebody by name; an agent is asked something beside the diagram;
something is awaited from a company."""
CLOSED, DEPUTY = "closed", "deputy"
"""A case is over; somebody is named to stand in for another."""
EXPIRING = "expiring"
"""A document of a company's vault comes to its last day."""
DUE = "due"
"""Tasks that are late or soon will be: worked out for the letter of the day, never a row."""
KINDS = (
    DOCUMENT, MESSAGE, REPLY, OPINION, ANSWER, ASSIGNED, ASKED, AWAITED, CLOSED, DEPUTY,
    EXPIRING,
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
    """How a person wants to be told of one kind of facts; without a row: DAILY."""

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


@dataclass(frozen=True)
class To:
    """Whom a fact is told: a statement that writes their rows, and what it must know."""

    statement: Any
    given: Mapping[str, Any]


def _bound(name: str, like: Any) -> Any:
    return bindparam(name, type_=like.type)


_FACT = {
    name: _bound(name, getattr(Notice, name))
    for name in ("id", "kind", "instance_id", "task_id", "actor_id", "audience", "detail",
                 "at")
}  # fmt: skip


def _telling(people: Select[UUID]) -> Any:
    """Writes a row for each of these people, unless they did it, know it, or want none."""
    told = people.subquery()
    (person_id,) = told.c
    channel = func.coalesce(NoticeChoice.channel, DAILY)
    kept = select(
        *_FACT.values(), person_id, channel,
        case((channel == NOW, _FACT["at"]), else_=null()),
    )  # fmt: skip
    choice = and_(NoticeChoice.person_id == person_id, NoticeChoice.kind == _FACT["kind"])
    kept = kept.select_from(told.outerjoin(NoticeChoice.__table__, choice)).where(
        channel != NOTHING,
        person_id.is_distinct_from(_FACT["actor_id"]),
        ~exists().where(Notice.id == _FACT["id"], Notice.person_id == person_id),
    )
    names = [*_FACT, "person_id", "channel", "mail_after"]
    return insert(Notice).from_select(names, kept, include_defaults=False)


_CASE, _TODAY = _FACT["instance_id"], bindparam("today", type_=Date())
_HELD = (
    Holding.valid_from <= _TODAY,
    or_(Holding.valid_to.is_(None), Holding.valid_to >= _TODAY),
)
_TELL_FOLLOWERS = _telling(
    select(CaseFollower.person_id).where(CaseFollower.instance_id == _CASE)
)
_TELL_HOLDERS = _telling(
    select(Holding.person_id)
    .where(
        Holding.organisation_id == _bound("body", Holding.organisation_id),
        Holding.role == _bound("role", Holding.role),
        *_HELD,
    )
    .distinct()
    .limit(MOST_AT_ONCE)
)
_TELL_UNFOLLOWED = _telling(
    select(Holding.person_id)
    .join(UserTask, UserTask.instance_id == _CASE)
    .where(
        Holding.organisation_id == UserTask.organisation_id,
        Holding.role == UserTask.role,
        *_HELD,
        IS_OPEN,
        *(UserTask.role != role for role in sorted(NOT_HANDLING)),
        ~exists().where(CaseFollower.instance_id == _CASE),
    )
    .distinct()
    .limit(MOST_AT_ONCE)
)
_TELL_PERSON = _telling(select(_bound("whom", Notice.person_id)))


def followers() -> To:
    """Those who follow the case."""
    return To(_TELL_FOLLOWERS, {})


def company(organisation_id: UUID | None) -> To:
    """Those who act for a company, fifty at most; nobody for None."""
    return To(_TELL_HOLDERS, _holding(organisation_id, APPLICANT))


def holders(organisation_id: UUID, role: str) -> To:
    """Those who hold a role in a body, fifty at most."""
    return To(_TELL_HOLDERS, _holding(organisation_id, role))


def _holding(organisation_id: UUID | None, role: str) -> dict[str, Any]:
    return {"body": organisation_id, "role": role, "today": clock.today()}


def unfollowed() -> To:
    """When nobody follows the case: those who may do its open tasks, fifty at most."""
    return To(_TELL_UNFOLLOWED, {"today": clock.today()})


def person(person_id: UUID) -> To:
    """Somebody by name."""
    return To(_TELL_PERSON, {"whom": person_id})


def tell(
    kind: str,
    *to: To,
    by: UUID | None,
    case_id: UUID | None = None,
    task_id: UUID | None = None,
    audience: str = EVERYONE,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Tell people a fact, at the commit of the open transaction; each once, `by` never.

    `audience` says who may know it of those who see the case; `detail` is what its sentence
    needs, and small.
    """
    fact = {
        "id": uuid4(),
        "kind": kind,
        "instance_id": case_id,
        "task_id": task_id,
        "actor_id": by,
        "audience": audience,
        "detail": dict(detail or {}),
        "at": clock.now(),
    }
    for one in to:
        rows.write(one.statement, [{**fact, **one.given}])
    rows.signal(wake.told(str(fact["id"])))


_DONE = (
    update(Notice)
    .where(
        Notice.instance_id == _bound("of_case", Notice.instance_id),
        Notice.task_id == _bound("done", Notice.task_id),
        Notice.read_at.is_(None),
        or_(Notice.kind == ASSIGNED, Notice.kind == AWAITED),
    )
    .values(read_at=_FACT["at"])
)


def no_longer_to_do(case_id: UUID, task_ids: Iterable[UUID]) -> None:
    """Nobody has to read, once it is committed, that these tasks are theirs to do."""
    fact = {"of_case": case_id, "at": clock.now()}
    rows.write(_DONE, [{**fact, "done": one} for one in task_ids])


# Reading


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
    return {kind: chosen.get(kind, DAILY) for kind in (*KINDS, DUE)}


def letters(person_id: UUID) -> Letters:
    """When and in which language a person wants letters."""
    found = db.session.get(Letters, person_id)
    return found or Letters(person_id=person_id, quiet_days="67", locale="fr_FR")
