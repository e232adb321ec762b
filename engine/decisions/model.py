"""The decisions of one file, and how they depend on each other."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine import feel
from engine.decisions import xml
from engine.decisions.boxed import Boxes
from engine.decisions.problems import Reading
from engine.decisions.tables import MatchedRule
from engine.decisions.typing import typed
from engine.feel import FeelLimitExceeded
from engine.feel.closures import build
from engine.feel.errors import FeelSyntaxError
from engine.feel.free import free_names
from engine.feel.limits import Run
from engine.feel.scope import MISSING, Evaluate, Inputs, Scope

_SINGLE = frozenset(("string", "number", "boolean", "date", "time", "date and time"))
_KINDS = ("decision", "businessKnowledgeModel", "inputData")


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision's plain outputs, and the rules that gave them, required decisions first."""

    outputs: Any
    rules: tuple[MatchedRule, ...]


@dataclass(slots=True, eq=False)
class _Part:
    """A decision, a function or an input of the file; `requires` are those it may read."""

    id: str
    name: str
    kind: str
    type: str
    logic: Evaluate | None = None
    names: frozenset[str] = frozenset()
    requires: list["_Part"] = field(default_factory=list)


class Decision:
    """One compiled decision, with those it requires; immutable, shared between threads."""

    __slots__ = ("_part", "id", "name", "names")

    def __init__(self, part: _Part, name: str) -> None:
        self.id = part.id
        self.name = name
        self.names = _names(part, {})
        """The process variables it reads, itself or through what it requires."""
        self._part = part

    def evaluate(self, context: Mapping[str, Any]) -> Any:
        """The plain result on plain process data; null when no rule applies.

        Raises FeelRuntimeError when rules contradict the hit policy or the result is not
        plain, FeelLimitExceeded when it asks too much.
        """
        return self._plain(context, Run())

    def explain(self, context: Mapping[str, Any]) -> Explanation:
        """The same, with the rules that applied. Raises as `evaluate`."""
        run = Run(matched=[])
        outputs = self._plain(context, run)
        return Explanation(outputs, tuple(run.matched or ()))

    def _plain(self, context: Mapping[str, Any], run: Run) -> Any:
        try:
            return feel.plain(_value(self._part, Scope(Inputs(context), None, run), {}))
        except RecursionError:
            raise FeelLimitExceeded("Les décisions sont trop imbriquées.") from None


def _value(part: _Part, root: Scope, known: dict[str, Any]) -> Any:
    """The part's FEEL value; each is computed once, and reads only what it requires."""
    if part.id in known:
        return known[part.id]
    if part.kind == "inputData":
        value = root.find(part.name)
        value = None if value is MISSING else typed(value, part.type)
    else:
        names: dict[str, Any] = {}
        for required in part.requires:
            names[required.id] = names[required.name] = _value(required, root, known)
        value = part.logic(root.inside(names)) if part.logic else None
        if isinstance(value, list) and len(value) == 1 and part.type in _SINGLE:
            value = value[0]  # DMN 1.5 §10.3.2.9.4: a list of one stands for its item
    known[part.id] = value
    return value


def _names(part: _Part, known: dict[str, frozenset[str]]) -> frozenset[str]:
    if part.id not in known:
        known[part.id] = frozenset()  # a loop, refused elsewhere, stops here
        given = {name for one in part.requires for name in (one.id, one.name)}
        inputs = {one.name for one in part.requires if one.kind == "inputData"}
        below = [_names(one, known) for one in part.requires]
        known[part.id] = frozenset((part.names - given).union(inputs, *below))
    return known[part.id]


def read_model(root: xml.Element) -> tuple[dict[str, Decision], list[str]]:
    """Every decision by its id, and the problems that make the file unusable."""
    reading = Reading(_all_names(root))
    parts: dict[str, _Part] = {}
    elements: dict[str, xml.Element] = {}
    for element in xml.children(root, *_KINDS):
        part = _part(element)
        if part.id in parts:
            reading.refuse(
                f"Décision « {xml.named(element)} »", "son identifiant sert déjà."
            )
        parts[part.id], elements[part.id] = part, element
    for key, element in elements.items():
        _require(parts[key], element, parts, reading)
        if parts[key].kind != "inputData":
            _read_logic(parts[key], element, reading)
    _refuse_loops(parts, reading)
    decisions = {
        part.id: Decision(part, xml.named(elements[part.id]))
        for part in parts.values()
        if part.kind == "decision"
    }
    if not decisions:
        reading.refuse("Fichier DMN", "il ne contient aucune décision.")
    return decisions, reading.problems


def _all_names(root: xml.Element) -> set[str]:
    names = {one.get(key) for one in root.iter() for key in ("name", "iteratorVariable")}
    return {name for name in names if name}


def _part(element: xml.Element) -> _Part:
    variable = xml.child(element, "variable")
    name = (variable.get("name") if variable is not None else None) or element.get("name")
    key = element.get("id") or element.get("name") or "sans nom"
    return _Part(key, name or key, xml.kind(element), xml.type_of(variable))


def _require(
    part: _Part, element: xml.Element, parts: dict[str, _Part], reading: Reading
) -> None:
    for link in xml.children(element, "informationRequirement", "knowledgeRequirement"):
        for target in xml.children(link):
            key = (target.get("href") or "").rpartition("#")[2]
            if key in parts:
                part.requires.append(parts[key])
            else:
                reading.refuse(
                    f"Décision « {xml.named(element)} »",
                    f"elle requiert « {key} », absent.",
                )


def _read_logic(part: _Part, element: xml.Element, reading: Reading) -> None:
    boxes = Boxes(part.id, xml.named(element), reading)
    if part.kind == "businessKnowledgeModel":
        function = xml.child(element, "encapsulatedLogic")
        node = boxes.inside(element) if function is None else boxes.function(function)
    else:
        node = boxes.inside(element)
    try:
        part.logic, part.names = build(node), free_names(node).certain
    except FeelSyntaxError as error:
        reading.refuse(boxes.where, str(error))
    except RecursionError:
        reading.refuse(boxes.where, "elle est trop imbriquée.")


def _refuse_loops(parts: dict[str, _Part], reading: Reading) -> None:
    done: set[str] = set()

    def visit(part: _Part, path: tuple[str, ...]) -> None:
        if part.id in path:
            circle = " → ".join((*path[path.index(part.id) :], part.id))
            reading.refuse(
                f"Décision « {part.name} »", f"elle dépend d'elle-même ({circle})."
            )
            return
        if part.id in done:
            return
        for required in part.requires:
            visit(required, (*path, part.id))
        done.add(part.id)

    for part in parts.values():
        visit(part, ())
