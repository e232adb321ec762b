"""`value.name`: entries of contexts, parts of dates and durations, ends of ranges."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from engine.feel import far, tree
from engine.feel.far import FarDate, FarMoment
from engine.feel.limits import Run
from engine.feel.moments import YearsMonths
from engine.feel.scope import Evaluate, Scope
from engine.feel.unary import Build
from engine.feel.values import Range

_HOUR = 3600


def build_path(node: tree.Path, build: Build) -> Evaluate:
    """The function that reads one name out of a value."""
    source, name, position = build(node.source), node.name, node.position

    def evaluate(scope: Scope) -> Any:
        value = source(scope)
        if type(value) is dict and name in value:
            return value[name]
        if value is None:
            return None
        return part(value, name, scope.run, position)

    return evaluate


def part(value: Any, name: str, run: Run, position: int) -> Any:
    """What `name` is in `value`: None, with a remark, when there is no such part."""
    if isinstance(value, list):
        run.spend(len(value))
        return [None if item is None else part(item, name, run, position) for item in value]
    if isinstance(value, dict):
        if name in value:
            return value[name]
    else:
        read = _PARTS.get(type(value), {}).get(name)
        if read is not None:
            return read(value)
    run.note(f"Il n'y a pas de « {name} » ici", position)
    return None


def _zone(value: datetime | time) -> str | None:
    return value.tzinfo.key if isinstance(value.tzinfo, ZoneInfo) else None


def _hours(value: timedelta) -> int:
    return int(abs(value).seconds // _HOUR) * _sign(value)


def _sign(value: timedelta) -> int:
    return -1 if value < timedelta() else 1


def _whole(read: Callable[[Any], int]) -> Callable[[Any], Decimal]:
    return lambda value: Decimal(read(value))


_DATE: dict[str, Callable[[Any], Any]] = {
    "year": _whole(lambda day: day.year),
    "month": _whole(lambda day: day.month),
    "day": _whole(lambda day: day.day),
    "weekday": _whole(lambda day: day.isoweekday()),
}
_TIME: dict[str, Callable[[Any], Any]] = {
    "hour": _whole(lambda clock: clock.hour),
    "minute": _whole(lambda clock: clock.minute),
    "second": _whole(lambda clock: clock.second),
    "time offset": lambda clock: clock.utcoffset(),
    "timezone": _zone,
}


def _near(parts: dict[str, Callable[[Any], Any]]) -> dict[str, Callable[[Any], Any]]:
    """The parts of a far date are those of the near one, the year apart."""
    return {
        **{key: partial(_read_near, read) for key, read in parts.items()},
        "year": _whole(far.year_of),
    }


def _read_near(read: Callable[[Any], Any], value: far.Far) -> Any:
    return read(value.near)


_PARTS: dict[type, dict[str, Callable[[Any], Any]]] = {
    date: _DATE,
    time: _TIME,
    datetime: _DATE | _TIME,
    FarDate: _near(_DATE),
    FarMoment: _near(_DATE | _TIME),
    timedelta: {
        "days": _whole(lambda length: abs(length).days * _sign(length)),
        "hours": _whole(_hours),
        "minutes": _whole(lambda length: abs(length).seconds % _HOUR // 60 * _sign(length)),
        "seconds": _whole(lambda length: abs(length).seconds % 60 * _sign(length)),
    },
    YearsMonths: {
        "years": _whole(lambda length: int(length.months / 12)),
        "months": _whole(
            lambda length: abs(length.months) % 12 * (1 if length.months >= 0 else -1)
        ),
    },
    Range: {
        "start": lambda interval: interval.low,
        "end": lambda interval: interval.high,
        "start included": lambda interval: interval.low_included,
        "end included": lambda interval: interval.high_included,
    },
}
