"""A list as a file: for a spreadsheet or another program, in the columns that are shown."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import xlsxwriter

from engine import clock
from engine.awaiting import Awaited
from web.inbox.columns import Column, Row, Values, labels
from web.spreadsheets import harmless

Words = Iterator[list[Any]]

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_WIDTH = 24


def written(form: str, chunks: Iterable[Sequence[Row]], columns: Sequence[Column]) -> bytes:
    """The bytes of the file: its heads, then a line for each row."""
    heads = [harmless(label) for label in labels(columns)]
    cells = ([_cell(v) for v in line] for line in _values(chunks, columns))
    return _csv(heads, cells) if form == "csv" else _xlsx(heads, cells)


def csv_of(heads: Sequence[str], lines: Iterable[Sequence[Any]]) -> bytes:
    """A CSV file of plain values under their heads."""
    return _csv(
        [harmless(head) for head in heads], ([_cell(v) for v in line] for line in lines)
    )


def _values(chunks: Iterable[Sequence[Row]], columns: Sequence[Column]) -> Words:
    for rows in chunks:
        values = Values(rows, columns)
        for row in rows:
            yield [values.of(row, column) for column in columns]


def _cell(value: Any) -> Any:
    """What a program can count with; texts that no spreadsheet takes for a formula."""
    match value:
        case datetime():
            return value.astimezone(clock.PARIS).replace(tzinfo=None)
        case list():
            return harmless(" ; ".join(_awaited(one) for one in value))
        case str():
            return harmless(value)
        case None:
            return ""
    return value


def _awaited(one: Awaited) -> str:
    return f"{one.what} ({one.who})" if one.who else one.what


def _csv(heads: list[str], lines: Iterable[list[Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(heads)
    writer.writerows([_said(value) for value in line] for line in lines)
    return out.getvalue().encode("utf-8-sig")


def _said(value: Any) -> str:
    """As a French spreadsheet reads it."""
    match value:
        case datetime():
            return f"{value:%d/%m/%Y %H:%M}"
        case date():
            return f"{value:%d/%m/%Y}"
        case Decimal() | float() | int():
            return str(value).replace(".", ",")
    return str(value)


def _xlsx(heads: list[str], lines: Iterable[list[Any]]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    book.set_properties({"created": clock.now().astimezone(UTC).replace(tzinfo=None)})
    sheet = book.add_worksheet()
    bold = book.add_format({"bold": True})
    formats = {
        datetime: book.add_format({"num_format": "dd/mm/yyyy hh:mm"}),
        date: book.add_format({"num_format": "dd/mm/yyyy"}),
        Decimal: book.add_format({"num_format": '# ##0.00 "€"'}),
    }
    sheet.write_row(0, 0, heads, bold)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, max(len(heads) - 1, 0), _WIDTH)
    for number, line in enumerate(lines, 1):
        for place, value in enumerate(line):
            if isinstance(value, str):
                sheet.write_string(number, place, value)
            else:
                sheet.write(number, place, value, formats.get(type(value)))
    book.close()
    return out.getvalue()
