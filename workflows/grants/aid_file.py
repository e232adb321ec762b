"""The national CSV of aids, read row by row: a bad row is told, the others are kept.

Schema « dispositif-aide » and its extension « dispositif-aide-professionnels »
(schema.data.gouv.fr, v0.2.0). Four columns of our own may follow: `besoins` (joined
by |), `montant`, `contact`, `demarche_en_ligne` (the key of a procedure).
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from workflows.grants.aid_row import REQUIRED, AidRow, RowRefused, read_row

_LONGEST_LINE = 4_000_000  # characters; beyond, the line is cut and its row refused
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class Read:
    """What one row of the file gave: an aid with remarks, or a refusal."""

    line: int
    row: AidRow | None = None
    refusal: str = ""
    remarks: list[str] = field(default_factory=list)


def read_aids(stream: BinaryIO) -> Iterator[Read]:
    """Each row of `stream` (UTF-8 CSV, comma or semicolon) in turn, whatever it holds.

    A file that is not such a CSV gives one refusal, at line 1.
    """
    lines = _lines(stream)
    first = next(lines, "")
    if first.startswith(("\udcff\udcfe", "\udcfe\udcff")) or "\0" in first:
        yield Read(
            1, refusal="Le fichier n’est pas en UTF-8 : enregistrez-le en « CSV UTF-8 »."
        )
        return
    delimiter = ";" if first.count(";") > first.count(",") else ","
    header = [
        name.strip().lower() for name in next(csv.reader([first], delimiter=delimiter), [])
    ]
    problem = _header_problem(header)
    if problem:
        yield Read(1, refusal=problem)
        return
    yield from _rows(lines, header, delimiter)


def _rows(lines: Iterator[str], header: list[str], delimiter: str) -> Iterator[Read]:
    reader = csv.reader(lines, delimiter=delimiter, strict=False)
    while True:
        line = reader.line_num + 2  # the header was line 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield Read(
                line,
                refusal="une cellule est démesurée, ou un guillemet n’est pas refermé.",
            )
            continue
        if not any(cell.strip() for cell in cells):
            continue
        yield _read(line, header, cells)


def _read(line: int, header: list[str], cells: list[str]) -> Read:
    if len(cells) != len(header):
        told = f"{len(cells)} cellules lues, {len(header)} attendues."
        return Read(line, refusal=told)
    named = dict(zip(header, (cell.strip() for cell in cells), strict=True))
    problems = [problem for name, cell in named.items() for problem in _hostile(name, cell)]
    if problems:
        return Read(line, refusal=" ".join(problems))
    remarks: list[str] = []
    try:
        row = read_row(named, remarks)
    except RowRefused as refused:
        return Read(line, refusal=" ".join(refused.problems))
    return Read(line, row, remarks=remarks)


def _hostile(name: str, cell: str) -> Iterator[str]:
    strange = _CONTROL.search(cell)
    if strange and strange.group() >= "\ud800":
        yield f"Colonne « {name} » : des caractères ne sont pas en UTF-8."
    elif strange:
        yield f"Colonne « {name} » : caractère de contrôle interdit (U+{ord(strange.group()):04X})."
    if cell.startswith(("=", "@")):
        yield f"Colonne « {name} » : une formule de tableur (« {cell[0]} ») n’est pas acceptée."


def _header_problem(header: list[str]) -> str:
    if not any(header):
        return "Le fichier est vide."
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        return (
            f"Colonnes absentes : {', '.join(missing)}. Le fichier doit suivre le schéma "
            "national « dispositif-aide » (schema.data.gouv.fr)."
        )
    twice = sorted({name for name in header if name and header.count(name) > 1})
    return f"Colonnes en double : {', '.join(twice)}." if twice else ""


def _lines(stream: BinaryIO) -> Iterator[str]:
    """Physical lines, never longer than we can hold; undecodable bytes stay visible."""
    text = io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="")
    try:
        while line := text.readline(_LONGEST_LINE):
            whole = line
            while len(line) == _LONGEST_LINE and not line.endswith("\n"):
                line = text.readline(_LONGEST_LINE)
            yield whole
    finally:
        text.detach()  # the stream stays its owner's
