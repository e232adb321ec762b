"""Two people answered the same form: what each changed, and both put together.

Answers are compared by dotted name; a list (repeated rows, several choices) is one answer.
A text that could not be read counts as the answer that it was meant to be.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from forms.model import JSON

Raw = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Answers:
    """What one person has on the form: values, and texts that could not be read."""

    values: Mapping[str, JSON]
    raw: Raw

    def leaves(self) -> dict[str, JSON]:
        """Every answer by dotted name."""
        found = dict(_leaves(self.values))
        for name, texts in self.raw.items():
            owner = _owner(name, found)
            kept = found.get(owner)
            found[owner] = [kept, list(texts)] if owner != name else list(texts)
        return found


@dataclass(frozen=True)
class Difference:
    """One answer that somebody changed: as it was, as each has it now."""

    name: str
    before: JSON
    mine: JSON
    theirs: JSON

    @property
    def conflict(self) -> bool:
        """Whether both changed it, differently."""
        return not _same(self.before, self.mine) and not _same(self.before, self.theirs)

    @property
    def by_me(self) -> bool:
        """Whether I alone changed it."""
        return _same(self.before, self.theirs)


def compare(seen: Answers, mine: Answers, theirs: Answers) -> list[Difference]:
    """What differs between two people who both started from what was `seen`."""
    was, here, there = seen.leaves(), mine.leaves(), theirs.leaves()
    names = dict.fromkeys([*here, *there])
    return [
        Difference(name, was.get(name), here.get(name), there.get(name))
        for name in names
        if not _same(here.get(name), there.get(name))
    ]


def merge(mine: Answers, theirs: Answers, from_mine: Iterable[str]) -> Answers:
    """Theirs, with the answers named taken from mine."""
    values, raw = _copy(theirs.values), dict(theirs.raw)
    for name in from_mine:
        _put(values, name.split("."), _get(mine.values, name.split(".")))
        raw = {k: v for k, v in raw.items() if not _within(k, name)}
        raw |= {k: v for k, v in mine.raw.items() if _within(k, name)}
    return Answers(values, raw)


def _leaves(values: Mapping[str, JSON], prefix: str = "") -> Iterable[tuple[str, JSON]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _owner(name: str, leaves: Mapping[str, JSON]) -> str:
    """The answer that a text belongs to: its own, or the rows that hold it."""
    parts = name.split(".")
    above = (".".join(parts[:n]) for n in range(len(parts) - 1, 0, -1))
    return next((one for one in above if one in leaves), name)


def _within(name: str, answer: str) -> bool:
    return name == answer or name.startswith(f"{answer}.")


def _same(one: JSON, other: JSON) -> bool:
    """No answer is one, however it is written."""
    return one == other or (_empty(one) and _empty(other))


def _empty(value: JSON) -> bool:
    return value is None or value is False or value in ("", [])


def _copy(values: Mapping[str, JSON]) -> dict[str, JSON]:
    return {k: _copy(v) if isinstance(v, Mapping) else v for k, v in values.items()}


def _get(values: JSON, path: Sequence[str]) -> JSON:
    for key in path:
        values = values.get(key) if isinstance(values, Mapping) else None
    return values


def _put(values: dict[str, JSON], path: Sequence[str], value: JSON) -> None:
    for key in path[:-1]:
        inner = values.get(key)
        values[key] = inner if isinstance(inner, dict) else {}
        values = values[key]
    values[path[-1]] = value
