"""Comparing two versions: nothing is lost, and each change names what it is about."""

import copy
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from workflows import publication
from workflows.comparing import Change, FileChange, compare

FILES = publication.read_folder(publication.folders()["grants.investment_aid"])
DIAGRAM = etree.fromstring(FILES["process.bpmn"])
TABLE = etree.fromstring(FILES["intensity.dmn"])
FORM = orjson.loads(FILES["assessment.form.json"])
REDUNDANT = {"incoming", "outgoing"}
"""What a flow says already."""

draw = settings(max_examples=60, deadline=None, derandomize=True)


def with_file(name: str, content: bytes) -> dict[str, bytes]:
    return {**FILES, name: content}


def changes(name: str, content: bytes) -> list[Change]:
    """What is told of one file, after which the rest of the folder is as it was."""
    found = compare(FILES, with_file(name, content))
    assert [one.name for one in found] == [name]
    return list(found[0].changes)


def tag(element: Any) -> str:
    return str(etree.QName(element).localname)


def places(root: Any) -> list[int]:
    return [
        number
        for number, e in enumerate(root.iter())
        if isinstance(e.tag, str) and tag(e) not in REDUNDANT and e is not root
    ]


def named(element: Any) -> Iterator[str]:
    """The ids by which people may call an element, or what holds it, or what it draws."""
    while element is not None:
        for key in ("id", "bpmnElement"):
            if element.get(key):
                yield element.get(key)
        if tag(element) == "flowNodeRef":
            yield (element.text or "").strip()
        element = element.getparent()


def mutated(root: Any, place: int, way: int) -> tuple[bytes, set[str]]:
    """One fact of a file altered; and the ids by which the change may be told."""
    made = copy.deepcopy(root)
    element = list(made.iter())[place]
    ids = set(named(element))
    cell = tag(element).endswith("Entry")  # called by its rule and its column
    facts = [
        k
        for k in element.attrib
        if not (cell and k == "id") and "XMLSchema-instance" not in k  # which says nothing
    ]
    facts += [""] if (element.text or "").strip() else []
    choice = way % (len(facts) + 1)
    if choice == len(facts):
        element.getparent().remove(element)
    elif facts[choice]:
        element.set(facts[choice], element.get(facts[choice]) + "x")
    else:
        element.text = element.text.strip() + " x"
    ids |= set(named(element)) if element.getparent() is not None else set()
    return etree.tostring(made), ids


def test_a_version_does_not_differ_from_itself() -> None:
    assert compare(FILES, dict(FILES)) == []
    assert compare({}, {}) == []


@draw
@given(st.sampled_from(places(DIAGRAM)), st.integers(0, 9))
def test_every_mutation_of_a_diagram_is_told_and_named(place: int, way: int) -> None:
    content, ids = mutated(DIAGRAM, place, way)
    found = changes("process.bpmn", content)
    assert {one.element for one in found} & ids, (etree.tostring(list(DIAGRAM.iter())[place])[:300], ids, found)  # fmt: skip


@draw
@given(st.sampled_from(places(TABLE)), st.integers(0, 9))
def test_every_mutation_of_a_table_is_told_and_named(place: int, way: int) -> None:
    content, ids = mutated(TABLE, place, way)
    found = changes("intensity.dmn", content)
    assert {one.element for one in found} & ids, (etree.tostring(list(TABLE.iter())[place])[:300], found)  # fmt: skip


def questions(one: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where each component of a form is."""
    yield path
    for number, child in enumerate(one.get("components", [])):
        yield from questions(child, (*path, "components", number))


def at(form: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        form = form[step]
    return form


@draw
@given(st.sampled_from(list(questions(FORM))), st.integers(0, 20))
def test_every_mutation_of_a_form_is_told_and_named(
    path: tuple[Any, ...], way: int
) -> None:
    made = copy.deepcopy(FORM)
    one = at(made, path)
    keys = [key for key in one if key != "components"]
    key = keys[way % len(keys)]
    ids = {one["id"]}
    one[key] = f"{one[key]}x" if isinstance(one[key], str) else "x"
    found = changes("assessment.form.json", orjson.dumps(made))
    assert {c.element for c in found} & {*ids, one["id"]}, (key, found)


@pytest.mark.parametrize(
    ("name", "before", "after", "told"),
    [
        ("process.bpmn", 'name="Enregistrer la demande"', 'name="Inscrire"',
         ("changed", "register", "nom", "Enregistrer la demande", "Inscrire")),
        ("process.bpmn", "<bpmn:flowNodeRef>register</bpmn:flowNodeRef>", "",
         ("changed", "register", "couloir", "« Instructeur » (case_officer)", "")),
        ("process.bpmn", 'id="grants.register_application"', 'id="grants.other"',
         ("changed", "register", "opération : nom", "grants.register_application", "grants.other")),
        ("intensity.dmn", "<text>20</text>", "<text>21</text>",
         ("changed", "intensity_r1", "Taux maximal (%)", "20", "21")),
        ("decision.form.json", '"hide": "=circuit = null"', '"hide": "=circuit != null"',
         ("changed", "Field_002", "cachée si", "=circuit = null", "=circuit != null")),
    ],
)  # fmt: skip
def test_a_change_is_said_in_words(
    name: str, before: str, after: str, told: tuple[str, ...]
) -> None:
    content = FILES[name].decode().replace(before, after, 1)
    assert content != FILES[name].decode()
    (change,) = changes(name, content.encode())
    (detail,) = change.details
    assert (change.what, change.element, detail.label, detail.before, detail.after) == told


def test_what_is_only_drawn_elsewhere_is_told_apart() -> None:
    made = copy.deepcopy(DIAGRAM)
    shape = next(e for e in made.iter() if e.get("bpmnElement") == "decide")
    shape[0].set("x", "3000")
    (change,) = changes("process.bpmn", etree.tostring(made))
    assert (change.what, change.element, change.details) == ("drawn", "decide", ())


def test_rules_that_change_places_are_told_and_those_they_pass_are_not() -> None:
    made = copy.deepcopy(TABLE)
    rules = [e for e in made.iter() if tag(e) == "rule"]
    rules[0].getparent().append(rules[0])
    found = changes("intensity.dmn", etree.tostring(made))
    assert [(c.what, c.element) for c in found] == [("moved", "intensity_r1")]


def test_texts_are_compared_line_by_line_and_files_come_and_go() -> None:
    letter, others = "acknowledgement.letter.md", dict(FILES)
    others[letter] = FILES[letter] + b"\nUne ligne de plus.\n"
    del others["cofunder.dmn"]
    others["new.form.json"] = b"{}"
    found = {one.name: one for one in compare(FILES, others)}
    assert found["cofunder.dmn"].what == "removed"
    assert found["new.form.json"].what == "added"
    marks = [line for line in found[letter].lines if line.mark == "+"]
    assert [line.text for line in marks if line.text] == ["Une ligne de plus."]
    assert not [line for line in found[letter].lines if line.mark == "-"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("process.bpmn", b"<no"),
        ("process.bpmn", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'),
        ("intensity.dmn", b"<no"),
        ("decision.form.json", b"[1]"),
        ("decision.form.json", b'{"components":[' * 900 + b"]}" * 900),
        ("decision.form.json", b"\xff\xfe"),
        ("acknowledgement.letter.md", b"a\n" * 9000),
    ],
)
def test_hostile_files_are_compared_as_texts(name: str, content: bytes) -> None:
    (found,) = compare(FILES, with_file(name, content))
    assert isinstance(found, FileChange)
    assert found.problem
    assert found.changes or found.lines
