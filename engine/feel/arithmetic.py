"""`+ - * / **` on numbers, texts, dates and durations; None where they have no meaning."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from engine.feel import moments
from engine.feel.errors import Undefined
from engine.feel.far import FarDate, FarMoment
from engine.feel.limits import checked_text
from engine.feel.moments import YearsMonths
from engine.feel.values import DECIMAL128

Operation = Callable[[Any, Any], Any]

_MICROSECOND = timedelta(microseconds=1)
_DAY = timedelta(days=1)
_ANY_DAY = date(2000, 1, 1)
_MAX_EXPONENT = 10_000


def calculate(operator: str, left: Any, right: Any) -> Any:
    """The result, or None when the operation is not defined on these kinds or values.

    Raises Undefined with a French reason where there is one to give.
    """
    operation = _OPERATIONS[operator].get((type(left), type(right)))
    if operation is None:
        return None
    try:
        return operation(left, right)
    except (ArithmeticError, OverflowError):
        return None
    except TypeError:  # a moment with an offset against one without
        raise Undefined("Une heure avec fuseau et une heure sans fuseau") from None


def negate(value: Any) -> Any:
    """`-value` for a number or a duration, else None."""
    if isinstance(value, Decimal):
        return DECIMAL128.minus(value)
    if isinstance(value, timedelta):
        return -value
    if isinstance(value, YearsMonths):
        return YearsMonths(-value.months)
    return None


def _power(base: Decimal, exponent: Decimal) -> Decimal:
    if abs(exponent) > _MAX_EXPONENT:
        raise Undefined(f"Un exposant ne dépasse pas {_MAX_EXPONENT}")
    result = DECIMAL128.power(base, exponent)
    if not result.is_finite():  # 0 ** -1
        raise Undefined("Le résultat serait infini")
    return result


def _join(left: str, right: str) -> str:
    return checked_text(left + right)


def _later_clock(clock: time, length: timedelta) -> time:
    return (datetime.combine(_ANY_DAY, clock) + length % _DAY).timetz()


def _between_clocks(left: time, right: time) -> timedelta:
    return datetime.combine(_ANY_DAY, left) - datetime.combine(_ANY_DAY, right)


def _scaled(length: timedelta, factor: Decimal) -> timedelta:
    micros = DECIMAL128.multiply(Decimal(length // _MICROSECOND), factor)
    return timedelta(microseconds=int(micros))


def _shared(length: timedelta, parts: Decimal) -> timedelta:
    micros = DECIMAL128.divide(Decimal(length // _MICROSECOND), parts)
    return timedelta(microseconds=int(micros))


def _months(count: Decimal) -> YearsMonths:
    if abs(count) > 10**10:
        raise Undefined("Une durée trop longue")
    return YearsMonths(int(count))


def _ratio(left: timedelta, right: timedelta) -> Decimal:
    return DECIMAL128.divide(Decimal(left // _MICROSECOND), Decimal(right // _MICROSECOND))


_N, _S, _T, _L, _Y = Decimal, str, time, timedelta, YearsMonths
_OPERATIONS: dict[str, dict[tuple[type, type], Operation]] = {
    "+": {
        (_N, _N): DECIMAL128.add,
        (_S, _S): _join,
        (_T, _L): _later_clock,
        (_L, _T): lambda length, clock: _later_clock(clock, length),
        (_L, _L): lambda left, right: left + right,
        (_Y, _Y): lambda left, right: YearsMonths(left.months + right.months),
    },
    "-": {
        (_N, _N): DECIMAL128.subtract,
        (_T, _T): _between_clocks,
        (_T, _L): lambda clock, length: _later_clock(clock, -length),
        (_L, _L): lambda left, right: left - right,
        (_Y, _Y): lambda left, right: YearsMonths(left.months - right.months),
    },
    "*": {
        (_N, _N): DECIMAL128.multiply,
        (_L, _N): _scaled,
        (_N, _L): lambda factor, length: _scaled(length, factor),
        (_Y, _N): lambda length, by: _months(
            DECIMAL128.multiply(Decimal(length.months), by)
        ),
        (_N, _Y): lambda by, length: _months(
            DECIMAL128.multiply(Decimal(length.months), by)
        ),
    },
    "/": {
        (_N, _N): DECIMAL128.divide,
        (_L, _N): _shared,
        (_L, _L): _ratio,
        (_Y, _N): lambda length, by: _months(DECIMAL128.divide(Decimal(length.months), by)),
        (_Y, _Y): lambda left, right: DECIMAL128.divide(
            Decimal(left.months), Decimal(right.months)
        ),
    },
    "**": {(_N, _N): _power},
}

_DAYS = (date, datetime, FarDate, FarMoment)
for _day in _DAYS:
    _OPERATIONS["+"][_day, _L] = moments.plus
    _OPERATIONS["+"][_L, _day] = lambda length, day: moments.plus(day, length)
    _OPERATIONS["+"][_day, _Y] = lambda day, length: moments.plus_months(day, length.months)
    _OPERATIONS["+"][_Y, _day] = lambda length, day: moments.plus_months(day, length.months)
    _OPERATIONS["-"][_day, _L] = lambda day, length: moments.plus(day, -length)
    _OPERATIONS["-"][_day, _Y] = lambda day, length: moments.plus_months(
        day, -length.months
    )
    for _one in _DAYS:
        _OPERATIONS["-"][_day, _one] = lambda end, start: moments.between(start, end)
