"""Calls of functions, built-in or written in FEEL, and the writing of the latter."""

from typing import Any

from engine.feel import functions, tree
from engine.feel.errors import Undefined
from engine.feel.scope import Evaluate, Scope
from engine.feel.unary import Build
from engine.feel.values import Function


def build_call(node: tree.Call, build: Build) -> Evaluate:
    """The function that calls a built-in, or a function found in the data."""
    arguments = tuple(build(argument) for argument in node.arguments)
    target, names, position = node.function, node.names, node.position
    by_value = _call_value(build(target), arguments, names, position)
    builtin = functions.BUILTINS.get(target.name) if isinstance(target, tree.Name) else None
    if builtin is None:
        return by_value
    signature = functions.signature(builtin, len(arguments), names, position)
    order = signature.order(names, len(arguments))
    given = tuple(_nothing if place is None else arguments[place] for place in order)
    name = builtin.name

    def evaluate(scope: Scope) -> Any:
        # A variable may bear the name of a built-in; only a function takes its place.
        if type(scope.find(name)) is Function:
            return by_value(scope)
        values = [argument(scope) for argument in given]
        return signature.apply(values, scope.run, position)

    return evaluate


def _nothing(scope: Scope) -> None:
    return None


def _call_value(
    target: Evaluate, arguments: tuple[Evaluate, ...], names: tuple[str, ...], position: int
) -> Evaluate:
    def evaluate(scope: Scope) -> Any:
        function = target(scope)
        if not isinstance(function, Function):
            scope.run.note("Ceci n'est pas une fonction", position)
            return None
        values = [argument(scope) for argument in arguments]
        if names:
            if set(names) != set(function.parameters):
                scope.run.note("Les arguments ne sont pas ceux de la fonction", position)
                return None
            by_name = dict(zip(names, values, strict=True))
            values = [by_name[name] for name in function.parameters]
        try:
            return function.call(values, scope.run)
        except Undefined as reason:
            scope.run.note(f"{reason}", position)
            return None

    return evaluate


def build_lambda(node: tree.Lambda, build: Build) -> Evaluate:
    """The function that makes a function, holding the scope it was written in."""
    body, cost = build(node.body), tree.size(node.body)
    parameters, fits = node.parameters, node.fits

    def evaluate(scope: Scope) -> Function:
        def call(values: list[Any], run: Any) -> Any:
            run.spend(cost)
            if len(values) != len(parameters):
                raise Undefined(f"La fonction attend {len(parameters)} argument(s)")
            values = [
                value if fit is None else _argument(name, fit, value, run)
                for name, value, fit in zip(parameters, values, fits, strict=True)
            ]
            return body(Scope(dict(zip(parameters, values, strict=True)), scope, run))

        return Function(parameters, call)

    return evaluate


def _argument(name: str, fit: tree.Fit, value: Any, run: Any) -> Any:
    fitted = fit(value, run)
    if fitted is None and value is not None:
        raise Undefined(f"L'argument « {name} » n'est pas du type attendu")
    return fitted
