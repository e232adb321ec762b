"""Our additions: working days in metropolitan France, euros and dates as we write them.

Public holidays are those of article L3133-1 of the Code du travail; a working day
(jour ouvré) is any other day from Monday to Friday.
"""

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from engine import clock, working_days
from engine.feel import moments
from engine.feel.errors import Undefined
from engine.feel.functions import function
from engine.feel.library.numbers import rounded
from engine.feel.limits import Run

_MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)
_MOST_DAYS = 2600
_NARROW_SPACE = "\u202f"
_FIXED_SPACE = "\u00a0"


@function("is working day", "date: any")
def is_working_day(run: Run, day: Any) -> bool:
    return _works(_day(day))


@function("working days after", "date: any", "n: number")
def working_days_after(run: Run, day: Any, count: Decimal) -> date:
    """The n-th working day after the date (before it, when n is negative).

    With 0, the date itself, or the next working day.
    """
    if count != count.to_integral_value() or abs(count) > _MOST_DAYS:
        raise Undefined(f"un nombre entier de jours, {_MOST_DAYS} au plus")
    current, left = _day(day), int(abs(count))
    step = timedelta(days=-1 if count < 0 else 1)
    while left or not _works(current):
        current += step
        run.spend(1)
        left -= _works(current) and left > 0
    return current


@function("format euros", "n: number")
def format_euros(run: Run, amount: Decimal) -> str:
    """`1 234,50 €`, with the spaces that never break."""
    cents = rounded(amount, Decimal(2), ROUND_HALF_UP)
    if cents.adjusted() > 20:  # noqa: PLR2004  no such amount exists
        raise Undefined("ce montant est trop grand")
    text = f"{cents:,.2f}".replace(",", _NARROW_SPACE).replace(".", ",")
    return f"{text}{_FIXED_SPACE}€"


@function("format date", "date: any")
def format_date(run: Run, day: Any) -> str:
    """`21 novembre 2026`, the day it is in Paris."""
    found = _day(day)
    number = "1er" if found.day == 1 else str(found.day)
    return f"{number} {_MONTHS[found.month - 1]} {found.year}"


def _day(value: Any) -> date:
    """The day in Paris of a date, a moment, or the text of one."""
    if isinstance(value, str):
        value = moments.read_moment(value)
    if isinstance(value, datetime):
        return (value if value.tzinfo is None else value.astimezone(clock.PARIS)).date()
    if isinstance(value, date):
        return value
    raise Undefined("ceci n'est pas une date")


def _works(day: date) -> bool:
    try:
        return working_days.works(day)
    except working_days.UnknownYear:
        raise Undefined("on connaît les jours fériés de 1900 à 2200") from None
