"""Diagrams drawn for other tools are refused in words that say what to write here instead.

Each file of `foreign/` is our own, in the exact manner of one tool.
"""

import re
from pathlib import Path

import pytest
from lxml import etree

from engine.spiff.errors import DiagramRefused, Problem, gathered
from engine.spiff.lint import lint
from engine.spiff.model import Model, compile_model
from tests.engine.spiff.drawing import Case, boundary, chain, end, error, message, start
from tests.engine.spiff.test_lint import REFUSED, body, found, line, work
from tests.engine.spiff.test_table import ALSO_REFUSED

FOLDER = Path(__file__).parent / "foreign"
FILES = {path.stem: path.read_bytes() for path in sorted(FOLDER.glob("*.bpmn"))}
ENGLISH = re.compile(r"\b(the|is|are|not|must|should|with|unknown|invalid|None)\b")
QUOTED = re.compile(r"« .*? »|\w+:\w+|\(.*?\)")


def told(name: str) -> list[Problem]:
    return list(
        lint({"process.bpmn": FILES[name]}, operations={}, remote_calls={}, forms=())
    )


def judge(problems: list[Problem], content: bytes) -> None:
    """Every sentence is French, ends, and names its element by the name and id it has."""
    elements = {e.get("id"): e.get("name") for e in etree.fromstring(content).iter("*")}
    for problem in problems:
        assert re.search(r"[.!?…]$", problem.message), problem
        assert len(problem.message) < 1200, problem
        plain = QUOTED.sub("", problem.message)
        assert not ENGLISH.search(plain), problem
        if problem.element_id is None:
            assert "identifiant" in problem.message or "autres remarques" in problem.message
            continue
        assert problem.element_id in elements, problem
        assert f"({problem.element_id})" in str(problem) or problem.element_id in str(
            problem
        )
        if name := elements[problem.element_id]:
            assert problem.element_name == " ".join(name.split())
            assert f"« {problem.element_name} » ({problem.element_id})" in str(problem)


@pytest.mark.parametrize("name", FILES)
def test_a_diagram_of_another_tool_is_refused_in_words(name):
    problems = told(name)
    judge(problems, FILES[name])
    assert any(problem.severity == "error" for problem in problems)
    assert len(problems) <= 25, "a designer reads them all"
    key = next(etree.fromstring(FILES[name]).iter("{*}process")).get("id")
    with pytest.raises(DiagramRefused) as refused:
        compile_model({"process.bpmn": FILES[name]}, key)
    judge(refused.value.problems, FILES[name])


SAID = {
    "camunda7": {
        "demande_aide": ["camunda:versionTag", "ebg:role"],
        "StartEvent_1": ["camunda:formKey et camunda:formData", "ebg:form"],
        "Activity_instruire": [
            "camunda:assignee (prenez ebg:assignee)",
            "ebg:due",
            "ebg:form",
        ],
        "Activity_taux": ["calledDecisionId"],
        "Activity_avis": [
            "camunda:topic",
            "serviceTaskOperator",
            "camunda:executionListener",
        ],
        "Activity_java": ["camunda:class", "aucune opération"],
        "Activity_script": ["groovy"],
        "Activity_parapheur": ["loopDataInputRef", "ebg:in", "nrOfCompletedInstances = 2"],
        "Gateway_montant": ["écrivez « montant > 23000 and taux = 40 »"],
        "Event_refus": ["variableName"],
    },
    "camunda8": {
        "Activity_examiner": ["zeebe:assignmentDefinition", "ebg:assignee et ebg:role"],
        "Activity_regle": ["zeebe:calledDecision", "calledDecisionId"],
        "Activity_envoi": ["zeebe:taskDefinition", "serviceTaskOperator", "inputDataItem"],
        "Activity_signature": ["calledElement"],
        "Activity_calcul": ["zeebe:script", "contexte FEEL"],
        "Message_1": ["ebg:correlation"],
    },
    "flowable": {
        "sid-A1": [
            "flowable:candidateUsers",
            "potentialOwner",
            "ebg:role",
            "skipExpression",
        ],
        "sid-S1": ["flowable:class", "flowable:async"],
        "sid-S2": ["flowable:type"],
        "sid-S3": ["activiti:expression", "resultVariable"],
        "sid-T1": ["javascript"],
        "sid-G1": ['écrivez « accord = "oui" »'],
        "sid-P1s": ["cron"],
        "_montantItem": ["itemDefinition"],
    },
    "signavio": {
        "sid-proc1": ["isExecutable"],
        "sid-t1": ["ioSpecification", "potentialOwner"],
        "sid-f3": ["conditionExpression"],
        "sid-r1": ["resource"],
        "sid-start": ["le message n'a pas de nom"],
        "sid-d1": ["6 notes de Signavio"],
    },
    "bpmn_io": {"Process_1": ["isExecutable"]},
    "jbpm": {
        "_J1": ["mvel", "relationship"],
        "_I1": ["interface"],
        "_AB": ["onEntry-script", "ioSpecification", "association de données"],
        "_P": ["operationRef", "implementation"],
        "_f3": ["http://www.java.com/java"],
        "paiement": ["processType"],
    },
    "bizagi": {
        "Id_proc1": ["isExecutable"],
        "Id_p1": ["participantMultiplicity"],
        "Id_t1": ["aris:occurrence"],
        "_2026": ["2 notes de Bizagi"],
        "Id_w": ["ni date"],
    },
    "spiff_arena": {
        "Activity_form": ["prenez ebg:form", "la propriété ebg:asignee serait ignorée"],
        "Activity_script": ["scenarios.json", "écrivez une tâche de script avant celle-ci"],
        "Activity_http": ["http/GetRequest"],
        "numero": ["ebg:correlation"],
    },
}


@pytest.mark.parametrize("name", FILES)
def test_each_thing_has_its_cure(name):
    problems = told(name)
    for element, sentences in SAID[name].items():
        said = " ".join(p.message for p in problems if p.element_id == element)
        assert all(sentence in said for sentence in sentences), said


def test_arrows_to_data_colours_and_notes_are_only_drawn():
    ready = FILES["bpmn_io"].replace(
        b'name="Mairie">', b'name="Mairie" isExecutable="true">'
    )
    files = {"process.bpmn": ready}
    [left] = lint(files, operations={}, remote_calls={}, forms=())
    assert (left.severity, left.element_id) == ("warning", "Activity_1"), "it has no form"
    case = Case(Model.from_bytes(compile_model(files, "Process_1").to_bytes()), {})
    case.complete("Activity_1", {"avis": "favorable"})
    assert case.process.completed


@pytest.mark.parametrize("name", [*REFUSED, *ALSO_REFUSED])
def test_each_refusal_names_its_element(name):
    content = ALSO_REFUSED.get(name) or REFUSED[name][0]
    judge(found(content), content)


def test_many_elements_with_one_fault_are_told_once():
    tasks = [work(flaw="1").replace('id="u"', f'id="u{n}"') for n in range(40)]
    [problem] = found(line(*tasks))
    assert (problem.element_id, problem.element_name) == ("u0", "u")
    assert "ebg:flaw" in problem.message
    assert "« u » (u1), « u » (u2), « u » (u3) et 36 autres." in problem.message


def test_the_number_of_sentences_is_bounded():
    many = [Problem("f", f"e{n}", None, f"faute {n}") for n in range(1000)]
    told_ = gathered([Problem("f", "w", None, "remarque", "warning"), *many])
    assert len(told_) == 201
    assert "et 801 autres remarques" in told_[-1].message


SILENT_BEFORE = {
    "a dangling error would have caught all": (
        body(
            start(), work(), boundary("b", "u", error("nope")), end(),
            chain("started", "u", "ended"), chain("b", "ended"),
        ),
        "errorRef nomme « nope »",
    ),
    "an error that is a message": (
        body(
            start(), work(), boundary("b", "u", error("M")), end(),
            chain("started", "u", "ended"), chain("b", "ended"),
        ),
        "errorRef nomme « M »",
    ),
    "an empty condition was no condition": (
        line(work()).replace(
            b'targetRef="u">', b'targetRef="u"><bpmn:conditionExpression/>'
        ),
        "« conditionExpression » est vide",
    ),
    "a loop written with 1": (
        line(work("<bpmn:multiInstanceLoopCharacteristics isSequential='oui'/>")),
        "isSequential vaut « oui »",
    ),
    "two loops": (
        line(work("<bpmn:standardLoopCharacteristics loopMaximum='2'/>" * 2)),
        "il n'y a de place ici que pour une seule répétition",
    ),
    "two ids": (
        line(work()).replace(b'id="ls"', b'id="M"'),
        "l'identifiant « M » sert plusieurs fois",
    ),
    "two lanes": (
        line(work()).replace(
            b"</bpmn:laneSet>",
            b'<bpmn:lane id="l2"><bpmn:flowNodeRef>u</bpmn:flowNodeRef></bpmn:lane>'
            b"</bpmn:laneSet>",
        ),
        "« u » est aussi dans le couloir « officer »",
    ),
    "text nowhere": (
        line(work()).replace(b"<bpmn:laneSet", b"note<bpmn:laneSet"),
        "le texte « note » serait ignoré",
    ),
    "a start that would not interrupt": (
        line(work()).replace(b'id="started"', b'id="started" isInterrupting="false"'),
        "isInterrupting=false serait ignoré",
    ),
    "a parallel race that starts nothing": (
        line(work()).replace(
            b"</bpmn:process>",
            b'<bpmn:eventBasedGateway id="g" eventGatewayType="Parallel"/></bpmn:process>',
        ),
        "eventGatewayType=Parallel serait ignoré",
    ),
    "an extension where nobody reads it": (
        line(work("<bpmn:extensionElements><spiffworkflow:calledDecisionId/>"
                  "</bpmn:extensionElements>")),
        "calledDecisionId serait ignorée",
    ),
    "a typed message": (
        line(work()).replace(b'id="M"', b'id="M" itemRef="x"'),
        "« itemRef » n'est pas lu",
    ),
    "a flow without an id": (
        line(work()).replace(b"<bpmn:sequenceFlow id=", b"<bpmn:sequenceFlow name="),
        "cette flèche n'a pas d'identifiant (id)",
    ),
    "a process without an id": (
        line(work()).replace(b'<bpmn:process id="p"', b"<bpmn:process"),
        "ce processus n'a pas d'identifiant (id)",
    ),
    "not bpmn 2": (b"<definitions/>", "ce fichier n'est pas du BPMN 2.0"),
    "a process that is not to be run": (
        line(work()).replace(b'isExecutable="true"', b'isExecutable="0"'),
        "n'est pas déclaré exécutable",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SILENT_BEFORE)
def test_what_was_once_accepted_in_silence_is_said(name):
    content, sentence = SILENT_BEFORE[name]
    assert any(sentence in problem.message for problem in found(content)), found(content)


def test_a_compensation_event_may_also_bear_a_note():
    """An arrow to an annotation does not hide the one that leads to the handler."""
    drawn = REFUSED["compensation task alone"][0].replace(
        b"</bpmn:process>",
        b'<bpmn:textAnnotation id="note"/>'
        b'<bpmn:boundaryEvent id="b" attachedToRef="u"><bpmn:compensateEventDefinition/>'
        b'</bpmn:boundaryEvent><bpmn:association id="x" sourceRef="b" targetRef="t"/>'
        b'<bpmn:association id="y" sourceRef="b" targetRef="note"/></bpmn:process>',
    )
    assert not [p for p in found(drawn) if "ne mène à aucune" in p.message]


def test_a_qualified_name_is_the_same_name():
    drawn = body(
        start(), work(), boundary("b", "u", message("x:M")), end(),
        chain("started", "u", "ended"), chain("b", "ended"),
    )  # fmt: skip
    assert found(drawn.replace(b'attachedToRef="u"', b'attachedToRef="x:u"')) == []
