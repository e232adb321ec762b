"""Functions on lists; positions start at 1, or from the end when negative."""

from decimal import Decimal
from functools import cmp_to_key
from typing import Any

from engine.feel.errors import Undefined
from engine.feel.functions import function
from engine.feel.limits import Run, checked_list
from engine.feel.values import Function, compare, equal


@function("list contains", "list: list", "element: any")
def list_contains(run: Run, items: list[Any], element: Any) -> bool:
    run.spend(len(items))
    return any(equal(item, element, run) for item in items)


@function("count", "list: list")
def count(run: Run, items: list[Any]) -> Decimal:
    return Decimal(len(items))


@function("sublist", "list: list", "start position: number", "length: number?")
def sublist(
    run: Run, items: list[Any], start: Decimal, length: Decimal | None = None
) -> list[Any]:
    first = _place(start, len(items))
    if length is None:
        return items[first:]
    if length < 0 or first + length > len(items):
        raise Undefined(f"la liste n'a que {len(items)} élément(s)")
    return items[first : first + int(length)]


@function("append", "list: list", "item: any", spread="always")
def append(run: Run, items: list[Any], more: list[Any]) -> list[Any]:
    return _kept(run, items + more)


@function("concatenate", "list: any", spread="always")
def concatenate(run: Run, lists: list[Any]) -> list[Any]:
    joined: list[Any] = []
    for one in lists:
        if one is None:
            raise Undefined("une des listes est null")
        joined.extend(one if isinstance(one, list) else [one])
        _kept(run, joined)
    return joined


@function("insert before", "list: list", "position: number", "newItem: any")
def insert_before(run: Run, items: list[Any], position: Decimal, item: Any) -> list[Any]:
    first = _place(position, len(items))
    return _kept(run, [*items[:first], item, *items[first:]])


@function("remove", "list: list", "position: number")
def remove(run: Run, items: list[Any], position: Decimal) -> list[Any]:
    place = _place(position, len(items))
    return _kept(run, items[:place] + items[place + 1 :])


@function("list replace", "list: list", "position: any", "newItem: any")
def list_replace(run: Run, items: list[Any], position: Any, item: Any) -> list[Any]:
    """At a position, or wherever a function of (item, newItem) says true."""
    if isinstance(position, Function):
        return _replaced(run, items, position, item)
    if not isinstance(position, Decimal):
        raise Undefined("la position est un nombre")
    place = _place(position, len(items))
    return _kept(run, [*items[:place], item, *items[place + 1 :]])


@function("list replace", "list: list", "match: function", "newItem: any")
def _replaced(run: Run, items: list[Any], match: Function, item: Any) -> list[Any]:
    return [item if match.call([one, item], run) is True else one for one in items]


@function("reverse", "list: list")
def reverse(run: Run, items: list[Any]) -> list[Any]:
    return _kept(run, items[::-1])


@function("index of", "list: list", "match: any")
def index_of(run: Run, items: list[Any], match: Any) -> list[Decimal]:
    run.spend(len(items))
    return [Decimal(n) for n, item in enumerate(items, 1) if equal(item, match, run)]


@function("union", "list: any", spread="always")
def union(run: Run, lists: list[Any]) -> list[Any]:
    return distinct_values(run, concatenate(run, lists))


@function("distinct values", "list: list")
def distinct_values(run: Run, items: list[Any]) -> list[Any]:
    kept: list[Any] = []
    for item in items:
        run.spend(len(kept) + 1)
        if not any(equal(item, one, run) for one in kept):
            kept.append(item)
    return kept


@function("duplicate values", "list: list")
def duplicate_values(run: Run, items: list[Any]) -> list[Any]:
    seen: list[Any] = []
    twice: list[Any] = []
    for item in items:
        run.spend(len(seen) + 1)
        known = twice if any(equal(item, one, run) for one in seen) else seen
        if not any(equal(item, one, run) for one in known):
            known.append(item)
    return twice


@function("flatten", "list: list")
def flatten(run: Run, items: list[Any]) -> list[Any]:
    flat: list[Any] = []
    waiting = [iter(items)]
    while waiting:
        for item in waiting[-1]:
            run.spend(1)
            if isinstance(item, list):
                waiting.append(iter(item))
                break
            checked_list(flat).append(item)
        else:
            waiting.pop()
    return flat


@function("sort", "list: list", "precedes: function?")
def sort(run: Run, items: list[Any], precedes: Function | None = None) -> list[Any]:
    """In the order the function says, or ascending."""

    def by_function(one: Any, other: Any) -> int:
        run.spend(1)
        if precedes is not None and precedes.call([one, other], run) is True:
            return -1
        return 1 if precedes is not None and precedes.call([other, one], run) is True else 0

    def by_value(one: Any, other: Any) -> int:
        run.spend(1)
        order = compare(one, other, run)
        if order is None:
            raise Undefined("les éléments de la liste ne se comparent pas")
        return order

    return sorted(items, key=cmp_to_key(by_function if precedes else by_value))


def _place(position: Decimal, size: int) -> int:
    if position != position.to_integral_value() or not 1 <= abs(position) <= size:
        raise Undefined(f"la liste a {size} élément(s), pas de position {position}")
    return int(position) - 1 if position > 0 else size + int(position)


def _kept(run: Run, items: list[Any]) -> list[Any]:
    run.spend(len(items) // 8)  # copying is cheaper than computing
    return checked_list(items)
