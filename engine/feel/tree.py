"""The shape of an expression once read: small immutable nodes, each with its place."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import Any

# What a declared type makes of a value, during a run: the value itself, or null.
Fit = Callable[[Any, Any], Any]


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """Any part of an expression; `position` is its first character, from 0."""

    position: int


@dataclass(frozen=True, slots=True, eq=False)
class Literal(Node):
    """A value written in full."""

    value: Any


@dataclass(frozen=True, slots=True, eq=False)
class Name(Node):
    """A variable, or `?` for the value under test."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class ListOf(Node):
    """`[a, b]`."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Entry(Node):
    """One `key: value` of a context."""

    key: str
    value: Node


@dataclass(frozen=True, slots=True, eq=False)
class ContextOf(Node):
    """`{a: 1, b: a + 1}`."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Interval(Node):
    """`[low..high)`."""

    low: Node
    high: Node
    low_included: bool
    high_included: bool


@dataclass(frozen=True, slots=True, eq=False)
class Bound(Node):
    """`< 5` standing alone: a test, or an interval open on one side."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True, eq=False)
class Anything(Node):
    """`-`: every value passes."""


@dataclass(frozen=True, slots=True, eq=False)
class Tests(Node):
    """Unary tests separated by commas; `negated` when inside `not(…)`."""

    tests: tuple[Node, ...]
    negated: bool


@dataclass(frozen=True, slots=True, eq=False)
class Negation(Node):
    """`-a`."""

    operand: Node


@dataclass(frozen=True, slots=True, eq=False)
class Arithmetic(Node):
    """`a + b`, with `-`, `*`, `/` or `**`."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, eq=False)
class Comparison(Node):
    """`a = b`, with `!=`, `<`, `<=`, `>` or `>=`."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, eq=False)
class Both(Node):
    """`a and b and c`."""

    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Either(Node):
    """`a or b or c`."""

    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Between(Node):
    """`a between low and high`."""

    operand: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True, eq=False)
class In(Node):
    """`a in tests`."""

    operand: Node
    tests: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Type(Node):
    """A type's name, with the types of its parts: `list<number>`, `context<a: string>`."""

    name: str
    parts: tuple["Type", ...] = ()
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class InstanceOf(Node):
    """`a instance of number`."""

    operand: Node
    type: Type


@dataclass(frozen=True, slots=True, eq=False)
class If(Node):
    """`if condition then yes else no`."""

    condition: Node
    yes: Node
    no: Node


@dataclass(frozen=True, slots=True, eq=False)
class Each(Node):
    """`name in source`, or `name in source..last`."""

    name: str
    source: Node
    last: Node | None


@dataclass(frozen=True, slots=True, eq=False)
class For(Node):
    """`for x in a, y in b return body`."""

    iterators: tuple[Each, ...]
    body: Node


@dataclass(frozen=True, slots=True, eq=False)
class Quantified(Node):
    """`some` (or `every`) `x in a satisfies body`."""

    every: bool
    iterators: tuple[Each, ...]
    body: Node


@dataclass(frozen=True, slots=True, eq=False)
class Filter(Node):
    """`source[condition]`, or `source[index]`."""

    source: Node
    condition: Node


@dataclass(frozen=True, slots=True, eq=False)
class Path(Node):
    """`source.name`."""

    source: Node
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Call(Node):
    """`function(a, b)`; `names` is empty, or names each argument."""

    function: Node
    arguments: tuple[Node, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Lambda(Node):
    """`function(x, y: number) body`; `fits` are what the types make of the arguments."""

    parameters: tuple[str, ...]
    fits: tuple[Fit | None, ...]
    body: Node


@dataclass(frozen=True, slots=True, eq=False)
class Fitted(Node):
    """A value under a declared type: `fit` takes it and the run, and gives what it becomes."""

    operand: Node
    fit: Fit


@dataclass(frozen=True, slots=True, eq=False)
class Built(Node):
    """Something already made into a function, such as a decision table; `names` it reads."""

    evaluate: Callable[[Any], Any]
    names: frozenset[str]


def children(node: Node) -> Iterator[Node]:
    """The nodes directly under `node`."""
    for field in fields(node):
        value = getattr(node, field.name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            yield from (part for part in value if isinstance(part, Node))


def walk(node: Node) -> Iterator[tuple[Node, int]]:
    """`node` and all nodes under it, with their depth, without recursion."""
    waiting = [(node, 1)]
    while waiting:
        current, depth = waiting.pop()
        yield current, depth
        waiting.extend((child, depth + 1) for child in children(current))


def size(node: Node) -> int:
    """How many nodes there are, `node` included: the cost of one evaluation."""
    return sum(1 for _ in walk(node))


def uses(node: Node, name: str) -> bool:
    """Whether `name` is read anywhere under `node`."""
    return any(isinstance(part, Name) and part.name == name for part, _ in walk(node))
