"""Dates outside years 1 to 9999, that Python does not know.

The calendar repeats itself every 400 years, a whole number of weeks: such a date is one
of the years 2000 to 2399 (`near`), and how many times 400 years away it lies (`cycles`).
Nearer dates stay Python's own, so only rare values pay for this.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from engine.feel.errors import Undefined

CYCLE = timedelta(days=146_097)
CYCLE_YEARS = 400
_FIRST = 2000
_MOST_YEARS = 999_999_999


@dataclass(frozen=True, slots=True)
class FarDate:
    """A date of the Gregorian calendar, before year 1 or after year 9999."""

    near: date
    cycles: int


@dataclass(frozen=True, slots=True)
class FarMoment:
    """A date and time, before year 1 or after year 9999."""

    near: datetime
    cycles: int


Far = FarDate | FarMoment
Day = date | FarDate | FarMoment  # a datetime is a date


def make(year: int, month: int, day: int) -> date | FarDate:
    """The date of any year. Raises ValueError when it is not in the calendar."""
    near = date(_FIRST + year % CYCLE_YEARS, month, day)
    made = settle(near, (year - _FIRST) // CYCLE_YEARS)
    assert not isinstance(made, datetime | FarMoment)
    return made


def lift(value: Day) -> tuple[date, int]:
    """The same day (or moment) of the years 2000 to 2399, and its number of cycles."""
    if isinstance(value, FarDate | FarMoment):
        return value.near, value.cycles
    cycles = (value.year - _FIRST) // CYCLE_YEARS
    return value.replace(year=value.year - CYCLE_YEARS * cycles), cycles


def settle(near: date, cycles: int) -> Day:
    """The day so many cycles after `near`: Python's own when its year allows it."""
    year = near.year + CYCLE_YEARS * cycles
    if 1 <= year <= 9999:  # noqa: PLR2004  what Python counts
        return near.replace(year=year)
    if abs(year) > _MOST_YEARS:
        raise Undefined("Le résultat sort du calendrier (un milliard d'années)")
    more = (near.year - _FIRST) // CYCLE_YEARS
    near = near.replace(year=near.year - CYCLE_YEARS * more)
    if isinstance(near, datetime):
        return FarMoment(near, cycles + more)
    return FarDate(near, cycles + more)


def year_of(value: Day) -> int:
    """The year, negative before year 0."""
    near, cycles = lift(value)
    return near.year + CYCLE_YEARS * cycles


def is_moment(value: object) -> bool:
    """Whether this is a date with a time, near or far."""
    return isinstance(value, datetime | FarMoment)


def order(left: Day, right: Day) -> int | None:
    """-1, 0 or 1 for two dates, or two moments already in UTC; None when they mix."""
    one: Any = left
    other: Any = right
    cycles = others = 0
    if isinstance(left, FarDate | FarMoment) or isinstance(right, FarDate | FarMoment):
        (one, cycles), (other, others) = lift(left), lift(right)
    if type(one) is not type(other):
        return None
    try:
        nearer = -1 if one < other else int(one > other)
    except TypeError:  # a moment with an offset against one without
        return None
    return nearer if cycles == others else (-1 if cycles < others else 1)
