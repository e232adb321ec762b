"""Text ready for paper: clean, spaced as French is, and Markdown read into blocks."""

import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

NO_BREAK = "\u00a0"
MAXIMUM = 500_000


@dataclass(frozen=True)
class Run:
    """A stretch of text in one style."""

    text: str
    bold: bool = False
    italic: bool = False


@dataclass(frozen=True)
class Block:
    """One paragraph of any kind. `depth` counts the lists and quotations around it."""

    kind: Literal["paragraph", "heading", "item", "quote", "rule"]
    runs: tuple[Run, ...] = ()
    level: int = 1
    depth: int = 0
    marker: str = ""

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)


@dataclass(frozen=True)
class Grid:
    """A table: its header, and rows of as many cells."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""
    numeric: frozenset[int] = field(default=frozenset())


def clean(value: object) -> str:
    """Return text without controls, on the lines it had, spaced as French wants it."""
    text = unicodedata.normalize("NFC", str(value))[:MAXIMUM]
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    text = "".join(it for it in text if it == "\n" or _visible(it))
    text = re.sub(r"(?<=\S) (?=[:;?!»%€])", NO_BREAK, text)
    return text.replace("« ", f"«{NO_BREAK}")


def shown(value: Any) -> str:
    """Return a form's value as people read it."""
    if value is None or value in ("", []):
        return "—"
    if isinstance(value, bool):
        return "Oui" if value else "Non"
    if isinstance(value, float) and math.isfinite(value):
        number = Decimal(repr(value))
        decimals = max(2, -int(number.as_tuple().exponent))
        return f"{number:,.{decimals}f}".replace(",", NO_BREAK).replace(".", ",")
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return "\n".join(shown(it) for it in value)
    if isinstance(value, dict):
        return clean(", ".join(f"{name} : {shown(it)}" for name, it in value.items()))
    return clean(value)


def lines_of(value: Any) -> list[str]:
    """Return the lines of an address, given as a text, a list or fields in their order."""
    value = list(value.values()) if isinstance(value, dict) else value
    given = value if isinstance(value, list) else str(value or "").splitlines()
    return [text for it in given if (text := clean(it or "").strip())]


def grid(columns: Sequence[Any], rows: Sequence[Sequence[Any]], title: str = "") -> Grid:
    """Return a table whose rows all have as many cells as its header, numbers to the right."""
    width = max([len(columns), *(len(row) for row in rows), 1])
    named = tuple(clean(it) for it in columns) + ("",) * (width - len(columns))
    filled = tuple(
        tuple(shown(it) for it in row) + ("",) * (width - len(row)) for row in rows
    )
    numeric = frozenset(
        rank
        for rank in range(width)
        if filled
        and all(re.fullmatch(r"[-−]?[\d\s.,]+(€|%)?|—|", it[rank]) for it in filled)
    )
    whole = tuple(
        tuple(
            text.replace(" ", NO_BREAK) if rank in numeric else text
            for rank, text in enumerate(row)
        )
        for row in filled
    )
    return Grid(named, whole, clean(title), numeric)


def read_markdown(body: str) -> list[Block | Grid]:
    """Read a letter's body. Text that Markdown would lose comes out as it was typed."""
    text = clean(body)
    try:
        blocks = list(_blocks(text))
    except RecursionError:
        blocks = []
    if sum(map(_letters, blocks)) == _letters(text):
        return blocks
    paragraphs = (it for it in re.split(r"\n\s*\n", text) if it.strip())
    return [Block("paragraph", (Run(it),)) for it in paragraphs]


def _letters(it: Block | Grid | str) -> int:
    """How many letters a text has: what no reading of it may lose."""
    if isinstance(it, Grid):
        it = "".join([*it.columns, *(cell for row in it.rows for cell in row)])
    return sum(map(str.isalpha, it if isinstance(it, str) else it.text))


def _blocks(text: str) -> Iterator[Block | Grid]:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.disable(
        ["link", "image", "autolink", "html_inline", "html_block", "code", "reference",
         "entity", "fence"]
    )  # fmt: skip
    tokens = parser.parse(text)
    context: list[dict[str, Any]] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        if token.type == "table_open":
            end = _end_of_table(tokens, position)
            yield _grid(tokens[position:end])
            position = end
        elif token.type == "hr":
            yield Block("rule")
        elif token.type == "inline":
            yield _block(token, tokens[position - 1], context)
        elif token.nesting == 1 and token.type in {
            "bullet_list_open", "ordered_list_open", "blockquote_open",
        }:  # fmt: skip
            context.append(
                {
                    "kind": token.type,
                    "next": int(token.attrs.get("start") or 1),
                    "new": False,
                }
            )
        elif token.type in {"bullet_list_close", "ordered_list_close", "blockquote_close"}:
            context.pop()
        elif token.type == "list_item_open":
            context[-1]["new"] = True
        position += 1


def _block(token: Token, opening: Token, context: list[dict[str, Any]]) -> Block:
    runs = tuple(_runs(token.children or []))
    if opening.type == "heading_open":
        return Block("heading", runs, level=min(int(opening.tag[1]), 3))
    if not context:
        return Block("paragraph", runs)
    if context[-1]["kind"] == "blockquote_open":
        return Block("quote", runs, depth=len(context))
    marker = ""
    if context[-1]["new"]:
        context[-1]["new"] = False
        ordered = context[-1]["kind"] == "ordered_list_open"
        marker = (
            f"{context[-1]['next']}." if ordered else ("•", "–")[(len(context) - 1) % 2]
        )
        context[-1]["next"] += 1
    return Block("item", runs, depth=len(context), marker=marker)


def _runs(children: Sequence[Token]) -> Iterator[Run]:
    bold = italic = 0
    for child in children:
        if child.type.startswith("strong"):
            bold += child.nesting
        elif child.type.startswith("em_"):
            italic += child.nesting
        elif child.type == "softbreak":
            yield Run(" ", bool(bold), bool(italic))
        elif child.type == "hardbreak":
            yield Run("\n", bool(bold), bool(italic))
        elif child.content:
            yield Run(child.content, bool(bold), bool(italic))


def _end_of_table(tokens: Sequence[Token], start: int) -> int:
    return next(
        rank + 1
        for rank, token in enumerate(tokens[start:], start)
        if token.type == "table_close"
    )


def _grid(tokens: Sequence[Token]) -> Grid:
    rows: list[list[str]] = []
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append("".join(run.text for run in _runs(token.children or [])))
    return grid(rows[0], rows[1:])


def _visible(character: str) -> bool:
    """Keep what is seen, and the joiners that shape Arabic, Indic scripts and emoji."""
    category = unicodedata.category(character)
    return category[0] != "C" or character in "\u200c\u200d"
