"""Files of people that a body brings in: each line judged first, then entered.

    reading ─▶ ready ─▶ entering ─▶ done
                  └──▶ abandoned

What is kept of a line is what was typed, what is wrong with it, and what became of it: a
worker that dies goes on from the first line that has no verdict, or no result.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, ForeignKey, Index, String, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine import clock
from engine.columns import UtcDateTime
from engine.directory import Organisation, Person
from engine.models import db

READING, READY, ENTERING, DONE, ABANDONED = (
    "reading",
    "ready",
    "entering",
    "done",
    "abandoned",
)
NEW, KNOWN, CHANGED, REFUSED = "new", "known", "changed", "refused"
"""What a line would do: enter something, nothing, change something; or it cannot be entered."""
VERDICTS = (REFUSED, NEW, CHANGED, KNOWN)


class PeopleImport(db.Model):  # type: ignore[name-defined]
    """One file of people, brought in for one body."""

    __tablename__ = "people_import"
    __table_args__ = (
        Index(None, "organisation_id", "created_at"),
        Index(None, "status", "created_at"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str] = mapped_column(String(255))
    status: Mapped[str] = mapped_column(String(20), default=READING)
    new_services: Mapped[bool] = mapped_column(default=False)  # make those not known
    guessed: Mapped[bool] = mapped_column(default=False)  # not in UTF-8: accents to check
    total: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    created_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    confirmed_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    organisation: Mapped[Organisation] = relationship()
    author: Mapped[Person] = relationship(foreign_keys=[created_by])


class PeopleImportLine(db.Model):  # type: ignore[name-defined]
    """One line of a file: as typed, what is wrong with it, and whether it is entered."""

    __tablename__ = "people_import_line"
    __table_args__ = (
        Index(None, "import_id", "verdict", "position"),
        Index(None, "import_id", "entered_at", "position"),
    )
    import_id: Mapped[UUID] = mapped_column(
        ForeignKey("people_import.id"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    line: Mapped[int]  # in the file, as a spreadsheet counts
    row: Mapped[dict[str, str]] = mapped_column(JSON)
    verdict: Mapped[str] = mapped_column(String(10), default="")
    # What is wrong, or worth knowing: [{"column", "why", "value"}], told by the screens.
    notes: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    entered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


@dataclass(frozen=True)
class Progress:
    """How many lines got each verdict, and how many are entered."""

    total: int
    counts: Mapping[str, int]
    entered: int

    @property
    def judged(self) -> int:
        """Lines read."""
        return sum(self.counts.get(verdict, 0) for verdict in VERDICTS)

    @property
    def good(self) -> int:
        """Lines that would be entered, or are."""
        return self.judged - self.counts.get(REFUSED, 0)


def progress(one: PeopleImport) -> Progress:
    """How far an import has got."""
    line: Any = PeopleImportLine
    rows = db.session.execute(
        select(line.verdict, func.count(), func.count(line.entered_at))
        .where(line.import_id == one.id)
        .group_by(line.verdict)
    ).all()
    counts = {verdict: number for verdict, number, _ in rows}
    return Progress(one.total, counts, sum(entered for *_, entered in rows))
