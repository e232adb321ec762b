"""What one must say to try a decision: the data it reads, as its tables present them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from engine.decisions.model import Decision
from engine.decisions.parts import tables_below

_PATH = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


@dataclass(frozen=True, slots=True)
class Need:
    """A datum a decision reads: where it is in the data, its label, its FEEL kind if known."""

    path: str
    label: str
    type: str


def needs(decision: Decision) -> list[Need]:
    """The data that a decision reads, itself or through what it requires, each once.

    A column that looks at a path (`application.amount`) asks for that path alone; what is
    read in any other way is asked for by its name.
    """
    found = {one.path: one for one in _of_columns(decision)}
    told = {path.partition(".")[0] for path in found}
    for name in sorted(decision.names - told):
        found[name] = Need(name, name, "")
    return list(found.values())


def _of_columns(decision: Decision) -> Iterator[Need]:
    for table in tables_below(decision.part):
        for column in table.inputs:
            path = column.expression.source.strip().removeprefix("=").strip()
            head = path.partition(".")[0]
            if _PATH.fullmatch(path) and head in decision.names:
                yield Need(path, column.label, column.type)
