"""Builds the engine's specifications from a diagram: no recursion, in the diagram's own order.

The result is never changed by a running instance, so that all instances and threads share it.
"""

from collections.abc import Callable
from typing import Any

from engine.spiff.diagram import Diagram, Flow, Node, Scope
from engine.spiff.elements import (
    Attached,
    DecisionTask,
    Element,
    ExclusiveGateway,
    Process,
    ScriptTask,
    ServiceTask,
    SubProcess,
    UserTask,
)
from engine.spiff.events import Boundary, Catching, StartEvent, Throwing
from engine.spiff.joins import EndJoin, InclusiveGateway, ParallelGateway
from engine.spiff.loops import Container, StandardLoop

KINDS: dict[str, Callable[[Any, str, Node], Element]] = {
    "task": Element,
    "userTask": UserTask,
    "manualTask": UserTask,
    "scriptTask": ScriptTask,
    "serviceTask": ServiceTask,
    "businessRuleTask": DecisionTask,
    "sendTask": Throwing,
    "receiveTask": Catching,
    "subProcess": SubProcess,
    "callActivity": SubProcess,
    "exclusiveGateway": ExclusiveGateway,
    "parallelGateway": ParallelGateway,
    "inclusiveGateway": InclusiveGateway,
    "eventBasedGateway": Element,
    "startEvent": StartEvent,
    "endEvent": Throwing,
    "intermediateCatchEvent": Catching,
    "intermediateThrowEvent": Throwing,
    "boundaryEvent": Boundary,
}


def build(diagram: Diagram) -> dict[str, Process]:
    """The specification of every process and sub-process, by id."""
    return {scope.id: _process(scope) for scope in diagram.scopes.values()}


def _process(scope: Scope) -> Process:
    process = Process(scope.id, EndJoin)
    elements = {node.id: _element(process, node) for node in scope.nodes}
    entries: dict[str, Element] = dict(elements)
    for node in scope.nodes:
        if node.attached_to in elements:
            split = entries[node.attached_to]
            if not isinstance(split, Attached):
                split = _attached(process, elements[node.attached_to])
                entries[node.attached_to] = split
            split.connect(elements[node.id])
    leaving: dict[str, list[Flow]] = {}
    for flow in scope.flows:
        leaving.setdefault(flow.source, []).append(flow)
    for node in scope.nodes:
        if node.kind == "startEvent":
            process.start.connect(elements[node.id])
        _connect(process, node, leaving.get(node.id, []), elements, entries)
    return process


def _element(process: Process, node: Node) -> Element:
    make = KINDS[node.kind]
    if node.loop is None:
        return make(process, node.id, node)
    container = StandardLoop if node.loop.kind == "standard" else Container
    return container(process, node.id, node, make(process, f"{node.id}#each", node))


def _attached(process: Process, activity: Element) -> Attached:
    split = Attached(process, f"{activity.name}#events")
    split.activity = activity.name
    split.connect(activity)
    return split


def _connect(
    process: Process,
    node: Node,
    flows: list[Flow],
    elements: dict[str, Element],
    entries: dict[str, Element],
) -> None:
    element = elements[node.id]
    for flow in flows:
        target = entries[flow.target]
        element.connect(target)
        if isinstance(element, ExclusiveGateway):
            only = len(flows) == 1
            default = flow.id == node.default or (only and flow.condition is None)
            element.ways.append((None if default else flow.condition, target.name))
        if node.kind == "eventBasedGateway" and isinstance(target, Catching):
            target.raced = True
    if not flows:
        element.connect(process.end)
