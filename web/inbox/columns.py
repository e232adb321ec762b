"""The columns of the list: those that any task has, and what its procedure names.

The same values are shown, sorted by and exported.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _
from sqlalchemy import select

from engine import clock
from engine.awaiting import Awaited, awaited
from engine.directory import Organisation
from engine.models import ProcessInstance, UserTask, db
from engine.variables import CaseVariable, Searchable
from engine.words import fold
from web.cases import reading as case_reading

VARIABLE = "v."
"""Before the name of what a procedure lets people search by."""

LABELS: dict[str, Any] = {
    "etape": _("Étape"),
    "titre": _("Demande"),
    "numero": _("Numéro"),
    "entreprise": _("Entreprise"),
    "procedure": _("Procédure"),
    "echeance": _("Échéance"),
    "ouverte": _("Ouverte le"),
    "agent": _("En charge"),
    "role": _("Rôle"),
}
OF_BASKET: dict[str, Any] = {
    "faite": _("Terminée le"),
    "reportee": _("Reportée au"),
    "attente": _("Attendu"),
    "stade": _("Où il en est"),
    "depose": _("Déposé le"),
}
"""Columns that belong to a basket, and are not chosen."""

USUAL = ("etape", "titre", "numero", "echeance")
OF_CASES = ("titre", "numero", "entreprise", "attente", "stade", "depose")
MORE = {"reportees": ("reportee",), "equipe": ("agent",), "en-retard": ("agent",)}

_EUROS = re.compile(r"montant|euros|€|aide|cout|budget|prix|depense|subvention")
_DAY = len("2026-11-21")
_SIRET = 14


@dataclass(frozen=True)
class Column:
    """A column: its name in an address, and its label in French."""

    name: str
    label: Any

    @property
    def euros(self) -> bool:
        """Whether its numbers are amounts, as its label says."""
        return bool(_EUROS.search(fold(str(self.label))))


def offered(data: Iterable[Searchable]) -> dict[str, Column]:
    """The columns one may choose from, where a procedure names these data."""
    named = {name: Column(name, label) for name, label in LABELS.items()}
    return named | {
        (name := f"{VARIABLE}{one.name}"): Column(name, one.label) for one in data
    }


def shown(
    basket: str, chosen: Sequence[str], choices: Mapping[str, Column]
) -> list[Column]:
    """The columns of a basket: those chosen, and what only this basket has to say."""
    if basket in {"en-attente", "suivis"}:
        names = [n for n in OF_CASES if n != "attente" or basket == "en-attente"]
    elif basket == "faits":
        names = [n for n in chosen if n not in {"echeance", "agent"}] + ["faite"]
    else:
        names = [*chosen, *(n for n in MORE.get(basket, ()) if n not in chosen)]
    every = {n: Column(n, label) for n, label in OF_BASKET.items()} | dict(choices)
    return [every[name] for name in names if name in every]


@dataclass(frozen=True)
class Row:
    """A line of the list: a task with its case, or a case alone."""

    case: ProcessInstance
    task: UserTask | None = None

    @property
    def id(self) -> UUID:
        """What the line is of."""
        return self.task.id if self.task else self.case.id


class Values:
    """What the lines hold: each kind of value is read in one query for all of them."""

    def __init__(self, rows: Sequence[Row], columns: Sequence[Column]) -> None:
        self.rows, self.columns = rows, columns

    def of(self, row: Row, column: Column) -> Any:
        """A text, an amount, a number, a day, a moment, or None."""
        if column.name.startswith(VARIABLE):
            return self._variable(row, column)
        return getattr(self, f"_{column.name}")(row)

    def _etape(self, row: Row) -> str:
        return row.task.name if row.task else ""

    def _titre(self, row: Row) -> str:
        return row.case.title

    def _numero(self, row: Row) -> str:
        return row.case.number

    def _entreprise(self, row: Row) -> str | None:
        return self.companies.get(row.case.applicant_id)

    def _procedure(self, row: Row) -> str:
        return row.case.definition.name

    def _echeance(self, row: Row) -> datetime | None:
        return row.task.due_at if row.task else None

    def _ouverte(self, row: Row) -> datetime | None:
        return row.task.opened_at if row.task else None

    def _faite(self, row: Row) -> datetime | None:
        return row.task.completed_at if row.task else None

    def _reportee(self, row: Row) -> datetime | None:
        return row.task.follow_up_at if row.task else None

    def _agent(self, row: Row) -> str | None:
        return self.people.get(row.task.assignee_id) if row.task else None

    def _role(self, row: Row) -> str:
        return case_reading.role_name(row.task) if row.task else ""

    def _stade(self, row: Row) -> str | None:
        return row.case.milestone

    def _depose(self, row: Row) -> datetime:
        return row.case.started_at

    def _attente(self, row: Row) -> list[Awaited]:
        return self.waits.get(row.case.id, [])

    def _variable(self, row: Row, column: Column) -> Any:
        kept = self.variables.get((row.case.id, column.name), [])
        found = [_typed(value, column) for value in kept]
        if len(found) > 1:
            return ", ".join(sorted(str(value) for value in found))
        return found[0] if found else None

    @cached_property
    def companies(self) -> dict[UUID | None, str]:
        """The names of those who applied."""
        asked = {row.case.applicant_id for row in self.rows} - {None}
        named = select(Organisation.id, Organisation.name).where(Organisation.id.in_(asked))
        rows = db.session.execute(named) if asked else ()
        return {company: name for company, name in rows}

    @cached_property
    def people(self) -> dict[UUID | None, str]:
        """The names of those who have the tasks."""
        return case_reading.names({row.task.assignee_id for row in self.rows if row.task})

    @cached_property
    def waits(self) -> dict[UUID, list[Awaited]]:
        """What the cases wait for."""
        return awaited(row.case for row in self.rows)

    @cached_property
    def variables(self) -> dict[tuple[UUID, str], list[CaseVariable]]:
        """What the procedures name, by case and column."""
        names = [
            c.name.removeprefix(VARIABLE)
            for c in self.columns
            if c.name.startswith(VARIABLE)
        ]
        found = dict[tuple[UUID, str], list[CaseVariable]]()
        if not names or not self.rows:
            return found
        cases = {row.case.id for row in self.rows}
        asked = select(CaseVariable).where(
            CaseVariable.instance_id.in_(cases), CaseVariable.name.in_(names)
        )
        for kept in db.session.scalars(asked):
            place = (kept.instance_id, f"{VARIABLE}{kept.name}")
            found.setdefault(place, []).append(kept)
        return found


def _typed(kept: CaseVariable, column: Column) -> str | date | Decimal | float:
    if kept.number is not None:
        return Decimal(f"{kept.number:.10g}") if column.euros else kept.number
    if kept.moment is not None:
        here = kept.moment.astimezone(clock.PARIS)
        return here.date() if len(kept.text) == _DAY else here
    if len(kept.text) == _SIRET and kept.text.isdigit():
        return " ".join([kept.text[:3], kept.text[3:6], kept.text[6:9], kept.text[9:]])
    return kept.written or kept.text


def in_order(
    rows: Sequence[Row], column: Column, values: Values, *, descending: bool
) -> list[Row]:
    """The lines by one column; those without a value last, either way."""

    def keyed(row: Row) -> Any:
        value = values.of(row, column)
        return fold(value) if isinstance(value, str) else value

    with_value = [(keyed(row), row) for row in rows]
    there = [pair for pair in with_value if pair[0] not in {None, ""}]
    return [
        *(row for _key, row in sorted(there, key=_comparable, reverse=descending)),
        *(row for key, row in with_value if key in {None, ""}),
    ]


def _comparable(pair: tuple[Any, Row]) -> tuple[str, Any]:
    """Values of one kind together: a procedure's versions may disagree on it."""
    key = pair[0]
    if isinstance(key, int | float | Decimal):
        return "number", float(key)
    if isinstance(key, datetime):
        return "moment", key.timestamp()
    if isinstance(key, date):
        return "moment", datetime.combine(key, datetime.min.time(), clock.PARIS).timestamp()
    return "text", key


def labels(columns: Iterable[Column]) -> Iterator[str]:
    """The heads of the columns, as words."""
    return (str(column.label) for column in columns)
