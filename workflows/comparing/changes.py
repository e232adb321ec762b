"""What a comparison says: files, the things in them that changed, and how."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import TypeVar

ADDED, REMOVED, CHANGED, MOVED, DRAWN = "added", "removed", "changed", "moved", "drawn"
"""`moved`: its place in an order that matters; `drawn`: its place on the drawing alone."""

NAME, NATURE = "nom", "nature"

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Detail:
    """One fact of a thing: what it was, and what it is; empty where it is not."""

    label: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Change:
    """One thing that changed. `kind` is what it is, `element` its id, `name` what people read."""

    what: str
    kind: str
    element: str
    name: str
    details: tuple[Detail, ...] = ()


@dataclass(frozen=True)
class Line:
    """One line of a text: `+` added, `-` removed, a space for one that stays, `…` a gap."""

    mark: str
    text: str


@dataclass(frozen=True)
class FileChange:
    """A file that differs: its changes, or its lines when it is a text."""

    name: str
    what: str
    changes: tuple[Change, ...] = ()
    lines: tuple[Line, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Thing:
    """One thing of a file, as it is compared: `facts` are what is said of it, by label.

    `drawn` is how it is drawn; what is `in_order` is compared by its place too.
    """

    id: str
    kind: str
    name: str
    facts: Mapping[str, str] = field(default_factory=dict)
    drawn: str = ""
    in_order: str = ""


def differences(before: Sequence[Thing], after: Sequence[Thing]) -> list[Change]:
    """What was removed, added, changed, moved or drawn elsewhere, matched by id."""
    old, new = {t.id: t for t in before}, {t.id: t for t in after}
    found = [_told(REMOVED, t) for t in before if t.id not in new]
    found += [_told(ADDED, t) for t in after if t.id not in old]
    displaced = moved(before, after)
    for thing in after:
        if (was := old.get(thing.id)) is None:
            continue
        details = changed_facts(
            {NATURE: was.kind, **was.facts}, {NATURE: thing.kind, **thing.facts}
        )
        if details:
            found.append(Change(CHANGED, thing.kind, thing.id, thing.name, details))
        elif thing.id in displaced:
            found.append(Change(MOVED, thing.kind, thing.id, thing.name))
        elif was.drawn != thing.drawn:
            found.append(Change(DRAWN, thing.kind, thing.id, thing.name))
    return found


def _told(what: str, thing: Thing) -> Change:
    """A thing that was not there, or no longer is, with what it says."""
    details = tuple(
        Detail(label, *(("", value) if what == ADDED else (value, "")))
        for label, value in thing.facts.items()
        if label != NAME
    )
    return Change(what, thing.kind, thing.id, thing.name, details)


def changed_facts(
    before: Mapping[str, str], after: Mapping[str, str]
) -> tuple[Detail, ...]:
    """The facts that are not the same on both sides."""
    labels = dict.fromkeys([*before, *after])
    return tuple(
        Detail(label, before.get(label, ""), after.get(label, ""))
        for label in labels
        if before.get(label) != after.get(label)
    )


def moved(before: Sequence[Thing], after: Sequence[Thing]) -> frozenset[str]:
    """Which of the things on both sides have changed places among their own."""
    orders = {t.in_order for t in after if t.in_order}
    kept = {t.id: t.in_order for t in before}
    found = set[str]()
    for order in orders:
        new = [t.id for t in after if t.in_order == order and kept.get(t.id) == order]
        old = [t.id for t in before if t.in_order == order and t.id in set(new)]
        found |= set(new) - in_place(old, new)
    return frozenset(found)


def in_place(before: Sequence[Key], after: Sequence[Key]) -> set[Key]:
    """Those that need not move to go from one order to the other."""
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    return {one for block in blocks for one in after[block.b : block.b + block.size]}


def unique(labels: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Facts with a number after the labels that come several times."""
    found: dict[str, str] = {}
    for label, value in labels:
        name, turn = label, 1
        while name in found:
            turn += 1
            name = f"{label} ({turn})"
        found[name] = value
    return found
