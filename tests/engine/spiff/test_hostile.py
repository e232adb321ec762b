"""Files that strangers send, and data that a form should never carry."""

import random
import time

import pytest
from lxml import etree

from engine.spiff.codec import MAX_BYTES
from engine.spiff.diagram import Flow, Node, Scope
from engine.spiff.errors import MOST_PROBLEMS, DataRefused, DataTooLarge, DiagramRefused
from engine.spiff.lint import lint
from engine.spiff.meaning_rules import reachable
from engine.spiff.model import Model, compile_model
from engine.spiff.process import Process
from engine.spiff.reaching import reaches
from tests.engine.spiff.drawing import (
    HEAD,
    Case,
    Clock,
    chain,
    document,
    end,
    model,
    process,
    start,
    subprocess,
    user,
)
from tests.engine.spiff.hostile import HOSTILE, simple, written
from tests.engine.spiff.test_lint import REFUSED, RIGHT


def refused(content: bytes) -> str:
    with pytest.raises(DiagramRefused) as caught:
        compile_model({"process.bpmn": content}, "p")
    found = lint({"process.bpmn": content}, operations={}, remote_calls={}, forms=())
    assert found, "the lint says it too"
    return str(caught.value)


def test_an_xml_bomb_is_refused_and_never_unfolds():
    lines = [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)]
    bomb = (
        f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a0 "x">{"".join(lines)}]><d>&a11;</d>'
    )
    began = time.perf_counter()
    refused(bomb.encode())
    refused(bomb.encode("utf-16"))
    assert time.perf_counter() - began < 60, "unfolded, it would never end"


def test_an_external_entity_is_refused():
    text = '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d>&x;</d>'
    assert "DOCTYPE" in refused(text.encode())
    text = '<?xml version="1.0"?><!DOCTYPE d SYSTEM "http://127.0.0.1:1/d.dtd"><d/>'
    assert "DOCTYPE" in refused(text.encode())


@pytest.mark.parametrize(
    "content", [b"", b"\0\xff", b"hello", b"<a>", "<a>é</a>".encode("utf-16-be")]
)
def test_what_is_not_xml_is_refused(content):
    assert "XML" in refused(content)


def test_too_long_too_deep_and_too_many():
    assert "5 Mo" in refused(b" " * 6_000_000)
    assert "niveaux" in refused(simple("<bpmn:x>" * 120 + "</bpmn:x>" * 120))
    assert "éléments" in refused(simple("<bpmn:x/>" * 200_001))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_diagram_is_refused_in_a_sentence(name):
    content, sentence = HOSTILE[name]
    told = lint(
        {"process.bpmn": content}, operations={}, remote_calls={}, forms=(), key="p"
    )
    said = "\n".join(map(str, told))
    assert sentence in said
    assert any(problem.severity == "error" for problem in told)
    assert len(told) <= MOST_PROBLEMS + 1
    assert len(said) < 100_000


ODD_BUT_RIGHT = {
    "UTF-16": simple().decode().replace("UTF-8", "UTF-16").encode("utf-16"),
    "a mark of byte order": b"\xef\xbb\xbf" + simple(),
    "instructions to others": simple().replace(
        b"<bpmn:process", b'<?xml-stylesheet href="file:///etc/passwd"?><bpmn:process'
    ),
    "comments": simple().replace(b"<bpmn:process", b"<!-- note --><bpmn:process"),
    "another prefix": simple()
    .replace(b"bpmn:", b"b:")
    .replace(b"xmlns:bpmn=", b"xmlns:b="),
}


@pytest.mark.parametrize("name", ODD_BUT_RIGHT)
def test_an_odd_file_is_the_same_diagram(name):
    files = {"process.bpmn": ODD_BUT_RIGHT[name]}
    plain = compile_model({"process.bpmn": simple()}, "p")
    assert len(compile_model(files, "p").diagram.nodes) == len(plain.diagram.nodes)


def test_many_files_are_one_diagram():
    half = written(f"<!--{'x' * 2_600_000}-->")
    with pytest.raises(DiagramRefused, match="les diagrammes du dossier dépassent 5 Mo"):
        compile_model({"process.bpmn": half, "other.bpmn": half}, "p")


def test_what_follows_is_the_same_as_walking():
    for seed in range(200):
        chance = random.Random(seed)
        names = [f"n{n}" for n in range(chance.randint(1, 12))]
        nodes = tuple(Node(id=n, kind="task", name=n, scope="p") for n in names)
        flows = tuple(
            Flow(f"f{n}", chance.choice(names), chance.choice(names))
            for n in range(chance.randint(0, 20))
        )
        scope = Scope(id="p", name="p", file="", nodes=nodes, flows=flows)
        reach, bit = reaches(scope)
        for name in names:
            walked = reachable(scope, [name])
            assert {n for n in names if reach[name] & bit[n]} == walked, f"seed {seed}"


def test_another_document_is_not_a_process():
    assert "identifiant" in refused(b"<html/>")
    assert "identifiant" in refused(document(process(start(), end(), key="other")))


def test_data_objects_two_sub_processes_down_do_not_hang():
    deep = (
        '<bpmn:userTask id="u3"><bpmn:dataOutputAssociation id="d"><bpmn:targetRef>ref'
        "</bpmn:targetRef></bpmn:dataOutputAssociation></bpmn:userTask>"
    )
    inner = subprocess("s2", start("b"), deep, end("c"), chain("b", "u3", "c"))
    outer = subprocess("s1", start("a"), inner, end("d1"), chain("a", "s2", "d1"))
    objects = (
        '<bpmn:dataObject id="o"/><bpmn:dataObjectReference id="ref" dataObjectRef="o"/>'
    )
    drawn = document(
        process(objects, start(), outer, end(), chain("started", "s1", "ended"))
    )
    case = Case(compile_model({"process.bpmn": drawn}, "p"), {})
    case.complete("u3", {"kept": 1})
    assert case.process.completed, "an arrow to a data object changes nothing"


def test_nested_sub_processes_have_a_floor():
    inside = user("u")
    body = start("s0") + inside + end("e0") + chain("s0", "u", "e0")
    for level in range(1, 60):
        body = (
            start(f"s{level}")
            + subprocess(f"p{level}", body)
            + end(f"e{level}")
            + chain(f"s{level}", f"p{level}", f"e{level}")
        )
    case = Case(model(body), {"k": "x" * 1000})
    assert len(case.state) < 40_000, "the data are written once"
    case.complete("u", {"done": 1})
    assert case.process.completed
    assert case.process.data["done"] == 1


def test_a_sub_process_that_contains_itself_in_name_is_refused():
    drawn = (
        HEAD
        + '<bpmn:process id="p" isExecutable="true"><bpmn:subProcess id="p"/></bpmn:process>'
        "</bpmn:definitions>"
    )
    assert "identifiant" in refused(drawn.encode())


@pytest.mark.parametrize(
    "values",
    [
        {"typename": "x"},
        {"typename": "timedelta", "days": 1, "seconds": 2},
        {"__builtins__": 1, "tasks": [], "data_objects": {}},
        {"": 1, "é à": None, "a.b": {"c": [1.5, True, None]}},
        {"Start": 1, "failure": 1, "due": "x", "left": 1},
    ],
)
def test_any_name_survives_as_data(values):
    drawn = model(start(), user("u"), user("z"), end(), chain("started", "u", "z", "ended"))
    case = Case(drawn, {})
    case.complete("u", values)
    assert case.process.task_data(case.task("z").task_id) == values


def test_data_that_are_not_plain_are_refused():
    case = Case(model(start(), user("u"), end(), chain("started", "u", "ended")), {})
    task = case.task("u").task_id
    for bad in (object(), {1, 2}, b"x", 10**30):
        with pytest.raises(DataRefused):
            case.process.complete(task, {"k": bad})
    with pytest.raises(DataRefused, match="réservé"):
        case.process.complete(task, {"case": {"number": "other"}})
    assert case.names() == ["u"], "nothing moved"


def test_too_much_data_is_refused_before_anything_is_saved():
    drawn = model(start(), user("u"), user("z"), end(), chain("started", "u", "z", "ended"))
    case = Case(drawn, {})
    before = case.state
    case.process.complete(case.task("u").task_id, {"long": "x" * MAX_BYTES})
    with pytest.raises(DataTooLarge, match="256 ko"):
        case.process.dump()
    again = Process.restore(drawn, before, host=Clock())
    again.complete(again.user_tasks()[0].task_id, {"long": "x" * (MAX_BYTES // 2)})
    assert len(again.dump()) < MAX_BYTES


def test_what_we_give_out_cannot_change_the_case():
    drawn = model(start(), user("u"), end(), chain("started", "u", "ended"))
    given = {"file": {"n": 1}}
    case = Case(drawn, given)
    given["file"]["n"] = 2
    task = case.task("u").task_id
    case.process.task_data(task)["file"]["n"] = 3
    case.process.data["file"]["n"] = 4
    assert case.process.task_data(task) == {"file": {"n": 1}}


def test_a_diagram_too_large_to_judge_is_refused():
    names = [f"u{n}" for n in range(3000)]
    drawn = document(
        process(start(), *map(user, names), end(), chain("started", *names, "ended"))
    )
    assert "découpez" in refused(drawn)


SEEDS = 300


@pytest.mark.parametrize("block", range(4))
def test_a_damaged_diagram_is_refused_in_words_or_runs(block):
    """Attributes removed, elements removed, doubled, moved or renamed: never a bare exception."""
    whole = [content for content, _ in REFUSED.values()] + list(RIGHT.values())
    for seed in range(block, SEEDS, 4):
        chance = random.Random(seed)
        files = {"process.bpmn": damaged(chance.choice(whole), chance)}
        try:
            lint(files, operations={}, remote_calls={}, forms=(), key="p")
            compiled = compile_model(files, "p")
        except DiagramRefused:
            continue
        except Exception as error:
            error.add_note(f"seed {seed}")
            raise
        Case(Model.from_bytes(compiled.to_bytes()), {}, Clock())


def damaged(content: bytes, chance: random.Random) -> bytes:
    root = etree.fromstring(content)
    for _ in range(chance.randint(1, 4)):
        target = chance.choice(list(root.iter())[1:])
        around, kind = target.getparent(), chance.randrange(5)
        if kind == 0 and target.attrib:
            del target.attrib[chance.choice(list(target.attrib))]
        elif kind == 1 and around is not None and len(root) > 1:
            around.remove(target)
        elif kind == 2 and around is not None:
            around.append(etree.fromstring(etree.tostring(target)))
        elif kind == 3 and target.attrib:
            target.set(
                chance.choice(list(target.attrib)), chance.choice(["", "p", "u", "ended"])
            )
        elif kind == 4:
            name = chance.choice(
                ["task", "userTask", "subProcess", "lane", "process", "boundaryEvent"]
            )
            target.tag = f"{{http://www.omg.org/spec/BPMN/20100524/MODEL}}{name}"
        if len(root) == 0:
            break
    return etree.tostring(root)
