"""An expression tried on data by whoever writes it: what it gives, and why it gives nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.feel.expression import compile, compile_unary  # noqa: A004
from engine.feel.limits import Run
from engine.feel.values import Function, Range, french_kind, plain
from engine.feel.writing import written

VALUE = "?"
"""The name, among the data, of the value that a cell of a table looks at."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What an expression gave: plain data, its FEEL kind in French, and a remark a null."""

    value: Any
    type: str
    notes: tuple[str, ...] = ()


def attempt(source: str, data: Mapping[str, Any], *, unary: bool = False) -> Tried:
    """Evaluate an expression, or a cell (`unary`) on the value `?` of the data.

    What is no data (an interval, a function) is given as FEEL writes it. Raises FeelError
    when it cannot be read, asks too much, or gives what cannot be kept.
    """
    names = [name for name in data if name != VALUE]
    if unary:
        passed = compile_unary(source, names).matches(data.get(VALUE), data)
        return Tried(passed, french_kind(passed))
    found = compile(source, names).diagnose(data)
    shown = found.value
    if isinstance(shown, Range | Function):
        shown = written(shown, Run())
    return Tried(plain(shown), french_kind(found.value), found.notes)
