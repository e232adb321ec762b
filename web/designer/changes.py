"""What changes between two folders, file by file, as lines that people can read."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import unified_diff

from flask_babel import lazy_gettext as _

MOST_LINES = 400
LONGEST_LINE = 300
MOST_COMPARED = 20_000
"""Lines of one file beyond which it is only said that it changed."""

ADDED, REMOVED, CHANGED = _("ajouté"), _("supprimé"), _("modifié")


@dataclass(frozen=True)
class Change:
    """A file that differs; `lines` are those of a unified diff, each with its sign."""

    name: str
    what: object
    lines: list[str]
    cut: bool


def between(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[Change]:
    """The files that differ, by name."""
    names = sorted(before.keys() | after.keys())
    return [
        _change(name, before.get(name), after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    ]


def _change(name: str, old: bytes | None, new: bytes | None) -> Change:
    if old is None or new is None:
        return Change(name, ADDED if old is None else REMOVED, [], False)
    was, now = (
        old.decode(errors="replace").split("\n"),
        new.decode(errors="replace").split("\n"),
    )
    if len(was) + len(now) > MOST_COMPARED:
        return Change(name, CHANGED, [], True)
    found = [line[:LONGEST_LINE] for line in unified_diff(was, now, lineterm="", n=1)][2:]
    return Change(name, CHANGED, found[:MOST_LINES], len(found) > MOST_LINES)
