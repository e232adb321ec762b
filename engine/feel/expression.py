"""Compiled expressions and compiled cells: what the rest of the house holds."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from engine.feel import functions, library, tree
from engine.feel.closures import build
from engine.feel.errors import FeelLimitExceeded, FeelSyntaxError, place
from engine.feel.free import Names, free_names
from engine.feel.limits import Run
from engine.feel.parser import parse, parse_tests
from engine.feel.scope import Inputs, Scope
from engine.feel.unary import build_test
from engine.feel.values import from_plain

assert library  # importing it declares the built-in functions


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A value, and why some of what led to it was null (French sentences)."""

    value: Any
    notes: tuple[str, ...]


class Expression:
    """An expression ready to be evaluated, by any number of threads."""

    __slots__ = ("_evaluate", "cost", "names", "possible_names", "source")

    def __init__(self, source: str, node: tree.Node, names: Names) -> None:
        self.source = source
        self.cost = tree.size(node)
        """The steps that one evaluation takes, loops apart."""
        self.names = names.certain
        """The variables it reads."""
        self.possible_names = names.possible
        """Names read inside filters: variables, or entries of the filtered items."""
        self._evaluate = build(node)

    def evaluate(self, context: Mapping[str, Any]) -> Any:
        """The FEEL value on this process data; null where DMN says null.

        Raises FeelLimitExceeded; FeelRuntimeError on data that are not plain.
        """
        return self._run(context, Run())

    def diagnose(self, context: Mapping[str, Any]) -> Diagnosis:
        """The same, with a remark for each null that the expression met. Slower."""
        run = Run([])
        value = self._run(context, run)
        notes = dict.fromkeys(run.notes or ())
        return Diagnosis(
            value, tuple(f"{note} ({place(self.source, spot)})" for note, spot in notes)
        )

    def within(self, scope: Scope) -> Any:
        """The value inside an evaluation under way, such as a decision table's."""
        return self._evaluate(scope)

    def _run(self, context: Mapping[str, Any], run: Run) -> Any:
        try:
            return self._evaluate(Scope(Inputs(context), None, run))
        except RecursionError:
            raise _too_deep() from None

    def __repr__(self) -> str:
        return f"Expression({self.source!r})"


class UnaryTests:
    """The cell of a decision table, ready to test values."""

    __slots__ = ("_test", "cost", "names", "possible_names", "source")

    def __init__(self, source: str, node: tree.Node, names: Names) -> None:
        self.source = source
        self.cost = tree.size(node)
        self.names = names.certain - {"?"}
        self.possible_names = names.possible - {"?"}
        self._test = build_test(node, build)

    def matches(self, value: Any, context: Mapping[str, Any]) -> bool | None:
        """Whether `value` passes; None when it cannot be said. Raises as `evaluate`."""
        try:
            scope = Scope(Inputs(context), None, Run())
            return self._test(scope, from_plain(value))
        except RecursionError:
            raise _too_deep() from None

    def within(self, scope: Scope, value: Any) -> bool | None:
        """Whether a FEEL value passes, inside an evaluation under way."""
        return self._test(scope, value)

    def __repr__(self) -> str:
        return f"UnaryTests({self.source!r})"


def compile(source: str, names: Iterable[str] = ()) -> Expression:  # noqa: A001
    """The expression written in `source`; a leading `=` is accepted.

    `names` declares the variables of several words that may appear, such as
    `Montant HT`. Raises FeelSyntaxError.
    """
    return _compiled(source, frozenset(names))


def compile_unary(source: str, names: Iterable[str] = ()) -> UnaryTests:
    """The cell written in `source`; `-` and an empty cell accept every value.

    Raises FeelSyntaxError.
    """
    return _compiled_tests(source, frozenset(names))


def read_tree(source: str, names: frozenset[str]) -> tree.Node:
    """The tree of an expression, whose functions all exist. Raises FeelSyntaxError."""
    shift = len(source) - len(source.lstrip())
    if source[shift : shift + 1] == "=":
        source = source[:shift] + " " + source[shift + 1 :]  # positions stay true
    if not source.strip():
        raise FeelSyntaxError("L'expression est vide.", 0)
    with _placing(source):
        node = parse(source, functions.NAMES, names)
        _names(node, names)
    return node


@lru_cache(maxsize=4096)
def _compiled(source: str, names: frozenset[str]) -> Expression:
    with _placing(source):
        node = read_tree(source, names)
        return Expression(source, node, _names(node, names))


@lru_cache(maxsize=4096)
def _compiled_tests(source: str, names: frozenset[str]) -> UnaryTests:
    with _placing(source):
        node = parse_tests(source if source.strip() else "-", functions.NAMES, names)
        return UnaryTests(source, node, _names(node, names))


@contextmanager
def _placing(source: str) -> Iterator[None]:
    """Errors of reading say where they are in `source`."""
    try:
        yield
    except FeelSyntaxError as error:
        raise FeelSyntaxError(error.message, error.position, source) from None
    except RecursionError:
        raise FeelSyntaxError("L'expression est trop imbriquée.", 0, source) from None


def _names(node: tree.Node, known: frozenset[str]) -> Names:
    names = free_names(node)
    for name, position in names.called.items():
        if name not in known and name not in functions.BUILTINS:
            raise functions.refuse_unknown(name, position, known)
    return names


def _too_deep() -> FeelLimitExceeded:
    return FeelLimitExceeded("Les appels de fonctions sont trop imbriqués.")
