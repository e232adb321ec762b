"""The figures of the platform, month by month, as the workers last counted them.

Counting a month reads everything that happened in it: nobody waits for that. The chore
`figures` counts and writes it down here; pages add up what is written.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, func, select
from sqlalchemy.orm import Mapped, mapped_column

from engine import clock
from engine.chores import DONE, FIGURES, Chore
from engine.columns import UtcDateTime
from engine.directory import Organisation
from engine.models import ProcessDefinition, db

OPENED, CLOSED, DECIDED, INCIDENTS = "opened", "closed", "decided", "incidents"
PEOPLE, CALLS, ANSWERED = "people", "calls", "answered"
DOCUMENTS, BYTES = "documents", "bytes"


class PlatformFigure(db.Model):  # type: ignore[name-defined]
    """One figure of one month: of a procedure and a body, of a partner (`key`), or of all.

    `decided` is the median of days from filing to the end, over as many cases as `closed`.
    """

    __tablename__ = "platform_figure"
    __table_args__ = (Index(None, "month", "name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[date]  # its first day
    name: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(String(200), default="")
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    value: Mapped[float]
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


@dataclass(frozen=True)
class Row:
    """What one procedure of one body did in one month."""

    month: date
    key: str
    body: str
    opened: int
    closed: int
    median_days: float | None
    incidents: int

    @property
    def per_thousand(self) -> float | None:
        """Incidents for a thousand cases opened."""
        return 1000 * self.incidents / self.opened if self.opened else None


@dataclass(frozen=True)
class Availability:
    """How often a partner answered, of all the times it was called."""

    partner: str
    calls: int
    answered: int

    @property
    def percent(self) -> float:
        """From 0 to 100."""
        return 100 * self.answered / self.calls if self.calls else 100.0


def counted_at() -> datetime | None:
    """When the figures were last counted; None if they never were."""
    return db.session.scalar(
        select(Chore.finished_at)
        .where(Chore.kind == FIGURES, Chore.status == DONE)
        .order_by(Chore.created_at.desc())
        .limit(1)
    )


def rows(first: date, last: date) -> list[Row]:
    """By month, procedure and body, the latest month first."""
    figure = PlatformFigure
    found = db.session.execute(
        select(figure.month, figure.key, Organisation.name, figure.name, figure.value)
        .join(Organisation, Organisation.id == figure.organisation_id)
        .where(*_within(first, last), figure.name.in_([OPENED, CLOSED, DECIDED, INCIDENTS]))
    )
    by_line: dict[tuple[date, str, str], dict[str, float]] = {}
    for month, key, body, name, value in found:
        by_line.setdefault((month, key, body), {})[name] = value
    lines = sorted(by_line, key=lambda line: (-line[0].toordinal(), line[1], line[2]))
    return [_row(line, by_line[line]) for line in lines]


def _row(line: tuple[date, str, str], values: dict[str, float]) -> Row:
    return Row(
        *line, int(values.get(OPENED, 0)), int(values.get(CLOSED, 0)),
        values.get(DECIDED), int(values.get(INCIDENTS, 0)),
    )  # fmt: skip


def of_all(first: date, last: date, name: str) -> list[tuple[date, float]]:
    """A figure of the whole platform, month by month."""
    figure = PlatformFigure
    found = db.session.execute(
        select(figure.month, figure.value)
        .where(*_within(first, last), figure.name == name)
        .order_by(figure.month)
    )
    return [(month, value) for month, value in found]


def availability(first: date, last: date) -> list[Availability]:
    """What became of the calls to each partner."""
    figure = PlatformFigure
    found = db.session.execute(
        select(figure.key, figure.name, func.sum(figure.value))
        .where(*_within(first, last), figure.name.in_([CALLS, ANSWERED]))
        .group_by(figure.key, figure.name)
    )
    by_partner: dict[str, dict[str, float]] = {}
    for key, name, value in found:
        by_partner.setdefault(key, {})[name] = value
    return [
        Availability(key, int(values.get(CALLS, 0)), int(values.get(ANSWERED, 0)))
        for key, values in sorted(by_partner.items())
    ]


def _within(first: date, last: date) -> Iterable[Any]:
    return (
        PlatformFigure.month >= first.replace(day=1),
        PlatformFigure.month <= last.replace(day=1),
    )


def names() -> dict[str, str]:
    """How each procedure is called in its latest version."""
    found = db.session.execute(
        select(ProcessDefinition.key, ProcessDefinition.name).order_by(
            ProcessDefinition.version
        )
    )
    return {key: name for key, name in found}
