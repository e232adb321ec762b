"""Each thing a designer may draw that would not run, and the sentence that says so."""

import pytest

from engine.spiff.errors import DiagramRefused
from engine.spiff.lint import lint
from engine.spiff.model import compile_model
from tests.engine.spiff.drawing import (
    boundary,
    catch,
    chain,
    decision,
    document,
    element,
    end,
    error,
    exclusive,
    extensions,
    flow,
    inclusive,
    many,
    message,
    over,
    parallel,
    process,
    properties,
    script,
    service,
    start,
    subprocess,
    throw,
    timer,
    user,
)

AROUND = (
    '<bpmn:message id="M" name="avis.rendu"/><bpmn:message id="N"/><bpmn:signal id="S"/>'
    '<bpmn:error id="E" errorCode="x"/><bpmn:error id="Z"/>'
)
OPERATIONS = {"grants.compute": {"amount": True, "rate": False}}
REMOTE = {"oseo.ask": {"reference": True}}
DMN = b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"><decision id="size"/></definitions>'


def line(*nodes, lane=True):
    """Elements one after the other, in one lane."""
    names = [node.split('id="', 1)[1].split('"', 1)[0] for node in nodes]
    return body(start(), *nodes, end(), chain("started", *names, "ended"), lane=lane)


def body(*inside, lane=True):
    lanes = '<bpmn:laneSet id="ls"><bpmn:lane id="officer">{}</bpmn:lane></bpmn:laneSet>'
    names = [part.split('id="', 1)[1].split('"', 1)[0] for part in inside if 'id="' in part]
    refs = "".join(f"<bpmn:flowNodeRef>{name}</bpmn:flowNodeRef>" for name in names)
    return document(AROUND, process(lanes.format(refs) if lane else "", *inside))


def found(content, *, key="p", forms=("review",), roles=None, **files):
    return lint(
        {"process.bpmn": content, "t.dmn": DMN, **files},
        operations=OPERATIONS,
        remote_calls=REMOTE,
        forms=forms,
        roles=roles,
        key=key,
    )


def work(*inside, **ebg):
    return user("u", *inside, **{"form": "review", **ebg})


def begun(event):
    """A process that an event starts."""
    return body(element("startEvent", "s", event), end(), flow("s", "ended"))


def begun_by(key, event, *, own=False):
    """The inside of a process that an event starts; or, if `own`, the process itself."""
    inside = element("startEvent", f"{key}_s", event) + end(f"{key}_ended")
    inside += chain(f"{key}_s", f"{key}_ended")
    return process(inside, key=key) if own else inside


def pools(inside, *more):
    """The folder's process, and another pool `q` with this inside, and what is beside."""
    mine = process(start(), end(), chain("started", "ended"))
    beside = [part for part in more if part.startswith("<bpmn:process")]
    inside += "".join(part for part in more if part not in beside)
    return document(AROUND, mine, process(inside, key="q"), *beside)


def link(name):
    return element(f"intermediate{name}Event", name, '<bpmn:linkEventDefinition name="L"/>')


def forked(left, right, kind="parallelGateway"):
    return body(
        start(),
        element(kind, "g", default="d") if kind != "parallelGateway" else parallel("g"),
        left,
        right,
        element(kind, "j"),
        end(),
        chain("started", "g"),
        flow("g", "l", "true" if kind != "parallelGateway" else ""),
        flow("g", "r", key="d"),
        chain("l", "j", "ended"),
        chain("r", "j"),
    )


LOOP = "<bpmn:standardLoopCharacteristics{}/>"
CARDINALITY = "<bpmn:loopCardinality>{}</bpmn:loopCardinality>"
AROUND_U = (work(), boundary("b", "u", timer("duration", "P1D")))

REFUSED = {
    "link": (
        body(start(), link("Throw"), end(), chain("started", "Throw", "ended")),
        "aucune flèche ne part d'un lien",
    ),
    "link to nowhere": (
        body(start(), link("Throw"), end(), chain("started", "Throw")),
        "pas de lien d'arrivée",
    ),
    "compensation of another process": (
        line(throw("t", '<bpmn:compensateEventDefinition activityRef="nope"/>')),
        "n'est pas dans ce processus",
    ),
    "compensation not awaited": (
        line(throw("t", '<bpmn:compensateEventDefinition waitForCompletion="false"/>')),
        "toujours attendue",
    ),
    "compensation task alone": (
        line(element("task", "t", isForCompensation="true")),
        "aucun événement de compensation",
    ),
    "complex gateway": (line(element("complexGateway", "g")), "activationCondition"),
    "ad hoc": (
        line(element("adHocSubProcess", "a", work(), start("s"))),
        "ni début ni fin",
    ),
    "cancel outside": (
        body(
            start(),
            element("endEvent", "e", "<bpmn:cancelEventDefinition/>"),
            chain("started", "e"),
        ),
        "dans une transaction",
    ),
    "event sub-process that waits for nothing": (
        body(
            start(),
            end(),
            flow("started", "ended"),
            element(
                "subProcess",
                "a",
                start("s"),
                end("e"),
                chain("s", "e"),
                triggeredByEvent="true",
            ),
        ),
        "quel événement il attend",
    ),
    "conditional event": (
        line(catch("c", "<bpmn:conditionalEventDefinition/>")),
        "n'a pas de condition",
    ),
    "condition on an event gateway's flow": (
        body(
            start(),
            element("eventBasedGateway", "g"),
            catch("c", message("M")),
            catch("t", timer("duration", "P1D")),
            end(),
            chain("started", "g", "c", "ended"),
            flow("g", "t", "n > 1"),
            flow("t", "ended"),
        ),
        "serait ignorée",
    ),
    "default without a condition": (
        body(
            start(),
            work(default="d"),
            end(),
            flow("started", "u"),
            flow("u", "ended", key="d"),
        ).replace(b'<bpmn:userTask id="u"', b'<bpmn:userTask default="d" id="u"'),
        "ne serait jamais prise",
    ),
    "gateway without default": (
        body(
            start(),
            exclusive("g"),
            end(),
            end("e2"),
            flow("started", "g"),
            flow("g", "ended", "n > 1"),
            flow("g", "e2", "n < 1"),
        ),
        "pas de flèche par défaut",
    ),
    "flow without condition": (
        body(
            start(),
            inclusive("g"),
            end(),
            end("e2"),
            flow("started", "g"),
            flow("g", "ended"),
            flow("g", "e2", "n < 1"),
        ),
        "ni condition ni rôle",
    ),
    "condition on the default": (
        body(
            start(),
            exclusive("g", default="d"),
            end(),
            end("e2"),
            flow("started", "g"),
            flow("g", "ended", "n > 1", key="d"),
            flow("g", "e2", "n < 1"),
        ),
        "ne peut pas porter de condition",
    ),
    "default of another": (
        body(
            start(),
            exclusive("g", default="nope"),
            end(),
            flow("started", "g"),
            flow("g", "ended"),
        ),
        "ne part pas d'ici",
    ),
    "unreachable": (
        body(start(), work(), end(), chain("started", "ended"), flow("u", "ended")),
        "jamais atteint",
    ),
    "dead end": (
        body(
            start(),
            parallel("g"),
            work(),
            end(),
            chain("started", "g", "u"),
            flow("g", "ended"),
        ),
        "le chemin s'arrête",
    ),
    "boundary dead end": (
        body(start(), *AROUND_U, end(), chain("started", "u", "ended")),
        "s'arrête",
    ),
    "no start": (body(end()), "événement de début"),
    "two starts": (
        body(start(), start("s2"), end(), flow("started", "ended"), flow("s2", "ended")),
        "un seul",
    ),
    "no end": (body(start()), "événement de fin"),
    "start repeated too often": (begun(timer("cycle", "R/PT59S")), "au moins une minute"),
    "start repeated for ever, at once": (
        begun(timer("cycle", "R999999999/PT0S/2027-01-01")),
        "au moins une minute",
    ),
    "start beyond the calendar": (
        begun(timer("duration", "P999999999Y")),
        "hors du calendrier",
    ),
    "start at a date that is a duration": (
        begun(timer("date", "P1D")),
        "attend une date et reçoit une durée",
    ),
    "start at nothing": (begun(timer("date", "null")), "n'a pas de valeur"),
    "start at a word": (begun(timer("date", '"demain"')), "n'est pas une date"),
    "start by a signal without a name": (
        begun('<bpmn:signalEventDefinition signalRef="S"/>'),
        "le signal n'a pas de nom",
    ),
    "signal whose name is a novel": (
        begun('<bpmn:signalEventDefinition signalRef="L"/>').replace(
            b"<bpmn:process", b'<bpmn:signal id="L" name="%b"/><bpmn:process' % (b"x" * 201)
        ),
        "200 caractères au plus",
    ),
    "plain start in another pool": (
        pools(begun_by("q", message("M")), start("idle"), chain("idle", "q_ended")),
        "ce début ne servirait jamais",
    ),
    "two pools that begin with one message": (
        pools(begun_by("q", message("M")), begun_by("r", message("M"), own=True)),
        "deux débuts attendent le même message",
    ),
    "dangling flow": (
        body(start(), end(), flow("started", "ended"), flow("started", "nowhere")),
        "ne relie pas",
    ),
    "same id twice": (
        body(
            start(),
            subprocess("sp", start("a"), end("ended"), chain("a", "ended")),
            end(),
            chain("started", "sp", "ended"),
        ),
        "sert plusieurs fois",
    ),
    "another id": (
        document(process(start(), end(), flow("started", "ended"), key="q")),
        "aucun processus",
    ),
    "not executable twin": (
        line(work()).replace(b'id="p" name', b'id="q" name'),
        "aucun processus",
    ),
    "unknown operation": (line(service("s", "grants.nope")), "n'existe pas"),
    "missing parameter": (
        line(service("s", "grants.compute")),
        "il manque le paramètre « amount »",
    ),
    "empty parameter": (
        line(service("s", "oseo.ask", reference=" ")),
        "il manque le paramètre",
    ),
    "unknown parameter": (
        line(service("s", "grants.compute", amount="1", tax="2")),
        "pas de paramètre « tax »",
    ),
    "no operation": (line(element("serviceTask", "s")), "aucune opération"),
    "no decision": (line(element("businessRuleTask", "s")), "aucune décision"),
    "unknown decision": (line(decision("d", "nope")), "aucune table"),
    "empty script": (line(script("s", "")), "vide"),
    "python script": (line(script("s", "x = 1; y == 2")), "le script"),
    "other script": (
        line(
            element(
                "scriptTask", "s", "<bpmn:script>{}</bpmn:script>", scriptFormat="groovy"
            )
        ),
        "groovy",
    ),
    "unknown form": (line(work(form="nope")), "« nope »"),
    "no lane": (line(work(), lane=False), "couloir"),
    "juel": (line(service("s", "oseo.ask", reference="${ref}")), "autre moteur"),
    "python": (line(service("s", "oseo.ask", reference="a == b")), "un seul ="),
    "bad property": (line(work(due="in 15 days from")), "ebg:due"),
    "bad condition": (
        body(
            start(),
            exclusive("g", default="d"),
            end(),
            end("e2"),
            flow("started", "g"),
            flow("g", "ended", "n >"),
            flow("g", "e2", key="d"),
        ),
        "la condition",
    ),
    "bad duration": (line(catch("c", timer("duration", "P1X"))), "n'est pas une durée"),
    "bad literal": (line(catch("c", timer("duration", "P1.5D"))), "n'est pas une durée"),
    "a duration as a date": (line(catch("c", timer("date", "P1D"))), "reçoit une durée"),
    "bad date": (line(catch("c", timer("date", "2026-13-45"))), "n'est pas une date"),
    "empty timer": (line(catch("c", "<bpmn:timerEventDefinition/>")), "ni date"),
    "cycle in the flow": (line(catch("c", timer("cycle", "R3/P1D"))), "répétition"),
    "cycle that interrupts": (
        body(
            start(),
            work(),
            boundary("b", "u", timer("cycle", "R3/P1D")),
            end(),
            chain("started", "u", "ended"),
            flow("b", "ended"),
        ),
        "n'interrompt pas",
    ),
    "endless cycle": (
        body(
            start(),
            work(),
            boundary("b", "u", timer("cycle", "R/PT0S"), interrupting=False),
            end(),
            chain("started", "u", "ended"),
            flow("b", "ended"),
        ),
        "au moins une minute",
    ),
    "event of nothing": (line(catch("c")), "n'attend rien"),
    "message without a name": (line(catch("c", message("N"))), "pas de nom"),
    "signal without a name": (
        line(throw("c", '<bpmn:signalEventDefinition signalRef="S"/>')),
        "pas de nom",
    ),
    "error without a code": (
        line(subprocess("sp", start("a"), end("e", error("Z")), chain("a", "e"))),
        "pas de code",
    ),
    "receive nothing": (line(element("receiveTask", "r")), "ne nomme aucun message"),
    "two definitions": (
        line(throw("c", message("M") + "<bpmn:compensateEventDefinition/>")),
        "ne se combine avec aucun autre",
    ),
    "error that cannot come": (
        body(
            start(),
            work(),
            boundary("b", "u", error("E")),
            end(),
            chain("started", "u", "ended"),
            flow("b", "ended"),
        ),
        "ne peut venir",
    ),
    "error that does not interrupt": (
        body(
            start(),
            service("u", "oseo.ask", reference="r"),
            boundary("b", "u", error("E"), interrupting=False),
            end(),
            chain("started", "u", "ended"),
            flow("b", "ended"),
        ),
        "interrompt toujours",
    ),
    "attached to nothing": (
        body(
            start(),
            boundary("b", "nope", timer("duration", "P1D")),
            end(),
            flow("started", "ended"),
            flow("b", "ended"),
        ),
        "attaché à aucune",
    ),
    "event gateway before a task": (
        body(
            start(),
            element("eventBasedGateway", "g"),
            work(),
            catch("c", message("M")),
            end(),
            chain("started", "g", "u", "ended"),
            chain("g", "c", "ended"),
        ),
        "la passerelle peut attendre",
    ),
    "event gateway of one": (
        body(
            start(),
            element("eventBasedGateway", "g"),
            catch("c", message("M")),
            end(),
            chain("started", "g", "c", "ended"),
        ),
        "au moins deux",
    ),
    "endless loop": (line(work(LOOP.format(""))), "ni condition ni nombre"),
    "negative loop": (line(work(LOOP.format(' loopMaximum="-1"'))), "au moins 1"),
    "negative number": (
        line(work(many("sequential", CARDINALITY.format("-1")))),
        "négatif",
    ),
    "nothing to repeat": (line(work(many("parallel"))), "soit son nombre"),
    "half an output": (
        line(work(many("parallel", over("x", "i", "outs")))),
        "vont ensemble",
    ),
    "behavior": (
        line(
            work(
                '<bpmn:multiInstanceLoopCharacteristics behavior="One">'
                + CARDINALITY.format(2)
                + "</bpmn:multiInstanceLoopCharacteristics>"
            )
        ),
        "behavior",
    ),
    "quantity": (line(element("task", "t", completionQuantity="0")), "completionQuantity"),
    "unknown process": (
        line(element("callActivity", "c", calledElement="elsewhere")),
        "dans ce dossier",
    ),
    "calls itself": (line(element("callActivity", "c", calledElement="p")), "lui-même"),
    "calls nothing": (line(element("callActivity", "c")), "aucun processus"),
    "event inside": (
        line(
            subprocess(
                "sp", element("startEvent", "a", message("M")), end("e"), chain("a", "e")
            )
        ),
        "à l'intérieur",
    ),
    "camunda attribute": (
        line(
            element(
                "userTask",
                "u",
                extensions(properties(form="review")),
                **{"camunda:assignee": "jo"},
            )
        ),
        "camunda:assignee serait ignoré",
    ),
    "camunda element": (
        line(
            element(
                "userTask",
                "u",
                extensions(properties(form="review"), "<camunda:formData/>"),
            )
        ),
        "camunda:formData serait ignoré",
    ),
    "spiff script": (
        line(
            element(
                "task",
                "u",
                extensions("<spiffworkflow:preScript>x=1</spiffworkflow:preScript>"),
            )
        ),
        "preScript serait ignorée",
    ),
    "data association": (
        line(element("task", "u", '<bpmn:dataInputAssociation id="d"/>')),
        "association de données",
    ),
    "io": (line(element("task", "u", "<bpmn:ioSpecification/>")), "ioSpecification"),
    "reserved data": (line(service("s", "oseo.ask", "case", reference="r")), "réservé"),
    "no data name": (
        line(service("s", "oseo.ask", "my result", reference="r")),
        "pas un nom de donnée",
    ),
    "script conflict": (
        forked(script("l", "{a: 1, b: 1}"), script("r", "{b: 2}")),
        "écrivent « b »",
    ),
    "inclusive conflict": (
        forked(
            service("l", "oseo.ask", "r1", reference="r"),
            script("r", "{r1: 2}"),
            "inclusiveGateway",
        ),
        "écrivent « r1 »",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_not_run_as_drawn_is_refused(name):
    content, sentence = REFUSED[name]
    problems = [p for p in found(content) if p.severity == "error"]
    assert any(sentence in p.message for p in problems), [str(p) for p in problems]


RIGHT = {
    "plain": line(work()),
    "script": line(script("s", '{a: 1, "b": [1, 2]}')),
    "service": line(service("s", "grants.compute", "r", amount="=n * 2")),
    "decision": line(decision("d", "size")),
    "message": line(catch("c", message("M"))),
    "literal timers": line(
        catch("c", timer("duration", "P15D")), catch("e", timer("date", "2027-01-01"))
    ),
    "feel timers": line(
        catch("c", timer("duration", 'duration("P1D")')),
        catch("e", timer("date", "deadline")),
    ),
    "dates": line(work(due="P15D", follow_up="deadline", priority="1")),
    "fork": forked(script("l", "{a: 1}"), script("r", "{b: 2}")),
    "boundary": body(
        start(), *AROUND_U, end(), chain("started", "u", "ended"), flow("b", "ended")
    ),
    "repeated": line(work(many("parallel", over("items", "i", "outs", "out")))),
    "signal end": line(
        subprocess(
            "sp",
            start("a"),
            end("e", '<bpmn:signalEventDefinition signalRef="S2"/>'),
            chain("a", "e"),
        )
    ).replace(b'<bpmn:signal id="S"/>', b'<bpmn:signal id="S2" name="closed"/>'),
    "drawn data": line(work()).replace(
        b"</bpmn:process>",
        b'<bpmn:dataObject id="o"/><bpmn:dataObjectReference id="r" dataObjectRef="o"/>'
        b'<bpmn:textAnnotation id="t"/></bpmn:process>',
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_is_not_refused(name):
    assert found(RIGHT[name]) == []
    compile_model({"process.bpmn": RIGHT[name]}, "p")


def test_warnings_do_not_refuse():
    [problem] = found(line(user("u")))
    assert problem.severity == "warning"
    assert "formulaire" in problem.message


def test_a_problem_names_its_element():
    [problem] = found(
        line(
            service("ask_opinion", "oseo.nope").replace(
                'name="ask_opinion"', 'name="Demander l\'avis"'
            )
        )
    )
    assert (problem.file, problem.element_id) == ("process.bpmn", "ask_opinion")
    assert problem.element_name == "Demander l'avis"
    assert "« Demander l'avis » (ask_opinion)" in str(problem)


def test_a_role_must_exist_when_roles_are_known():
    assert found(line(work()), roles=["officer"]) == []
    assert "n'existe pas" in found(line(work()), roles=["applicant"])[0].message


def test_without_a_key_the_main_process_is_taken():
    assert found(line(work()), key=None) == []


def test_another_participant_is_only_drawn():
    other = '<bpmn:process id="q" isExecutable="false"><bpmn:task id="t"/></bpmn:process>'
    assert (
        found(
            line(work()).replace(
                b"</bpmn:definitions>", other.encode() + b"</bpmn:definitions>"
            )
        )
        == []
    )


@pytest.mark.parametrize(
    "name",
    ["link", "link to nowhere", "complex gateway", "ad hoc", "dangling flow", "two starts"],
)
def test_what_would_be_silently_wrong_does_not_compile_either(name):
    with pytest.raises(DiagramRefused) as caught:
        compile_model({"process.bpmn": REFUSED[name][0]}, "p")
    assert caught.value.problems


def test_a_call_that_leads_nowhere_is_told_once():
    said = [
        problem.message
        for target in ("elsewhere", "tests.elsewhere")
        for problem in lint(
            {"process.bpmn": line(element("callActivity", "c", calledElement=target))},
            operations={}, remote_calls={}, forms=(), procedures=("tests.known",),
        )
        if target in problem.message
    ]  # fmt: skip
    assert len(said) == 2
    assert "dans ce dossier" in said[0]
    assert "n'est pas publiée" in said[1]
