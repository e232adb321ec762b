"""What cases can be searched by: the data a diagram names, and the words of their titles.

    <spiffworkflow:property name="ebg:searchable"
        value="application.siret (SIRET), aid.amount (Montant de l'aide)"/>

The step that changes such data writes it here, in its own transaction; `engine.search`
reads it. A value is kept as folded text, and as a number or a moment when it is one. All
of it can be made again from the cases and their history.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, bindparam, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from engine import clock, definitions, rows
from engine.columns import UtcDateTime, only
from engine.directory import Organisation
from engine.models import History, ProcessInstance, db
from engine.words import fold, words

PROPERTY = "ebg:searchable"
TITLE = "case.title"
"""Under this name are the words of the case's number and title, and of who applied: their
name and SIRET. One row each."""

MOST_NAMES = 20
"""Variables of one procedure that can be searched; those named after are left out."""

MOST_VALUES = 30
"""Values of one name in one case: the words of a title, the rows of a list."""

LONGEST = 100
"""Characters of a value; the rest is left out."""

_NAMED = re.compile(r"\s*([A-Za-z_][\w.]{0,99})\s*(?:\(([^()]*)\))?\s*")
_DAY = len("2026-11-21")

# Compared byte by byte on both databases, so that a prefix is a range of the index.
_Text = String(LONGEST).with_variant(String(LONGEST, collation="C"), "postgresql")


class CaseVariable(db.Model):  # type: ignore[name-defined]
    """One searchable value of a case."""

    __tablename__ = "case_variable"
    __table_args__ = (
        # Each text of a body's cases in the order of their lists; see engine/search.py.
        Index("ix_case_variable_text", "organisation_id", "name", "text", "started_at",
              "instance_id"),
        Index("ix_case_variable_number", "organisation_id", "name", "number",
              "instance_id", **only("number IS NOT NULL")),
        Index("ix_case_variable_moment", "organisation_id", "name", "moment",
              "instance_id", **only("moment IS NOT NULL")),
    )  # fmt: skip
    instance_id: Mapped[UUID] = mapped_column(
        ForeignKey("process_instance.id"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    text: Mapped[str] = mapped_column(_Text, primary_key=True)
    organisation_id: Mapped[UUID]  # the case's own, as is `started_at`: neither changes
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    number: Mapped[float | None]
    moment: Mapped[datetime | None] = mapped_column(UtcDateTime)
    written: Mapped[str | None] = mapped_column(String(LONGEST))  # when `text` differs


@dataclass(frozen=True)
class Searchable:
    """A variable that a diagram lets people search by; `label` is in French."""

    name: str
    label: str


_OF_CASE = delete(CaseVariable).where(CaseVariable.instance_id == bindparam("instance_id"))
_OF_NAME = _OF_CASE.where(CaseVariable.name == bindparam("name"))


def searchable(definition_id: UUID) -> list[Searchable]:
    """What the cases of a version can be searched by, as its diagram says."""
    value = definitions.model(definition_id).properties.get(PROPERTY, "")
    return read(value)[:MOST_NAMES]


def left_out(value: str) -> list[str]:
    """What a property's value names in vain, in sentences: unreadable, or one too many."""
    parts = [part.strip() for part in value.split(",") if part.strip()]
    wrong = [part for part in parts if not _NAMED.fullmatch(part)]
    found = [f"« {part} » n'est pas un nom de donnée" for part in wrong]
    if names := read(value)[MOST_NAMES:]:
        beyond = ", ".join(one.name for one in names)
        found.append(f"{MOST_NAMES} données au plus : {beyond} ne servira pas")
    return found


def read(value: str) -> list[Searchable]:
    """The names in a property's value; what cannot be read as a name is left out."""
    found = [_NAMED.fullmatch(part) for part in value.split(",")]
    return [Searchable(m.group(1), (m.group(2) or m.group(1)).strip()) for m in found if m]


def keep(instance: ProcessInstance, updates: Mapping[str, Any]) -> None:
    """Write the searchable values among those that a step changed, in its transaction.

    The step that starts the case writes the words of its title too.
    """
    if instance.rev == 0:
        keep_title(instance)
    names = [s.name for s in searchable(instance.definition_id)]
    _write(instance, {n: found(updates, n) for n in names if _root(n) in updates})


def keep_title(instance: ProcessInstance) -> None:
    """Write the words by which people know a case."""
    said = f"{instance.number} {instance.title}"
    if instance.applicant_id is not None:
        applicant = db.session.get_one(Organisation, instance.applicant_id)
        said = f"{said} {applicant.name} {applicant.siret or ''}"
    _write(instance, {TITLE: words(said)})


def rebuild(instance: ProcessInstance) -> None:
    """Write everything again, from the case's history: for a version that names others."""
    rows.write(_OF_CASE, [{"instance_id": instance.id}])
    data = dict[str, Any]()
    for updates in db.session.scalars(
        select(History.updates)
        .where(History.instance_id == instance.id)
        .order_by(History.seq)
    ):
        data.update(updates)
    keep(instance, data)
    keep_title(instance)


def _write(instance: ProcessInstance, values: Mapping[str, Iterable[Any]]) -> None:
    rows.write(_OF_NAME, [{"instance_id": instance.id, "name": name} for name in values])
    of_case = {
        "instance_id": instance.id,
        "organisation_id": instance.organisation_id,
        "started_at": instance.started_at,
    }
    kept = [
        {**of_case, "name": name, **one}
        for name, several in values.items()
        for one in _distinct(several)
    ]
    rows.insert(CaseVariable, kept)


def _distinct(values: Iterable[Any]) -> list[dict[str, Any]]:
    kept = [columns(value) for value in values]
    return list({one["text"]: one for one in kept}.values())[:MOST_VALUES]


def _root(name: str) -> str:
    return name.partition(".")[0]


def found(data: Any, name: str) -> Iterator[Any]:
    """The values under a dotted name, looking into every row of a list."""
    root, _, rest = name.partition(".")
    if isinstance(data, list):
        for row in data:
            yield from found(row, name)
    elif name and isinstance(data, dict):
        yield from found(data.get(root), rest)
    elif not name and isinstance(data, str | int | float) and data != "":
        yield data


def columns(value: str | float | date) -> dict[str, Any]:
    """How a value is kept, and looked for: its text, its number, its moment.

    A number is also kept as text, so that one column answers whether it is equal.
    """
    match value:
        case bool():
            return _kept("true" if value else "false")
        case int() | float():
            return _kept(f"{value:.10g}" if value % 1 else f"{value:.0f}", number=value)
        case date():
            return _kept(value.isoformat(), moment=_moment(value))
        case _:
            written = value.strip()
            return _kept(fold(written), moment=_moment_in(value), written=written)


def _kept(
    known: str,
    *,
    number: float | None = None,
    moment: datetime | None = None,
    written: str | None = None,
) -> dict[str, Any]:
    if written is not None:
        written = written[:LONGEST] if written != known else None
    return {"text": known[:LONGEST], "number": number, "moment": moment, "written": written}


def _moment_in(value: str) -> datetime | None:
    if len(value) < _DAY or not value[:4].isdigit() or value[4] != "-":
        return None
    try:
        day = len(value) == _DAY
        return _moment(date.fromisoformat(value) if day else datetime.fromisoformat(value))
    except ValueError:
        return None


def _moment(value: date) -> datetime:
    """A day begins at midnight in Paris."""
    if not isinstance(value, datetime):
        value = datetime.combine(value, time(), clock.PARIS)
    return (value if value.tzinfo else value.replace(tzinfo=clock.PARIS)).astimezone(UTC)
