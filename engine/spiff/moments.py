"""Dates, durations and repetitions of timers: Paris time for people, UTC for the machine.

A day, a week or a month is counted on the Paris calendar (a delay of fifteen days keeps its
hour across the change to summer time); hours, minutes and seconds are exact. A month that is
too short ends on its last day (31 January + P1M = 28 February). A date alone is midnight, or
the last second of that day when it is a deadline for people.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")

_DURATION = re.compile(
    r"P(?=.)(?:(\d{1,9})Y)?(?:(\d{1,9})M)?(?:(\d{1,9})W)?(?:(\d{1,9})D)?"
    r"(?:T(?=.)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?"
)
_FAR = "cette date est hors du calendrier (de l'an 1 à l'an 9999)"
_LITERAL = re.compile(r"[-+]?PT?\d\S*|R\d*/\S+|\d{4}-\d{2}-\d{2}(T\S+)?")


@dataclass(frozen=True)
class Duration:
    """Calendar months and days, then exact seconds."""

    months: int = 0
    days: int = 0
    seconds: float = 0.0

    def after(self, start: datetime) -> datetime:
        """The moment this long after `start`, in UTC."""
        return self._shift(start, 1)

    def before(self, end: datetime) -> datetime:
        """The moment this long before `end`, in UTC."""
        return self._shift(end, -1)

    def times(self, number: int) -> "Duration":
        """So many of them in a row: from a day of 31, two months lead to a day of 31."""
        return Duration(self.months * number, self.days * number, self.seconds * number)

    def _shift(self, moment: datetime, sign: int) -> datetime:
        try:
            return self._moved(moment, sign)
        except (OverflowError, ValueError) as error:
            raise ValueError(_FAR) from error

    def _moved(self, moment: datetime, sign: int) -> datetime:
        local = moment.astimezone(PARIS)
        if self.months:
            index = local.year * 12 + local.month - 1 + sign * self.months
            year, month = index // 12, index % 12 + 1
            day = min(local.day, monthrange(year, month)[1])
            local = local.replace(year=year, month=month, day=day)
        if self.days:
            local += timedelta(days=sign * self.days)
        return local.astimezone(UTC) + timedelta(seconds=sign * self.seconds)


@dataclass(frozen=True)
class Repetition:
    """`times` occurrences (None: without end), the first at `first`, then every `every`."""

    times: int | None
    first: datetime
    every: Duration

    def occurrence(self, number: int) -> datetime | None:
        """The moment of one of them, from 0; None when there is none any more.

        Counted from the first: neither a short month nor a missing hour shifts the next ones.
        """
        if self.times is not None and number >= self.times:
            return None
        try:
            return self.every.times(number).after(self.first)
        except ValueError:  # beyond the calendar
            return None

    def passed(self, now: datetime) -> int:
        """How many of them are not after `now`."""
        minutes = int((now - self.first).total_seconds() // 60) + 1
        low, high = 0, max(minutes, 0) if self.times is None else self.times
        while low < high:
            middle = (low + high) // 2
            found = self.occurrence(middle)
            if found is not None and found <= now:
                low = middle + 1
            else:
                high = middle
        return low


def is_literal(text: str) -> bool:
    """Whether a timer's text is an ISO 8601 literal rather than FEEL."""
    return _LITERAL.fullmatch(text.strip()) is not None


def duration(text: str) -> Duration:
    """An ISO 8601 duration. Raises ValueError with a French sentence."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        message = f"« {text} » n'est pas une durée (exemples : P15D, P1M, PT2H30M)"
        raise ValueError(message)
    years, months, weeks, days, hours, minutes = (
        int(item or 0) for item in found.groups()[:6]
    )
    seconds = float(found.group(7) or 0)
    return Duration(
        years * 12 + months, weeks * 7 + days, hours * 3600 + minutes * 60 + seconds
    )


def at(given: Any, *, end_of_day: bool = False) -> datetime:
    """A date or moment (FEEL value or ISO text) in UTC; without offset it is Paris time."""
    try:
        return _at(given, end_of_day=end_of_day)
    except OverflowError as error:
        raise ValueError(_FAR) from error


def _at(given: Any, *, end_of_day: bool) -> datetime:
    if isinstance(given, str):
        given = _parsed(given)
    if isinstance(given, datetime):
        return (given if given.tzinfo else given.replace(tzinfo=PARIS)).astimezone(UTC)
    if isinstance(given, date):
        clock = time(23, 59, 59) if end_of_day else time()
        return datetime.combine(given, clock, PARIS).astimezone(UTC)
    message = f"« {given} » n'est pas une date"
    raise ValueError(message)


def resolve(given: Any, now: datetime, *, end_of_day: bool = False) -> datetime:
    """When a timer is due: a date or a moment as it is, a duration counted from `now`."""
    length = _length(given)
    return at(given, end_of_day=end_of_day) if length is None else length.after(now)


def repetition(given: Any, now: datetime) -> Repetition:
    """A repetition `R3/PT10H`, `R/P7D`, `R2/<date>/P1D`, or a plain FEEL duration."""
    length = _length(given)
    if length is not None:
        return _bounded(Repetition(None, length.after(now), length))
    parts = str(given).strip().split("/")
    if not re.fullmatch(r"R\d{0,9}", parts[0]) or not parts[1:] or parts[3:]:
        message = f"« {given} » n'est pas une répétition (exemples : R3/P7D, R/PT12H)"
        raise ValueError(message)
    times = int(parts[0][1:]) if parts[0][1:] else None
    if not parts[2:]:
        every = duration(parts[1])
        return _bounded(Repetition(times, every.after(now), every))
    if parts[1].startswith("P"):  # a duration and an end: the occurrences stop there
        every, times = duration(parts[1]), times or 1
        first = every.times(times - 1).before(at(parts[2]))
        return _bounded(Repetition(times, first, every))
    return _bounded(Repetition(times, at(parts[1]), duration(parts[2])))


def _bounded(found: Repetition) -> Repetition:
    epoch = datetime(2026, 1, 1, tzinfo=UTC)
    if found.every.after(epoch) - epoch < timedelta(minutes=1):
        message = "une répétition doit durer au moins une minute"
        raise ValueError(message)
    if found.times == 0:
        message = "une répétition doit avoir lieu au moins une fois"
        raise ValueError(message)
    return found


def _length(given: Any) -> Duration | None:
    if isinstance(given, timedelta):
        return Duration(days=given.days, seconds=given.seconds + given.microseconds / 1e6)
    if isinstance(given, str):
        return duration(given) if given.strip().startswith("P") else None
    months = getattr(given, "months", None)  # FEEL's years and months duration
    return Duration(months=int(months)) if months is not None else None


def _parsed(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError as error:
        message = f"« {text} » n'est pas une date"
        raise ValueError(message) from error
