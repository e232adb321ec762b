"""From what was typed to clean values, with a sentence for each thing to put right.

A draft is judged on types only; a submission on everything. What could not be read stays
in `raw`, so that the page shows it again. Names starting with `_` are the page's own
(`_add:depenses`, `_del:depenses:2`, `_remove:rib:<sha256>`, `_next` …), and `csrf…` is not
ours: neither is ever a value.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from forms.answers import Answers, Files, Texts
from forms.judging import Judge
from forms.model import (
    JSON,
    Field,
    FieldError,
    FileRef,
    Group,
    Node,
    Page,
    Repeat,
    part,
    rows,
)
from forms.territories import Lookups
from forms.visibility import settle

STAY = ("_add:", "_del:", "_remove:", "_refresh")


@dataclass(frozen=True)
class Reading:
    """What a form read. `values` may enter a process only when `errors` is empty.

    `raw` holds the texts that could not be read, by dotted name; `actions` the buttons
    pressed. `stay` says that the same page must be shown again: rows or files moved.
    """

    values: dict[str, JSON]
    errors: tuple[FieldError, ...] = ()
    actions: tuple[str, ...] = ()
    raw: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def stay(self) -> bool:
        return any(action.startswith(STAY) for action in self.actions)


def read(
    pages: tuple[Page, ...],
    submitted: Texts,
    *,
    previous: Mapping[str, JSON],
    files: Files,
    page: int | None,
    draft: bool,
    context: Mapping[str, Any],
    lookups: Lookups,
    held: Iterable[FileRef] = (),
    misshapen: Iterable[str] = (),
) -> Reading:
    """Read one page (or all of them) over the values known before."""
    asked = pages if page is None else (pages[page],)
    known = [previous, *held]
    answers = Answers(submitted, files, known, lookups, set(misshapen))
    values: dict[str, JSON] = {}
    for each in pages:
        if each in asked:
            answers.nodes(each.nodes, "", "", previous, values)
        else:
            _copy(each.nodes, previous, values)
    settled = settle(tuple(node for each in pages for node in each.nodes), values, context)
    reading = Reading(settled.values, actions=tuple(answers.actions))
    judge = Judge(answers, settled, strict=not (draft or reading.stay))
    for each in asked:
        judge.nodes(each.nodes, settled.values, context, "", "")
    return Reading(
        settled.values,
        (*judge.errors, *answers.unknown()),
        reading.actions,
        {name: answers.raw[name] for name in answers.raw if name in judge.visible},
    )


def _copy(nodes: tuple[Node, ...], previous: JSON, into: dict[str, JSON]) -> None:
    """Keep the answers of a page that was not asked."""
    known = previous if isinstance(previous, Mapping) else {}
    for node in nodes:
        match node:
            case Field() if node.key in known:
                into[node.key] = known[node.key]
            case Group():
                within = into.setdefault(node.path, {}) if node.path else into
                _copy(node.nodes, part(known, node.path), within)
            case Repeat() if (found := rows(known, node)) is not None:
                into[node.path] = copied = []
                for row in found:
                    kept: dict[str, JSON] = {}
                    _copy(node.nodes, row, kept)
                    copied.append(kept)
            case _:
                pass
