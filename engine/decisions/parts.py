"""The parts of decision models, how they depend on each other, and what they are worth."""

from dataclasses import dataclass, field
from typing import Any

from engine.decisions.tables import Table
from engine.decisions.typing import Fit, fitted
from engine.feel.errors import Undefined
from engine.feel.limits import Run
from engine.feel.scope import MISSING, Evaluate, Scope
from engine.feel.values import Function

Known = dict["Part", Any]


@dataclass(slots=True, eq=False)
class Part:
    """A decision, a function (BKM), an input or a decision service of a file.

    `requires` are the parts it may read, each with the prefix of the import it comes
    from (empty for its own file). A service gives its `outputs`, from `given` values:
    inputs, and decisions that are not computed but told.
    """

    id: str
    name: str
    kind: str
    fit: Fit | None = None
    logic: Evaluate | None = None
    names: frozenset[str] = frozenset()
    requires: list[tuple[str, "Part"]] = field(default_factory=list)
    outputs: list["Part"] = field(default_factory=list)
    given: list["Part"] = field(default_factory=list)
    tables: tuple[Table, ...] = ()


def outcome(part: Part, root: Scope) -> Any:
    """The FEEL value of a decision, or of a service, on the data of `root`."""
    if part.kind == "decisionService":
        return _serve(part, root)
    return value(part, root, {})


def value(part: Part, root: Scope, known: Known) -> Any:
    """The part's FEEL value; each is computed once, and reads only what it requires."""
    if part not in known:
        known[part] = _compute(part, root, known)
    return known[part]


def _compute(part: Part, root: Scope, known: Known) -> Any:
    if part.kind == "inputData":
        return _told(part, root)
    if part.kind == "decisionService":
        return _as_function(part)
    names: dict[str, Any] = {}
    for prefix, required in part.requires:
        spot = names.setdefault(prefix, {}) if prefix else names
        spot[required.id] = spot[required.name] = value(required, root, known)
    found = part.logic(root.inside(names)) if part.logic else None
    return (
        found
        if part.kind == "businessKnowledgeModel"
        else fitted(found, part.fit, root.run)
    )


def _told(part: Part, root: Scope) -> Any:
    found = root.find(part.name)
    return None if found is MISSING else fitted(found, part.fit, root.run)


def _serve(service: Part, root: Scope) -> Any:
    known: Known = {part: _told(part, root) for part in service.given}
    results = {one.name: value(one, root, known) for one in service.outputs}
    found = next(iter(results.values())) if len(results) == 1 else results
    return fitted(found, service.fit, root.run)


def _as_function(service: Part) -> Function:
    names = tuple(part.name for part in service.given)

    def call(values: list[Any], run: Run) -> Any:
        if len(values) != len(names):
            raise Undefined(f"Le service « {service.name} » attend {len(names)} valeur(s)")
        return _serve(service, Scope(dict(zip(names, values, strict=True)), None, run))

    return Function(names, call)


def names_read(part: Part, known: dict[Part, frozenset[str]]) -> frozenset[str]:
    """The process variables that a part reads, itself or through what it requires."""
    if part not in known:
        known[part] = frozenset()  # a loop, refused elsewhere, stops here
        if part.kind == "inputData":
            known[part] = frozenset({part.name})
        elif part.kind == "decisionService":
            below: dict[Part, frozenset[str]] = {
                one: frozenset({one.name}) for one in part.given
            }
            known[part] = frozenset().union(
                *(names_read(one, below) for one in part.outputs)
            )
        else:
            known[part] = _read_by_logic(part, known)
    return known[part]


def _read_by_logic(part: Part, known: dict[Part, frozenset[str]]) -> frozenset[str]:
    given = {prefix or name for prefix, one in part.requires for name in (one.id, one.name)}
    needed = [
        names_read(one, known)
        for _, one in part.requires
        if one.kind != "decisionService"  # called with values of its own
    ]
    return (part.names - given).union(*needed)


def tables_below(part: Part) -> list[Table]:
    """The tables of a part, and of those it requires."""
    seen: dict[Part, None] = {}
    waiting = [part]
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen[one] = None
            waiting += [*(below for _, below in one.requires), *one.outputs]
    return [table for one in seen for table in one.tables]


def loops(parts: list[Part]) -> list[list[Part]]:
    """The circles of parts that depend on themselves, one for each way in."""
    done: set[Part] = set()
    found: list[list[Part]] = []

    def visit(part: Part, path: list[Part]) -> None:
        if part in path:
            found.append([*path[path.index(part) :], part])
            return
        if part not in done:
            for below in (*(one for _, one in part.requires), *part.outputs):
                visit(below, [*path, part])
            done.add(part)

    for part in parts:
        visit(part, [])
    return found
