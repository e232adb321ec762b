"""Tells people a fact, in the transaction that makes it.

    tell(MESSAGE, followers(), company(company_id), by=actor.person_id, case_id=case_id)

It costs the command no reading: who follows the case, who stands in for them, and how each
wants to be told, is found by the statement that writes the rows, sent with the commit.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    CompoundSelect,
    Date,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    insert,
    null,
    or_,
    select,
    union,
    update,
)

from engine import clock, rows, wake
from engine.absences import Absence, in_force_at
from engine.access import NOT_HANDLING
from engine.directory import APPLICANT, Holding
from engine.documents import EVERYONE
from engine.following import CaseFollower
from engine.models import IS_OPEN, UserTask
from engine.notices import (
    ASSIGNED,
    AWAITED,
    DAILY,
    MOST_AT_ONCE,
    NOTHING,
    NOW,
    REMINDER,
    Notice,
    NoticeChoice,
)


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


def _telling(people: Select[UUID] | CompoundSelect[UUID]) -> Any:
    """Writes a row for each of these people, unless they did it, know it, or want none."""
    told = people.subquery()
    (person_id,) = told.c
    usual = case((_FACT["kind"] == REMINDER, NOW), else_=DAILY)
    channel = func.coalesce(NoticeChoice.channel, usual)
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
_FOLLOWING = select(CaseFollower.person_id).where(CaseFollower.instance_id == _CASE)
_STANDING_IN = (
    select(Absence.deputy_id)
    .join(CaseFollower, CaseFollower.person_id == Absence.person_id)
    .where(CaseFollower.instance_id == _CASE, *in_force_at(_FACT["at"]))
)
_TELL_FOLLOWERS = _telling(union(_FOLLOWING, _STANDING_IN))
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
    """Those who follow the case, and whoever stands in for one of them today."""
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
        or_(*(Notice.kind == kind for kind in (ASSIGNED, AWAITED, REMINDER))),
    )
    .values(read_at=_FACT["at"])
)


def no_longer_to_do(case_id: UUID, task_ids: Iterable[UUID]) -> None:
    """Nobody has to read, once it is committed, that these tasks are theirs to do."""
    fact = {"of_case": case_id, "at": clock.now()}
    rows.write(_DONE, [{**fact, "done": one} for one in task_ids])
