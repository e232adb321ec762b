"""What the cells of a column say, cut into the fewest pieces that they tell apart.

Between two bounds that no cell mentions, every value meets the same rules: one value of
each such piece is enough to know what a table does everywhere. Cells that depend on
anything but constants are not judged: their rules may apply, or not.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cmp_to_key
from itertools import pairwise
from typing import Any

from engine.decisions.tables import Input, Table
from engine.feel import UnaryTests, YearsMonths, functions, tree
from engine.feel.closures import build
from engine.feel.errors import FeelError
from engine.feel.limits import Run
from engine.feel.parser import parse_tests
from engine.feel.scope import Scope
from engine.feel.values import KINDS, compare

_TRANSPARENT = (tree.Tests, tree.Anything, tree.Bound, tree.Interval, tree.ListOf)
_CONSTRUCTORS = frozenset({"date", "time", "date and time", "duration"})
_MOST_TESTS = 300_000
_OTHER = "(autre)"
_STEPS: dict[type, Any] = {
    Decimal: Decimal(1),
    date: timedelta(days=1),
    datetime: timedelta(days=1),
    timedelta: timedelta(days=1),
    YearsMonths: 1,
}


class TooLarge(Exception):
    """Judging the table would take too long."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some values of a column that meet the same rules, and one of them.

    Rules are bits, the first rule being bit 0: `sure` certainly accept these values,
    `maybe` also holds those that cannot be judged. `expected` is false of values that
    the table may well leave aside: texts that no cell names, dates before the first,
    negative numbers when the least mentioned is 0.
    """

    value: Any
    expected: bool
    sure: int
    maybe: int


@dataclass(frozen=True, slots=True)
class Column:
    """A column of conditions, in pieces; only one when it cannot be judged."""

    label: str
    pieces: tuple[Piece, ...]
    known: bool


def columns(table: Table) -> tuple[Column, ...]:
    """The table's columns of conditions."""
    return tuple(
        _column(one, [rule.conditions[place] for rule in table.rules])
        for place, one in enumerate(table.inputs)
    )


def constants(tests: UnaryTests) -> list[Any] | None:
    """The values a cell compares with; None when it holds anything but constants."""
    try:
        node = parse_tests(tests.source.strip() or "-", functions.NAMES)
        return [build(leaf)(Scope({}, None, Run())) for leaf in _leaves(node)]
    except (FeelError, _NotConstant):
        return None


class _NotConstant(Exception):
    """The cell depends on data."""


def _leaves(node: tree.Node) -> Iterator[tree.Node]:
    if isinstance(node, _TRANSPARENT):
        for child in tree.children(node):
            yield from _leaves(child)
    elif is_constant(node):
        yield node
    else:
        raise _NotConstant


def is_constant(node: tree.Node) -> bool:
    """Whether this is a value written in full, such as `3` or `date("2026-01-01")`."""
    if isinstance(node, tree.Call):
        called = node.function.name if isinstance(node.function, tree.Name) else ""
        return called in _CONSTRUCTORS and all(map(is_constant, node.arguments))
    if isinstance(node, tree.Negation):
        return is_constant(node.operand)
    return isinstance(node, tree.Literal)


def _column(column: Input, cells: list[UnaryTests]) -> Column:
    found = [constants(cell) for cell in cells]
    allowed = constants(column.values) or []
    mentioned = [one for values in (*found, allowed) for one in values or ()]
    if len(mentioned) * len(cells) > _MOST_TESTS:
        raise TooLarge
    values = [
        (one, expected)
        for one, expected in _representatives(mentioned)
        if not allowed or column.values.matches(one, {}) is True
    ]
    judged = [bool(values) and one is not None for one in found]
    pieces = [_piece(*each, cells, judged) for each in values or [(None, True)]]
    return Column(column.label, tuple(_merged(pieces)), known=bool(values))


def _piece(
    value: Any, expected: bool, cells: list[UnaryTests], judged: list[bool]
) -> Piece:
    sure = maybe = 0
    for place, cell in enumerate(cells):
        if cell.source.strip() in {"", "-"}:
            accepted = True
        elif judged[place]:
            accepted = cell.matches(value, {}) is True
        else:
            maybe |= 1 << place
            continue
        sure |= accepted << place
    return Piece(value, expected, sure, maybe | sure)


def _merged(pieces: list[Piece]) -> Iterator[Piece]:
    """One piece for each set of rules, expected when one of its values is."""
    seen: dict[tuple[int, int], Piece] = {}
    for piece in sorted(pieces, key=lambda one: not one.expected):
        seen.setdefault((piece.sure, piece.maybe), piece)
    return iter(seen.values())


def _representatives(mentioned: list[Any]) -> list[tuple[Any, bool]]:
    """A value of each piece that the values mentioned cut out, and whether it is expected.

    None at all when their kinds do not mix.
    """
    kinds = {KINDS[type(one)] for one in mentioned}
    if kinds == {"boolean"}:
        return [(True, True), (False, True)]
    if kinds == {"string"}:
        named = [(one, True) for one in dict.fromkeys(mentioned)]
        return [*named, (_OTHER, False)]
    if len(kinds) != 1 or type(mentioned[0]) not in _STEPS:
        return []
    points = _sorted(mentioned)
    inner = [one for low, high in pairwise(points) for one in (low, _between(low, high))]
    first, last = points[0], points[-1]
    starts = KINDS[type(first)] in {"date", "date and time"} or _is_zero(first)
    found = [(_moved(first, -1), not starts)]
    found += [(one, True) for one in (*inner, last, _moved(last, 1))]
    return [(one, expected) for one, expected in found if one is not None]


def _sorted(values: list[Any]) -> list[Any]:
    def order(one: Any, other: Any) -> int:
        return compare(one, other, Run()) or 0

    ordered = sorted(values, key=cmp_to_key(order))
    return [ordered[0], *(high for low, high in pairwise(ordered) if order(low, high))]


def _is_zero(value: Any) -> bool:
    return value in (Decimal(), timedelta(), YearsMonths(0))


def _moved(value: Any, times: int) -> Any:
    step = _STEPS[type(value)] * times
    try:
        if isinstance(value, YearsMonths):
            return YearsMonths(value.months + step)
        return value + step
    except OverflowError:  # beyond the last date
        return None


def _between(low: Any, high: Any) -> Any:
    """A value strictly between the two; None when there is none."""
    found: Any
    if isinstance(low, YearsMonths):
        found = YearsMonths((low.months + high.months) // 2)
    elif isinstance(low, Decimal):
        found = _round_between(low, high)
    else:
        found = low + (high - low) / 2
    return found if found not in (low, high) else None


def _round_between(low: Decimal, high: Decimal) -> Decimal:
    """The whole number after `low` when it will do: easier to read than a middle."""
    whole = low.to_integral_value() + 1
    return whole if low < whole < high else (low + high) / 2
