"""Other versions of a diagram: the same under other ids, and the same with more in it."""

import random
import re
from collections.abc import Iterator
from itertools import pairwise

from lxml import etree

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
NEW = "Y_"
"""How the ids of what a new version adds begin."""
OTHER = "Z_"
"""How the ids of the same elements begin in another version."""

_NODE = re.compile(
    r"task|\w+Task|\w+Event|\w+Gateway|\w*[sS]ubProcess|transaction|callActivity"
)
_SCOPES = ("process", "subProcess", "transaction")
_ACTIVITIES = ("userTask", "manualTask", "subProcess", "transaction", "serviceTask")


def _tag(item: etree._Element) -> str:
    return etree.QName(item).localname if isinstance(item.tag, str) else ""


def _nodes(root: etree._Element) -> Iterator[etree._Element]:
    for item in root.iter():
        if item.get("id") and _NODE.fullmatch(_tag(item)):
            yield item


def renamed(xml: bytes) -> tuple[bytes, dict[str, str]]:
    """Every element under another id, and which is which."""
    root = etree.fromstring(xml)
    names = {str(item.get("id")): f"{OTHER}{item.get('id')}" for item in _nodes(root)}
    for item in root.iter():
        for key, value in item.attrib.items():
            if value in names:
                item.set(key, names[value])
    return etree.tostring(root), names


def grown(xml: bytes, chance: random.Random, start: str = "p") -> bytes:
    """The same with plain tasks on some flows, and messages awaited in more places.

    What it adds and awaits does not happen until the message comes.
    """
    root = etree.fromstring(xml)
    for flow in list(root.iter(f"{{{BPMN}}}sequenceFlow")):
        if chance.random() < 0.4:
            _insert(root, flow)
    named = {str(item.get("id")): item for item in _nodes(root)}
    for item in list(named.values()):
        if _tag(item) in _ACTIVITIES and chance.random() < 0.4:
            _on_edge(root, item, stops=chance.random() < 0.5)
    for item in list(root.iter()):
        if _tag(item) in _SCOPES and chance.random() < 0.5:
            _beside(root, item, stops=chance.random() < 0.5)
    return etree.tostring(root)


def _insert(root: etree._Element, flow: etree._Element) -> None:
    """A plain task at the end of a flow, unless what is there must follow directly."""
    scope = flow.getparent()
    inside = {item.get("id"): item for item in scope}
    source = inside[flow.get("sourceRef")]
    if _tag(source) == "eventBasedGateway" or _tag(scope) == "adHocSubProcess":
        return
    key = f"{NEW}{flow.get('id')}"
    _add(scope, "task", id=key, name=key)
    _add(
        scope,
        "sequenceFlow",
        id=f"{key}f",
        sourceRef=key,
        targetRef=str(flow.get("targetRef")),
    )
    flow.set("targetRef", key)


def _on_edge(root: etree._Element, activity: etree._Element, *, stops: bool) -> None:
    """A message awaited on the edge of an activity, whose way ends by itself."""
    undone = activity.get("isForCompensation") == "true"
    if undone or activity.get("triggeredByEvent") == "true" or _by_turns(activity):
        return
    key, scope = f"{NEW}{activity.get('id')}", activity.getparent()
    if _tag(scope) == "adHocSubProcess":
        return
    edge = _add(
        scope,
        "boundaryEvent",
        id=f"{key}b",
        name="b",
        attachedToRef=str(activity.get("id")),
        cancelActivity="true" if stops else "false",
    )
    _message(root, edge, f"{key}m")
    _add(scope, "userTask", id=f"{key}u", name="u")
    _add(scope, "endEvent", id=f"{key}e", name="e")
    _chain(scope, f"{key}b", f"{key}u", f"{key}e")


def _by_turns(activity: etree._Element) -> bool:
    """Done one turn after the other: an event armed between two knows what the first gave."""
    return any(
        _tag(item) == "standardLoopCharacteristics" or item.get("isSequential") == "true"
        for item in activity
    )


def _beside(root: etree._Element, scope: etree._Element, *, stops: bool) -> None:
    """An event sub-process that waits for a message."""
    key = f"{NEW}{scope.get('id')}"
    inner = _add(scope, "subProcess", id=f"{key}s", name="s", triggeredByEvent="true")
    begin = _add(
        inner,
        "startEvent",
        id=f"{key}a",
        name="a",
        isInterrupting="true" if stops else "false",
    )
    _message(root, begin, f"{key}n")
    _add(inner, "userTask", id=f"{key}v", name="v")
    _add(inner, "endEvent", id=f"{key}z", name="z")
    _chain(inner, f"{key}a", f"{key}v", f"{key}z")


def _message(root: etree._Element, event: etree._Element, name: str) -> None:
    message = etree.Element(f"{{{BPMN}}}message", id=name, name=name)
    root.insert(0, message)
    _add(event, "messageEventDefinition", messageRef=name)


def _chain(scope: etree._Element, *ids: str) -> None:
    for number, (source, target) in enumerate(pairwise(ids)):
        key = f"{ids[0]}f{number}"
        _add(scope, "sequenceFlow", id=key, sourceRef=source, targetRef=target)


def _add(scope: etree._Element, tag: str, **attributes: str) -> etree._Element:
    return etree.SubElement(scope, f"{{{BPMN}}}{tag}", attributes)
