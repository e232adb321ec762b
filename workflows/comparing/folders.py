"""Two folders compared file by file, each by what it is."""

from collections.abc import Mapping
from difflib import SequenceMatcher

from engine.decisions.xml import NotXml
from engine.spiff.errors import DiagramRefused
from workflows.comparing.changes import ADDED, CHANGED, REMOVED, Change, FileChange, Line
from workflows.comparing.diagrams import compare_diagrams
from workflows.comparing.forms import compare_forms
from workflows.comparing.tables import compare_tables

AROUND = 3
"""Lines that stay, shown before and after one that changes."""
MOST_LINES = 3000
UNREADABLE = "Ce fichier n’a pas pu être lu des deux côtés : ses lignes sont comparées."
REWRITTEN = "Seule l’écriture du fichier change (espaces, ordre, commentaires)."
TOO_LONG = (
    f"Ce fichier compte plus de {MOST_LINES} lignes : seules les premières sont comparées."
)


def compare(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[FileChange]:
    """The files that differ, by name; none when the folders are the same."""
    names = sorted({*before, *after}, key=lambda name: (_rank(name), name))
    return [
        _file(name, before.get(name), after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    ]


def _rank(name: str) -> int:
    suffixes = (".bpmn", ".dmn", ".form.json", ".letter.md")
    return next((n for n, suffix in enumerate(suffixes) if name.endswith(suffix)), 9)


def _file(name: str, before: bytes | None, after: bytes | None) -> FileChange:
    if before is None:
        return FileChange(name, ADDED)
    if after is None:
        return FileChange(name, REMOVED)
    try:
        changes = _changes(name, before, after)
    except (DiagramRefused, NotXml, ValueError, RecursionError):
        return _texts(name, before, after, UNREADABLE)
    if changes is None:
        return _texts(name, before, after)
    return FileChange(name, CHANGED, tuple(changes), problem="" if changes else REWRITTEN)


def _changes(name: str, before: bytes, after: bytes) -> list[Change] | None:
    if name.endswith(".bpmn"):
        return compare_diagrams(before, after, name)
    if name.endswith(".dmn"):
        return compare_tables(before, after)
    if name.endswith(".form.json"):
        return compare_forms(before, after)
    return None


def _texts(name: str, before: bytes, after: bytes, problem: str = "") -> FileChange:
    old, new = (part.decode("utf-8", "replace").splitlines() for part in (before, after))
    lines = lines_of(old[:MOST_LINES], new[:MOST_LINES])
    if max(len(old), len(new)) > MOST_LINES:
        problem = TOO_LONG
    elif not lines and not problem:
        problem = REWRITTEN
    return FileChange(name, CHANGED, lines=tuple(lines), problem=problem)


def lines_of(before: list[str], after: list[str]) -> list[Line]:
    """The lines that differ, with a few around them."""
    found: list[Line] = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for turn, group in enumerate(matcher.get_grouped_opcodes(AROUND)):
        if turn:
            found.append(Line("…", ""))
        for tag, first, last, start, end in group:
            if tag == "equal":
                found += [Line(" ", text) for text in before[first:last]]
                continue
            found += [Line("-", text) for text in before[first:last]]
            found += [Line("+", text) for text in after[start:end]]
    return found
