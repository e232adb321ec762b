"""The built-in functions: how they are declared, chosen, and given their arguments.

`library/` holds what they do. An argument of the wrong kind makes the result null; a
list of one item stands for its item, and one item for a list of one, as DMN says.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from difflib import get_close_matches
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from engine.feel.errors import FeelSyntaxError, Undefined
from engine.feel.far import FarDate, FarMoment
from engine.feel.limits import Run
from engine.feel.moments import YearsMonths
from engine.feel.names import KnownNames
from engine.feel.values import Function, Range, french_kind

F = TypeVar("F", bound=Callable[..., Any])

_KINDS: dict[str, tuple[type, ...]] = {
    "number": (Decimal,),
    "string": (str,),
    "boolean": (bool,),
    "list": (list,),
    "context": (dict,),
    "function": (Function,),
    "range": (Range,),
    "day": (date, datetime, FarDate, FarMoment),
    "time": (time,),
    "days": (timedelta,),
    "length": (timedelta, YearsMonths),
    "size": (Decimal, timedelta, YearsMonths),
}
_FRENCH = {
    "number": "un nombre",
    "string": "un texte",
    "boolean": "un vrai/faux",
    "list": "une liste",
    "context": "un contexte",
    "function": "une fonction",
    "range": "un intervalle",
    "day": "une date",
    "time": "une heure",
    "days": "une durée en jours",
    "length": "une durée",
    "size": "un nombre ou une durée",
}


class Parameter(NamedTuple):
    """One argument: `any` takes everything, null included; other kinds refuse null."""

    name: str
    kind: str
    optional: bool


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a function.

    `spread` gathers the last arguments in one list: "always", or "unless one" (a single
    argument is then the list itself). `cost` is the steps a call takes, when many.
    """

    function: str
    parameters: tuple[Parameter, ...]
    spread: str
    cost: int
    implement: Callable[..., Any]

    def accepts(self, count: int, names: tuple[str, ...]) -> bool:
        """Whether it may be called with so many arguments, or with these names."""
        required = sum(not parameter.optional for parameter in self.parameters)
        if names:
            known = {parameter.name for parameter in self.parameters}
            needed = {one.name for one in self.parameters if not one.optional}
            return needed <= set(names) <= known and len(set(names)) == len(names)
        most = 10**6 if self.spread else len(self.parameters)
        return required <= count <= most

    def order(self, names: tuple[str, ...], count: int) -> list[int | None]:
        """For each parameter, which argument it takes; None when it is left out."""
        if not names:
            return list(range(count))
        found = [
            names.index(one.name) if one.name in names else None for one in self.parameters
        ]
        while found and found[-1] is None:
            found.pop()
        return found

    def apply(self, values: list[Any], run: Run, position: int) -> Any:
        """The function's result: null, with a remark, when the arguments do not fit."""
        if self.spread:
            values = self._gathered(values)
        fitted: list[Any] = []
        for parameter, value in zip(self.parameters, values, strict=False):
            if parameter.kind != "any":
                fits, value = _fit(value, parameter.kind)  # noqa: PLW2901
                if not fits:
                    self._complain(parameter, value, run, position)
                    return None
            fitted.append(value)
        if self.cost:
            run.spend(self.cost)
        for value in fitted:
            if type(value) is str:
                run.weigh(value)
        try:
            result = self.implement(run, *fitted)
            run.weigh(result)
            return result
        except Undefined as reason:
            run.note(f"{self.function} : {reason}", position)
        except (ArithmeticError, OverflowError):
            run.note(f"{self.function} : le calcul est impossible", position)
        return None

    def _gathered(self, values: list[Any]) -> list[Any]:
        fixed = len(self.parameters) - 1
        if self.spread == "unless one" and len(values) == fixed + 1:
            return values
        return [*values[:fixed], values[fixed:]]

    def _complain(self, parameter: Parameter, value: Any, run: Run, position: int) -> None:
        if run.notes is not None:
            wanted = _FRENCH[parameter.kind]
            run.note(
                f"{self.function} attend {wanted} ({parameter.name}), pas {french_kind(value)}",
                position,
            )


@dataclass(frozen=True, slots=True)
class Builtin:
    """A built-in function and its signatures, the most usual first."""

    name: str
    signatures: list[Signature] = field(default_factory=list)


_MOST_ADVISED = 500
BUILTINS: dict[str, Builtin] = {}
NAMES = KnownNames(())


def function(
    name: str, *parameters: str, spread: str = "", cost: int = 0
) -> Callable[[F], F]:
    """Declare a built-in: parameters are "name: kind", with a final ? when optional.

    The implementation receives the run, then the arguments; it may raise Undefined.
    """

    def declare(implement: F) -> F:
        signature = Signature(
            name, tuple(_parameter(text) for text in parameters), spread, cost, implement
        )
        BUILTINS.setdefault(name, Builtin(name)).signatures.append(signature)
        NAMES.add(name)
        return implement

    return declare


def _parameter(text: str) -> Parameter:
    name, _, kind = text.partition(": ")
    return Parameter(name, kind.rstrip("?"), kind.endswith("?"))


def signature(
    builtin: Builtin, count: int, names: tuple[str, ...], position: int
) -> Signature:
    """The signature to use. Raises FeelSyntaxError when none takes these arguments."""
    for one in builtin.signatures:
        if one.accepts(count, names):
            return one
    ways = " ou ".join(
        f"{builtin.name}({', '.join(part.name for part in one.parameters)})"
        for one in builtin.signatures
    )
    raise FeelSyntaxError(f"Les arguments ne conviennent pas : on écrit {ways}.", position)


def refuse_unknown(name: str, position: int, known: Iterable[str] = ()) -> FeelSyntaxError:
    """The error that says that `name` is no function, and which one was perhaps meant."""
    names = list(islice((*BUILTINS, *known), _MOST_ADVISED))
    close = get_close_matches(name, names, n=1, cutoff=0.7)
    hint = f" Vouliez-vous « {close[0]} » ?" if close else ""
    return FeelSyntaxError(f"La fonction « {name} » n'existe pas.{hint}", position)


def as_value(name: str) -> Function | None:
    """The built-in as a value, to be passed to `sort` and the like."""
    builtin = BUILTINS.get(name)
    if builtin is None:
        return None
    first = builtin.signatures[0]

    def call(values: list[Any], run: Run) -> Any:
        for one in builtin.signatures:
            if one.accepts(len(values), ()):
                return one.apply(values, run, 0)
        raise Undefined(f"{name} n'attend pas {len(values)} argument(s)")

    return Function(tuple(parameter.name for parameter in first.parameters), call)


def _fit(value: Any, kind: str) -> tuple[bool, Any]:
    if isinstance(value, _KINDS[kind]):
        return True, value
    if value is None:
        return False, None
    if kind == "list":
        return True, [value]
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], _KINDS[kind]):
        return True, value[0]
    return False, value
