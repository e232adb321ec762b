"""Every row of docs/bpmn.md is true: what runs is played, what is refused gives its sentence."""

import random
import re
from pathlib import Path

import pytest

from tests.engine.spiff.drawing import (
    Case,
    boundary,
    catch,
    chain,
    element,
    end,
    error,
    message,
    model,
    process,
    service,
    start,
    timer,
    user,
)
from tests.engine.spiff.pieces import KINDS, Pieces
from tests.engine.spiff.test_lint import REFUSED, body, found, work
from tests.engine.spiff.test_oracle import play

PAGE = Path(__file__).parents[3] / "docs" / "bpmn.md"
ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| `?([^|`]*)`? \|$", re.MULTILINE)
TABLE = PAGE.read_text().split("whether it runs")[1].split("**What interrupts**")[0]
ROWS = ROW.findall(TABLE)[1:]
MESSAGES = '<bpmn:message id="M" name="M_1"/><bpmn:message id="W" name="M_2"/>'
POOL = process(
    element("startEvent", "m", message("M")), user("a"), end("pool_ended"),
    chain("m", "a", "pool_ended"), key="pool",
)  # fmt: skip


def _gateway(kind: str) -> tuple[str, ...]:
    gate = element("eventBasedGateway", "g", instantiate="true", eventGatewayType=kind)
    flows = chain("g", "m", "a", "ended") + chain("g", "w", "b", "ended")
    catches = catch("m", message("M")) + catch("w", message("W"))
    return (gate, catches, user("a"), user("b"), end(), flows)


STARTS = {
    "start message": (
        element("startEvent", "m", message("M")),
        user("a"),
        end(),
        chain("m", "a", "ended"),
    ),
    "start several": (
        start(),
        element("startEvent", "m", message("M")),
        user("a"),
        user("b"),
        end(),
        chain("m", "a", "ended"),
        chain("started", "b", "ended"),
    ),
    "start receive": (
        element("receiveTask", "m", messageRef="M", instantiate="true"),
        user("a"),
        end(),
        chain("m", "a", "ended"),
    ),
    "start gateway": _gateway("Exclusive"),
    "start gateway together": _gateway("Parallel"),
    "start in a pool": (
        start(),
        end(),
        chain("started", "ended"),
        "</bpmn:process>",
        POOL.removesuffix("</bpmn:process>"),
    ),
}


def begins(*inside):
    return body(*inside, end(), chain("s", "ended"))


ALSO_REFUSED = {
    "timer that reads data": begins(
        element("startEvent", "s", timer("date", "application.deadline"))
    ),
    "error start": begins(element("startEvent", "s", error())),
    "conditional start": begins(
        element("startEvent", "s", "<bpmn:conditionalEventDefinition/>")
    ),
    "start of several events together": begins(
        element("startEvent", "s", message("M") + message("M"), parallelMultiple="true")
    ),
    "error beside": body(
        start(),
        service("u", "oseo.ask", reference="1"),
        boundary("b", "u", "<bpmn:errorEventDefinition/>", interrupting=False),
        end(),
        chain("started", "u", "ended"),
        chain("b", "ended"),
    ),
    "escalation of a service": body(
        start(),
        service("u", "oseo.ask", reference="1"),
        boundary("b", "u", "<bpmn:escalationEventDefinition/>"),
        end(),
        chain("started", "u", "ended"),
        chain("b", "ended"),
    ),
    "io": body(
        start(),
        work("<bpmn:ioSpecification/>"),
        end(),
        chain("started", "u", "ended"),
    ),
    "association": body(
        start(),
        work("<bpmn:dataInputAssociation/>"),
        end(),
        chain("started", "u", "ended"),
    ),
    "correlation": body(
        '<bpmn:correlationKey id="k" name="k"/>', start(), end(), chain("started", "ended")
    ),
    "pool": body(start(), end(), chain("started", "ended")).replace(
        b"</bpmn:definitions>",
        b'<bpmn:process id="q" isExecutable="true"><bpmn:startEvent id="qs"/>'
        b'<bpmn:endEvent id="qe"/><bpmn:sequenceFlow id="qf" sourceRef="qs" targetRef="qe"/>'
        b"</bpmn:process></bpmn:definitions>",
    ),
}


@pytest.mark.parametrize("row", [r for r in ROWS if r[1] == "runs"], ids=lambda r: r[0])
def test_what_is_said_to_run_runs(row):
    key = row[2]
    if key in STARTS:
        case = Case(model(*STARTS[key], around=MESSAGES), start_id="m", payload={})
        for waiting in case.process.subscriptions():
            case.move("deliver", waiting.task_id, {})
        while case.names():
            case.complete(case.names()[0])
        assert case.process.completed
        return
    assert key.partition(" ")[0] in KINDS
    ended = 0
    for seed in range(6):
        pieces = Pieces(random.Random(seed))
        xml = pieces.draw(key, 1)
        ended += play(xml, pieces.data, seed)
    assert ended, "the diagram comes to its end"


@pytest.mark.parametrize(
    "row", [r for r in ROWS if r[1] not in ("runs", "drawn only")], ids=lambda r: r[0]
)
def test_what_is_said_to_be_refused_is(row):
    content = ALSO_REFUSED.get(row[2]) or REFUSED[row[2]][0]
    problems = [p for p in found(content) if row[1] in p.message]
    assert problems
    assert all(problem.element_name for problem in problems)


def test_every_kind_of_diagram_has_its_row():
    said = {row[2].partition(" ")[0] for row in ROWS}
    assert set(KINDS) - {"sequence"} <= said
