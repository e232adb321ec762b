"""`string(…)`: every value written as FEEL writes it."""

from decimal import Decimal
from typing import Any

from engine.feel import moments
from engine.feel.limits import Run, checked_text
from engine.feel.values import Function, Range

_PLAIN_DIGITS = 40


def written(value: Any, run: Run) -> str:
    """The text of `value`; texts inside lists and contexts keep their quotes."""
    return value if isinstance(value, str) else checked_text(_write(value, run))


def _write(value: Any, run: Run) -> str:
    run.spend(1)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return write_number(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, list):
        return "[" + ", ".join(_write(item, run) for item in value) + "]"
    if isinstance(value, dict):
        return (
            "{"
            + ", ".join(f"{key}: {_write(one, run)}" for key, one in value.items())
            + "}"
        )
    if isinstance(value, Range):
        return _write_range(value, run)
    if isinstance(value, Function):
        return f"function({', '.join(value.parameters)})"
    return moments.write(value)


def _write_range(value: Range, run: Run) -> str:
    if value.low is None:
        return f"({'<=' if value.high_included else '<'} {_write(value.high, run)})"
    if value.high is None:
        return f"({'>=' if value.low_included else '>'} {_write(value.low, run)})"
    start, end = "[" if value.low_included else "(", "]" if value.high_included else ")"
    return f"{start}{_write(value.low, run)}..{_write(value.high, run)}{end}"


def write_number(number: Decimal) -> str:
    """The digits, without exponent unless there would be more than forty."""
    if not number:
        return "0"
    if abs(number.adjusted()) > _PLAIN_DIGITS:
        return str(number.normalize())
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
