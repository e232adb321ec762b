"""`for`, `some`, `every` and filters: every turn is counted, so none runs for ever."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from engine.feel import tree
from engine.feel.limits import Run, checked_list
from engine.feel.scope import Evaluate, Scope
from engine.feel.unary import Build
from engine.feel.values import DECIMAL128, Range

Turns = Iterator[Scope]


def build_for(node: tree.For, build: Build) -> Evaluate:
    """A list, one item a turn; null when a source cannot be iterated."""
    turns, body = _turns(node.iterators, build), build(node.body)
    cost, partial = tree.size(node.body), tree.uses(node.body, "partial")

    def evaluate(scope: Scope) -> list[Any] | None:
        results: list[Any] = []
        try:
            for inner in turns(scope):
                scope.run.spend(cost)
                if partial:
                    scope.run.spend(len(results))
                    inner = inner.inside({"partial": list(results)})  # noqa: PLW2901
                results.append(body(inner))
                checked_list(results)
        except _NotIterable:
            return None
        return results

    return evaluate


def build_quantified(node: tree.Quantified, build: Build) -> Evaluate:
    """`some`: true when one turn is; `every`: false when one turn is; else null or the rest."""
    turns, body = _turns(node.iterators, build), build(node.body)
    cost, decisive = tree.size(node.body), not node.every  # one such turn decides

    def evaluate(scope: Scope) -> bool | None:
        answer: bool | None = bool(node.every)
        try:
            for inner in turns(scope):
                scope.run.spend(cost)
                value = body(inner)
                if value is decisive:
                    return not node.every
                if not isinstance(value, bool):
                    answer = None
        except _NotIterable:
            return None
        return answer

    return evaluate


class _NotIterable(Exception):
    """The source of a loop is not a list, a range or a single value."""


def _turns(iterators: tuple[tree.Each, ...], build: Build) -> Any:
    sources = tuple(
        (one.name, build(one.source), build(one.last) if one.last else None)
        for one in iterators
    )

    def turns(scope: Scope, place: int = 0) -> Turns:
        if place == len(sources):
            yield scope
            return
        name, source, last = sources[place]
        value = source(scope)
        items = _values(value, scope.run) if last is None else _steps(value, last(scope))
        for item in items:
            scope.run.spend(1)
            yield from turns(scope.inside({name: item}), place + 1)

    return turns


def _values(value: Any, run: Run) -> Iterator[Any]:
    if value is None:
        raise _NotIterable
    if isinstance(value, list):
        return iter(value)
    if isinstance(value, Range):
        return _range(value)
    return iter((value,))


def _range(interval: Range) -> Iterator[Any]:
    for item in _steps(interval.low, interval.high):
        if item == interval.low and not interval.low_included:
            continue
        if item == interval.high and not interval.high_included:
            continue
        yield item


def _steps(first: Any, last: Any) -> Iterator[Any]:
    """From `first` to `last`, by one or by one day, upwards or downwards."""
    step: Any
    move: Callable[[Any, Any], Any]
    if isinstance(first, Decimal) and isinstance(last, Decimal):
        if any(end != end.to_integral_value() for end in (first, last)):
            raise _NotIterable
        step, move = Decimal(1), DECIMAL128.add
    elif type(first) is date and type(last) is date:
        step, move = timedelta(days=1), date.__add__
    else:
        raise _NotIterable
    up = first <= last
    current = first
    while current <= last if up else current >= last:
        yield current
        if current == last:
            return
        current = move(current, step if up else -step)


def build_filter(node: tree.Filter, build: Build) -> Evaluate:
    """The items that satisfy the condition, or the one at an index (from 1, or from the end)."""
    source, condition = build(node.source), build(node.condition)
    cost = tree.size(node.condition)
    if isinstance(node.condition, tree.Literal) and isinstance(
        node.condition.value, Decimal
    ):
        index = node.condition.value
        return lambda scope: _at(_listed(source(scope)), index, scope.run, node.position)

    def evaluate(scope: Scope) -> Any:
        items = _listed(source(scope))
        if items is None:
            return None
        if not items:
            return _empty(condition(scope))
        kept: list[Any] = []
        for item in items:
            scope.run.spend(cost)
            answer = condition(scope.inside_item(item))
            if isinstance(answer, Decimal):
                return _at(items, condition(scope), scope.run, node.position)
            if answer is True:
                kept.append(item)
        return kept

    return evaluate


def _listed(value: Any) -> list[Any] | None:
    return value if isinstance(value, list) or value is None else [value]


def _empty(answer: Any) -> list[Any] | None:
    return None if isinstance(answer, Decimal) else []


def _at(items: list[Any] | None, index: Any, run: Run, position: int) -> Any:
    if (
        items is None
        or not isinstance(index, Decimal)
        or index != index.to_integral_value()
    ):
        return None
    size = len(items)
    if not 1 <= abs(index) <= size:
        run.note(f"La liste a {size} élément(s) : pas d'élément {index}", position)
        return None
    return items[int(index) - 1 if index > 0 else int(index)]
