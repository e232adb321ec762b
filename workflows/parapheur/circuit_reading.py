"""Reads a circuit back as a list of steps, when it is drawn as one.

The steps are found by their ids, then written again: a diagram that says anything more, or
anything else, is not a list. Where its elements stand on the page is the designer's affair.
"""

import re
from collections.abc import Iterator
from typing import Any

import orjson
from lxml import etree

from engine.spiff.errors import DiagramRefused
from engine.spiff.reading import parse
from workflows.parapheur.circuit_drawing import write
from workflows.parapheur.drawing import BPMN, SPIFF, XSI, named
from workflows.parapheur.steps import (
    ALL,
    ARCHIVE,
    KINDS,
    MAIL,
    ONE,
    SEAL,
    TRANSMISSION,
    Step,
)

MOST_STEPS = 50
_DUE = re.compile(r"working days after\(today\(\), (\d+)\)")
_EVERY = re.compile(r"R/P(\d+)D")
_DRAWN = frozenset({"incoming", "outgoing"})


class NotAList(Exception):
    """This circuit is drawn otherwise than a list of steps; the text says where, in French."""


def read(content: bytes) -> list[Step]:
    """The steps of a circuit. Raises NotAList."""
    try:
        root = parse("process.bpmn", content)
    except DiagramRefused as refused:
        raise NotAList("Ce fichier ne se lit pas comme un diagramme.") from refused
    processes = root.findall(named("process"))
    if len(processes) != 1:
        raise NotAList("Un circuit est un seul processus.")
    process = processes[0]
    elements = {one.get("id"): one for one in process if one.get("id")}
    steps = list(_steps(elements))
    again = write(process.get("id") or "", process.get("name") or "", steps)
    _compare(root, etree.fromstring(again))
    return steps


def _steps(elements: dict[str, Any]) -> Iterator[Step]:
    for number in range(1, MOST_STEPS + 1):
        kinds = [k for k in KINDS if f"{k}_{number}" in elements]
        if f"{SEAL}_{number}_call" in elements:
            kinds = [SEAL]
        if not kinds:
            return
        yield _step(kinds[0], f"{kinds[0]}_{number}", elements)


def _step(kind: str, ref: str, elements: dict[str, Any]) -> Step:
    if kind == SEAL and ref not in elements:
        return Step(kind, elements[f"{ref}_call"].get("name") or "")
    element = elements[ref]
    name = element.get("name") or ""
    if kind == MAIL:
        return Step(kind, name, to=_addresses(elements.get(f"{ref}_letter")))
    if kind == TRANSMISSION:
        target = (element.get("calledElement") or "").partition(".")[0]
        return Step(kind, name, target=target)
    if kind == ARCHIVE:
        return Step(kind, name)
    properties = _properties(element)
    every = elements.get(f"{ref}_late")
    said = "" if every is None else "".join(every.itertext()).strip()
    return Step(
        kind,
        name,
        desks=_desks(element, properties),
        parallel=_parallel(element),
        by_hand=kind == SEAL,
        working_days=_number(_DUE, properties.get("ebg:due", "")),
        reminder_days=_number(_EVERY, said),
        to_approve=_keys(properties.get("ebg:to_approve", "")),
        to_refuse=_keys(properties.get("ebg:to_refuse", "")),
    )


def _keys(text: str) -> tuple[str, ...]:
    return tuple(key.strip() for key in text.split(","))


def _properties(element: Any) -> dict[str, str]:
    found = element.iter(named("property", SPIFF))
    return {one.get("name") or "": one.get("value") or "" for one in found}


def _desks(element: Any, properties: dict[str, str]) -> tuple[str, ...]:
    listed = element.find(f".//{named('loopDataInputRef')}")
    if listed is None:
        role = properties.get("ebg:role", "")
        return (role,) if role else ()
    return tuple(map(_desk, _items((listed.text or "").strip()[1:-1])))


def _desk(text: str) -> str:
    """A desk of a FEEL list: a word in quotes, or an expression."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return f"={text}"
    return found if isinstance(found, str) else f"={text}"


def _items(text: str) -> Iterator[str]:
    """The items of a FEEL list, cut at the commas that are in no bracket and no quotes."""
    depth, quoted, escaped, start = 0, False, False, 0
    for place, char in enumerate(text):
        if quoted:
            quoted, escaped = char != '"' or escaped, char == "\\" and not escaped
        elif char == '"':
            quoted, escaped = True, False
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif char == "," and depth == 0:
            yield text[start:place].strip()
            start = place + 1
    if text[start:].strip():
        yield text[start:].strip()


def _parallel(element: Any) -> str:
    condition = element.find(f".//{named('completionCondition')}")
    if condition is None:
        return ""
    return ONE if (condition.text or "").strip() == "true" else ALL


def _addresses(letter: Any) -> tuple[str, ...]:
    given = () if letter is None else letter.iter(named("parameter", SPIFF))
    for one in given:
        if one.get("id") == "to":
            try:
                found = orjson.loads(one.get("value") or "[]")
            except orjson.JSONDecodeError:
                return ()
            return tuple(map(str, found)) if isinstance(found, list) else ()
    return ()


def _number(pattern: re.Pattern[str], text: str) -> int | None:
    found = pattern.fullmatch(text)
    return int(found[1]) if found else None


def _compare(drawn: Any, wanted: Any) -> None:
    """Raise NotAList for the first thing that a list would write otherwise."""
    there, here = _things(drawn), _things(wanted)
    for ref, (name, said) in there.items():
        if ref not in here:
            raise NotAList(f"« {name or ref} » n’est pas une étape de la liste.")
        if here[ref][1] != said:
            raise NotAList(
                f"« {name or ref} » est dessiné autrement qu’une étape de la liste."
            )
    for ref, (name, _) in here.items():
        if ref not in there:
            raise NotAList(f"Il manque « {name or ref} », que la liste dessine toujours.")


def _things(root: Any) -> dict[str, tuple[str, Any]]:
    """What a diagram says, by id, whatever the order and the places."""
    (process,) = root.findall(named("process"))
    listed = [*process, *(one for one in root if one.tag == named("error"))]
    whole: dict[str, tuple[str, Any]] = {}
    whole[""] = ("le processus", sorted(process.attrib.items()))
    others = [one for one in listed if not one.get("id")]
    if others:
        whole["#"] = (str(others[0].tag).rpartition("}")[2], "")
    return whole | {
        one.get("id"): (one.get("name") or "", _said(one))
        for one in listed
        if one.get("id")
    }


def _said(element: Any) -> Any:
    attributes = sorted(
        (k, v) for k, v in element.attrib.items() if not k.startswith(f"{{{XSI}}}")
    )
    children = [
        _said(child)
        for child in element
        if isinstance(child.tag, str)
        and child.tag.rpartition("}")[2] not in _DRAWN
        and not (child.tag.startswith(f"{{{BPMN}}}") and _says_nothing(child))
    ]
    text = " ".join((element.text or "").split())
    return (str(element.tag), attributes, text, sorted(children, key=repr))


def _says_nothing(element: Any) -> bool:
    """An empty holder of extensions, as a modeler may leave behind."""
    return element.tag == named("extensionElements") and len(element) == 0
