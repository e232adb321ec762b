"""The two documents we make: a letter as French administrations send them, and a filed form.

The letter follows the usual page: who writes on the left, to whom on the right where a
window envelope shows it, then place and date, references, subject, text and signature.
"""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import segno

from connectors.rendering.look import GREY, INK, Cell, Style
from connectors.rendering.sheet import Sheet, Tag
from connectors.rendering.writing import (
    Block,
    Grid,
    Run,
    clean,
    grid,
    lines_of,
    read_markdown,
    shown,
)

BODY = Style()
SMALL = Style(size=8, colour=GREY)
HEADINGS = {1: Style(13, "B"), 2: Style(11, "B"), 3: Style(9.5, "B")}
HEAD_FILL = (238, 239, 242)
RIGHT = 108.0
INDENT, SIGNATURE_GAP = 6.0, 9.0
QR_SIDE = 28.0
# A page is not wide enough for more columns, nor a column readable below this, in mm.
MOST_COLUMNS, NARROWEST = 12, 9.0
DEEPEST = 6


def foot_of(sender: Mapping[str, Any]) -> str:
    """Return the line at the bottom of each page: who writes, and how to reach them."""
    contact = (clean(sender[it]).strip() for it in ("phone", "email") if sender.get(it))
    where = ", ".join(lines_of(sender.get("address")))
    name = clean(sender.get("name") or "").strip()
    return " · ".join(it for it in (name, where, *contact) if it)


def draw_letter(
    sheet: Sheet,
    *,
    title: str,
    body: str,
    sender: Mapping[str, Any],
    recipient: Mapping[str, Any],
    reference: str,
    place_and_date: str,
    signatory: str | None,
) -> None:
    """Draw a letter from the top of the sheet."""
    _sender(sheet, sender)
    _recipient(sheet, recipient)
    sheet.ln(7)
    sheet.write_text(clean(place_and_date), BODY, x=RIGHT)
    sheet.ln(7)
    if reference.strip():
        sheet.write_runs([Run("Réf. : ", bold=True), Run(clean(reference))], BODY)
    subject = [Run("Objet : ", bold=True), Run(clean(title), bold=True)]
    sheet.write_runs(subject, BODY, tag="H1")
    sheet.ln(6)
    blocks = read_markdown(body)
    for rank, block in enumerate(blocks):
        if rank == len(blocks) - 1 and isinstance(block, Block):
            # A signature never stands alone at the top of a page.
            sheet.keep_together(
                min(_height(sheet, block), 60) + _signature_height(signatory)
            )
        elif rank and _ends_list(blocks[rank - 1], block):
            sheet.ln(1.6)
        _draw(sheet, block)
    if signatory and signatory.strip():
        _signature(sheet, signatory)


def draw_recap(
    sheet: Sheet,
    *,
    title: str,
    subtitle: str,
    reference: str,
    sections: Sequence[Mapping[str, Any]],
    sender: Mapping[str, Any],
    verify: tuple[str, str] | None,
) -> None:
    """Draw a filed form: its title, then each section with its answers and tables.

    `verify` is the (address, code) by which anybody checks it, drawn at the end.
    """
    if sender.get("name"):
        sheet.write_text(clean(sender["name"]), Style(9.5, "B", GREY))
        sheet.ln(4)
    sheet.write_runs([Run(clean(title), bold=True)], Style(16, "B"), tag="H1")
    for line in (f"Référence : {reference}" if reference.strip() else "", subtitle):
        if line.strip():
            sheet.write_text(clean(line), Style(9.5, "", GREY))
    sheet.ln(3)
    for section in sections:
        if section.get("title"):
            _heading(sheet, clean(section["title"]), 2)
        if section.get("text"):
            sheet.write_text(clean(section["text"]), BODY)
            sheet.ln(2)
        for row in section.get("rows") or []:
            _answer(sheet, row)
        for table in section.get("tables") or []:
            drawn = grid(table.get("columns") or [], table.get("rows") or [],
                         table.get("title") or "")  # fmt: skip
            sheet.ln(3)
            _table(sheet, drawn)
        sheet.ln(3)
    if verify:
        _verification(sheet, *verify)


def _verification(sheet: Sheet, address: str, code: str) -> None:
    """The address to check a document at, to be read by a person and by a telephone."""
    sheet.keep_together(14 + QR_SIDE)
    _heading(sheet, "Vérifier ce document", 2)
    top = sheet.y
    _draw_code(sheet, address, sheet.l_margin, top)
    sheet.set_y(top)
    said = f"{address}\n\nCode de vérification : {code}"
    sheet.write_text(clean(said), BODY, x=sheet.l_margin + QR_SIDE + 6)
    sheet.set_y(max(sheet.y, top + QR_SIDE))


def _sender(sheet: Sheet, sender: Mapping[str, Any]) -> None:
    width = RIGHT - sheet.l_margin - 8
    sheet.write_text(clean(sender.get("name") or ""), Style(11, "B"), width=width)
    if sender.get("service"):
        sheet.write_text(clean(sender["service"]), Style(9, "B", GREY), width=width)
    lines = lines_of(sender.get("address"))
    for name, label in (("phone", "Tél."), ("email", "Courriel")):
        if sender.get(name):
            lines.append(clean(f"{label} : {sender[name]}"))
    if lines:
        sheet.ln(1.5)
        sheet.write_text("\n".join(lines), SMALL, width=width)


def _recipient(sheet: Sheet, recipient: Mapping[str, Any]) -> None:
    """Where a window envelope shows it, 45 mm down, unless the sender takes more."""
    sheet.set_y(max(45.0, sheet.y + 4))
    named = [
        clean(recipient[it])
        for it in ("name", "organisation", "service")
        if recipient.get(it)
    ]
    lines = [*named, *lines_of(recipient.get("address"))]
    sheet.write_text("\n".join(lines) or " ", Style(10), x=RIGHT)


def _signature(sheet: Sheet, signatory: str) -> None:
    sheet.keep_together(_signature_height(signatory))
    sheet.ln(SIGNATURE_GAP)
    sheet.write_text(clean(signatory).strip(), BODY, x=RIGHT)


def _signature_height(signatory: str | None) -> float:
    lines = clean(signatory or "").strip().splitlines()
    return SIGNATURE_GAP + len(lines) * BODY.leading if lines else 0.0


def _height(sheet: Sheet, block: Block) -> float:
    return sheet.height_of(block.text, BODY, indent=min(block.depth, DEEPEST) * INDENT) + 3


def _ends_list(before: Block | Grid, after: Block | Grid) -> bool:
    def listed(it: Block | Grid) -> bool:
        return isinstance(it, Block) and it.kind == "item"

    return listed(before) and not listed(after)


def _draw_code(sheet: Sheet, text: str, x: float, y: float) -> None:
    """A QR code of a text that stands beside: what a screen reader need not hear."""
    matrix = segno.make(text, error="m", micro=False).matrix
    module = QR_SIDE / len(matrix)
    with sheet.artifact():
        sheet.set_fill_color(*INK)
        for row, modules in enumerate(matrix):
            for column in (c for c, dark in enumerate(modules) if dark):
                sheet.rect(x + column * module, y + row * module, module, module, "F")


def _draw(sheet: Sheet, block: Block | Grid) -> None:
    if isinstance(block, Grid):
        _table(sheet, block)
        sheet.ln(4)
    elif block.kind == "heading":
        _heading(sheet, block.text, block.level)
    elif block.kind == "rule":
        sheet.draw_line()
        sheet.ln(3)
    elif block.kind == "item":
        _item(sheet, block)
    else:
        style = Style(9.5, "I", GREY) if block.kind == "quote" else BODY
        sheet.write_runs(block.runs, style, indent=min(block.depth, DEEPEST) * INDENT)
        sheet.ln(2.6)


def _item(sheet: Sheet, block: Block) -> None:
    marker = f"{block.marker}\u00a0" if block.marker else ""
    depth = min(block.depth, DEEPEST)
    sheet.write_runs([Run(marker), *block.runs], BODY, indent=(depth - 0.4) * INDENT)
    sheet.ln(1.2)


def _heading(sheet: Sheet, text: str, level: int) -> None:
    sheet.keep_together(24)
    sheet.ln(2)
    tag: Tag = "H2" if level < 3 else "H3"  # noqa: PLR2004  (the subject is the only H1)
    sheet.write_runs([Run(text, bold=True)], HEADINGS[level], tag=tag)
    sheet.ln(1.6)


def _answer(sheet: Sheet, row: Mapping[str, Any]) -> None:
    label, value = clean(row.get("label") or ""), shown(row.get("value"))
    first = sheet.epw * 0.38
    sheet.write_row(
        [
            Cell(label, first, Style(9, "", GREY)),
            Cell(value, sheet.epw - first, Style(9.5)),
        ]
    )


def _table(sheet: Sheet, drawn: Grid) -> None:
    """Draw a table; columns share the width by the length of what they hold."""
    if len(drawn.columns) > MOST_COLUMNS:
        for row in drawn.rows:  # each row becomes a list
            for label, value in zip(drawn.columns, row, strict=True):
                _answer(sheet, {"label": label, "value": value})
        return
    if drawn.title:
        sheet.keep_together(24)
        sheet.write_text(drawn.title, Style(9, "B"))
        sheet.ln(1)
    widths = _widths(sheet, drawn)
    style = Style(8.5)
    aligned = [Style(8.5, "", align="R") if it in drawn.numeric else style
               for it in range(len(widths))]  # fmt: skip

    def header() -> None:
        if any(drawn.columns):
            named = zip(drawn.columns, widths, aligned, strict=True)
            sheet.write_row(
                [
                    Cell(text, width, Style(8.5, "B", align=it.align))
                    for text, width, it in named
                ],
                fill=HEAD_FILL,
            )

    sheet.keep_together(20)
    header()
    for row in drawn.rows:
        cells = zip(row, widths, aligned, strict=True)
        sheet.write_row([Cell(*it) for it in cells], header=header)


def _widths(sheet: Sheet, drawn: Grid) -> list[float]:
    longest = [
        max(len(line) for text in texts for line in (text.splitlines() or [""]))
        for texts in (
            list(chain([name], column))
            for name, column in zip(
                drawn.columns, zip(*drawn.rows, strict=True) if drawn.rows else [()] * len(drawn.columns),
                strict=True,
            )
        )
    ]  # fmt: skip
    shares = [min(max(it, 1), 45) for it in longest]
    spare = sheet.epw - NARROWEST * len(shares)
    return [NARROWEST + spare * it / sum(shares) for it in shares]
