"""One valid diagram that holds every kind of element which the engine reads."""

from tests.engine.spiff.drawing import (
    boundary,
    catch,
    chain,
    decision,
    document,
    element,
    end,
    extensions,
    flow,
    inclusive,
    message,
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


def tag(kind: str, text: str = "", /, **attributes: str) -> str:
    written = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f"<bpmn:{kind}{written}>{text}</bpmn:{kind}>"


AROUND = (
    '<bpmn:message id="M" name="avis.rendu"/><bpmn:signal id="S" name="fin"/>'
    '<bpmn:error id="E" errorCode="x"/><bpmn:escalation id="L" escalationCode="y"/>'
    '<bpmn:signalEventDefinition id="thrown" signalRef="S"/>'
    '<bpmn:collaboration id="C"><bpmn:participant id="P" name="Région" processRef="p"/>'
    "</bpmn:collaboration>"
)
SIGNAL = tag("signalEventDefinition", signalRef="S")
LANES = (
    '<bpmn:laneSet id="lanes"><bpmn:lane id="region" name="Région">'
    '<bpmn:childLaneSet id="inner"><bpmn:lane id="officer" name="Agent">{}'
    "</bpmn:lane></bpmn:childLaneSet></bpmn:lane></bpmn:laneSet>"
)
MANY = tag(
    "multiInstanceLoopCharacteristics",
    tag("loopDataInputRef", "items")
    + tag("loopDataOutputRef", "outs")
    + tag("inputDataItem", id="item", name="item")
    + tag("outputDataItem", id="out", name="out")
    + tag("completionCondition", "1 = 2"),
    id="many",
)
COMPLEX = tag(
    "multiInstanceLoopCharacteristics",
    tag("loopCardinality", "2")
    + tag(
        "complexBehaviorDefinition",
        tag("condition", "1 = 1") + tag("event", SIGNAL, id="told"),
    ),
    behavior="Complex",
)
AGAIN = tag(
    "standardLoopCharacteristics", tag("loopCondition", "n &lt; 3"), loopMaximum="3"
)
LINE = [
    user("u", MANY, form="review"),
    element("manualTask", "manual", COMPLEX),
    element("task", "t", AGAIN),
    service("s", "oseo.ask", "answer", reference="r"),
    script("sc", "{a: 1}"),
    decision("d", "size"),
    element("sendTask", "send", messageRef="M"),
    element("receiveTask", "receive", messageRef="M"),
    element("callActivity", "call", calledElement="q"),
    subprocess("sub", start("s1"), end("e1"), chain("s1", "e1")),
    element("transaction", "tr", start("s2"), end("e2", tag("cancelEventDefinition")),
            chain("s2", "e2")),
    element("adHocSubProcess", "ad", element("task", "t2"),
            tag("completionCondition", "true"), ordering="Parallel"),
    catch("c_message", message("M")),
    catch("c_timer", timer("duration", "P1D")),
    catch("c_date", timer("date", "2027-01-01")),
    catch("c_condition", tag("conditionalEventDefinition", tag("condition", "n = 1"))),
    catch("c_signal", SIGNAL),
    throw("th_signal", "<bpmn:eventDefinitionRef>thrown</bpmn:eventDefinitionRef>"),
    throw("th_escalation", tag("escalationEventDefinition", escalationRef="L")),
    throw("th_compensate", tag("compensateEventDefinition", activityRef="s")),
]  # fmt: skip
ASIDE = [
    parallel("fork"),
    element("parallelGateway", "join"),
    element("exclusiveGateway", "choice", default="f_no"),
    inclusive("some", default="f_none"),
    element("eventBasedGateway", "race"),
    element("complexGateway", "meet", tag("activationCondition", "activationCount = 1")),
    catch("r_message", message("M")),
    catch("r_timer", timer("duration", "P1D")),
    throw("l_throw", tag("linkEventDefinition", name="K", id="l1")),
    catch("l_catch", tag("linkEventDefinition", name="K", id="l2")),
    boundary("b_error", "s", tag("errorEventDefinition", errorRef="E")),
    boundary("b_cycle", "s", timer("cycle", "R3/P1D"), interrupting=False),
    boundary("b_undo", "s", tag("compensateEventDefinition")),
    element("task", "undo", isForCompensation="true"),
    '<bpmn:association id="undoes" sourceRef="b_undo" targetRef="undo"/>',
    end("over", tag("terminateEventDefinition")),
    end("ended_too"),
]
FLOWS = [
    flow("fork", "t3"), flow("fork", "join"), flow("t3", "join"), flow("join", "choice"),
    flow("choice", "some", "n > 1"), flow("choice", "over", key="f_no"),
    flow("some", "race", "n > 2"), flow("some", "over", key="f_none"),
    flow("race", "r_message"), flow("race", "r_timer"), flow("r_message", "meet"),
    flow("r_timer", "meet"), flow("meet", "l_throw"), flow("l_catch", "ended_too"),
    flow("b_error", "ended_too"), flow("b_cycle", "ended_too"),
]  # fmt: skip
NAMES = [part.split('id="', 1)[1].split('"', 1)[0] for part in LINE]
CALLED = process(start("qs"), end("qe"), chain("qs", "qe"), key="q")
EVERYTHING = document(
    AROUND,
    process(
        LANES.format("".join(tag("flowNodeRef", name) for name in NAMES)),
        element("startEvent", "started"),
        *LINE,
        element("task", "t3"),
        *ASIDE,
        chain("started", *NAMES, "fork"),
        *FLOWS,
        subprocess("when", element("startEvent", "withdrawn", message("M")), end("gone"),
                   chain("withdrawn", "gone"))
        .replace('id="when"', 'id="when" triggeredByEvent="true"'),
        extensions(properties(title='"Dossier"')),
    ),
    CALLED,
)  # fmt: skip
