"""Numbers as the French write them: « 1 234,50 € » in, JSON numbers out.

Values are int or float with at most 15 significant digits, so that a float says exactly
what was typed.
"""

import re
from decimal import Decimal
from typing import Any

SIGNIFICANT = 15
SPACE = "\N{NO-BREAK SPACE}"
EXAMPLE = "1 234,50"

_PLAIN = re.compile(r"[+-]?(?:[0-9]+(?:[.,][0-9]*)?|[.,][0-9]+)")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?: [0-9]{3})+(?:[.,][0-9]*)?")
_SPACES = re.compile(r"[\s\u00a0\u202f\u2009]+")
_UNIT = re.compile(r"\s*(?:€|euros?|eur|%)$", re.IGNORECASE)


class Wrong(ValueError):
    """What was typed cannot be read; the message says the cure, in French."""


def read(text: str, decimals: int | None = None) -> int | float:
    """The number typed, with at most `decimals` decimals. Raises Wrong."""
    bare = _SPACES.sub(" ", _UNIT.sub("", text.strip())).strip().replace("−", "-")
    if not (_PLAIN.fullmatch(bare) or _GROUPED.fullmatch(bare)):
        example = "1234" if decimals == 0 else EXAMPLE
        raise Wrong(f"écrivez un nombre en chiffres, par exemple {example}")
    number = Decimal(bare.replace(" ", "").replace(",", "."))
    digits = len(number.as_tuple().digits)
    if digits > SIGNIFICANT:
        raise Wrong(f"ce nombre est trop long : {SIGNIFICANT} chiffres au plus")
    fraction = max(0, -int(number.normalize().as_tuple().exponent))
    if decimals is not None and fraction > decimals:
        raise Wrong(_too_precise(decimals))
    return plain(number)


def plain(number: Decimal) -> int | float:
    """The JSON number equal to a Decimal of at most 15 digits."""
    return int(number) if number == number.to_integral_value() else float(number)


def exact(value: Any) -> Decimal | None:
    """The Decimal a JSON number stands for; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    return number if number.is_finite() else None


def edit(value: Any, *, cents: bool = False) -> str:
    """The number as one would type it: « 1234,5 », « 1234,50 » for an amount."""
    number = exact(value)
    if number is None:
        return "" if value is None else str(value)
    whole = number == number.to_integral_value()
    if whole:
        return str(int(number))
    text = format(number.normalize(), "f")
    if cents and number == round(number, 2):
        text = format(number, ".2f")
    return text.replace(".", ",")


def show(value: Any, *, decimals: int | None = None, unit: str = "") -> str:
    """The number as one reads it: « 1 234,5 », « 1 234,50 € » with 2 decimals and €."""
    number = exact(value)
    if number is None:
        return "" if value is None else str(value)
    if decimals is None:
        text = format(number, "f")
        text = text.rstrip("0").rstrip(".") if "." in text else text
        whole, _, fraction = text.partition(".")
        text = f"{int(whole):,}" if whole.lstrip("-") else whole
        text = ("-" + text if whole == "-0" else text) + (
            "." + fraction if fraction else ""
        )
    else:
        text = f"{number:,.{decimals}f}"
    text = text.replace(",", SPACE).replace(".", ",")
    return f"{text}{SPACE}{unit}" if unit else text


def _too_precise(decimals: int) -> str:
    if decimals == 0:
        return "écrivez un nombre entier, sans virgule"
    if decimals == 1:
        return "écrivez un seul chiffre après la virgule"
    return f"écrivez {decimals} chiffres au plus après la virgule, par exemple {EXAMPLE}"
