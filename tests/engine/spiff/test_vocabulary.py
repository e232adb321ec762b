"""Nothing that BPMN 2.0 allows is accepted and then ignored: the standard's schema, word by word.

Each attribute and each child of each element is put in turn into a valid diagram. It changes
what is compiled, or a sentence names it, or `docs/bpmn.md` lists it among what is only drawn.
"""

import re
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import SpiffWorkflow
from lxml import etree

from engine.spiff import dialect, vocabulary
from engine.spiff.errors import DiagramRefused, Problem
from engine.spiff.lint import structure_problems
from engine.spiff.vocabulary import READ
from tests.engine.spiff.everything import EVERYTHING
from tests.engine.spiff.test_lint import found

XSD = "{http://www.w3.org/2001/XMLSchema}"
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
SCHEMA = Path(SpiffWorkflow.__file__).parent / "bpmn" / "parser" / "schema"
PAGE = Path(__file__).parents[3] / "docs" / "bpmn.md"


class Attribute(NamedTuple):
    name: str
    type: str
    default: str | None


class Child(NamedTuple):
    name: str
    type: str


class Schema:
    """What the standard allows, read from the schema that SpiffWorkflow ships."""

    def __init__(self) -> None:
        roots = [etree.parse(SCHEMA / n).getroot() for n in ("Semantic.xsd", "BPMN20.xsd")]
        self.types = {t.get("name"): t for r in roots for t in r.iter(f"{XSD}complexType")}
        self.elements = {
            e.get("name"): e for r in roots for e in r.iterchildren(f"{XSD}element")
        }
        self.choices = {
            t.get("name"): [v.get("value") for v in t.iter(f"{XSD}enumeration")]
            for r in roots
            for t in r.iter(f"{XSD}simpleType")
        }

    def _inherited(self, type_name: str) -> list[Any]:
        chain: list[Any] = []
        found = self.types.get(type_name)
        while found is not None:
            chain.append(found)
            extension = found.find(f".//{XSD}extension")
            found = None if extension is None else self.types.get(extension.get("base"))
        return chain

    def attributes(self, type_name: str) -> Iterator[Attribute]:
        for level in self._inherited(type_name):
            for said in level.iter(f"{XSD}attribute"):
                kind = said.get("type").removeprefix("xsd:")
                yield Attribute(said.get("name"), kind, said.get("default"))

    def children(self, type_name: str) -> Iterator[Child]:
        for level in self._inherited(type_name):
            for said in level.iter(f"{XSD}element"):
                reference = said.get("ref")
                if reference is None:
                    yield Child(said.get("name"), said.get("type"))
                elif ":" not in reference:
                    yield from self.standing_for(reference)

    def standing_for(self, name: str) -> Iterator[Child]:
        """The element and all that may take its place."""
        element = self.elements[name]
        found = self.types[element.get("type")]
        if element.get("abstract") != "true" and found.get("abstract") != "true":
            yield Child(name, element.get("type"))
        for other, one in self.elements.items():
            if one.get("substitutionGroup") == name:
                yield from self.standing_for(other)


S = Schema()
LOCAL = {
    "childLaneSet": "tLaneSet",
    "inputDataItem": "tDataInput",
    "outputDataItem": "tDataOutput",
    "event": "tImplicitThrowEvent",
    **dict.fromkeys(("timeDate", "timeDuration", "timeCycle"), "tFormalExpression"),
    **dict.fromkeys(
        ("conditionExpression", "loopCondition", "condition"), "tFormalExpression"
    ),
    **dict.fromkeys(("loopCardinality", "completionCondition"), "tFormalExpression"),
    "activationCondition": "tFormalExpression",
}


def type_of(kind: str) -> str:
    return LOCAL.get(kind) or S.elements[kind].get("type")


def other_value(attribute: Attribute, present: str | None) -> str:
    if attribute.type == "boolean":
        return "true" if (present or attribute.default) == "false" else "false"
    if attribute.type == "tImplementation":
        return "Java"
    choices = [c for c in S.choices.get(attribute.type, []) if c]
    if choices:
        return next(c for c in choices if c not in (present, attribute.default))
    if attribute.type in ("integer", "int"):
        return "2" if present != "2" else "3"
    return "other"


def child_text(child: Child) -> str:
    """A plausible child: FEEL in an expression, an id in a reference."""
    name = f"bpmn:{child.name}"
    lane = '<bpmn:lane id="added"><bpmn:flowNodeRef>t3</bpmn:flowNodeRef></bpmn:lane>'
    if child.type == "tLaneSet":
        return f"<{name}>{lane}</{name}>"
    if child.name == "flowNodeRef":
        return f"<{name}>t3</{name}>"
    if child.type in ("xsd:QName", "xsd:IDREF") or child.type.endswith("Expression"):
        return f"<{name}>1</{name}>"
    if child.name == "documentation":
        return f"<{name}>added</{name}>"
    if child.name == "extensionElements":
        return f'<{name}><x:extensionElements xmlns:x="urn:x"/></{name}>'
    if child.type in ("tScript", "tText"):
        return f"<{name}>{{z: 1}}</{name}>"
    return f'<{name} id="added" name="added"/>'


@cache
def compiled(content: bytes) -> tuple[bytes, frozenset[Problem]]:
    facts, problems = dialect.read({"process.bpmn": content}, "p")
    return facts.to_bytes(), frozenset([*problems, *structure_problems(facts)])


def fate(content: bytes) -> tuple[bool, set[Problem]]:
    """Whether what is compiled changes, and what is newly said."""
    before, known = compiled(EVERYTHING)
    try:
        after, said = compiled(content)
    except DiagramRefused as refusal:
        return True, set(refusal.problems)
    return after != before, set(said) - known


def place(kind: str) -> Any:
    """The first element of a kind in a fresh copy of the diagram."""
    root = etree.fromstring(EVERYTHING)
    return root if kind == "definitions" else next(root.iter(f"{BPMN}{kind}"))


PLAIN = "inputDataItem outputDataItem message signal terminateEventDefinition"
KINDS = sorted({*READ, *vocabulary.DRAWN, *PLAIN.split(), "cancelEventDefinition"})
ATTRIBUTES = [(k, a) for k in KINDS for a in S.attributes(type_of(k))]
CHILDREN = [(k, c) for k in KINDS for c in S.children(type_of(k))]
DRAWN = set(
    re.findall(r"`([^`]+)`", PAGE.read_text().split("## Only drawn")[-1].split("\n## ")[0])
)


def test_the_diagram_holds_every_kind_that_is_read_and_is_right():
    assert [
        str(p) for p in found(EVERYTHING, forms=("review",)) if p.severity == "error"
    ] == []
    kinds = {etree.QName(e).localname for e in etree.fromstring(EVERYTHING).iter()}
    assert set(KINDS) <= kinds
    assert len(ATTRIBUTES) > 150
    assert len(CHILDREN) > 500


def judge(content: bytes, kind: str, name: str, ids: set[str]) -> None:
    changed, said = fate(content)
    named = [problem for problem in said if name in problem.message]
    for problem in named if name != "id" else ():
        assert problem.element_id in ids, str(problem)
    drawn = name in DRAWN or f"{kind}/{name}" in DRAWN
    drawn |= kind == "definitions" and name.endswith("EventDefinition")
    assert changed or named or drawn, f"{name} of {kind} is accepted and ignored"


def ids_around(element: Any) -> set[str]:
    return {e.get("id") for e in (element, *element.iterancestors()) if e.get("id")} | {
        "added",
        "other",
    }


@pytest.mark.parametrize(
    ("kind", "attribute"), ATTRIBUTES, ids=lambda v: getattr(v, "name", v)
)
def test_no_attribute_is_ignored(kind, attribute):
    target = place(kind)
    ids = ids_around(target)
    target.set(attribute.name, other_value(attribute, target.get(attribute.name)))
    judge(etree.tostring(target.getroottree()), kind, attribute.name, ids)


@pytest.mark.parametrize(("kind", "child"), CHILDREN, ids=lambda v: getattr(v, "name", v))
def test_no_child_is_ignored(kind, child):
    target = place(kind)
    ids = ids_around(target)
    around = f'<r xmlns:bpmn="{BPMN[1:-1]}">{child_text(child)}</r>'
    target.append(deepcopy(etree.fromstring(around)[0]))
    judge(etree.tostring(target.getroottree()), kind, child.name, ids)
