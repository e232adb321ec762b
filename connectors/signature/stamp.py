"""Draws what a signature shows on its page: a frame, and lines of text.

Only greys and an embedded font, no transparency: a PDF/A that bears it is still one.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from fpdf import FPDF

from connectors.rendering.lines import break_lines
from connectors.rendering.look import FONT_FILES, missing_fonts
from connectors.rendering.writing import clean

WIDTH, HEIGHT = 70.0, 25.0
PADDING, LARGEST, SMALLEST, LEADING = 1.8, 9.0, 4.0, 1.25
POINT = 25.4 / 72
FRAME, INK, BAR = 150, 30, 90


def draw(stamp: Mapping[str, Any], settings: Mapping[str, str]) -> bytes:
    """A PDF of one page, the size of the stamp, with its lines as large as they fit."""
    lines = tuple(clean(one)[:300] for one in stamp["lines"])[:12]
    size = (_size(stamp, "width", WIDTH), _size(stamp, "height", HEIGHT))
    return _drawn(lines, *size, settings.get("FONTS_DIR") or "")


def _size(stamp: Mapping[str, Any], name: str, default: float) -> float:
    return min(max(float(stamp.get(name) or default), 10.0), 400.0)


@lru_cache(maxsize=64)
def _drawn(lines: Sequence[str], width: float, height: float, fonts: str) -> bytes:
    """Kept: a hundred documents signed in one gesture bear the same stamp."""
    sheet = FPDF(unit="mm", format=(width, height))
    sheet.set_auto_page_break(False)
    sheet.set_margin(0)
    sheet.c_margin = 0
    family = _family(sheet, fonts)
    sheet.add_page()
    sheet.set_draw_color(FRAME)
    sheet.set_line_width(0.25)
    sheet.rect(0.2, 0.2, width - 0.4, height - 0.4)
    sheet.set_fill_color(BAR)
    sheet.rect(0.2, 0.2, 0.9, height - 0.4, "F")
    _write(sheet, family, lines, width, height)
    content = bytes(sheet.output())
    for font in sheet.fonts.values():
        if file := getattr(font, "ttfont", None):
            file.close()
    return content


def _write(
    sheet: FPDF, family: str, lines: Sequence[str], width: float, height: float
) -> None:
    room, tall = width - 2 * PADDING - 0.9, height - 2 * PADDING
    size = LARGEST
    while True:
        sheet.set_font(family, "", size)
        cut = [
            piece
            for line in lines
            for piece in break_lines(line, room, sheet.get_string_width)
        ]
        if len(cut) * size * LEADING * POINT <= tall or size <= SMALLEST:
            break
        size -= 0.5
    step = size * LEADING * POINT
    sheet.set_text_color(INK)
    top = PADDING + max(0.0, (tall - len(cut) * step) / 2)
    for rank, text in enumerate(cut[: max(1, int(tall / step))]):
        sheet.set_xy(PADDING + 0.9, top + rank * step)
        sheet.cell(room, step, text)


def _family(sheet: FPDF, fonts: str) -> str:
    if not fonts or missing_fonts(Path(fonts)):
        sheet.core_fonts_encoding = "windows-1252"
        return "helvetica"
    sheet.add_font("stamp", "", Path(fonts) / FONT_FILES[""])
    return "stamp"
