"""The values of the language, and their passage from and to plain process data.

Inside: None, bool, Decimal, str, date, datetime, time, timedelta (days and time),
YearsMonths, list, dict, Range and Function. Nothing else ever enters an evaluation.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import (
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
)
from math import isfinite
from typing import Any

from engine.feel import far, moments
from engine.feel.errors import FeelLimitExceeded, FeelRuntimeError
from engine.feel.far import FarDate, FarMoment
from engine.feel.limits import Run
from engine.feel.moments import YearsMonths

# decimal128, as DMN asks: 34 digits, and signals instead of infinities.
DECIMAL128 = Context(
    prec=34,
    rounding=ROUND_HALF_EVEN,
    Emin=-6143,
    Emax=6144,
    traps=[InvalidOperation, DivisionByZero, Overflow],
)
_EXACT = 10**34
_MAX_PLAIN = 200_000
_MAX_INTEGER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Range:
    """An interval; `unbounded` when made by `< 5`, whose other end is infinity, not null."""

    low: Any
    high: Any
    low_included: bool = True
    high_included: bool = True
    unbounded: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function as a value: its parameters' names, and what it does with their values."""

    parameters: tuple[str, ...]
    call: Callable[[list[Any], Run], Any]


KINDS: dict[type, str] = {
    type(None): "null",
    bool: "boolean",
    Decimal: "number",
    str: "string",
    date: "date",
    datetime: "date and time",
    FarDate: "date",
    FarMoment: "date and time",
    time: "time",
    timedelta: "days and time duration",
    YearsMonths: "years and months duration",
    list: "list",
    dict: "context",
    Range: "range",
    Function: "function",
}
_FRENCH = {
    "null": "rien (null)",
    "boolean": "un vrai/faux",
    "number": "un nombre",
    "string": "un texte",
    "date": "une date",
    "date and time": "une date et heure",
    "time": "une heure",
    "days and time duration": "une durée",
    "years and months duration": "une durée en mois",
    "list": "une liste",
    "context": "un contexte",
    "range": "un intervalle",
    "function": "une fonction",
}
_ITSELF = frozenset(KINDS) - {list, dict}


def french_kind(value: Any) -> str:
    """What kind of value this is, for a remark to the designer."""
    return _FRENCH[KINDS[type(value)]]


def from_plain(value: Any) -> Any:
    """The FEEL value of process data, lists and contexts included.

    Raises FeelRuntimeError on what is neither plain data nor a FEEL value.
    """
    kind = type(value)
    if kind in _ITSELF:
        return None if kind is Decimal and not value.is_finite() else value
    if kind is int:
        return Decimal(value) if -_EXACT < value < _EXACT else _number(Decimal(value))
    if kind is float:
        return Decimal(repr(value)) if isfinite(value) else None
    if isinstance(value, list | tuple):
        return [from_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): from_plain(item) for key, item in value.items()}
    for family in (str, datetime, date, int, float):  # a subclass of something we know
        if isinstance(value, family):
            return from_plain(_BARE[family](value))
    raise FeelRuntimeError(f"Une donnée de type {kind.__name__} ne peut pas être évaluée.")


_BARE: dict[type, Callable[[Any], Any]] = {
    str: str.__str__,
    int: int,
    float: float,
    datetime: lambda moment: datetime.combine(moment.date(), moment.timetz()),
    date: lambda day: date(day.year, day.month, day.day),
}


def _number(value: Decimal) -> Decimal | None:
    try:
        return DECIMAL128.create_decimal(value)
    except ArithmeticError:
        return None


def plain(value: Any) -> Any:
    """Process data (JSON-able) for a FEEL value: numbers, ISO dates and durations.

    A moment with an offset becomes ISO UTC with Z; without one it stays local.
    Raises FeelRuntimeError for a number that JSON would alter, a range or a function,
    FeelLimitExceeded when there is too much to keep.
    """
    try:
        return _plain(value, [_MAX_PLAIN])
    except RecursionError:
        raise FeelLimitExceeded("Le résultat est trop imbriqué pour être gardé.") from None


def _plain(value: Any, left: list[int]) -> Any:
    left[0] -= 1
    if left[0] < 0:
        raise FeelLimitExceeded("Le résultat est trop volumineux pour être enregistré.")
    if value is None or isinstance(value, bool | str | int | float):
        return value
    if isinstance(value, Decimal):
        return _plain_number(value)
    if isinstance(value, list):
        return [_plain(item, left) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item, left) for key, item in value.items()}
    if isinstance(value, datetime | FarMoment):
        return moments.write(moments.instant(value))
    if isinstance(value, date | FarDate | time | timedelta | YearsMonths):
        return moments.write(value)
    raise FeelRuntimeError(
        f"Le résultat est {french_kind(value)} : il ne peut pas être enregistré."
    )


def _plain_number(number: Decimal) -> int | float:
    if number == 0:
        return 0
    if number.adjusted() < 19 and number == number.to_integral_value():  # noqa: PLR2004
        whole = int(number)
        if abs(whole) <= _MAX_INTEGER:
            return whole
    approached = float(number)
    if Decimal(repr(approached)) == number:
        return approached
    raise FeelRuntimeError(
        f"Le nombre {number} a trop de chiffres pour être enregistré exactement : "
        "arrondissez-le, par exemple avec decimal(…, 2)."
    )


def equal(left: Any, right: Any, run: Run) -> bool | None:
    """FEEL's equality: null equals null only; values of different kinds give null."""
    if left is None or right is None:
        return left is right
    kind = type(left)
    if kind is not type(right) or kind in _DAYS:
        return _equal_days(left, right)
    if kind is list:
        return _equal_lists(left, right, run)
    if kind is dict:
        if left.keys() != right.keys():
            return False
        keys = list(left)
        return _equal_lists([left[key] for key in keys], [right[key] for key in keys], run)
    if kind is Range:
        ends = (left.low_included, left.high_included, left.unbounded)
        if ends != (right.low_included, right.high_included, right.unbounded):
            return False
        return _equal_lists([left.low, left.high], [right.low, right.high], run)
    if kind is str:
        run.weigh(left)
    return bool(left == right)


def _equal_lists(left: list[Any], right: list[Any], run: Run) -> bool | None:
    if len(left) != len(right):
        return False
    run.spend(len(left))
    same: bool | None = True
    for one, other in zip(left, right, strict=True):
        answer = equal(one, other, run)
        if answer is False:
            return False
        if answer is None:
            same = None
    return same


_DAYS = frozenset({date, datetime, FarDate, FarMoment})


def _equal_days(left: Any, right: Any) -> bool | None:
    if type(left) is datetime and type(right) is datetime:
        return moments.instant(left) == moments.instant(right)
    order = _order_days(left, right)
    return None if order is None else order == 0


def _order_days(left: Any, right: Any) -> int | None:
    if type(left) not in _DAYS or type(right) not in _DAYS:
        return None
    if far.is_moment(left) and far.is_moment(right):
        left, right = moments.instant(left), moments.instant(right)
    return far.order(left, right)


_ORDERED = frozenset({Decimal, str, time, timedelta, YearsMonths})


def compare(left: Any, right: Any, run: Run) -> int | None:
    """-1, 0 or 1 when the two have an order, else None."""
    kind = type(left)
    if kind is str:
        run.weigh(left)
    if kind in _DAYS:
        return _order_days(left, right)
    if kind is not type(right) or kind not in _ORDERED:
        return None
    try:
        return -1 if left < right else int(left > right)
    except TypeError:  # a moment with an offset against one without
        return None


def within(value: Any, interval: Range, run: Run) -> bool | None:
    """Whether `value` lies in `interval`; None when they cannot be compared."""
    above = _beyond(compare(value, interval.low, run), included=interval.low_included)
    below = _beyond(compare(interval.high, value, run), included=interval.high_included)
    if interval.unbounded:
        return below if interval.low is None else above
    if above is None or below is None:
        return None
    return above and below


def _beyond(order: int | None, *, included: bool) -> bool | None:
    return None if order is None else order > 0 or (order == 0 and included)
