"""Reads a BPMN file for the oracle: elements, flows and what is attached to what, and no more."""

import re
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree as ET

OPERATORS = {
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "=": lambda a, b: a == b,
}


@dataclass(eq=False)
class Box:
    """A process or an element of it; a sub-process is both."""

    id: str
    kind: str
    xml: Any
    boxes: list["Box"] = field(default_factory=list)
    flows: list["Arrow"] = field(default_factory=list)
    out: list["Arrow"] = field(default_factory=list)
    into: list["Arrow"] = field(default_factory=list)
    edge: list["Box"] = field(default_factory=list)
    handler: "Box | None" = None
    around: "Box | None" = None

    def get(self, name: str, default: str = "") -> str:
        return str(self.xml.get(name, default))

    def text(self, name: str) -> str:
        found = next((item for item in self.xml if tag(item) == name), None)
        return "" if found is None else (found.text or "").strip()

    @property
    def by_event(self) -> bool:
        return self.get("triggeredByEvent") == "true"


@dataclass(eq=False)
class Arrow:
    """A sequence flow, or a link."""

    id: str
    source: Box
    target: Box
    condition: str


@dataclass(frozen=True)
class Sign:
    """One event definition: what kind, and what it names."""

    kind: str
    name: str


def tag(item: Any) -> str:
    return str(item.tag).rsplit("}", 1)[-1]


def read(xml: bytes) -> tuple[dict[str, Box], dict[str, Any]]:
    """The processes by id, and the definitions beside them by id."""
    root = ET.fromstring(xml)
    named = {item.get("id"): item for item in root}
    processes = {box.id: box for box in map(_box, (i for i in root if tag(i) == "process"))}
    return processes, named


def _box(xml: Any) -> Box:
    box = Box(xml.get("id"), tag(xml), xml)
    by_id: dict[str, Box] = {}
    for item in xml:
        known = tag(item).endswith(
            ("Task", "task", "Event", "Gateway", "Process", "Activity")
        )
        if known or tag(item) == "transaction":
            inner = _box(item)
            inner.around = box
            by_id[inner.id] = inner
    box.boxes = list(by_id.values())
    for item in xml:
        if tag(item) == "sequenceFlow":
            text = next((c.text or "" for c in item if tag(c) == "conditionExpression"), "")
            _arrow(
                box,
                item.get("id"),
                by_id[item.get("sourceRef")],
                by_id[item.get("targetRef")],
                text,
            )
        elif tag(item) == "association":
            by_id[item.get("sourceRef")].handler = by_id[item.get("targetRef")]
    for inner in box.boxes:
        if inner.kind == "boundaryEvent":
            by_id[inner.get("attachedToRef")].edge.append(inner)
        for other in box.boxes if inner.kind == "intermediateThrowEvent" else ():
            if (
                other.kind == "intermediateCatchEvent"
                and _link(inner)
                and _link(inner) == _link(other)
            ):
                _arrow(box, f"{inner.id}-link", inner, other, "")
    return box


def _arrow(box: Box, key: str, source: Box, target: Box, condition: str) -> None:
    arrow = Arrow(key, source, target, condition.strip())
    box.flows.append(arrow)
    source.out.append(arrow)
    target.into.append(arrow)


def _link(box: Box) -> str:
    found = [item for item in box.xml if tag(item) == "linkEventDefinition"]
    return str(found[0].get("name")) if found else ""


def signs(box: Box, named: dict[str, Any]) -> list[Sign]:
    """The event definitions of an element, in the file's order."""
    found = []
    if box.get("messageRef"):
        found.append(Sign("message", str(named[box.get("messageRef")].get("name"))))
    for item in box.xml:
        definition = (
            named[(item.text or "").strip()] if tag(item) == "eventDefinitionRef" else item
        )
        if tag(definition).endswith("EventDefinition"):
            found.append(sign(definition, named))
    return found


def sign(definition: Any, named: dict[str, Any]) -> Sign:
    kind = tag(definition).removesuffix("EventDefinition")
    if kind in ("timer", "conditional"):
        inner = next(iter(definition))
        return Sign(kind, (inner.text or "").strip())
    if kind in ("compensate", "link"):
        return Sign(kind, str(definition.get("activityRef") or ""))
    target = named.get(definition.get(f"{kind}Ref"))
    words = ("errorCode", "escalationCode", "name")
    name = next((target.get(w) for w in words if target is not None and target.get(w)), "")
    return Sign(kind, str(name))


def holds(condition: str, data: dict[str, Any]) -> bool:
    """`name op number`, the only conditions these diagrams use."""
    if condition in ("", "true"):
        return True
    name, operator, number = re.fullmatch(r"(\w+) (>=|=|>|<) (\w+)", condition).groups()  # type: ignore[union-attr]
    value = data.get(name)
    if number in ("true", "false"):
        return bool(value is (number == "true"))
    return value is not None and bool(OPERATORS[operator](value, int(number)))


def entries(script: str, data: dict[str, Any]) -> dict[str, Any]:
    """`{name: number}` or `{name: other + number}`, the only scripts these diagrams use."""
    found = {}
    for part in script.strip("{} ").split(","):
        name, text = (item.strip() for item in part.split(":"))
        words = [word.strip() for word in text.split("+")]
        found[name] = sum(int(w) if w.isdigit() else data[w] for w in words)
    return found
