"""Unary tests: what a cell of a decision table, or the right of `in`, says of a value."""

from collections.abc import Callable
from typing import Any

from engine.feel import tree
from engine.feel.limits import Run
from engine.feel.scope import Evaluate, Scope
from engine.feel.tree import Node
from engine.feel.values import Range, compare, equal, within

Test = Callable[[Scope, Any], bool | None]
Build = Callable[[Node], Evaluate]

_ORDERS: dict[str, Callable[[int], bool]] = {
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    ">": lambda order: order > 0,
    ">=": lambda order: order >= 0,
}
# Expressions that state something: without `?`, their truth is the answer.
_STATEMENTS = (
    tree.Comparison,
    tree.Both,
    tree.Either,
    tree.Between,
    tree.In,
    tree.Quantified,
    tree.InstanceOf,
    tree.Call,
)


def build_test(node: Node, build: Build) -> Test:
    """The test a whole cell makes."""
    if isinstance(node, tree.Anything):
        return lambda _scope, _value: True
    if not isinstance(node, tree.Tests):
        return _one(node, build)
    test = build_any(node.tests, build)
    return _not(test) if node.negated else test


def build_any(nodes: tuple[Node, ...], build: Build) -> Test:
    """True when one test passes, False when all fail, else None."""
    found = tuple(_one(node, build) for node in nodes)
    if len(found) == 1:
        return found[0]

    def test(scope: Scope, value: Any) -> bool | None:
        answer: bool | None = False
        for one in found:
            passed = one(scope, value)
            if passed:
                return True
            if passed is None:
                answer = None
        return answer

    return test


def _not(test: Test) -> Test:
    def opposite(scope: Scope, value: Any) -> bool | None:
        passed = test(scope, value)
        return None if passed is None else not passed

    return opposite


def _one(node: Node, build: Build) -> Test:
    if tree.uses(node, "?"):
        return _with_value(build(node))
    if isinstance(node, tree.Bound):
        return _bound(node.operator, build(node.operand))
    wanted = build(node)
    if isinstance(node, _STATEMENTS):
        return lambda scope, value: _stated(wanted(scope), value, scope.run)
    return lambda scope, value: matches(value, wanted(scope), scope.run)


def _with_value(condition: Evaluate) -> Test:
    def test(scope: Scope, value: Any) -> bool | None:
        answer = condition(scope.inside({"?": value}))
        if isinstance(answer, bool) or answer is None:
            return answer
        return matches(value, answer, scope.run)

    return test


def _bound(operator: str, operand: Evaluate) -> Test:
    if operator in {"=", "!="}:

        def test_equality(scope: Scope, value: Any) -> bool | None:
            same = equal(value, operand(scope), scope.run)
            return None if same is None else same is (operator == "=")

        return test_equality
    ordered = _ORDERS[operator]

    def test_order(scope: Scope, value: Any) -> bool | None:
        order = compare(value, operand(scope), scope.run)
        return None if order is None else ordered(order)

    return test_order


def _stated(answer: Any, value: Any, run: Run) -> bool | None:
    if isinstance(answer, bool) and not isinstance(value, bool):
        return answer
    return matches(value, answer, run)


def matches(value: Any, wanted: Any, run: Run) -> bool | None:
    """Whether `value` equals `wanted`, or lies in it when it is a range or a list."""
    if isinstance(wanted, Range):
        return within(value, wanted, run)
    if isinstance(wanted, list) and not isinstance(value, list):
        return _among(value, wanted, run)
    same = equal(value, wanted, run)
    if same is not True and isinstance(wanted, list):
        return _among(value, wanted, run)
    return same


def _among(value: Any, wanted: list[Any], run: Run) -> bool:
    run.spend(len(wanted))
    for item in wanted:
        same = (
            within(value, item, run) if isinstance(item, Range) else equal(value, item, run)
        )
        if same:
            return True
    return False
