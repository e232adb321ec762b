"""Jobs: the same asked of many cases, with a result for each: an operation that an operator
asks, or an act on tasks that an agent asks.

A job is a fact in the database like any other: the workers find it, take its items one by
one, and an item's result is written in the transaction of its act. A worker that dies in
the middle therefore leaves nothing done and not said, nor said and not done.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, ForeignKey, Index, String, Text, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine import clock
from engine.columns import UtcDateTime, only
from engine.models import ProcessInstance, db

RUNNING, STOPPED, DONE, CANCELLED = "running", "stopped", "done", "cancelled"
TO_DO = "to_do"
OPERATION, TASKS = "operation", "tasks"
"""Kinds of jobs: asked by operators, or by agents of a body."""
RESULTS = ("done", "refused", "failed")
"""done; refused: the case is as it was, and `note` says why; failed: the same, unexpected."""


class Job(db.Model):  # type: ignore[name-defined]
    """An operation asked of a list of cases. `rehearsal`: tried on each, kept on none.

    `organisation_id` is the body whose heads may see an agents' job.
    """

    __tablename__ = "job"
    __table_args__ = (
        Index(None, "status", "created_at"),
        Index(None, "kind", "created_at", "id"),
        Index(None, "kind", "status", "created_at", "id"),
        Index(None, "created_by", "kind", "created_at"),
        Index(None, "organisation_id", "created_at",
              **only("organisation_id IS NOT NULL")),
    )  # fmt: skip
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    kind: Mapped[str] = mapped_column(
        String(20), default=OPERATION, server_default=OPERATION
    )
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    operation: Mapped[dict[str, Any]] = mapped_column(JSON)
    selection: Mapped[dict[str, Any]] = mapped_column(JSON)  # for people to read again
    motive: Mapped[str] = mapped_column(Text)
    rehearsal: Mapped[bool] = mapped_column(default=False)
    status: Mapped[str] = mapped_column(String(20), default=RUNNING)
    total: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    created_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class JobItem(db.Model):  # type: ignore[name-defined]
    """One case of a job, and what became of it."""

    __tablename__ = "job_item"
    __table_args__ = (Index(None, "job_id", "result", "position"), Index(None, "task_id"))
    job_id: Mapped[UUID] = mapped_column(ForeignKey("job.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"))
    task_id: Mapped[UUID | None]
    result: Mapped[str] = mapped_column(String(20), default=TO_DO)
    note: Mapped[str] = mapped_column(Text, default="")  # in French
    at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    instance: Mapped[ProcessInstance] = relationship()


@dataclass(frozen=True)
class Progress:
    """How far a job has got."""

    total: int
    counts: Mapping[str, int]

    @property
    def settled(self) -> int:
        """Cases whose result is known."""
        return sum(self.counts.get(result, 0) for result in RESULTS)

    @property
    def percent(self) -> int:
        """From 0 to 100."""
        return 100 * self.settled // self.total if self.total else 100


def progress(jobs: Iterable[Job]) -> dict[UUID, Progress]:
    """The counts of each job's results."""
    totals = {job.id: job.total for job in jobs}
    rows = db.session.execute(
        select(JobItem.job_id, JobItem.result, func.count())
        .where(JobItem.job_id.in_(totals))
        .group_by(JobItem.job_id, JobItem.result)
    )
    counts: dict[UUID, dict[str, int]] = {job_id: {} for job_id in totals}
    for job_id, result, number in rows:
        counts[job_id][result] = number
    return {job_id: Progress(total, counts[job_id]) for job_id, total in totals.items()}
