"""The DMN TCK's cases, read from the reference data, and how ours answers them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from lxml import etree

from engine.decisions import xml
from engine.decisions.model import Models
from engine.feel import FeelError, moments
from engine.feel.errors import Undefined
from engine.feel.limits import Run

_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


@dataclass(frozen=True)
class Case:
    """One expected answer of a case: of which decision, on which inputs."""

    file: Path
    test: str
    id: str
    decision: str
    inputs: dict[str, Any]
    expected: Any


def cases(folder: Path) -> Iterator[Case]:
    """Every result node of every case of a folder."""
    for file in sorted(folder.glob("*-test-*.xml")):
        root = etree.parse(file, etree.XMLParser(remove_comments=True)).getroot()
        source = folder / next(e.text.strip() for e in root if xml.kind(e) == "modelName")
        for test in xml.children(root, "testCase"):
            inputs = {
                one.get("name"): value(one) for one in xml.children(test, "inputNode")
            }
            for node in xml.children(test, "resultNode"):
                expected = None
                if node.get("errorResult") != "true":
                    expected = value(xml.child(node, "expected"))
                name = test.get("invocableName") or node.get("name")
                if test.get("type", "decision") == "decision":
                    name = node.get("name")
                yield Case(source, file.name, test.get("id"), name, inputs, expected)


def value(element: Any) -> Any:
    """The FEEL value an element of a test holds."""
    if element is None:
        return None
    if element.get(_NIL) == "true":
        return None
    for one in element:
        kind = xml.kind(one)
        if kind == "value":
            return _simple(one)
        if kind == "list":
            return None if one.get(_NIL) == "true" else [value(item) for item in one]
        if kind == "component":
            return {part.get("name"): value(part) for part in xml.children(element, kind)}
    return None


def _simple(element: Any) -> Any:
    text = element.text or ""
    if element.get(_NIL) == "true":
        return None
    kind = (element.get(_TYPE) or "string").rpartition(":")[2]
    read = {
        "boolean": lambda one: one.strip() in {"true", "1"},
        "date": moments.read_date,
        "time": moments.read_time,
        "dateTime": moments.read_moment,
        "duration": moments.read_duration,
        **dict.fromkeys(("decimal", "double", "integer", "int", "long", "float"), Decimal),
    }.get(kind, str)
    try:
        return read(text.strip() if read is not str else text)
    except (Undefined, ArithmeticError):
        return f"unreadable {kind} {text}"


def answer(case: Case, models: dict[Path, Any]) -> Any:
    """What we answer: null for what we refuse, as the TCK counts errors."""
    if case.file not in models:
        others = [one for one in case.file.parent.glob("*.dmn") if one != case.file]
        reader = Models([one.read_bytes() for one in others])
        decisions = reader.decisions(xml.read(case.file.read_bytes()))
        models[case.file] = {one.name: one for one in decisions.values()}
    decision = models[case.file].get(case.decision)
    if decision is None:
        return f"no decision {case.decision}"
    try:
        return decision.value(case.inputs, Run())
    except FeelError:
        return None


def same(expected: Any, got: Any) -> bool:
    """The TCK's equality: numbers to 8 digits, moments at the same instant."""
    if type(expected) is not type(got):
        return False
    if isinstance(expected, Decimal):
        return abs(expected - got) <= Decimal("1e-8") * max(1, abs(expected))
    if isinstance(expected, list):
        return len(expected) == len(got) and all(map(same, expected, got))
    if isinstance(expected, dict):
        return expected.keys() == got.keys() and all(
            same(one, got[key]) for key, one in expected.items()
        )
    if isinstance(expected, datetime | time) and expected.tzinfo is not None:
        return moments.write(expected) == moments.write(got)
    return bool(expected == got)
