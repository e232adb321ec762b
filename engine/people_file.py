"""A file of people, as a spreadsheet saves it: its lines read, and understood one by one.

UTF-8 with or without its mark, or the Windows code page that French spreadsheets still
write; `;`, `,` or tabs between columns; quoted cells. What a line says is understood without
looking anything up: `engine.commands.imports` compares it with the directory.
"""

import csv
import io
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from email_validator import EmailNotValidError, validate_email

from engine.words import fold

COLUMNS = ("courriel", "nom", "role", "service", "debut", "fin")
"""What a line says of a person; `organisation` too, when a file is for several bodies."""

NEEDED = ("courriel", "nom", "role")
LARGEST = 20_000_000  # bytes
MOST_LINES = 100_000
LONGEST = 200
"""Characters of a name."""

_ALIASES = {
    "email": "courriel", "e-mail": "courriel", "mail": "courriel", "adresse": "courriel",
    "prenom et nom": "nom", "nom et prenom": "nom", "collectivite": "organisation",
    "date de debut": "debut", "date de fin": "fin", "depuis": "debut", "jusqu'au": "fin",
}  # fmt: skip
ROLE_WORDS = {
    "administrateur": "administrator", "administratrice": "administrator",
    "chef de service": "head_of_service", "cheffe de service": "head_of_service",
    "concepteur": "process_designer", "conceptrice": "process_designer",
    "juriste": "legal_officer", "exploitant": "operator", "exploitante": "operator",
}  # fmt: skip
"""How people write the roles that no lane names, folded."""

_FORMULA = ("=", "+", "-", "@", "\t")
_EXTRA = "\0"
"""The name under which cells beyond the last column are read."""

Note = dict[str, str]
"""What is wrong with a cell or worth knowing: `column`, `why`, `value`."""


class Unreadable(Exception):
    """The file cannot be read at all; `why` and `value` say why."""

    def __init__(self, why: str, value: str = "") -> None:
        super().__init__(why)
        self.why, self.value = why, value


@dataclass(frozen=True)
class Line:
    """One line of the file, with its number there and what the file itself shows wrong."""

    number: int
    row: dict[str, str]
    notes: list[Note] = field(default_factory=list)


@dataclass(frozen=True)
class Wanted:
    """What a line asks for."""

    email: str
    name: str
    role: str
    service: str
    since: date | None
    until: date | None


@dataclass(frozen=True)
class File:
    """The lines of a file; `guessed` when it was not in UTF-8 and accents are to be checked."""

    lines: list[Line]
    guessed: bool


def note(column: str, why: str, value: str = "") -> Note:
    """One thing to tell about a cell."""
    return {"column": column, "why": why, "value": value[:100]}


def read(content: bytes) -> File:
    """The lines of a file, empty ones left out. Raises Unreadable."""
    if len(content) > LARGEST:
        raise Unreadable("large")
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"} or content[:4] == b"PK\x03\x04":
        raise Unreadable("spreadsheet")
    try:
        text, guessed = content.decode("utf-8-sig"), False
    except UnicodeDecodeError:
        text, guessed = content.decode("cp1252", errors="replace"), True
    first = text.lstrip("\r\n").split("\n", 1)[0]
    mark = max(";,\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    try:
        heads = _heads(next((cells for cells in reader if any(cells)), []))
        lines = list(_lines(reader, heads))
    except csv.Error as error:
        raise Unreadable("broken", f"{reader.line_num} : {error}") from None
    _compare(lines)
    return File(lines, guessed)


def _heads(cells: list[str]) -> list[str]:
    said = [" ".join(fold(cell).replace("’", "'").split()) for cell in cells]
    heads = [_ALIASES.get(head, head) for head in said]
    missing = [name for name in NEEDED if name not in heads]
    if missing:
        raise Unreadable("columns", ", ".join(missing))
    return heads


def _lines(reader: Any, heads: list[str]) -> Iterator[Line]:
    known = {*COLUMNS, "organisation"}
    for count, cells in enumerate(reader):
        if count > MOST_LINES:
            raise Unreadable("lines")
        if not any(cell.strip() for cell in cells):
            continue
        row = {
            head: unicodedata.normalize("NFC", cell).strip()[:1000]
            for head, cell in zip(heads, cells, strict=False)
            if head in known
        }
        notes = [] if len(cells) <= len(heads) else [note("", "cells", str(len(cells)))]
        kept = {name: _kept(value) for name, value in row.items()}
        notes += [
            note(name, "invisible", value)
            for name, value in kept.items()
            if value != row[name]
        ]
        yield Line(reader.line_num, kept, notes)


def _kept(value: str) -> str:
    """The text, with a mark in place of what no keyboard types."""
    if value.isprintable():  # nearly always, and a hundred times faster
        return value
    return "".join(char if _plain(char) else "\ufffd" for char in value)


def _plain(char: str) -> bool:
    kind = unicodedata.category(char)
    return (
        kind not in {"Cc", "Cs", "Co", "Cn"}
        and char not in "\u202a\u202b\u202d\u202e\u2066\u2067"
    )


def _compare(lines: list[Line]) -> None:
    """Tell the lines that say twice the same, or give one address two names."""
    first = dict[str, Line]()
    said = dict[tuple[str, ...], Line]()
    for line in lines:
        email = line.row.get("courriel", "").lower()
        named = first.setdefault(email, line)
        key = (email, fold(line.row.get("role", "")), line.row.get("organisation", ""))
        same = said.setdefault(key, line)
        if not email:
            continue
        if same is not line:
            line.notes.append(note("courriel", "twice", str(same.number)))
        elif fold(named.row.get("nom", "")) != fold(line.row.get("nom", "")):
            line.notes.append(note("nom", "two_names", str(named.number)))


def understand(
    row: Mapping[str, str], roles: Mapping[str, str]
) -> tuple[Wanted | None, list[Note]]:
    """What a line asks for, and what is wrong with it; nothing is asked when something is.

    `roles` says which role a word names, folded.
    """
    wrong: list[Note] = []
    email = row.get("courriel", "")
    try:
        email = validate_email(email, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        wrong.append(note("courriel", "email", email))
    wrong += _named("nom", row.get("nom", ""), needed=True)
    wrong += _named("service", row.get("service", ""), needed=False)
    role = roles.get(fold(row.get("role", "")), "")
    if not role:
        wrong.append(note("role", "role", row.get("role", "")))
    days: dict[str, date | None] = {}
    for name in ("debut", "fin"):
        try:
            days[name] = day(row.get(name, ""))
        except ValueError:
            wrong.append(note(name, "day", row.get(name, "")))
    if wrong:
        return None, wrong
    name, service = row.get("nom", ""), row.get("service", "")
    return Wanted(email, name, role, service, days["debut"], days["fin"]), []


def _named(column: str, value: str, *, needed: bool) -> list[Note]:
    if not value and needed:
        return [note(column, "empty")]
    if len(value) > LONGEST:
        return [note(column, "long", str(len(value)))]
    if value.startswith(_FORMULA):
        return [note(column, "formula", value)]
    return []


def day(text: str) -> date | None:
    """A day as people type it, 31/12/2026 or 2026-12-31; None for nothing. Raises ValueError."""
    if not text:
        return None
    pieces = text.replace("-", "/").split("/")
    if len(pieces) != 3 or not all(p.isascii() and p.isdigit() for p in pieces):  # noqa: PLR2004
        raise ValueError(text)
    numbers = [int(piece) for piece in pieces]
    found = date(*numbers) if len(pieces[0]) == 4 else date(*reversed(numbers))  # noqa: PLR2004
    if not 1900 <= found.year <= 2200:  # noqa: PLR2004
        raise ValueError(text)
    return found
