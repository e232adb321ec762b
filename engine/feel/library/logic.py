"""Truth: three values, and what it means for two values to be the same."""

from datetime import datetime, time
from typing import Any

from engine.feel import moments
from engine.feel.far import FarMoment
from engine.feel.functions import function
from engine.feel.limits import Run
from engine.feel.values import equal


@function("not", "negand: boolean")
def negation(run: Run, negand: bool) -> bool:
    return not negand


@function("is", "value1: any", "value2: any")
def is_same(run: Run, one: Any, other: Any) -> bool:
    """Same kind, same value, and for times the same offset."""
    if type(one) is not type(other):
        return False
    if isinstance(one, datetime | FarMoment | time):
        return moments.write(one) == moments.write(other)
    return equal(one, other, run) is True


@function("all", "list: list", spread="unless one")
def every(run: Run, items: list[Any]) -> bool | None:
    return _decide(run, items, decisive=False)


@function("any", "list: list", spread="unless one")
def some(run: Run, items: list[Any]) -> bool | None:
    return _decide(run, items, decisive=True)


def _decide(run: Run, items: list[Any], *, decisive: bool) -> bool | None:
    run.spend(len(items))
    if any(item is decisive for item in items):
        return decisive
    return (not decisive) if all(isinstance(item, bool) for item in items) else None
