"""How long things are kept: dated rules, and what of the law they rest on.

`retention_rules.csv` holds the rules that come with the platform, each with its article or
its reason, and whether that was read (`lu`), is known and to be confirmed (`connaissance`),
or is our own choice (`choix`). A row of `retention_rule` is a decision of the platform's: it
stands in for a rule of the file from its day on. A rule of a procedure (`key`) goes before
the one of all procedures.
"""

import calendar
import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, ForeignKey, Index, String, Text, exists, select
from sqlalchemy.orm import Mapped, mapped_column

from engine import clock
from engine.columns import UtcDateTime, only
from engine.models import db

DRAFTS, CASES, EXCHANGES, NOTICES = "drafts", "cases", "exchanges", "notices"
LETTERS, PRESENCES, TRACKING = "letters", "presences", "tracking"
MAILS, ACCOUNTS, CHORES = "mails", "accounts", "chores"
KINDS = (
    CASES, DRAFTS, EXCHANGES, MAILS, ACCOUNTS, TRACKING, NOTICES, LETTERS, PRESENCES, CHORES,
)  # fmt: skip

DESTROY, ARCHIVE = "destroy", "archive"
"""What becomes of a case whose time is over: it goes; it goes once the archivist has it."""

STATUSES = ("lu", "connaissance", "choix")

_DURATION = re.compile(r"P(?:(\d{1,3})Y|(\d{1,4})M|(\d{1,5})D|T(\d{1,5})M)")


class RetentionRule(db.Model):  # type: ignore[name-defined]
    """A decision of the platform's on how long one kind of things is kept, from a day on."""

    __tablename__ = "retention_rule"
    __table_args__ = (Index(None, "kind", "key", "valid_from"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    kind: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(String(200), default="")  # a procedure; '' for all
    duration: Mapped[str] = mapped_column(String(10))  # P10Y, P6M, P90D, PT2M
    disposition: Mapped[str] = mapped_column(String(10), default=DESTROY)
    automatic: Mapped[bool] = mapped_column(default=False)
    article: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(20))
    motive: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date]
    decided_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class LegalHold(db.Model):  # type: ignore[name-defined]
    """A case of which nothing is removed, whatever the rules say, until it is lifted."""

    __tablename__ = "legal_hold"
    __table_args__ = (
        Index("ix_legal_hold_in_force", "instance_id", unique=True,
              **only("lifted_at IS NULL")),
        Index(None, "placed_at"),
    )  # fmt: skip
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"))
    motive: Mapped[str] = mapped_column(Text)
    placed_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    placed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    lifted_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


@dataclass(frozen=True)
class Rule:
    """A rule as it stands on a day, whoever wrote it. `decided`: by the platform."""

    kind: str
    key: str
    duration: str
    disposition: str
    automatic: bool
    article: str
    status: str
    valid_from: date
    decided: bool = False

    @property
    def subject(self) -> str:
        """How a chore and the journal name it: `cases`, `cases:grants.investment_aid`."""
        return f"{self.kind}:{self.key}" if self.key else self.kind

    def before(self, now: datetime) -> datetime:
        """What is older than this moment has been kept long enough."""
        return before(now, self.duration)


def before(now: datetime, duration: str) -> datetime:
    """The moment that precedes another by a duration of one unit, as ISO 8601 writes it.

    Months are those of the calendar; the last day of a shorter month stands for the days
    that it lacks. Raises ValueError.
    """
    found = _DURATION.fullmatch(duration)
    if found is None:
        raise ValueError(duration)
    years, months, days, minutes = (int(part or 0) for part in found.groups())
    there = now.astimezone(clock.PARIS)
    year, month = divmod(there.year * 12 + there.month - 1 - years * 12 - months, 12)
    if year < 1:
        raise ValueError(duration)
    day = min(there.day, calendar.monthrange(year, month + 1)[1])
    shifted = there.replace(year=year, month=month + 1, day=day)
    return shifted - timedelta(days=days, minutes=minutes)


@cache
def of_the_platform() -> tuple[Rule, ...]:
    """The rules that come with it."""
    source = Path(__file__).with_name("retention_rules.csv")
    with source.open(encoding="utf-8", newline="") as file:
        return tuple(
            Rule(
                row["kind"], row["key"], row["duration"], row["disposition"],
                row["automatic"] == "oui", row["article"], row["status"],
                date.fromisoformat(row["valid_from"]),
            )
            for row in csv.DictReader(file, delimiter=";")
        )  # fmt: skip


def in_force(day: date | None = None) -> list[Rule]:
    """One rule for each kind, and for each procedure that has its own, as of a day."""
    day = day or clock.today()
    decided = db.session.scalars(
        select(RetentionRule)
        .where(RetentionRule.valid_from <= day)
        .order_by(RetentionRule.valid_from, RetentionRule.decided_at)
    )
    written = [one for one in of_the_platform() if one.valid_from <= day]
    latest = {(one.kind, one.key): one for one in [*written, *map(_rule, decided)]}
    return sorted(latest.values(), key=lambda one: (KINDS.index(one.kind), one.key))


def named(subject: str) -> Rule | None:
    """The rule in force that a chore names."""
    return next((one for one in in_force() if one.subject == subject), None)


def own_keys(rules: Iterable[Rule], kind: str) -> set[str]:
    """The procedures that have a rule of their own, which that of all leaves alone."""
    return {one.key for one in rules if one.kind == kind and one.key}


def _rule(row: RetentionRule) -> Rule:
    return Rule(
        row.kind, row.key, row.duration, row.disposition, row.automatic, row.article,
        row.status, row.valid_from, decided=True,
    )  # fmt: skip


def not_held(instance_id: Any) -> ColumnElement[bool]:
    """Whether no legal hold is in force on the case that this column names."""
    return ~exists().where(
        LegalHold.instance_id == instance_id, LegalHold.lifted_at.is_(None)
    )


def hold_on(instance_id: UUID) -> LegalHold | None:
    """The legal hold in force on a case."""
    return db.session.scalars(
        select(LegalHold).where(
            LegalHold.instance_id == instance_id, LegalHold.lifted_at.is_(None)
        )
    ).first()
