"""The types a DMN file declares, and what a value becomes under them.

As DMN says (§10.3.2.9.4): a list of one stands for its item and an item for a list of
one, a date for its midnight, and what does not belong to its type is null. Dates in
process data are ISO texts: where a date is declared, they are read as dates.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, time
from functools import partial
from typing import Any

from engine import feel
from engine.decisions import xml
from engine.decisions.problems import Reading
from engine.feel import UnaryTests, moments
from engine.feel.errors import Undefined
from engine.feel.far import FarDate
from engine.feel.limits import ZONE_COST, Run
from engine.feel.scope import Scope
from engine.feel.values import KINDS, Function

Fit = Callable[[Any, Run], Any]

_READERS: dict[str, Callable[[str], Any]] = {
    "date": moments.read_date,
    "time": moments.read_time,
    "date and time": moments.read_moment,
    "days and time duration": moments.read_duration,
    "years and months duration": moments.read_duration,
}
_ALIASES = {
    "dateTime": "date and time",
    "dayTimeDuration": "days and time duration",
    "yearMonthDuration": "years and months duration",
    **dict.fromkeys(("integer", "int", "long", "double", "decimal", "float"), "number"),
    **dict.fromkeys(("any", "Any", ""), ""),
}
_SIMPLE = frozenset(KINDS.values()) - {"null", "function"}


class Types:
    """The item definitions of one file, and those of the files it imports, by prefix."""

    def __init__(
        self, root: xml.Element, imported: Mapping[str, "Types"], reading: Reading
    ) -> None:
        self._imported = imported
        self._elements = {
            one.get("name") or "": one for one in xml.children(root, "itemDefinition")
        }
        self._fits: dict[str, Fit] = {}
        for name, element in self._elements.items():
            self._fits[name] = self._item(element, reading)

    def base(self, name: str) -> str:
        """The FEEL kind behind a type's name; empty when it is not a simple one."""
        seen = set()
        while (element := self._elements.get(name)) is not None and name not in seen:
            seen.add(name)
            name = "" if element.get("isCollection") == "true" else xml.type_of(element)
        name = _ALIASES.get(name, name)
        return name if name in _SIMPLE else ""

    def fit(self, name: str) -> Fit | None:
        """What a value becomes under the type `name`; None when every value may stay."""
        if name in self._elements:
            return partial(self._later, name)  # types may speak of themselves
        prefix, _, rest = name.rpartition(".")
        if prefix in self._imported:
            return self._imported[prefix].fit(rest)
        kind = _ALIASES.get(name, name)
        return partial(_simple, kind) if kind in _SIMPLE else None

    def result(self, name: str) -> Fit | None:
        """What the result of a function declared as `name` becomes."""
        made = xml.child(self._elements.get(name), "functionItem")
        return self.fit(name if made is None else made.get("outputTypeRef") or "")

    def _later(self, name: str, value: Any, run: Run) -> Any:
        return self._fits[name](value, run)

    def _item(self, element: xml.Element, reading: Reading) -> Fit:
        parts = list(xml.children(element, "itemComponent"))
        fit: Fit | None
        if parts:
            fits = {one.get("name") or "": self._item(one, reading) for one in parts}
            fit = partial(_context, fits)
        elif xml.child(element, "functionItem") is not None:
            fit = _function
        else:
            fit = self.fit(xml.type_of(element))
        fit = _within(element, "allowedValues", fit, reading)
        if element.get("isCollection") == "true":
            fit = partial(_list, fit)
        return _within(element, "typeConstraint", fit, reading) or _same


_ALL = feel.compile_unary("-")


def _within(
    element: xml.Element, constraint: str, fit: Fit | None, reading: Reading
) -> Fit | None:
    """`fit`, then null for what the element's constraint does not accept."""
    source = xml.text(xml.child(element, constraint))
    if not source:
        return fit
    where = f"Type « {xml.named(element)} »"
    return partial(_allowed, reading.attempt(where, source, feel.compile_unary, _ALL), fit)


def fitted(value: Any, fit: Fit | None, run: Run) -> Any:
    """`value` under the type that `fit` stands for."""
    return value if fit is None else fit(value, run)


def _same(value: Any, run: Run) -> Any:
    return value


def _simple(kind: str, value: Any, run: Run) -> Any:
    if isinstance(value, list) and len(value) == 1 and kind != "list":
        value = value[0]
    if isinstance(value, str) and kind in _READERS:
        run.spend(ZONE_COST * ("@" in value))
        try:
            value = _READERS[kind](value)
        except Undefined:
            return None
    if kind == "date and time" and type(value) in {date, FarDate}:
        return moments.at(value, time(tzinfo=UTC))
    return value if KINDS[type(value)] == kind else None


def _list(fit: Fit | None, value: Any, run: Run) -> Any:
    if value is None or fit is None:
        return value if value is None or isinstance(value, list) else [value]
    items = value if isinstance(value, list) else [value]
    run.spend(len(items))
    found = [fit(item, run) for item in items]
    refused = any(new is None for new, old in zip(found, items, strict=True) if old)
    return None if refused else found


def _context(fits: Mapping[str, Fit], value: Any, run: Run) -> Any:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, dict) or not fits.keys() <= value.keys():
        return None
    run.spend(len(fits))
    found = {key: fit(value[key], run) for key, fit in fits.items()}
    if any(found[key] is None and value[key] is not None for key in fits):
        return None
    return {**value, **found}


def _allowed(tests: UnaryTests, fit: Fit | None, value: Any, run: Run) -> Any:
    value = fitted(value, fit, run)
    if value is None or tests.within(Scope({}, None, run), value) is not True:
        return None
    return value


def _function(value: Any, run: Run) -> Any:
    return value if isinstance(value, Function) else None
