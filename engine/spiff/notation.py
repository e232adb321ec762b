"""How single facts are written in the XML: properties, extensions, loops, flows, data.

Each function reads one element and nothing around it.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from engine.spiff.diagram import Event, Flow, Loop, Operator
from engine.spiff.reading import local

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
_FEW_DIGITS = re.compile(r"-?[0-9]{1,9}")
SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"


def flow(element: Any) -> Flow:
    """A sequence flow."""
    condition = text(element, "conditionExpression")
    return Flow(
        element.get("id"),
        element.get("sourceRef"),
        element.get("targetRef"),
        condition,
        " ".join((element.get("name") or "").split()),
    )


def loop(element: Any, event: Callable[[Any], Event]) -> Loop | None:
    """The repetition of an activity; `event` reads an event definition or a reference to one."""
    for child in element.iterchildren():
        kind = local(child)
        if kind == "standardLoopCharacteristics":
            maximum = child.get("loopMaximum")
            return Loop(
                "standard",
                condition=text(child, "loopCondition"),
                maximum=_integer(maximum),
                test_before=truth(child, "testBefore", "false"),
            )
        if kind == "multiInstanceLoopCharacteristics":
            return Loop(
                "sequential" if truth(child, "isSequential", "false") else "parallel",
                cardinality=text(child, "loopCardinality"),
                collection=text(child, "loopDataInputRef"),
                output=text(child, "loopDataOutputRef"),
                item=_item(child, "inputDataItem"),
                output_item=_item(child, "outputDataItem"),
                condition=text(child, "completionCondition"),
                behavior=child.get("behavior", "All"),
                throws=tuple(_thrown(child, event)),
            )
    return None


def _thrown(many: Any, event: Callable[[Any], Event]) -> Iterator[tuple[str | None, Event]]:
    """What the instances throw as they end: by reference, or with a condition."""
    reference = {"One": "oneBehaviorEventRef", "None": "noneBehaviorEventRef"}
    named = reference.get(many.get("behavior", "All"))
    if named and many.get(named):
        yield None, event(many.get(named))
    for complex_ in many.iterchildren(f"{{{BPMN}}}complexBehaviorDefinition"):
        for inner in complex_.iterchildren(f"{{{BPMN}}}event"):
            for definition in inner.iterchildren():
                if local(definition).startswith("eventDefinition") or local(
                    definition
                ).endswith("EventDefinition"):
                    yield text(complex_, "condition"), event(definition)


def _item(element: Any, name: str) -> str | None:
    found = element.find(f"{{{BPMN}}}{name}")
    return None if found is None else found.get("name") or found.get("id")


def operator(element: Any) -> Operator | None:
    """What a service task asks for."""
    for found in extensions(element, "serviceTaskOperator"):
        parameters = {
            item.get("id"): item.get("value", "")
            for item in found.iter(f"{{{SPIFF}}}parameter")
            if item.get("id")
        }
        return Operator(
            found.get("id", ""), found.get("resultVariable") or None, parameters
        )
    return None


def properties(element: Any) -> dict[str, str]:
    """The properties of an element, ours and others."""
    return {
        item.get("name"): item.get("value", "")
        for found in extensions(element, "properties")
        for item in found.iterchildren(f"{{{SPIFF}}}property")
        if item.get("name")
    }


def extensions(element: Any, name: str) -> Iterator[Any]:
    """The extensions of one name."""
    for around in element.iterchildren(f"{{{BPMN}}}extensionElements"):
        yield from around.iterchildren(f"{{{SPIFF}}}{name}")


def extension(element: Any, name: str) -> str | None:
    """The text of the first extension of one name."""
    for found in extensions(element, name):
        return (found.text or "").strip() or None
    return None


def first(sources: list[Any], *names: str) -> str | None:
    """The first of these extensions that any of these elements carries."""
    found = (extension(source, name) for source in sources for name in names)
    return next((text for text in found if text), None)


def text(element: Any, name: str) -> str | None:
    """The text of a child element."""
    found = element.find(f"{{{BPMN}}}{name}")
    return (found.text or "").strip() or None if found is not None else None


def documentation(element: Any) -> str | None:
    """All that is written to explain an element."""
    found = (
        "".join(d.itertext()).strip()
        for d in element.iterchildren(f"{{{BPMN}}}documentation")
    )
    return "\n\n".join(text for text in found if text) or None


def reference(element: Any, attribute: str) -> str | None:
    """The id that an attribute names, without the prefix that a qualified name may bear."""
    said = element.get(attribute)
    return None if said is None else str(said).strip().split(":")[-1]


def name_of(element: Any) -> str:
    """How people call an element: its name, else its id."""
    return " ".join((element.get("name") or element.get("id") or "").split())


def number(element: Any, attribute: str) -> int:
    """A quantity, one when it is not said; what is not a number is zero, and refused."""
    return max(_integer(element.get(attribute, "1")) or 0, 0)


def _integer(said: str | None) -> int | None:
    """A whole number of a few digits: nothing is repeated a billion times."""
    return int(said) if said and _FEW_DIGITS.fullmatch(said.strip()) else None


def truth(element: Any, attribute: str, default: str) -> bool:
    """An XML boolean."""
    return element.get(attribute, default).strip() in ("true", "1")
