"""Our dialect of BPMN: where each fact is written in the XML, and what would be ignored.

`read(files, key)` gives the diagram and the problems met while reading: constructs that the
engine would silently ignore are named here, because only here is the XML still at hand.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from engine.spiff import notation
from engine.spiff.diagram import Diagram, Event, Flow, Node, Scope
from engine.spiff.errors import DiagramRefused, Problem
from engine.spiff.kinds import CONTAINERS, EVENT_DEFINITIONS, NODES
from engine.spiff.naming_rules import only_drawn
from engine.spiff.notation import BPMN, extension, first, name_of, properties, text, truth
from engine.spiff.oddities import oddities
from engine.spiff.reading import MAX_BYTES, local, namespace, parse

MAX_ELEMENTS = 5000
MOST_ODDITIES = 2000
_COUNTED = [
    f"{{{BPMN}}}{kind}"
    for kind in (*NODES, "sequenceFlow", "process", "lane", *EVENT_DEFINITIONS)
]

_TIMERS = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}


def read(files: Mapping[str, bytes], key: str) -> tuple[Diagram, list[Problem]]:
    """Every process of the folder's .bpmn files. Raises DiagramRefused on unreadable XML."""
    scopes: dict[str, Scope] = {}
    problems: list[Problem] = []
    drawn = [name for name in sorted(files) if name.endswith(".bpmn")]
    if sum(len(files[name]) for name in drawn) > MAX_BYTES:
        message = f"les diagrammes du dossier dépassent {MAX_BYTES // 1_000_000} Mo"
        raise DiagramRefused([Problem(drawn[0], None, None, message)])
    roots = {name: parse(name, files[name]) for name in drawn}
    if sum(1 for root in roots.values() for _ in root.iter(*_COUNTED)) > MAX_ELEMENTS:
        message = (
            f"le dossier dessine plus de {MAX_ELEMENTS} éléments et flèches : découpez-le"
        )
        raise DiagramRefused([Problem("process.bpmn", None, None, message)])
    for name, root in roots.items():
        reader = _Reader(name, root)
        for process in root.iter(f"{{{BPMN}}}process"):
            if only_drawn(process, key):
                continue
            for scope in reader.scopes(process):
                if scope.id in scopes:
                    message = f"l'identifiant « {scope.id} » sert deux fois"
                    problems.append(Problem(name, scope.id, scope.name, message))
                scopes[scope.id] = scope
        found = list(islice(oddities(name, root, key), MOST_ODDITIES))
        problems += found
        if len(found) == MOST_ODDITIES:  # what was not looked at may not be published
            message = f"plus de {MOST_ODDITIES} remarques sur ce fichier"
            problems.append(Problem(name, None, None, message))
    return Diagram(key, scopes), problems


class _Reader:
    """Reads one file; keeps its lanes and its root definitions at hand."""

    def __init__(self, file: str, root: Any) -> None:
        self.file = file
        self.named = {item.get("id"): item for item in root if item.get("id")}
        undoing = {
            item.get("id")
            for item in root.iter(f"{{{BPMN}}}*")
            if truth(item, "isForCompensation", "false")
        }
        arrows = [
            (notation.reference(item, "sourceRef"), notation.reference(item, "targetRef"))
            for item in root.iter(f"{{{BPMN}}}association")
        ]
        self.handlers = {source: target for source, target in arrows if target in undoing}
        self.lanes: dict[str, tuple[str, str]] = {}
        self.roles: dict[str, str] = {}
        for lanes in root.iter(f"{{{BPMN}}}laneSet"):
            self._read_lanes(lanes)

    def _read_lanes(self, lanes: Any) -> None:
        # Document order: an inner lane comes after, and overrides, the one around it.
        for lane in lanes.iterchildren(f"{{{BPMN}}}lane"):
            role = properties(lane).get("ebg:role") or lane.get("id")
            if role:
                self.roles.setdefault(role, name_of(lane))
            for reference in lane.iterchildren(f"{{{BPMN}}}flowNodeRef"):
                self.lanes[(reference.text or "").strip()] = (lane.get("id"), role)
            for inner in lane.iterchildren(f"{{{BPMN}}}childLaneSet"):
                self._read_lanes(inner)

    def scopes(self, process: Any) -> Iterator[Scope]:
        """A process and every sub-process inside it, the outer first."""
        pending: list[tuple[Any, str | None, tuple[str | None, str | None]]]
        pending = [(process, None, (None, None))]
        while pending:
            element, parent, around = pending.pop(0)
            nodes, flows = [], []
            for child in element.iterchildren():
                kind = local(child)
                if namespace(child) != BPMN:
                    continue
                if kind == "sequenceFlow":
                    flows.append(notation.flow(child))
                elif kind in NODES:
                    node = self._node(child, element.get("id"), around)
                    nodes.append(node)
                    if kind in CONTAINERS:
                        pending.append((child, element.get("id"), (node.lane, node.role)))
            flows.extend(_links(nodes))
            yield Scope(
                id=element.get("id"),
                name=name_of(element),
                file=self.file,
                parent=parent,
                documentation=notation.documentation(element),
                properties=properties(element),
                roles=self.roles if parent is None else {},
                nodes=tuple(nodes),
                flows=tuple(flows),
            )

    def _node(
        self, element: Any, scope: str, around: tuple[str | None, str | None]
    ) -> Node:
        lane, role = self.lanes.get(element.get("id"), around)
        given = properties(element)
        return Node(
            id=element.get("id"),
            kind=local(element),
            name=name_of(element),
            scope=scope,
            lane=lane,
            role=given.get("ebg:role") or role,
            documentation=notation.documentation(element),
            properties=given,
            events=tuple(self._events(element)),
            attached_to=notation.reference(element, "attachedToRef"),
            interrupting=truth(element, "cancelActivity", "true")
            and truth(element, "isInterrupting", "true"),
            default=element.get("default"),
            loop=notation.loop(element, self._referred),
            operator=notation.operator(element),
            decision=extension(element, "calledDecisionId"),
            script=text(element, "script") if local(element) == "scriptTask" else None,
            called=element.get("calledElement"),
            instantiate=truth(element, "instantiate", "false"),
            all_events=truth(element, "parallelMultiple", "false")
            or element.get("eventGatewayType") == "Parallel",
            by_event=truth(element, "triggeredByEvent", "false"),
            undoes=truth(element, "isForCompensation", "false"),
            handler=self.handlers.get(element.get("id")),
            needs=notation.number(element, "startQuantity"),
            gives=notation.number(element, "completionQuantity"),
            condition=text(element, "activationCondition")
            or text(element, "completionCondition"),
            in_turn=element.get("ordering") == "Sequential",
            stops_others=truth(element, "cancelRemainingInstances", "true"),
        )

    def _events(self, element: Any) -> Iterator[Event]:
        if local(element) in ("sendTask", "receiveTask") and element.get("messageRef"):
            yield self._event("message", element, element)
        for child in element.iterchildren():
            if (
                local(child).endswith("EventDefinition")
                or local(child) == "eventDefinitionRef"
            ):
                yield self._referred(child, element)

    def _referred(self, definition: Any, element: Any = None) -> Event:
        """An event definition, written here or named and written beside the processes."""
        if isinstance(definition, str):
            definition = self.named.get(definition.split(":")[-1])
        elif local(definition) == "eventDefinitionRef":
            definition = self.named.get((definition.text or "").strip().split(":")[-1])
        if definition is None:
            return Event("unknown")
        kind = local(definition).removesuffix("EventDefinition")
        return self._event(kind, definition, definition if element is None else element)

    def _event(self, kind: str, definition: Any, element: Any) -> Event:
        if kind == "timer":
            for child in definition.iterchildren():
                if local(child) in _TIMERS:
                    said = (child.text or "").strip()
                    return Event("timer", timer=_TIMERS[local(child)], expression=said)
            return Event("timer")
        if kind == "conditional":
            return Event(kind, expression=text(definition, "condition"))
        if kind == "link":
            return Event(kind, name=definition.get("name"))
        if kind == "compensate":
            waits = truth(definition, "waitForCompletion", "true")
            return Event(
                kind, activity=notation.reference(definition, "activityRef"), waits=waits
            )
        target = self.named.get(notation.reference(definition, f"{kind}Ref"))
        sources = [item for item in (definition, element, target) if item is not None]
        return Event(
            kind,
            name=target.get("name") if target is not None else None,
            code=target.get(f"{kind}Code") if target is not None else None,
            payload=first(sources, "messagePayload", "payloadExpression"),
            variable=first(sources, "messageVariable", "variableName"),
        )


def _links(nodes: list[Node]) -> Iterator[Flow]:
    """A link is an arrow that is not drawn: from each throw to the catch of its name."""
    ends = {
        event.name: node.id
        for node in nodes
        if node.kind == "intermediateCatchEvent"
        for event in node.events
        if event.kind == "link"
    }
    for node in nodes:
        for event in node.events:
            throws = node.kind == "intermediateThrowEvent" and event.kind == "link"
            if throws and event.name in ends:
                yield Flow(f"{node.id}#link", node.id, ends[event.name])
