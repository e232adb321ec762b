"""Dates in process data are ISO texts; a column declared as a date reads them as dates."""

from collections.abc import Callable
from typing import Any

from engine.feel import moments
from engine.feel.errors import Undefined

_READERS: dict[str, Callable[[str], Any]] = {
    "date": moments.read_date,
    "time": moments.read_time,
    "dateTime": moments.read_moment,
    "date and time": moments.read_moment,
    "dayTimeDuration": moments.read_duration,
    "days and time duration": moments.read_duration,
    "yearMonthDuration": moments.read_duration,
    "years and months duration": moments.read_duration,
}


def typed(value: Any, type_: str) -> Any:
    """`value`, read as what `type_` says when it is a text; null when it is not one."""
    read = _READERS.get(type_) if isinstance(value, str) else None
    if read is None:
        return value
    try:
        return read(value)
    except Undefined:
        return None
