"""The parts of a decision table, once read: columns, rules, and what a rule concludes."""

from dataclasses import dataclass
from typing import Any

from engine.decisions.typing import Fit
from engine.feel.expression import Expression, UnaryTests


@dataclass(frozen=True, slots=True)
class Input:
    """A column of conditions: what is looked at, under which name people know it.

    `type` is its FEEL kind when it declares a simple one; `values` are those it allows.
    """

    label: str
    expression: Expression
    type: str
    fit: Fit | None
    values: UnaryTests


@dataclass(frozen=True, slots=True)
class Output:
    """A column of results; `values` are its allowed values, the most important first."""

    name: str
    label: str
    default: Expression | None
    values: tuple[Any, ...]
    type: str
    fit: Fit | None


@dataclass(frozen=True, slots=True)
class Rule:
    """A row: `number` starts at 1; annotations are what the law or the designer says."""

    id: str
    number: int
    description: str
    annotations: dict[str, str]
    conditions: tuple[UnaryTests, ...]
    conclusions: tuple[Expression, ...]

    @property
    def cost(self) -> int:
        """The steps that applying it takes, loops apart."""
        cells = sum(one.cost for one in self.conditions)
        return 1 + cells + sum(one.cost for one in self.conclusions)


@dataclass(frozen=True, slots=True)
class MatchedRule:
    """A rule that applied: in which decision, and what its row says beside the result."""

    decision: str
    table: str
    rule_id: str
    number: int
    description: str
    annotations: dict[str, str]
    outputs: Any

    @property
    def annotation(self) -> str:
        """The row's description and annotations in one text: the article of law, usually."""
        return " — ".join(filter(None, (self.description, *self.annotations.values())))


@dataclass(frozen=True, slots=True)
class Table:
    """A compiled table of the decision `decision`, whose French name is `name`."""

    decision: str
    name: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]
    policy: str
    aggregation: str

    @property
    def names(self) -> frozenset[str]:
        """The variables that its columns and cells read."""
        read: set[str] = set()
        read.update(*(one.expression.names for one in self.inputs))
        for rule in self.rules:
            read.update(*(one.names for one in rule.conditions))
            read.update(*(one.names for one in rule.conclusions))
        return frozenset(read)

    def shaped(self, outputs: list[Any]) -> Any:
        """One value for one output column, a context for several."""
        if len(self.outputs) == 1:
            return outputs[0]
        return {one.name: value for one, value in zip(self.outputs, outputs, strict=True)}
