"""Working days in metropolitan France (jours ouvrés): Monday to Friday, but public holidays.

Public holidays are those of article L3133-1 of the Code du travail.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import lru_cache

import holidays

from engine import clock

KNOWN = range(1900, 2201)
"""The years whose public holidays are known."""

_SATURDAY = 5
_ONE = timedelta(days=1)


class UnknownYear(ValueError):
    """Public holidays are known from 1900 to 2200."""


def works(day: date) -> bool:
    """Whether a day is a working day. Raises UnknownYear."""
    return day.weekday() < _SATURDAY and day not in holidays_of(day.year)


def between(first: date, last: date) -> int:
    """How many working days come after `first`, up to `last`; negative when it is before."""
    if last < first:
        return -between(last, first)
    return sum(works(day) for day in _days(first + _ONE, last))


def after(day: date, count: int) -> date:
    """The working day that comes `count` working days later."""
    while count > 0:
        day += _ONE
        count -= works(day)
    return day


def holidays_between(first: date, last: date) -> list[tuple[date, str]]:
    """The public holidays after `first`, up to `last`, that would have been worked."""
    return [
        (day, name)
        for day in _days(first + _ONE, last)
        if day.weekday() < _SATURDAY and (name := holidays_of(day.year).get(day))
    ]


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


@lru_cache(maxsize=len(KNOWN))
def holidays_of(year: int) -> Mapping[date, str]:
    """A year's public holidays by day, with their French names. Raises UnknownYear."""
    if year not in KNOWN:
        raise UnknownYear
    return dict(holidays.France(years=year, language="fr"))  # type: ignore[attr-defined]


holidays_of(clock.today().year)  # the package imports its countries at their first use
