"""Days of the law: how long the prefect may refer an act, and when an act is enforceable.

The figures come from decision tables; here is only how days are counted, in Paris.
"""

import calendar
from datetime import UTC, date, datetime, time, timedelta

from engine import clock, working_days


def months_after(day: date, months: int) -> date:
    """The same day of the month, `months` later; its last day where there is no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def term(start: date, months: int, *, clear: bool, postponed: bool) -> date:
    """The last day of a time that runs from `start`.

    A `clear` time (délai franc) leaves out the day it ends on, so that it lasts one day
    more; a `postponed` one that ends on a day without work ends on the next working day.
    """
    last = months_after(start, months) + timedelta(days=clear)
    if postponed and not working_days.works(last):
        return working_days.after(last, 1)
    return last


def enforceable(
    published_on: date | None, received_on: date | None, *, transmitted: bool
) -> date | None:
    """The day an act is enforceable: that of the last of its publication and transmission.

    An act that need not be `transmitted` is so once published.
    """
    if published_on is None or (transmitted and received_on is None):
        return None
    return max(published_on, received_on) if transmitted and received_on else published_on


def end_of(day: date) -> str:
    """The moment at which a day is over, as ISO UTC."""
    return start_of(day + timedelta(days=1))


def start_of(day: date) -> str:
    """The moment at which a day begins, as ISO UTC."""
    begins = datetime.combine(day, time(), clock.PARIS).astimezone(UTC)
    return begins.isoformat().replace("+00:00", "Z")


def read_day(said: object) -> date | None:
    """A day as partners and diagrams write it, a date or a moment; None for anything else."""
    if isinstance(said, datetime):
        return said.astimezone(clock.PARIS).date()
    if isinstance(said, date):
        return said
    text = str(said or "")
    try:
        if "T" not in text:
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(clock.PARIS).date() if moment.tzinfo else moment.date()
