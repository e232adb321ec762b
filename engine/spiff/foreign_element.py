"""An element of another tool's diagram while it is translated, and how ours is written on it."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from engine.spiff import foreign, juel
from engine.spiff.kinds import CONTAINERS
from engine.spiff.notation import BPMN, SPIFF
from engine.spiff.reading import local

Say = Callable[[Any, str], None]
IDENTIFIER = re.compile(r"[^\W\d]\w*")
HUMAN = {"userTask", "manualTask"}


@dataclass
class Around:
    """An element being translated: what a service asks for is known once all was read."""

    element: Any
    operations: Collection[str]
    forms: Collection[str]
    translated: Say
    lost: Say
    operation: str = ""
    result: str = ""
    decision: str = ""
    given: dict[str, str] = field(default_factory=dict)
    taken: dict[str, str] = field(default_factory=dict)

    def settle(self) -> None:
        """Write what several words said together: an operation, a decision, a call's data."""
        kind = local(self.element)
        if kind == "businessRuleTask" and self.decision:
            extension(self.element, "calledDecisionId").text = self.decision
            said = f"décision « {self.decision} » : devenue calledDecisionId"
            if self.result:
                put_property(self.element, "ebg:result", self.result)
                said += f", son résultat va dans « {self.result} » (ebg:result)"
            self.translated(self.element, said)
        elif kind == "serviceTask" and self.operation:
            self._operate()
        elif kind in {"callActivity", *CONTAINERS}:
            for name, data in (("ebg:in", self.given), ("ebg:out", self.taken)):
                if data:
                    put_property(self.element, name, _context(data))
                    self.translated(
                        self.element, f"données : devenues {name} {_context(data)}"
                    )
        else:
            self._leave()

    def _operate(self) -> None:
        if self.operation not in self.operations:
            said = f"« {self.operation} » n'est pas une opération d'ici : "
            self.lost(self.element, said + foreign.cure("topic"))
            self._leave()
            return
        result = self.result or next(iter(self.taken), "")
        made = extension(self.element, "serviceTaskOperator")
        made.set("id", self.operation)
        if result:
            made.set("resultVariable", result)
        if self.given:
            inside = etree.SubElement(made, f"{{{SPIFF}}}parameters")
            for name, value in self.given.items():
                one = etree.SubElement(inside, f"{{{SPIFF}}}parameter")
                one.set("id", name)
                one.set("value", value)
        self.translated(
            self.element, f"opération « {self.operation} » : serviceTaskOperator"
        )

    def _leave(self) -> None:
        if self.given or self.taken:
            names = ", ".join([*self.given, *self.taken][: foreign.MOST_SHOWN])
            self.lost(self.element, f"{names} : {foreign.cure('inputOutput')}")
        if self.result and local(self.element) != "businessRuleTask":
            self.lost(self.element, f"{self.result} : {foreign.cure('resultVariable')}")


def put_property(element: Any, name: str, value: str) -> None:
    """Give an element one of our properties."""
    holder = _holder(element)
    found = holder.find(f"{{{SPIFF}}}properties")
    if found is None:
        found = etree.SubElement(holder, f"{{{SPIFF}}}properties")
    made = etree.SubElement(found, f"{{{SPIFF}}}property")
    made.set("name", name)
    made.set("value", value)


def extension(element: Any, name: str) -> Any:
    return etree.SubElement(_holder(element), f"{{{SPIFF}}}{name}")


def _holder(element: Any) -> Any:
    """Its extensions, which come first but for the documentation."""
    holder = element.find(f"{{{BPMN}}}extensionElements")
    if holder is None:
        holder = etree.Element(f"{{{BPMN}}}extensionElements")
        documented = len(element.findall(f"{{{BPMN}}}documentation"))
        element.insert(documented, holder)
    return holder


def _context(data: dict[str, str]) -> str:
    return "{" + ", ".join(f"{name}: {value}" for name, value in data.items()) + "}"


def feel_of(text: str) -> str | None:
    """A value in FEEL: an expression, a number, or a plain text; None when it is uncertain."""
    text = text.strip()
    if text.startswith("=") or "${" in text or "#{" in text:
        return juel.in_feel(text)
    if re.fullmatch(r"-?\d+(\.\d+)?|true|false", text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
