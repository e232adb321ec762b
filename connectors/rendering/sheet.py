"""An A4 page that is archived and read aloud: PDF/A-2U, tagged, in French.

With its fonts at hand the document is PDF/A-2U: fonts embedded, every character mapped to
Unicode, no missing glyph. Each paragraph is tagged in reading order, so that a screen reader
tells headings from text; what only decorates is marked as such. Without fonts the core ones
serve (Windows Latin-1: French and € are whole, the rest becomes « ? ») and nothing is claimed.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal

from fpdf import FPDF, FPDF_VERSION, ViewerPreferences
from fpdf.enums import XPos, YPos

from connectors.rendering.lines import break_lines
from connectors.rendering.look import (
    FONT_FILES,
    GREY,
    RULE,
    Cell,
    Style,
    missing_fonts,
)
from connectors.rendering.metadata import xmp
from connectors.rendering.writing import Run

PRODUCER = f"fpdf2 {FPDF_VERSION}"
MARGIN, BOTTOM = 22.0, 24.0
# Beyond, emphasis is given up: fpdf2 reads marked text in quadratic time.
LONGEST_MARKED = 20_000

Tag = Literal["P", "H1", "H2", "H3"]


class Sheet(FPDF):
    """A document being drawn. `total` is its number of pages, once known."""

    # Emphasis is marked with characters that clean text never has: a text cannot forge it.
    MARKDOWN_BOLD_MARKER = "\x01\x01"
    MARKDOWN_ITALICS_MARKER = "\x02\x02"
    MARKDOWN_STRIKETHROUGH_MARKER = "\x03\x03"
    MARKDOWN_UNDERLINE_MARKER = "\x04\x04"
    MARKDOWN_MARKERS = ("\x01\x01", "\x02\x02", "\x03\x03", "\x04\x04")
    MARKDOWN_ESCAPE_CHARACTER = "\x05"
    MARKDOWN_LINK_REGEX = re.compile(r"(?!)")

    def __init__(
        self,
        *,
        title: str,
        author: str,
        made_at: datetime,
        fonts: Path | None,
        foot: str,
        total: int,
    ) -> None:
        self.whole = not missing_fonts(fonts)
        super().__init__(enforce_compliance="PDF/A-2U" if self.whole else None)
        self._foot, self._total = foot, total
        self._marks: Counter[int] = Counter()
        self._widths: defaultdict[tuple[str, float], dict[str, float]] = defaultdict(dict)
        self._tag: Tag | None = None
        self._folder = fonts or Path()
        self._glyphs: dict[str, Any] = {}
        if not self.whole:
            self.core_fonts_encoding = "windows-1252"
        self._family = "letter" if self.whole else "helvetica"
        self.alias_nb_pages("")  # a text may well say « {nb} »
        self.set_margins(MARGIN, 18, MARGIN)
        self.set_auto_page_break(True, BOTTOM)
        self._describe(self.fit(title).replace("\n", " "), self.fit(author), made_at)
        self.add_page()

    def _describe(self, title: str, author: str, made_at: datetime) -> None:
        self.set_title(title)
        self.set_author(author)
        self.set_lang("fr-FR")
        self.set_creator("e-Bourgogne")
        self.set_producer(PRODUCER)
        self.set_creation_date(made_at)
        self.viewer_preferences = ViewerPreferences(display_doc_title=True)
        if self.whole:
            # Ours, for fpdf2's own would hold the time of writing: a retry must not differ.
            self.set_xmp_metadata(xmp(title, author, made_at, PRODUCER))

    def close(self) -> None:
        """Close the font files, which fpdf2 leaves open."""
        drawn: list[Any] = list(self.fonts.values())
        for font in drawn:
            if self.whole:
                font.ttfont.close()

    def fit(self, text: str, weight: str = "") -> str:
        """Return the text in characters that the font of that weight has."""
        self._open_font(weight)
        return "".join(
            it if self._has(it, weight) else self._instead(it, weight) for it in text
        )

    def write_runs(
        self, runs: Sequence[Run], style: Style, *, indent: float = 0.0, tag: Tag = "P"
    ) -> None:
        """Write a paragraph at the current height, from the left margin plus `indent`."""
        plain = all(run.bold is run.italic is False for run in runs)
        if plain or sum(len(run.text) for run in runs) > LONGEST_MARKED:
            text = "".join(run.text for run in runs)
            self.write_text(text, style, x=self.l_margin + indent, tag=tag)
            return
        self._use(style)
        self.set_x(self.l_margin + indent)
        with self._tagged(tag):
            self.multi_cell(
                self.w - self.r_margin - self.x, style.leading,
                "".join(self._marked(runs, style)).strip("\n"),
                align=style.align, markdown=True, new_x=XPos.LMARGIN, new_y=YPos.NEXT,
            )  # fmt: skip

    def write_text(
        self,
        text: str,
        style: Style,
        *,
        x: float | None = None,
        width: float = 0.0,
        tag: Tag = "P",
    ) -> None:
        """Write text in a column of its own; the next one starts below."""
        left = self.l_margin if x is None else x
        width = width or self.w - self.r_margin - left
        lines = self._lines(Cell(text.strip("\n"), width, style))
        with self._tagged(tag):
            for line in lines:
                self._perform_page_break_if_need_be(style.leading)
                self.set_x(left)
                self.cell(width, style.leading, line, align=style.align,
                          new_x=XPos.LMARGIN, new_y=YPos.NEXT)  # fmt: skip

    def write_row(
        self,
        cells: Sequence[Cell],
        *,
        header: Callable[[], None] | None = None,
        fill: tuple[int, int, int] | None = None,
        padding: float = 1.3,
    ) -> None:
        """Write texts side by side above a thin line, over as many pages as they need.

        `header` is written again at the top of each new page.
        """
        lines = [self._lines(cell) for cell in cells]
        leading = max(cell.style.leading for cell in cells)
        while any(lines):
            tallest = max(map(len, lines))
            room = int((self.page_break_trigger - self.y - 2 * padding) / leading)
            # A short row stays whole; a long one is cut rather than leave half a page blank.
            if room < min(tallest, 8):
                self._perform_page_break()
                if header:
                    header()
                continue
            taken = min(room, tallest)
            height = taken * leading + 2 * padding
            top = self.y
            if fill:
                with self.artifact():
                    self.set_fill_color(*fill)
                    self.rect(
                        self.l_margin, top, sum(it.width for it in cells), height, "F"
                    )
            self._write_cells(cells, [it[:taken] for it in lines], top + padding, leading)
            self.set_xy(self.l_margin, top + height)
            self.draw_line()
            lines = [it[taken:] for it in lines]

    def draw_line(self, width: float | None = None) -> None:
        """Draw a thin line at the current height."""
        with self.artifact():
            self.set_draw_color(*RULE)
            self.set_line_width(0.2)
            self.line(self.l_margin, self.y, self.l_margin + (width or self.epw), self.y)

    def height_of(self, text: str, style: Style, *, indent: float = 0.0) -> float:
        """Return how much of the page a paragraph would take, in millimetres."""
        lines = self._lines(Cell(text, self.epw - indent, style))
        return len(lines) * style.leading

    def keep_together(self, height: float) -> None:
        """Turn the page now if that much does not fit on this one."""
        if self.will_page_break(height):
            self._perform_page_break()

    def footer(self) -> None:
        with self.artifact():
            self.set_y(-BOTTOM + 7)
            self.set_draw_color(*RULE)
            self.set_line_width(0.2)
            self.line(self.l_margin, self.y, self.w - self.r_margin, self.y)
            self._use(Style(size=7, colour=GREY))
            width = self.epw - 24
            self.set_xy(self.l_margin, self.y + 1.5)
            lines = self._lines(Cell(self._foot, width, Style(size=7, colour=GREY)))[:3]
            top = self.y
            for line in lines:
                self.cell(width, 3.4, line, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
            self.set_xy(self.w - self.r_margin - 24, top)
            self.cell(24, 3.4, f"page {self.page}/{self._total}", align="R")

    def _write_cells(
        self, cells: Sequence[Cell], lines: Sequence[list[str]], top: float, leading: float
    ) -> None:
        x = self.l_margin
        for cell, texts in zip(cells, lines, strict=True):
            if any(texts):
                self._use(cell.style)
                with self._tagged("P"):
                    for rank, text in enumerate(texts):
                        self.set_xy(x, top + rank * leading)
                        self.cell(cell.width, leading, text, align=cell.style.align)
            x += cell.width

    def _lines(self, cell: Cell) -> list[str]:
        """The text cut into lines that fit its width."""
        if not cell.text.strip():
            return []
        self._use(cell.style)
        measured = self._widths[cell.style.weight, cell.style.size]
        room = cell.width - 2 * self.c_margin
        return break_lines(
            self.fit(cell.text, cell.style.weight), room, partial(self._wide, measured)
        )

    def _wide(self, measured: dict[str, float], character: str) -> float:
        if character not in measured:
            measured[character] = self.get_string_width(character)
        return measured[character]

    def _open_font(self, weight: str) -> None:
        """Opening the four takes longer than writing a page: only those that serve."""
        if self.whole and weight not in self._glyphs:
            self.add_font("letter", weight, self._folder / FONT_FILES[weight])
            drawn: Any = self.fonts[f"letter{weight}"]
            self._glyphs[weight] = drawn.cmap

    def _use(self, style: Style) -> None:
        self._open_font(style.weight)
        self.set_font(self._family, style.weight, style.size)
        self.set_text_color(*style.colour)

    def _marked(self, runs: Sequence[Run], style: Style) -> Iterator[str]:
        """The text, with a mark wherever emphasis begins or ends."""
        plain = bold, italic = "B" in style.weight, "I" in style.weight
        for text, wanted in (
            *((run.text, (run.bold or plain[0], run.italic or plain[1])) for run in runs),
            ("", plain),
        ):
            if wanted[0] != bold:
                yield self.MARKDOWN_BOLD_MARKER
            if wanted[1] != italic:
                yield self.MARKDOWN_ITALICS_MARKER
            bold, italic = wanted
            yield self.fit(text, "B" * bold + "I" * italic)

    def _has(self, character: str, weight: str) -> bool:
        if character in "\n\u00a0 ":
            return True
        if self.whole:
            return ord(character) in self._glyphs[weight]
        return bool(character.encode("windows-1252", "ignore"))

    def _instead(self, character: str, weight: str) -> str:
        if character == "\u202f":
            return "\u00a0"
        plain = unicodedata.normalize("NFKD", character)
        plain = "".join(it for it in plain if not unicodedata.combining(it))
        if plain and plain != character and all(self._has(it, weight) for it in plain):
            return plain
        if unicodedata.category(character) in {"Mn", "Cf", "Me"}:
            return ""
        return "\ufffd" if self._has("\ufffd", weight) else "?"

    @contextmanager
    def _tagged(self, tag: Tag) -> Iterator[None]:
        self._open(tag)
        yield
        self._close()

    @contextmanager
    def artifact(self) -> Iterator[None]:
        """What is drawn meanwhile only decorates: it is not read aloud."""
        self._out("/Artifact BMC")
        yield
        self._out("EMC")

    def _open(self, tag: Tag) -> None:
        mark = self._marks[self.page]
        self._marks[self.page] += 1
        self._add_marked_content(struct_type=f"/{tag}", mcid=mark)
        self._out(f"/{tag} <</MCID {mark}>> BDC")
        self._tag = tag

    def _close(self) -> None:
        self._out("EMC")
        self._tag = None

    def _perform_page_break(self) -> None:
        """A paragraph that runs over two pages is marked on each."""
        tag = self._tag
        if tag:
            self._close()
        super()._perform_page_break()
        if tag:
            self._open(tag)
