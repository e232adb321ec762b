"""Apply a table: which rules hit, and what the hit policy makes of them (DMN 1.5 §8.2.8)."""

from decimal import Decimal
from functools import reduce
from typing import Any

from engine import feel
from engine.decisions.tables import MatchedRule, Rule, Table
from engine.decisions.typing import fitted
from engine.feel import FeelRuntimeError
from engine.feel.arithmetic import calculate
from engine.feel.limits import Run
from engine.feel.scope import Scope
from engine.feel.values import compare, equal

Hit = tuple[Rule, list[Any]]
Hits = list[Hit]

_SINGLE = ("UNIQUE", "ANY", "FIRST", "PRIORITY")
POLICIES = frozenset((*_SINGLE, "COLLECT", "RULE ORDER", "OUTPUT ORDER"))
AGGREGATIONS = frozenset(("", "SUM", "MIN", "MAX", "COUNT"))


def apply(table: Table, scope: Scope) -> Any:
    """The table's result; null when no rule applies and there is no default.

    Raises FeelRuntimeError when the rules that apply contradict the hit policy.
    """
    hits = _hits(table, scope)
    value, applied = _result(table, hits, scope)
    if scope.run.matched is not None:
        scope.run.matched.extend(_matched(table, *hit) for hit in applied)
    return value


def _hits(table: Table, scope: Scope) -> Hits:
    values = [
        fitted(one.expression.within(scope), one.fit, scope.run) for one in table.inputs
    ]
    hits: Hits = []
    for rule in table.rules:
        scope.run.spend(rule.cost)
        for condition, value in zip(rule.conditions, values, strict=True):
            if condition.within(scope, value) is not True:
                break
        else:
            hits.append((rule, _concluded(table, rule, scope)))
            if table.policy == "FIRST":
                break
    return hits


def _concluded(table: Table, rule: Rule, scope: Scope) -> list[Any]:
    return [
        fitted(one.within(scope), column.fit, scope.run)
        for column, one in zip(table.outputs, rule.conclusions, strict=True)
    ]


def _matched(table: Table, rule: Rule, outputs: list[Any]) -> MatchedRule:
    return MatchedRule(
        decision=table.decision,
        table=table.name,
        rule_id=rule.id,
        number=rule.number,
        description=rule.description,
        annotations=rule.annotations,
        outputs=feel.plain(table.shaped(outputs)),
    )


def _result(table: Table, hits: Hits, scope: Scope) -> tuple[Any, Hits]:
    """The table's value, and the rules it comes from."""
    if not hits:
        return _default(table, scope), []
    if table.policy == "UNIQUE" and len(hits) > 1:
        raise FeelRuntimeError(
            f"Table « {table.name} » : les règles {_numbers(hits)} s'appliquent ensemble, "
            "alors qu'une seule le peut."
        )
    if table.policy == "ANY":
        _check_same(table, hits, scope)
    if table.policy in {"PRIORITY", "OUTPUT ORDER"}:
        hits = sorted(hits, key=lambda hit: _rank(table, hit[1], scope))
    if table.policy in _SINGLE:
        return table.shaped(hits[0][1]), hits[:1]
    values = [table.shaped(outputs) for _, outputs in hits]
    if table.policy == "COLLECT" and table.aggregation:
        return _aggregate(table.aggregation, values, scope.run), hits
    return values, hits


def _default(table: Table, scope: Scope) -> Any:
    if not any(one.default for one in table.outputs):
        return None
    return table.shaped(
        [one.default.within(scope) if one.default else None for one in table.outputs]
    )


def _numbers(hits: Hits) -> str:
    return ", ".join(str(rule.number) for rule, _ in hits)


def _check_same(table: Table, hits: Hits, scope: Scope) -> None:
    first = hits[0][1]
    if any(
        equal(one, other, scope.run) is not True
        for _, outputs in hits[1:]
        for one, other in zip(first, outputs, strict=True)
    ):
        raise FeelRuntimeError(
            f"Table « {table.name} » : les règles {_numbers(hits)} s'appliquent ensemble "
            "et donnent des résultats différents."
        )


def _rank(table: Table, outputs: list[Any], scope: Scope) -> list[int]:
    """The place of each output among its column's values, the first being the strongest."""
    return [
        next(
            (
                place
                for place, allowed in enumerate(column.values)
                if equal(value, allowed, scope.run)
            ),
            len(column.values),
        )
        for column, value in zip(table.outputs, outputs, strict=True)
    ]


def _aggregate(aggregation: str, values: list[Any], run: Run) -> Any:
    if aggregation == "COUNT":
        return Decimal(len(values))
    if aggregation == "SUM":
        return reduce(lambda one, other: calculate("+", one, other), values)
    wanted = -1 if aggregation == "MIN" else 1
    best = values[0]
    for value in values[1:]:
        order = compare(value, best, run)
        if order is None:
            return None
        best = value if order == wanted else best
    return best
