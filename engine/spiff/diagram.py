"""A procedure's diagrams as plain facts, before any engine: what the lint reads and the builder builds.

Everything here is frozen and JSON-able, so that it is also the compiled form kept with a
published version (`to_bytes`, `from_bytes`): no pickle, no class name in stored data.
"""

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import orjson

FORMAT = 1


@dataclass(frozen=True)
class Event:
    """One event definition. `kind`: message, timer, signal, error, escalation, terminate…

    `name` is the message's, signal's or link's name; `code` the error's or escalation's;
    `timer` is date, duration or cycle with its `expression`, which is also a conditional
    event's condition; `payload` is FEEL; `variable` receives; `activity` is what to compensate.
    """

    kind: str
    name: str | None = None
    code: str | None = None
    timer: str | None = None
    expression: str | None = None
    payload: str | None = None
    variable: str | None = None
    activity: str | None = None
    waits: bool = True


@dataclass(frozen=True)
class Loop:
    """Repetition of an activity. `kind`: standard, parallel or sequential.

    `throws` are the events of its instances' ends, each with the condition that throws it;
    `behavior` says when: `All` (never), `None` (each time), `One` (the first), `Complex`.
    """

    kind: str
    cardinality: str | None = None
    collection: str | None = None
    item: str | None = None
    output: str | None = None
    output_item: str | None = None
    condition: str | None = None
    maximum: int | None = None
    test_before: bool = False
    behavior: str = "All"
    throws: tuple[tuple[str | None, Event], ...] = ()


@dataclass(frozen=True)
class Operator:
    """What a service task asks for: `<namespace>.<function>` and FEEL parameters."""

    name: str
    result: str | None
    parameters: Mapping[str, str]


@dataclass(frozen=True)
class Node:
    """One element of the flow. `kind` is its BPMN tag; `lane` and `role` may be inherited.

    `all_events`: every event definition must occur, not one of them. `by_event`: an event
    sub-process. `undoes`: runs for compensation alone; `handler` is what a compensation event
    leads to. `condition` is a complex gateway's activation, or an ad hoc sub-process'
    completion.
    """

    id: str
    kind: str
    name: str
    scope: str
    lane: str | None = None
    role: str | None = None
    documentation: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    attached_to: str | None = None
    interrupting: bool = True
    default: str | None = None
    loop: Loop | None = None
    operator: Operator | None = None
    decision: str | None = None
    script: str | None = None
    called: str | None = None
    instantiate: bool = False
    all_events: bool = False
    by_event: bool = False
    undoes: bool = False
    handler: str | None = None
    needs: int = 1
    gives: int = 1
    condition: str | None = None
    in_turn: bool = False
    stops_others: bool = True


@dataclass(frozen=True)
class Flow:
    """A sequence flow; `condition` is FEEL, `name` what is written along it."""

    id: str
    source: str
    target: str
    condition: str | None = None
    name: str = ""


@dataclass(frozen=True)
class Scope:
    """A process, or a sub-process seen from inside. `parent` is None for a process.

    `roles` names the roles of its lanes, for people; a process holds those of its file.
    """

    id: str
    name: str
    file: str
    parent: str | None = None
    documentation: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    nodes: tuple[Node, ...] = ()
    flows: tuple[Flow, ...] = ()


@dataclass(frozen=True)
class Diagram:
    """Every process and sub-process of a folder, by id. `key` is the one that starts."""

    key: str
    scopes: Mapping[str, Scope]

    @cached_property
    def pools(self) -> list[Scope]:
        """The processes that a case may run: the folder's own, then those that events start."""
        if self.key not in self.scopes:
            return []
        called = {n.called for scope in self.scopes.values() for n in scope.nodes}
        others = [
            scope
            for scope in self.scopes.values()
            if scope.parent is None
            and scope.id not in called | {self.key}
            and any(node.events for node in starting(scope))
        ]
        return [self.scopes[self.key], *others]

    @cached_property
    def nodes(self) -> Mapping[str, Node]:
        """Every element by id; that of a sub-process is the one seen from outside."""
        return {node.id: node for scope in self.scopes.values() for node in scope.nodes}

    def in_order(self) -> Iterator[Node]:
        """Every element once, as the flow of the process reaches it, exceptions last."""
        after, aside = (
            defaultdict[str, list[Node]](list),
            defaultdict[str, list[Node]](list),
        )
        for scope in self.scopes.values():
            by_id = {node.id: node for node in scope.nodes}
            for flow in scope.flows:
                after[flow.source].append(by_id[flow.target])
            for node in scope.nodes:
                if node.attached_to:
                    aside[node.attached_to].append(node)
        waiting, seen = deque(reversed(_starts(self.scopes[self.key]))), set[str]()
        while waiting:
            node = waiting.pop()
            if node.id in seen:
                continue
            seen.add(node.id)
            yield node
            inside = _starts(self.scopes[node.id]) if node.id in self.scopes else []
            waiting.extendleft(aside[node.id])
            waiting.extend(reversed([*inside, *after[node.id]]))

    def to_bytes(self) -> bytes:
        """The compiled form, stored with a published version."""
        scopes = [asdict(scope) for scope in self.scopes.values()]
        return orjson.dumps({"format": FORMAT, "key": self.key, "scopes": scopes})


def is_computed(role: str | None) -> bool:
    """Whether a role is worked out when its task opens: FEEL, after an equals sign."""
    return (role or "").startswith("=")


def starting(scope: Scope) -> list[Node]:
    """What may start a process: its start events, and whatever instantiates it."""
    nodes = {node.id: node for node in scope.nodes}
    found: list[Node] = []
    for node in scope.nodes:
        if node.kind == "startEvent" or (node.instantiate and node.kind == "receiveTask"):
            found.append(node)
        elif node.instantiate:
            found += [nodes[flow.target] for flow in scope.flows if flow.source == node.id]
    return found


def _starts(scope: Scope) -> list[Node]:
    """Where a scope begins: its start events, then whatever nothing leads to."""
    reached = {flow.target for flow in scope.flows}
    first = [n for n in scope.nodes if n.id not in reached and not n.attached_to]
    return sorted(first, key=lambda node: node.kind != "startEvent")


def from_bytes(compiled: bytes) -> Diagram:
    """The diagram that `to_bytes` wrote. Raises ValueError for another format."""
    raw = orjson.loads(compiled)
    if raw.get("format") != FORMAT:
        message = f"unknown compiled format {raw.get('format')!r}"
        raise ValueError(message)
    scopes = [_scope(item) for item in raw["scopes"]]
    return Diagram(raw["key"], {scope.id: scope for scope in scopes})


def _scope(raw: dict[str, Any]) -> Scope:
    nodes = tuple(_node(item) for item in raw.pop("nodes"))
    flows = tuple(Flow(**item) for item in raw.pop("flows"))
    return Scope(**raw, nodes=nodes, flows=flows)


def _node(raw: dict[str, Any]) -> Node:
    events = tuple(Event(**item) for item in raw.pop("events"))
    loop, operator = raw.pop("loop"), raw.pop("operator")
    if loop:
        loop["throws"] = tuple(
            (when, Event(**event)) for when, event in loop.get("throws", ())
        )
    return Node(
        **raw,
        events=events,
        loop=Loop(**loop) if loop else None,
        operator=Operator(**operator) if operator else None,
    )
