"""Functions on numbers: roundings name their direction, as accountants do."""

from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
)
from typing import Any

from engine.feel.arithmetic import negate
from engine.feel.errors import Undefined
from engine.feel.functions import function
from engine.feel.limits import Run
from engine.feel.values import DECIMAL128

_SCALES = range(-6111, 6177)  # decimal128, DMN 1.5 table 75
_ONE = Decimal(1)


def rounded(number: Decimal, scale: Decimal, way: str) -> Decimal:
    """`number` with `scale` decimals (negative: tens, hundreds…), rounded that `way`."""
    if abs(scale) > 10_000 or int(scale) not in _SCALES:  # noqa: PLR2004  before int()
        raise Undefined("ce nombre de décimales n'est pas raisonnable")
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and -exponent <= int(scale):
        return number
    context = DECIMAL128.copy()
    context.rounding = way
    return number.quantize(_ONE.scaleb(-int(scale), context), context=context)


@function("decimal", "n: number", "scale: number")
def decimal(run: Run, number: Decimal, scale: Decimal) -> Decimal:
    return rounded(number, scale, ROUND_HALF_EVEN)


@function("floor", "n: number", "scale: number?")
def floor(run: Run, number: Decimal, scale: Decimal = Decimal()) -> Decimal:
    return rounded(number, scale, ROUND_FLOOR)


@function("ceiling", "n: number", "scale: number?")
def ceiling(run: Run, number: Decimal, scale: Decimal = Decimal()) -> Decimal:
    return rounded(number, scale, ROUND_CEILING)


@function("round up", "n: number", "scale: number")
def round_up(run: Run, number: Decimal, scale: Decimal) -> Decimal:
    return rounded(number, scale, ROUND_UP)


@function("round down", "n: number", "scale: number")
def round_down(run: Run, number: Decimal, scale: Decimal) -> Decimal:
    return rounded(number, scale, ROUND_DOWN)


@function("round half up", "n: number", "scale: number")
def round_half_up(run: Run, number: Decimal, scale: Decimal) -> Decimal:
    return rounded(number, scale, ROUND_HALF_UP)


@function("round half down", "n: number", "scale: number")
def round_half_down(run: Run, number: Decimal, scale: Decimal) -> Decimal:
    return rounded(number, scale, ROUND_HALF_DOWN)


@function("abs", "n: size")
def absolute(run: Run, number: Any) -> Any:
    opposite = negate(number)
    return max(number, opposite)


@function("modulo", "dividend: number", "divisor: number")
def modulo(run: Run, dividend: Decimal, divisor: Decimal) -> Decimal:
    quotient = rounded(DECIMAL128.divide(dividend, divisor), Decimal(), ROUND_FLOOR)
    return DECIMAL128.subtract(dividend, DECIMAL128.multiply(divisor, quotient))


@function("sqrt", "number: number")
def sqrt(run: Run, number: Decimal) -> Decimal:
    return DECIMAL128.sqrt(number)


@function("log", "number: number", cost=30)
def log(run: Run, number: Decimal) -> Decimal:
    if number <= 0:
        raise Undefined("le logarithme veut un nombre positif")
    return DECIMAL128.ln(number)


@function("exp", "number: number", cost=15)
def exp(run: Run, number: Decimal) -> Decimal:
    return DECIMAL128.exp(number)


@function("odd", "number: number")
def odd(run: Run, number: Decimal) -> bool:
    return _parity(number) == 1


@function("even", "number: number")
def even(run: Run, number: Decimal) -> bool:
    return _parity(number) == 0


def _parity(number: Decimal) -> Decimal:
    if number != number.to_integral_value():
        raise Undefined("la parité veut un nombre entier")
    return abs(DECIMAL128.remainder(number, Decimal(2)))
