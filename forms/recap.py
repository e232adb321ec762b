"""What was answered, to be read: for the recap page, the case and the PDF.

One idea of a column serves display, filter, sort and export.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from forms import rules
from forms.formats import FORMATS
from forms.model import (
    JSON,
    Computed,
    Field,
    FileRef,
    Group,
    Node,
    Option,
    Page,
    Repeat,
    inside,
    part,
    rows,
)
from forms.territories import Lookups
from forms.view import FileUrl, shown_result
from forms.visibility import Settled, settle

EMPTY = "Non renseigné"


@dataclass(frozen=True)
class RecapFile:
    """A file and where to read it (`url` is "" when nobody said)."""

    name: str
    size: str
    url: str


@dataclass(frozen=True)
class RecapTable:
    """The rows of a list; every row has as many cells as there are headers."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class RecapRow:
    """A question and its answer. `kind` is text, files, table, or heading (no answer)."""

    label: str
    value: str
    kind: str = "text"
    files: tuple[RecapFile, ...] = ()
    table: RecapTable | None = None
    path: str = ""


@dataclass(frozen=True)
class RecapPage:
    """The answers of one page."""

    index: int
    label: str
    rows: tuple[RecapRow, ...]

    @property
    def blocks(self) -> list[tuple[str, list[RecapRow]]]:
        """The rows as they are laid out: a list of answers, a heading, or one table."""
        made: list[tuple[str, list[RecapRow]]] = []
        for row in self.rows:
            kind = row.kind if row.kind in {"heading", "table"} else "answers"
            if made and kind == made[-1][0] == "answers":
                made[-1][1].append(row)
            else:
                made.append((kind, [row]))
        return made


@dataclass(frozen=True)
class Column:
    """One answer as a column: dotted `key`, `label`, `kind`, and the `options` of a choice.

    Kinds: text, code, number, amount, date, time, moment, boolean, choice, choices, files.
    """

    key: str
    label: str
    kind: str
    format: str = "text"
    options: tuple[Option, ...] = ()

    def value(self, values: JSON) -> JSON:
        """The raw answer in a form's values; None when there is none."""
        for key in self.key.split("."):
            values = values.get(key) if isinstance(values, Mapping) else None
        return values

    def show(self, values: JSON, lookups: Lookups | None = None) -> str:
        """The answer as one reads it, "" when there is none."""
        value = self.value(values)
        if value is None or value in ("", []):
            return ""
        if self.kind == "files":
            return ", ".join(str(file["name"]) for file in value)
        if self.options:
            labels = {option.value: option.label for option in self.options}
            chosen = value if isinstance(value, list) else [value]
            return ", ".join(labels.get(str(each), str(each)) for each in chosen)
        return FORMATS[self.format].show(value, lookups or {})


def columns(nodes: tuple[Node, ...], prefix: str = "") -> tuple[Column, ...]:
    """The columns of a form: every answer and labelled result outside repeated rows."""
    made: tuple[Column, ...] = ()
    for node in nodes:
        match node:
            case Field():
                made = (*made, _column(node, prefix))
            case Computed() if node.label:
                kind = FORMATS[node.format].column
                made = (*made, Column(prefix + node.key, node.label, kind, node.format))
            case Group():
                made += columns(node.nodes, inside(node, prefix))
            case _:
                pass
    return made


def _column(node: Field, prefix: str) -> Column:
    kind = FORMATS[node.format].column
    if node.is_file:
        kind = "files"
    elif node.kind in {"checklist", "taglist"}:
        kind = "choices"
    elif node.kind in {"radio", "select"}:
        kind = "choice"
    return Column(prefix + node.key, node.label, kind, node.format, node.options)


def recap(
    pages: tuple[Page, ...],
    values: Mapping[str, JSON],
    *,
    context: Mapping[str, Any],
    lookups: Lookups,
    file_url: FileUrl | None,
    reserved: bool = True,
) -> list[RecapPage]:
    """The visible answers, page by page, with those `reserved` to the two parties or not."""
    settled = settle(tuple(n for page in pages for n in page.nodes), values, context)
    writer = _Writer(settled, lookups, file_url, reserved)
    made = []
    for page in pages:
        if settled.shows_page(page):
            found = writer.page(page, settled.values, context)
            if found:
                made.append(RecapPage(page.index, page.label, found))
    return made


class _Writer:
    def __init__(
        self, settled: Settled, lookups: Lookups, file_url: FileUrl | None, reserved: bool
    ) -> None:
        self.settled, self.lookups, self.file_url = settled, lookups, file_url
        self.reserved = reserved

    def page(
        self, page: Page, values: Mapping[str, JSON], context: Mapping[str, Any]
    ) -> tuple[RecapRow, ...]:
        found = self.nodes(page.nodes, values, context, "")
        if found and found[0].kind == "heading" and found[0].label == page.label:
            return found[1:]
        return found

    def nodes(
        self,
        nodes: tuple[Node, ...],
        values: Mapping[str, JSON],
        outer: Mapping[str, Any],
        prefix: str,
    ) -> tuple[RecapRow, ...]:
        scope = {**outer, **values}
        found: tuple[RecapRow, ...] = ()
        for node in nodes:
            if not self.settled.shows(node, prefix):
                continue
            match node:
                case Field() if node.is_reserved and not self.reserved:
                    pass
                case Field():
                    found = (*found, self._field(node, values.get(node.key), scope, prefix))
                case Computed() if node.label:
                    result = shown_result(node, values.get(node.key), self.lookups)
                    found = (*found, RecapRow(node.label, result or EMPTY))
                case Group():
                    under = part(values, node.path)
                    inner = self.nodes(node.nodes, under, scope, inside(node, prefix))
                    title = RecapRow(node.label, "", "heading")
                    found += (title, *inner) if inner and node.label else inner
                case Repeat():
                    found = (*found, self._repeat(node, values, scope, prefix))
                case _:
                    pass
        return found

    def _field(
        self, node: Field, value: JSON, scope: Mapping[str, Any], prefix: str
    ) -> RecapRow:
        text = rules.show(node, value, scope, self.lookups, empty=EMPTY)
        if not node.is_file or not value:
            return RecapRow(node.label, text, path=prefix + node.key)
        files = tuple(map(self._file, value))
        return RecapRow(node.label, text, "files", files, path=prefix + node.key)

    def _file(self, file: FileRef) -> RecapFile:
        url = self.file_url(file) if self.file_url else ""
        return RecapFile(
            str(file["name"]), rules.file_size(int(file.get("size") or 0)), url
        )

    def _repeat(
        self,
        node: Repeat,
        values: Mapping[str, JSON],
        scope: Mapping[str, Any],
        prefix: str,
    ) -> RecapRow:
        found = rows(values, node) or []
        named = [
            {
                row.path: row
                for row in self._row(node, row, scope, f"{prefix}{node.path}.{at}.")
            }
            for at, row in enumerate(found)
        ]
        labels: dict[str, str] = {}
        for each in named:
            labels |= {path: row.label for path, row in each.items() if path not in labels}
        cells = tuple(
            tuple(each[path].value if path in each else "" for path in labels)
            for each in named
        )
        if not cells or not labels:
            return RecapRow(node.label, EMPTY, path=prefix + node.path)
        lines = f"{len(cells)} ligne{'s' if len(cells) > 1 else ''}"
        table = RecapTable(tuple(labels.values()), cells)
        return RecapRow(node.label, lines, "table", table=table, path=prefix + node.path)

    def _row(
        self, node: Repeat, row: dict[str, JSON], scope: Mapping[str, Any], prefix: str
    ) -> list[RecapRow]:
        """The answers of one row, named without the row so that columns line up."""
        inner = self.nodes(node.nodes, row, scope, prefix)
        return [
            RecapRow(
                each.label,
                _flat(each),
                path=each.path.removeprefix(prefix) or each.label,
            )
            for each in inner
            if each.kind != "heading"
        ]


def _flat(row: RecapRow) -> str:
    """A list inside a list, in one cell."""
    if row.table is None:
        return row.value
    return " ; ".join(", ".join(cells) for cells in row.table.rows)
