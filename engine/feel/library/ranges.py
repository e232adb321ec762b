"""How points and intervals stand to each other (Allen's relations, DMN 1.5 §10.3.4.9)."""

from collections.abc import Callable
from typing import Any

from engine.feel import tree
from engine.feel.errors import FeelSyntaxError, Undefined
from engine.feel.functions import NAMES, function
from engine.feel.limits import Run
from engine.feel.parser import parse
from engine.feel.values import Range, compare

Relation = Callable[[Range, Range, Run], bool]


def _interval(value: Any) -> Range:
    return value if isinstance(value, Range) else Range(value, value)


def _order(one: Any, other: Any, run: Run) -> int:
    order = compare(one, other, run)
    if order is None:
        raise Undefined("ces valeurs ne se comparent pas")
    return order


def _starts(one: Range, other: Range, run: Run) -> tuple[int, int]:
    """How the two starts compare: by value, then by which one is included."""
    return _order(one.low, other.low, run), other.low_included - one.low_included


def _ends(one: Range, other: Range, run: Run) -> tuple[int, int]:
    return _order(one.high, other.high, run), one.high_included - other.high_included


def _before(one: Range, other: Range, run: Run) -> bool:
    order = _order(one.high, other.low, run)
    return order < 0 or (order == 0 and not (one.high_included and other.low_included))


def _meets(one: Range, other: Range, run: Run) -> bool:
    return (
        one.high_included and other.low_included and _order(one.high, other.low, run) == 0
    )


def _includes(one: Range, other: Range, run: Run) -> bool:
    return _starts(one, other, run) <= (0, 0) and _ends(one, other, run) >= (0, 0)


def _overlaps(one: Range, other: Range, run: Run) -> bool:
    return not _before(one, other, run) and not _before(other, one, run)


def _overlaps_before(one: Range, other: Range, run: Run) -> bool:
    return (
        _starts(one, other, run) < (0, 0)
        and _ends(one, other, run) <= (0, 0)
        and _overlaps(one, other, run)
    )


def _starts_with(one: Range, other: Range, run: Run) -> bool:
    return _starts(one, other, run) == (0, 0) and _ends(one, other, run) <= (0, 0)


def _finishes(one: Range, other: Range, run: Run) -> bool:
    return _ends(one, other, run) == (0, 0) and _starts(one, other, run) >= (0, 0)


def _coincides(one: Range, other: Range, run: Run) -> bool:
    return _starts(one, other, run) == (0, 0) and _ends(one, other, run) == (0, 0)


def _declare(name: str, related: Relation) -> None:
    @function(name, "range1: any", "range2: any")
    def relation(run: Run, one: Any, other: Any) -> bool:
        return related(_interval(one), _interval(other), run)


def _reversed(related: Relation) -> Relation:
    return lambda one, other, run: related(other, one, run)


for _name, _related in {
    "before": _before,
    "after": _reversed(_before),
    "meets": _meets,
    "met by": _reversed(_meets),
    "overlaps": _overlaps,
    "overlaps before": _overlaps_before,
    "overlaps after": _reversed(_overlaps_before),
    "finishes": _finishes,
    "finished by": _reversed(_finishes),
    "includes": _includes,
    "during": _reversed(_includes),
    "starts": _starts_with,
    "started by": _reversed(_starts_with),
    "coincides": _coincides,
}.items():
    _declare(_name, _related)


@function("range", "from: string", cost=40)
def range_from(run: Run, text: str) -> Range:
    """Reads `[1..10)`; both ends are written in full."""
    from engine.feel.closures import build  # they call this room's functions
    from engine.feel.scope import Scope

    try:
        node = parse(text, NAMES)
    except FeelSyntaxError as reason:
        raise Undefined(reason.message) from None
    if not isinstance(node, tree.Interval) or not (_plain(node.low) and _plain(node.high)):
        raise Undefined("on lit un intervalle de la forme [1..10]")
    run.spend(tree.size(node))
    value = build(node)(Scope({}, None, run))
    if not isinstance(value, Range) or (compare(value.low, value.high, run) or 0) > 0:
        raise Undefined("ces bornes ne font pas un intervalle")
    if value.low is None and value.high is None:
        raise Undefined("un intervalle a au moins une borne")
    return value


def _plain(node: tree.Node) -> bool:
    if isinstance(node, tree.Call):
        return all(isinstance(argument, tree.Literal) for argument in node.arguments)
    return isinstance(node, tree.Literal)
