"""Builds the engine's specifications from a diagram: no recursion, in the diagram's own order.

What BPMN says in one sign is often several steps here: an activity with events on its edge, one
that needs several tokens, flows with conditions, an event with several definitions. The extra
steps are invisible and are named after the element. The result is never changed by a running
instance, so that all instances and threads share it.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from engine.spiff.diagram import Diagram, Flow, Node, Scope
from engine.spiff.elements import (
    INVISIBLE,
    Attached,
    Element,
    ExclusiveGateway,
    Process,
    ScriptTask,
    UserTask,
    Way,
    Ways,
)
from engine.spiff.events import Boundary, Catching, EventStart
from engine.spiff.inside import SubProcess
from engine.spiff.joins import EndJoin, Gather, InclusiveGateway, ParallelGateway
from engine.spiff.kinds import ACTIVITIES
from engine.spiff.loops import Container, StandardLoop
from engine.spiff.odd_joins import AdHocEnd, ComplexGateway
from engine.spiff.services import DecisionTask, ServiceTask
from engine.spiff.throwing import StartEvent, Throwing

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
    "transaction": SubProcess,
    "adHocSubProcess": SubProcess,
    "callActivity": SubProcess,
    "exclusiveGateway": ExclusiveGateway,
    "parallelGateway": ParallelGateway,
    "inclusiveGateway": InclusiveGateway,
    "complexGateway": ComplexGateway,
    "eventBasedGateway": Element,
    "startEvent": StartEvent,
    "endEvent": Throwing,
    "intermediateCatchEvent": Catching,
    "intermediateThrowEvent": Throwing,
    "boundaryEvent": Boundary,
}
SPLITS = frozenset({"exclusiveGateway", "inclusiveGateway", "complexGateway"})


def build(diagram: Diagram) -> dict[str, Process]:
    """The specification of every process and sub-process, by id, and of every handler."""
    owners = {node.id: node for scope in diagram.scopes.values() for node in scope.nodes}
    conditional = any(e.kind == "conditional" for n in owners.values() for e in n.events)
    specs: dict[str, Process] = {}
    for scope in diagram.scopes.values():
        specs[scope.id] = _Builder(scope, diagram, owners).build()
        for node in scope.nodes:
            if node.handler and node.attached_to and _compensates(node):
                name = f"{node.attached_to}#handler"
                specs[name] = _handler(name, owners[node.handler])
    for spec in specs.values():
        spec.conditional = conditional
    _mark_compensable(diagram, specs)
    return specs


def _compensates(node: Node) -> bool:
    return any(event.kind == "compensate" for event in node.events)


def _handler(name: str, node: Node) -> Process:
    """A process of one activity: what compensation runs."""
    process = Process(name, EndJoin)
    element = _element(process, node)
    process.start.lead(element)
    element.lead(process.end)
    return process


def _mark_compensable(diagram: Diagram, specs: Mapping[str, Process]) -> None:
    """An activity is noted when done if it has a handler, or if something inside has one."""
    marked = {name.removesuffix("#handler") for name in specs if name.endswith("#handler")}
    marked |= {scope.id for scope in diagram.scopes.values() if specs[scope.id].undone_by}
    for scope_id in list(marked):
        scope = next((s for s in diagram.scopes.values() if _holds(s, scope_id)), None)
        while scope is not None and scope.parent:
            marked.add(scope.id)
            scope = diagram.scopes.get(scope.parent)
    for spec in specs.values():
        for element in spec.task_specs.values():
            real = getattr(element, "each", element)
            if real.node.id in marked and real.node.kind in ACTIVITIES:
                real.compensable = True


def _holds(scope: Scope, node_id: str) -> bool:
    return any(node.id == node_id for node in scope.nodes)


def _element(process: Process, node: Node) -> Element:
    make = KINDS[node.kind]
    if node.loop is None:
        return make(process, node.id, node)
    container = StandardLoop if node.loop.kind == "standard" else Container
    return container(process, node.id, node, make(process, f"{node.id}#each", node))


class _Builder:
    """Builds one process or sub-process: the elements, how they are entered, how they are left."""

    def __init__(self, scope: Scope, diagram: Diagram, owners: Mapping[str, Node]) -> None:
        self.scope, self.diagram = scope, diagram
        self.owner = owners.get(scope.id)
        ad_hoc = self.owner is not None and self.owner.kind == "adHocSubProcess"
        end, node = (AdHocEnd, self.owner) if ad_hoc else (EndJoin, INVISIBLE)
        self.process = Process(scope.id, end, node or INVISIBLE)
        self.process.nested = scope.parent is not None
        self.entries: dict[str, Element] = {}
        self.exits: dict[str, list[Element]] = {}
        self.on_edge: dict[str, list[Element]] = {}
        self.leaving: dict[str, list[Flow]] = {}
        for flow in scope.flows:
            self.leaving.setdefault(flow.source, []).append(flow)

    def build(self) -> Process:
        """Elements first, then what carries them, then the flows, then the start."""
        drawn = [node for node in self.scope.nodes if not node.undoes]
        for node in drawn:
            self._place(node)
        for node in drawn:
            self._carry(node)
        for node in drawn:
            if not node.by_event:
                self._connect(node)
        for node in drawn:
            if node.by_event:
                self._arm(node)
        self._begin(drawn)
        return self.process

    def _place(self, node: Node) -> None:
        if len(node.events) > 1 and node.kind in (
            "intermediateCatchEvent",
            "boundaryEvent",
        ):
            self._several(node)
            return
        if node.kind == "boundaryEvent" and _compensates(node):
            return
        element = _element(self.process, node)
        self.entries[node.id], self.exits[node.id] = element, [element]

    def _several(self, node: Node) -> None:
        """An event with several definitions: each waits for itself, one or all must happen."""
        make = Boundary if node.kind == "boundaryEvent" else Catching
        names = [
            f"{node.id}#{number}" if number else node.id
            for number in range(len(node.events))
        ]
        parts = [
            make(self.process, name, node, event)
            for name, event in zip(names, node.events, strict=True)
        ]
        on_edge = make is Boundary
        meet = ParallelGateway if node.all_events and not on_edge else Element
        out = meet(self.process, f"{node.id}#out")
        self.exits[node.id] = [out]
        for part in parts:
            part.lead(out)
        if on_edge:
            self.on_edge[node.id] = list[Element](parts)
            for part in parts:
                if node.all_events and isinstance(part, Boundary):
                    part.together = tuple(names)
            return
        split = Element(self.process, f"{node.id}#any")
        self.entries[node.id] = split
        for part in parts:
            part.raced, part.traceless = not node.all_events, True
            split.lead(part)

    def _carry(self, node: Node) -> None:
        """What stands before an activity: its events on the edge, the tokens it needs."""
        if node.attached_to in self.exits and node.id in self.exits:
            split = self.entries[node.attached_to]
            if not isinstance(split, Attached):
                split = self._attached(node.attached_to)
            for event in self.on_edge.get(node.id, self.exits[node.id]):
                split.lead(event)
        if node.needs > 1:
            gather = Gather(self.process, f"{node.id}#tokens", replace(node, gives=1))
            gather.bpmn_id = None
            self.exits[f"{node.id}#tokens"] = [gather]

    def _attached(self, activity: str) -> Attached:
        split = Attached(self.process, f"{activity}#events")
        split.activity = activity
        split.lead(self.entries[activity])
        self.entries[activity] = split
        return split

    def _entry(self, node_id: str) -> Element:
        gathering = self.exits.get(f"{node_id}#tokens")
        if not gathering:
            return self.entries[node_id]
        if not gathering[0].ways:
            gathering[0].lead(self.entries[node_id])
        return gathering[0]

    def _connect(self, node: Node) -> None:
        flows = self.leaving.get(node.id, [])
        splits = node.kind not in SPLITS and any(flow.condition for flow in flows)
        for element in self.exits.get(node.id, []):
            source = element
            if splits:
                source = Ways(self.process, f"{element.name}#ways", node)
                element.lead(source)
            for flow in flows:
                condition = flow.condition
                target = self._entry(flow.target)
                source.lead(target, flow.id, None if flow.id == node.default else condition)
                if node.kind == "eventBasedGateway" and isinstance(target, Catching):
                    target.raced = True
            if not flows:
                source.lead(self.process.end)

    def _arm(self, node: Node) -> None:
        """An event sub-process: what it waits for is armed as its scope opens."""
        element = self.exits[node.id][0]
        element.lead(self.process.end)
        start = next(
            n for n in self.diagram.scopes[node.id].nodes if n.kind == "startEvent"
        )
        for number, event in enumerate(start.events):
            if event.kind == "compensate":
                self.process.undone_by = node.id
                continue
            armed = EventStart(self.process, f"{node.id}#armed{number}", start, event)
            armed.lead(element)
            self.process.start.connect(armed)
            self.process.start.armed.append(Way(armed.name))

    def _begin(self, drawn: list[Node]) -> None:
        start, end = self.process.start, self.process.end
        starts = [n for n in drawn if n.kind == "startEvent" or n.instantiate]
        for node in starts:
            if node.kind == "eventBasedGateway":
                self._begin_by_gateway(node)
            else:
                start.lead(self._entry(node.id), node.id)
        reached = {flow.target for flow in self.scope.flows}
        for node in () if starts else drawn:
            if node.id in reached or node.attached_to or node.by_event:
                continue
            entry = self._entry(node.id)
            start.lead(entry)
            if isinstance(end, AdHocEnd):
                end.entries.append(entry.name)
        if isinstance(end, AdHocEnd):
            self._trace(end)

    def _begin_by_gateway(self, node: Node) -> None:
        """Each event after the gateway may start the case; the others are then awaited, or not."""
        targets = [self._entry(flow.target) for flow in self.leaving.get(node.id, [])]
        for target in targets:
            self.process.start.lead(target, target.name)
            if node.all_events:
                self.process.start.together.append(target.name)
            if isinstance(target, Catching):
                target.raced = False

    def _trace(self, end: AdHocEnd) -> None:
        """Which activity each end of an ad hoc sub-process comes from."""
        if end.node.in_turn:
            self.process.start.ways = self.process.start.ways[:1]
        for entry in end.entries:
            seen: set[str] = set()
            pending = [entry]
            while pending:
                name = pending.pop()
                if name in seen:
                    continue
                seen.add(name)
                ways = self.process.task_specs[name].ways
                pending += [way.target for way in ways if way.target != end.name]
                for way in ways:
                    if way.target == end.name:
                        end.comes_from.setdefault(way.arrival, entry)
