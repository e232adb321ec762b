"""Draws a BPMN process in one row: elements, flows, and where each stands on the page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DDI = "http://www.omg.org/spec/DD/20100524/DI"
SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
NAMESPACES = {
    "bpmn": BPMN, "bpmndi": DI, "dc": DC, "di": DDI, "spiffworkflow": SPIFF, "xsi": XSI,
}  # fmt: skip
ROW, BELOW, LAST = 160, 330, 480
"""Heights of the middle of the main row, of what hangs below it, of the refusal's line."""
_GAP = 60
_SIZES = {"Event": (36, 36), "Gateway": (50, 50)}


def named(tag: str, namespace: str = BPMN) -> str:
    """A name as lxml wants it."""
    return f"{{{namespace}}}{tag}"


@dataclass
class Box:
    """Where an element stands: its middle and its size."""

    x: float
    y: float
    width: float
    height: float


@dataclass
class Drawing:
    """A process being drawn from left to right."""

    process: Any
    at: float = 150
    boxes: dict[str, Box] = field(default_factory=dict)
    flows: list[tuple[str, str, str]] = field(default_factory=list)

    def add(
        self,
        kind: str,
        element_id: str,
        name: str = "",
        *,
        properties: dict[str, str] | None = None,
        **attributes: str,
    ) -> Any:
        """The next element of the row."""
        width, _ = size(kind)
        element = self._element(kind, element_id, name, properties or {}, attributes)
        self._stand(element_id, kind, self.at + width / 2, ROW)
        self.at += width + _GAP
        return element

    def beneath(
        self,
        kind: str,
        element_id: str,
        name: str,
        under: str,
        *,
        shift: float = 0,
        height: float = BELOW,
        **attributes: str,
    ) -> Any:
        """An element that hangs under another."""
        element = self._element(kind, element_id, name, {}, attributes)
        self._stand(element_id, kind, self.boxes[under].x + shift, height)
        return element

    def on_edge(self, element_id: str, name: str, of: str) -> Any:
        """A boundary event that does not interrupt, on the lower edge of an activity."""
        element = self._element(
            "boundaryEvent",
            element_id,
            name,
            {},
            {"attachedToRef": of, "cancelActivity": "false"},
        )
        box = self.boxes[of]
        self._stand(element_id, "boundaryEvent", box.x - 20, box.y + box.height / 2)
        return element

    def service(
        self,
        element_id: str,
        name: str,
        operation: str,
        result: str = "",
        *,
        parameters: Mapping[str, str],
        under: str = "",
        shift: float = 0,
    ) -> None:
        """A service task with its FEEL parameters; `under` an element, or next in the row."""
        if under:
            element = self.beneath("serviceTask", element_id, name, under, shift=shift)
        else:
            element = self.add("serviceTask", element_id, name)
        operator = etree.SubElement(
            extensions(element), named("serviceTaskOperator", SPIFF), id=operation
        )
        if result:
            operator.set("resultVariable", result)
        listed = etree.SubElement(operator, named("parameters", SPIFF))
        for parameter, value in parameters.items():
            etree.SubElement(
                listed, named("parameter", SPIFF), id=parameter, type="any", value=value
            )

    def flow(self, source: str, target: str, condition: str = "", name: str = "") -> str:
        """An arrow; returns its id."""
        flow_id = f"{source}__{target}"
        element = etree.SubElement(
            self.process,
            named("sequenceFlow"),
            id=flow_id,
            sourceRef=source,
            targetRef=target,
        )
        if name:
            element.set("name", name)
        if condition:
            said = etree.SubElement(element, named("conditionExpression"))
            said.set(named("type", XSI), "bpmn:tFormalExpression")
            said.text = condition
        self.flows.append((flow_id, source, target))
        return flow_id

    def _element(
        self, kind: str, element_id: str, name: str, properties: dict[str, str], more: Any
    ) -> Any:
        element = etree.SubElement(self.process, named(kind), id=element_id)
        if name:
            element.set("name", name)
        for key, value in more.items():
            element.set(key, value)
        put(element, properties)
        return element

    def _stand(self, element_id: str, kind: str, x: float, y: float) -> None:
        self.boxes[element_id] = Box(x, y, *size(kind))


def size(kind: str) -> tuple[int, int]:
    """How large an element of a kind is drawn."""
    return next((s for suffix, s in _SIZES.items() if kind.endswith(suffix)), (120, 80))


def extensions(element: Any) -> Any:
    """Where an element keeps what the standard does not know."""
    found = element.find(named("extensionElements"))
    if found is None:
        found = etree.Element(named("extensionElements"))
        element.insert(0, found)
    return found


def put(element: Any, properties: dict[str, str]) -> None:
    """Give an element our own keys."""
    if not properties:
        return
    listed = etree.SubElement(extensions(element), named("properties", SPIFF))
    for key, value in properties.items():
        etree.SubElement(listed, named("property", SPIFF), name=key, value=value)


def repeat(
    element: Any, over: str, item: str, result: str, results: str, enough: str = ""
) -> None:
    """Do an activity once for each `item` of a FEEL list, side by side, until `enough`."""
    ref = element.get("id")
    many = etree.SubElement(element, named("multiInstanceLoopCharacteristics"))
    etree.SubElement(many, named("loopDataInputRef")).text = over
    etree.SubElement(many, named("loopDataOutputRef")).text = results
    etree.SubElement(many, named("inputDataItem"), id=f"{ref}_one_{item}", name=item)
    etree.SubElement(many, named("outputDataItem"), id=f"{ref}_one_{result}", name=result)
    if enough:
        condition = etree.SubElement(many, named("completionCondition"))
        condition.set(named("type", XSI), "bpmn:tFormalExpression")
        condition.text = enough


def plane(root: Any, drawing: Drawing, process_id: str) -> None:
    """Add the diagram interchange: every shape and every arrow of the drawing."""
    diagram = etree.SubElement(root, named("BPMNDiagram", DI), id="diagram")
    page = etree.SubElement(
        diagram, named("BPMNPlane", DI), id="plane", bpmnElement=process_id
    )
    for element_id, box in drawing.boxes.items():
        shape = etree.SubElement(
            page, named("BPMNShape", DI), id=f"{element_id}_di", bpmnElement=element_id
        )
        if box.width == _SIZES["Gateway"][0]:
            shape.set("isMarkerVisible", "true")
        etree.SubElement(
            shape, named("Bounds", DC), x=_n(box.x - box.width / 2),
            y=_n(box.y - box.height / 2), width=_n(box.width), height=_n(box.height),
        )  # fmt: skip
    for flow_id, source, target in drawing.flows:
        edge = etree.SubElement(
            page, named("BPMNEdge", DI), id=f"{flow_id}_di", bpmnElement=flow_id
        )
        for x, y in _way(drawing.boxes[source], drawing.boxes[target]):
            etree.SubElement(edge, named("waypoint", DDI), x=_n(x), y=_n(y))


def _way(source: Box, target: Box) -> list[tuple[float, float]]:
    """Straight along the row; down, then along, to what is beneath."""
    if source.y == target.y:
        return [
            (source.x + source.width / 2, source.y),
            (target.x - target.width / 2, target.y),
        ]
    bottom = source.y + source.height / 2
    if source.x == target.x:
        return [(source.x, bottom), (target.x, target.y - target.height / 2)]
    return [
        (source.x, bottom),
        (source.x, target.y),
        (target.x - target.width / 2, target.y),
    ]


def _n(value: float) -> str:
    return f"{value:g}"
