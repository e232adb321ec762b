"""Turn a tree into nested Python functions: read once, then as fast as Python goes.

Nothing here is compiled by Python from text; each node becomes one function of a scope.
"""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

from engine.feel import calls, functions, iteration, paths, tree, unary
from engine.feel.arithmetic import calculate, negate
from engine.feel.errors import FeelSyntaxError, Undefined
from engine.feel.scope import MISSING, Evaluate, Scope
from engine.feel.tree import Node
from engine.feel.types import belongs
from engine.feel.values import (
    DECIMAL128,
    Range,
    compare,
    equal,
    french_kind,
)


def build(node: Node) -> Evaluate:
    """The function that evaluates `node`. Raises FeelSyntaxError for an unknown function."""
    return _BUILDERS[type(node)](node)


def _literal(node: tree.Literal) -> Evaluate:
    value = node.value
    return lambda _: value


def _name(node: tree.Name) -> Evaluate:
    name, position = node.name, node.position
    builtin = functions.as_value(name)

    def evaluate(scope: Scope) -> Any:
        try:
            return scope.names[name]
        except KeyError:
            value = scope.find(name)
        if value is not MISSING:
            return value
        if builtin is None:
            scope.run.note(f"La variable « {name} » n'existe pas", position)
        return builtin

    return evaluate


def _list(node: tree.ListOf) -> Evaluate:
    items = tuple(build(item) for item in node.items)
    return lambda scope: [item(scope) for item in items]


def _context(node: tree.ContextOf) -> Evaluate:
    entries = tuple((entry.key, build(entry.value)) for entry in node.entries)

    def evaluate(scope: Scope) -> dict[str, Any]:
        values: dict[str, Any] = {}
        inner = scope.inside(values)
        for key, value in entries:
            values[key] = value(inner)
        return dict(values)  # a function defined inside keeps `values`, not the result

    return evaluate


def _interval(node: tree.Interval) -> Evaluate:
    low, high = build(node.low), build(node.high)
    ends = (node.low_included, node.high_included)

    def evaluate(scope: Scope) -> Range | None:
        start, end = low(scope), high(scope)
        if start is not None and end is not None and compare(start, end, scope.run) is None:
            return None
        return Range(start, end, *ends)

    return evaluate


def _bound(node: tree.Bound) -> Evaluate:
    operand, operator = build(node.operand), node.operator
    included = "=" in operator

    def evaluate(scope: Scope) -> Range | None:
        value = operand(scope)
        if value is None or operator == "!=":
            return None
        low = None if "<" in operator else value
        high = None if ">" in operator else value
        return Range(low, high, included, included, unbounded=True)

    return evaluate


def _negation(node: tree.Negation) -> Evaluate:
    operand = build(node.operand)
    return lambda scope: negate(operand(scope))


def _arithmetic(node: tree.Arithmetic) -> Evaluate:
    left, right, operator = build(node.left), build(node.right), node.operator
    position, cost = node.position, _POWER_COST * (operator == "**")
    quick = {"+": DECIMAL128.add, "-": DECIMAL128.subtract, "*": DECIMAL128.multiply}.get(
        operator
    )

    def evaluate(scope: Scope) -> Any:
        one, other = left(scope), right(scope)
        reason = ""
        try:
            if quick is not None and type(one) is Decimal and type(other) is Decimal:
                return quick(one, other)
            scope.run.spend(cost)
            value = calculate(operator, one, other)
            if value is not None:
                scope.run.weigh(value)
                return value
        except ArithmeticError:
            reason = "le résultat est trop grand"
        except Undefined as why:
            reason = str(why)
        if scope.run.notes is not None:
            kinds = f"{french_kind(one)} {operator} {french_kind(other)}"
            reason = reason or f"calcul impossible entre {kinds}"
            scope.run.note(f"Le résultat est null : {reason}", position)
        return None

    return evaluate


_POWER_COST = 60
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda left, right: bool(left < right),
    "<=": lambda left, right: bool(left <= right),
    ">": lambda left, right: bool(left > right),
    ">=": lambda left, right: bool(left >= right),
}


def _comparison(node: tree.Comparison) -> Evaluate:
    if node.operator in {"=", "!="}:
        return _equality(node)
    left, right = build(node.left), build(node.right)
    position, ordered = node.position, _ORDERS[node.operator]

    def evaluate(scope: Scope) -> bool | None:
        one, other = left(scope), right(scope)
        if type(one) is Decimal and type(other) is Decimal:
            return ordered(one, other)
        order = compare(one, other, scope.run)
        if order is not None:
            return ordered(order, 0)
        if scope.run.notes is not None:
            kinds = f"{french_kind(one)} et {french_kind(other)}"
            scope.run.note(f"On ne peut pas comparer {kinds}", position)
        return None

    return evaluate


def _equality(node: tree.Comparison) -> Evaluate:
    left, right, wanted = build(node.left), build(node.right), node.operator == "="
    position = node.position

    def evaluate(scope: Scope) -> bool | None:
        one, other = left(scope), right(scope)
        kind = type(one)
        if kind is type(other) and (kind is str or kind is Decimal):
            if kind is str:
                scope.run.weigh(one)
            return (one == other) is wanted
        same = equal(one, other, scope.run)
        if same is not None:
            return same is wanted
        if scope.run.notes is not None:
            kinds = f"{french_kind(one)} et {french_kind(other)}"
            scope.run.note(f"On ne peut pas comparer {kinds}", position)
        return None

    return evaluate


def _both(node: tree.Both) -> Evaluate:
    terms = tuple(build(term) for term in node.terms)

    def evaluate(scope: Scope) -> bool | None:
        answer: bool | None = True
        for term in terms:
            value = term(scope)
            if value is False:
                return False
            if value is not True:
                answer = None
        return answer

    return evaluate


def _either(node: tree.Either) -> Evaluate:
    terms = tuple(build(term) for term in node.terms)

    def evaluate(scope: Scope) -> bool | None:
        answer: bool | None = False
        for term in terms:
            value = term(scope)
            if value is True:
                return True
            if value is not False:
                answer = None
        return answer

    return evaluate


def _between(node: tree.Between) -> Evaluate:
    operand, low, high = build(node.operand), build(node.low), build(node.high)

    def evaluate(scope: Scope) -> bool | None:
        value = operand(scope)
        above = compare(value, low(scope), scope.run)
        below = compare(value, high(scope), scope.run)
        if above is None or below is None:
            return None
        return above >= 0 >= below

    return evaluate


def _in(node: tree.In) -> Evaluate:
    operand = build(node.operand)
    test = unary.build_any(node.tests, build)
    return lambda scope: test(scope, operand(scope))


def _instance(node: tree.InstanceOf) -> Evaluate:
    operand, type_ = build(node.operand), node.type
    return lambda scope: belongs(operand(scope), type_, scope.run)


def _if(node: tree.If) -> Evaluate:
    condition, yes, no = build(node.condition), build(node.yes), build(node.no)
    return lambda scope: yes(scope) if condition(scope) is True else no(scope)


def _fitted(node: tree.Fitted) -> Evaluate:
    operand, fit = build(node.operand), node.fit
    return lambda scope: fit(operand(scope), scope.run)


def _stray(node: Node) -> Evaluate:
    raise FeelSyntaxError("Ce test n'a de sens que dans une table.", node.position)


_BUILDERS: dict[type[Node], Callable[[Any], Evaluate]] = {
    tree.Literal: _literal,
    tree.Name: _name,
    tree.ListOf: _list,
    tree.ContextOf: _context,
    tree.Interval: _interval,
    tree.Bound: _bound,
    tree.Anything: _stray,
    tree.Tests: _stray,
    tree.Negation: _negation,
    tree.Arithmetic: _arithmetic,
    tree.Comparison: _comparison,
    tree.Both: _both,
    tree.Either: _either,
    tree.Between: _between,
    tree.In: _in,
    tree.InstanceOf: _instance,
    tree.If: _if,
    tree.Call: partial(calls.build_call, build=build),
    tree.Lambda: partial(calls.build_lambda, build=build),
    tree.Fitted: _fitted,
    tree.Built: lambda node: node.evaluate,
    tree.For: partial(iteration.build_for, build=build),
    tree.Quantified: partial(iteration.build_quantified, build=build),
    tree.Filter: partial(iteration.build_filter, build=build),
    tree.Path: partial(paths.build_path, build=build),
}
