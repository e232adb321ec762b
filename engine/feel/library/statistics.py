"""Sums, means and the like; nothing to count gives null."""

from decimal import Decimal
from functools import reduce
from typing import Any

from engine.feel.arithmetic import calculate
from engine.feel.errors import Undefined
from engine.feel.functions import function
from engine.feel.limits import Run
from engine.feel.values import DECIMAL128, compare


def _numbers(run: Run, items: list[Any]) -> list[Decimal]:
    run.spend(len(items))
    if not items:
        raise Undefined("la liste est vide")
    if not all(isinstance(item, Decimal) for item in items):
        raise Undefined("la liste ne contient pas que des nombres")
    return items


def _extreme(run: Run, items: list[Any], wanted: int) -> Any:
    run.spend(len(items))
    if not items:
        raise Undefined("la liste est vide")
    best = items[0]
    for item in items:
        order = compare(item, best, run)
        if order is None:
            raise Undefined("les éléments de la liste ne se comparent pas")
        if order == wanted:
            best = item
    return best


@function("min", "list: list", spread="unless one")
def minimum(run: Run, items: list[Any]) -> Any:
    return _extreme(run, items, -1)


@function("max", "list: list", spread="unless one")
def maximum(run: Run, items: list[Any]) -> Any:
    return _extreme(run, items, 1)


@function("sum", "list: list", spread="unless one")
def total(run: Run, items: list[Any]) -> Any:
    """Numbers, or durations of one kind."""
    run.spend(len(items))
    if not items:
        raise Undefined("la liste est vide")
    kinds = {type(item) for item in items}
    if len(kinds) != 1 or str in kinds:
        raise Undefined("la liste ne contient pas que des nombres")
    return reduce(lambda one, other: calculate("+", one, other), items)


@function("product", "list: list", spread="unless one")
def product(run: Run, items: list[Any]) -> Decimal:
    return reduce(DECIMAL128.multiply, _numbers(run, items))


@function("mean", "list: list", spread="unless one")
def mean(run: Run, items: list[Any]) -> Any:
    return calculate("/", total(run, items), Decimal(len(items)))


@function("median", "list: list", spread="unless one")
def median(run: Run, items: list[Any]) -> Decimal:
    ordered = sorted(_numbers(run, items))
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return DECIMAL128.divide(
        DECIMAL128.add(ordered[middle - 1], ordered[middle]), Decimal(2)
    )


@function("stddev", "list: list", spread="unless one")
def stddev(run: Run, items: list[Any]) -> Decimal:
    """The standard deviation of a sample."""
    numbers = _numbers(run, items)
    if len(numbers) < 2:  # noqa: PLR2004  one value does not vary
        raise Undefined("l'écart-type veut au moins deux nombres")
    middle = DECIMAL128.divide(reduce(DECIMAL128.add, numbers), Decimal(len(numbers)))
    gaps = [DECIMAL128.power(DECIMAL128.subtract(one, middle), 2) for one in numbers]
    spread = DECIMAL128.divide(reduce(DECIMAL128.add, gaps), Decimal(len(numbers) - 1))
    return DECIMAL128.sqrt(spread)


@function("mode", "list: list", spread="unless one")
def mode(run: Run, items: list[Any]) -> list[Decimal]:
    """The most frequent numbers, in order."""
    if not items:
        return []
    counts: dict[Decimal, int] = {}
    for number in _numbers(run, items):
        counts[number] = counts.get(number, 0) + 1
    most = max(counts.values())
    return sorted(number for number, count in counts.items() if count == most)
