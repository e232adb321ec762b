"""Where an evaluation finds its variables: nested scopes over the process data."""

from collections.abc import Callable, Mapping
from typing import Any

from engine.feel.limits import Run
from engine.feel.values import from_plain

MISSING: Any = object()


class Inputs(dict[str, Any]):
    """The process data, each entry made a FEEL value when first read."""

    __slots__ = ("_plain",)

    def __init__(self, plain: Mapping[str, Any]) -> None:
        super().__init__()
        self._plain = plain

    def __missing__(self, name: str) -> Any:
        value = self[name] = from_plain(self._plain[name])
        return value

    def get(self, name: str, default: Any = None) -> Any:
        """The FEEL value of the variable, or `default`."""
        return self[name] if name in self._plain else default


class Scope:
    """Some names, then those around them, within one run."""

    __slots__ = ("names", "parent", "run")

    def __init__(self, names: dict[str, Any], parent: "Scope | None", run: Run) -> None:
        self.names = names
        self.parent = parent
        self.run = run

    def find(self, name: str) -> Any:
        """The nearest value of `name`, or MISSING."""
        scope: Scope | None = self
        while scope is not None:
            value = scope.names.get(name, MISSING)
            if value is not MISSING:
                return value
            scope = scope.parent
        return MISSING

    def inside(self, names: dict[str, Any]) -> "Scope":
        """A scope where `names` come first."""
        return Scope(names, self, self.run)

    def inside_item(self, item: Any) -> "Scope":
        """The scope of a filter: `item`, and its entries when it is a context."""
        scope = Scope({"item": item}, self, self.run)
        return Scope(item, scope, self.run) if type(item) is dict else scope


Evaluate = Callable[[Scope], Any]
