"""Who follows which case: whoever has worked on it, and whoever asked to.

Those who follow a case are told what happens to it, and find it again when others are
waited for. Following a case gives no right on it.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, bindparam, exists, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from engine import clock, rows
from engine.columns import UtcDateTime, only
from engine.directory import APPLICANT
from engine.models import ProcessInstance, UserTask, db


class CaseFollower(db.Model):  # type: ignore[name-defined]
    """A person who follows a case. `closed_at` is when the case ended, for open lists."""

    __tablename__ = "case_follower"
    __table_args__ = (
        Index("ix_case_follower_open", "person_id", "since", "instance_id",
              **only("closed_at IS NULL")),
        Index(None, "instance_id"),
    )  # fmt: skip
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    instance_id: Mapped[UUID] = mapped_column(
        ForeignKey("process_instance.id"), primary_key=True
    )
    since: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


_PERSON = bindparam("person_id", type_=CaseFollower.person_id.type)
_CASE = bindparam("instance_id", type_=CaseFollower.instance_id.type)
_NOW = bindparam("now", type_=UtcDateTime())

# The lock on the instance orders those who begin to follow it: no key is written twice.
_FOLLOW = insert(CaseFollower).from_select(
    ["person_id", "instance_id", "since"],
    select(_PERSON, _CASE, _NOW).where(
        ~exists().where(
            CaseFollower.person_id == _PERSON, CaseFollower.instance_id == _CASE
        )
    ),
    include_defaults=False,
)
_CLOSE = (
    update(CaseFollower).where(CaseFollower.instance_id == _CASE).values(closed_at=_NOW)
)


def follow(instance: ProcessInstance, person_id: UUID) -> None:
    """Have a person follow a case, in the open transaction, under the instance's lock."""
    asked = {"person_id": person_id, "instance_id": instance.id, "now": clock.now()}
    rows.write(_FOLLOW, [asked])


def follow_as_worker(task: UserTask, person_id: UUID | None) -> None:
    """Have whoever works on a case for the office follow it; an applicant has their own page."""
    if person_id is not None and task.role != APPLICANT:
        follow(task.instance, person_id)


def closed(instance: ProcessInstance) -> None:
    """Note, at the commit, that a case is over for those who follow it."""
    rows.write(_CLOSE, [{"instance_id": instance.id, "now": clock.now()}])


def followers(instance_id: UUID) -> list[UUID]:
    """Those who follow a case."""
    asked = select(CaseFollower.person_id).where(CaseFollower.instance_id == instance_id)
    return list(db.session.scalars(asked))


def followed(person_id: UUID | None, instance_ids: Iterable[UUID]) -> set[UUID]:
    """Those of these cases that a person follows."""
    asked = select(CaseFollower.instance_id).where(
        CaseFollower.person_id == person_id,
        CaseFollower.instance_id.in_(list(instance_ids)),
    )
    return set(db.session.scalars(asked))
