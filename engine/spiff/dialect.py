"""Our dialect of BPMN: where each fact is written in the XML, and what would be ignored.

`read(files, key)` gives the diagram and the problems met while reading: constructs that the
engine would silently ignore are named here, because only here is the XML still at hand.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from engine.spiff.diagram import Diagram, Event, Flow, Loop, Node, Operator, Scope
from engine.spiff.errors import DiagramRefused, Problem
from engine.spiff.oddities import oddities
from engine.spiff.reading import local, namespace, parse

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"

ACTIVITIES = frozenset(
    [
        "task",
        "userTask",
        "manualTask",
        "serviceTask",
        "scriptTask",
        "businessRuleTask",
        "sendTask",
        "receiveTask",
        "callActivity",
        "subProcess",
        "transaction",
        "adHocSubProcess",
    ]
)
GATEWAYS = frozenset(
    [
        "exclusiveGateway",
        "parallelGateway",
        "inclusiveGateway",
        "eventBasedGateway",
        "complexGateway",
    ]
)
EVENTS = frozenset(
    [
        "startEvent",
        "endEvent",
        "intermediateCatchEvent",
        "intermediateThrowEvent",
        "boundaryEvent",
    ]
)
NODES = ACTIVITIES | GATEWAYS | EVENTS
MAX_ELEMENTS = 5000
CONTAINERS = frozenset({"subProcess", "transaction", "adHocSubProcess"})

_TIMERS = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}


def read(files: Mapping[str, bytes], key: str) -> tuple[Diagram, list[Problem]]:
    """Every process of the folder's .bpmn files. Raises DiagramRefused on unreadable XML."""
    scopes: dict[str, Scope] = {}
    problems: list[Problem] = []
    for name in sorted(files):
        if not name.endswith(".bpmn"):
            continue
        root = parse(name, files[name])
        reader = _Reader(name, root)
        for process in root.iter(f"{{{BPMN}}}process"):
            if process.get("isExecutable") == "false" and process.get("id") != key:
                continue  # another participant, drawn to be understood
            for scope in reader.scopes(process):
                if scope.id in scopes:
                    message = f"l'identifiant « {scope.id} » sert deux fois"
                    problems.append(Problem(name, scope.id, scope.name, message))
                scopes[scope.id] = scope
        problems.extend(oddities(name, root))
    elements = sum(len(scope.nodes) + len(scope.flows) for scope in scopes.values())
    if elements > MAX_ELEMENTS:
        message = (
            f"le dossier dessine plus de {MAX_ELEMENTS} éléments et flèches : découpez-le"
        )
        raise DiagramRefused([Problem("process.bpmn", None, None, message)])
    return Diagram(key, scopes), problems


class _Reader:
    """Reads one file; keeps its lanes and its root definitions at hand."""

    def __init__(self, file: str, root: Any) -> None:
        self.file = file
        self.named = {item.get("id"): item for item in root if item.get("id")}
        self.lanes: dict[str, tuple[str, str]] = {}
        self.roles: dict[str, str] = {}
        for lanes in root.iter(f"{{{BPMN}}}laneSet"):
            self._read_lanes(lanes)

    def _read_lanes(self, lanes: Any) -> None:
        # Document order: an inner lane comes after, and overrides, the one around it.
        for lane in lanes.iterchildren(f"{{{BPMN}}}lane"):
            role = _properties(lane).get("ebg:role") or lane.get("id")
            if role:
                self.roles.setdefault(role, _name(lane))
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
                    flows.append(_flow(child))
                elif kind in NODES:
                    node = self._node(child, element.get("id"), around)
                    nodes.append(node)
                    if kind in CONTAINERS:
                        pending.append((child, element.get("id"), (node.lane, node.role)))
            yield Scope(
                id=element.get("id"),
                name=_name(element),
                file=self.file,
                parent=parent,
                documentation=_text(element, "documentation"),
                properties=_properties(element),
                roles=self.roles if parent is None else {},
                nodes=tuple(nodes),
                flows=tuple(flows),
            )

    def _node(
        self, element: Any, scope: str, around: tuple[str | None, str | None]
    ) -> Node:
        lane, role = self.lanes.get(element.get("id"), around)
        properties = _properties(element)
        return Node(
            id=element.get("id"),
            kind=local(element),
            name=_name(element),
            scope=scope,
            lane=lane,
            role=properties.get("ebg:role") or role,
            documentation=_text(element, "documentation"),
            properties=properties,
            events=tuple(self._events(element)),
            attached_to=element.get("attachedToRef"),
            interrupting=element.get("cancelActivity", "true") == "true",
            default=element.get("default"),
            loop=_loop(element),
            operator=_operator(element),
            decision=_extension(element, "calledDecisionId"),
            script=_text(element, "script") if local(element) == "scriptTask" else None,
            called=element.get("calledElement"),
        )

    def _events(self, element: Any) -> Iterator[Event]:
        if local(element) in ("sendTask", "receiveTask") and element.get("messageRef"):
            yield self._event("message", element, element)
        for child in element.iterchildren():
            kind, definition = local(child), child
            if kind == "eventDefinitionRef":
                definition = self.named.get((child.text or "").strip())
                kind = local(definition) if definition is not None else ""
            if kind.endswith("EventDefinition"):
                yield self._event(kind.removesuffix("EventDefinition"), definition, element)

    def _event(self, kind: str, definition: Any, element: Any) -> Event:
        if kind == "timer":
            for child in definition.iterchildren():
                if local(child) in _TIMERS:
                    text = (child.text or "").strip()
                    return Event("timer", timer=_TIMERS[local(child)], expression=text)
            return Event("timer")
        target = self.named.get(definition.get(f"{kind}Ref"))
        sources = [item for item in (definition, element, target) if item is not None]
        return Event(
            kind,
            name=target.get("name") if target is not None else None,
            code=target.get(f"{kind}Code") if target is not None else None,
            payload=_first(sources, "messagePayload", "payloadExpression"),
            variable=_first(sources, "messageVariable", "variableName"),
        )


def _flow(element: Any) -> Flow:
    condition = _text(element, "conditionExpression")
    return Flow(
        element.get("id"), element.get("sourceRef"), element.get("targetRef"), condition
    )


def _loop(element: Any) -> Loop | None:
    for child in element.iterchildren():
        kind = local(child)
        if kind == "standardLoopCharacteristics":
            maximum = child.get("loopMaximum")
            return Loop(
                "standard",
                condition=_text(child, "loopCondition"),
                maximum=int(maximum) if (maximum or "").lstrip("-").isdigit() else None,
                test_before=child.get("testBefore") == "true",
            )
        if kind == "multiInstanceLoopCharacteristics":
            return Loop(
                "sequential" if child.get("isSequential") == "true" else "parallel",
                cardinality=_text(child, "loopCardinality"),
                collection=_text(child, "loopDataInputRef"),
                output=_text(child, "loopDataOutputRef"),
                item=_item(child, "inputDataItem"),
                output_item=_item(child, "outputDataItem"),
                condition=_text(child, "completionCondition"),
            )
    return None


def _item(element: Any, name: str) -> str | None:
    found = element.find(f"{{{BPMN}}}{name}")
    return None if found is None else found.get("name") or found.get("id")


def _operator(element: Any) -> Operator | None:
    for found in _extensions(element, "serviceTaskOperator"):
        parameters = {
            item.get("id"): item.get("value", "")
            for item in found.iter(f"{{{SPIFF}}}parameter")
            if item.get("id")
        }
        return Operator(
            found.get("id", ""), found.get("resultVariable") or None, parameters
        )
    return None


def _properties(element: Any) -> dict[str, str]:
    return {
        item.get("name"): item.get("value", "")
        for found in _extensions(element, "properties")
        for item in found.iterchildren(f"{{{SPIFF}}}property")
        if item.get("name")
    }


def _extensions(element: Any, name: str) -> Iterator[Any]:
    for around in element.iterchildren(f"{{{BPMN}}}extensionElements"):
        yield from around.iterchildren(f"{{{SPIFF}}}{name}")


def _extension(element: Any, name: str) -> str | None:
    for found in _extensions(element, name):
        return (found.text or "").strip() or None
    return None


def _first(sources: list[Any], *names: str) -> str | None:
    found = (_extension(source, name) for source in sources for name in names)
    return next((text for text in found if text), None)


def _text(element: Any, name: str) -> str | None:
    found = element.find(f"{{{BPMN}}}{name}")
    return (found.text or "").strip() or None if found is not None else None


def _name(element: Any) -> str:
    return " ".join((element.get("name") or element.get("id") or "").split())
