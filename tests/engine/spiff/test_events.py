"""Events on the edge of activities and in the flow, saved and restored at every wait."""

from uuid import uuid4

import pytest

from engine.spiff.errors import WrongState
from tests.engine.spiff.drawing import (
    Case,
    Clock,
    boundary,
    catch,
    chain,
    element,
    end,
    error,
    extensions,
    flow,
    many,
    message,
    model,
    over,
    parallel,
    properties,
    service,
    start,
    subprocess,
    throw,
    timer,
    user,
)

AROUND = (
    '<bpmn:message id="M" name="avis.rendu"/><bpmn:message id="W" name="withdrawal"/>'
    '<bpmn:error id="E" errorCode="refused"/><bpmn:error id="F" errorCode="other"/>'
    '<bpmn:signal id="S" name="closed"/><bpmn:escalation id="X" escalationCode="late"/>'
)
SIGNAL = '<bpmn:signalEventDefinition signalRef="S"/>'
ESCALATION = '<bpmn:escalationEventDefinition escalationRef="X"/>'


def carried(activity, event, *, interrupting=True):
    """An activity with one boundary event, each way leading to a user task."""
    return model(
        start(),
        activity,
        boundary("edge", "act", event, interrupting=interrupting),
        user("aside"),
        end("aside_end"),
        user("after"),
        end(),
        chain("started", "act", "after", "ended"),
        chain("edge", "aside", "aside_end"),
        around=AROUND,
    )


ACTIVITIES = {
    "user": user("act"),
    "receive": element("receiveTask", "act", messageRef="M"),
    "service": service("act", "oseo.ask", "answer"),
    "subprocess": subprocess(
        "act", start("a"), user("inner"), end("b"), chain("a", "inner", "b")
    ),
    "repeated": user("act", many("parallel", over("[1, 2]", "it", "outs", "out"))),
}


def finish(case, kind):
    if kind == "user":
        case.complete("act")
    elif kind == "receive":
        case.deliver("act", {"k": 1})
    elif kind == "service":
        case.move("answer", case.call().task_id, 1)
    elif kind == "subprocess":
        case.complete("inner")
    else:
        case.complete("act", {"out": 1})
        case.complete("act", {"out": 2})


def standing(case):
    """Whether the activity still waits for anyone."""
    waits = [s.element_id for s in case.process.subscriptions()]
    calls = [c.element_id for c in case.process.calls()]
    return bool({"act", "inner"} & {*case.names(), *waits, *calls})


@pytest.mark.parametrize("kind", ACTIVITIES)
@pytest.mark.parametrize("event", ["timer", "message"])
def test_an_interrupting_event_stops_its_activity(kind, event):
    case = occur(kind, event, interrupting=True)
    assert case.names() == ["aside"]
    assert not standing(case)
    assert not case.process.timers()
    case.complete("aside")
    assert case.process.completed
    assert case.process.outcome == "aside_end"
    withdrawn = {row.element_id for row in case.history if row.state == "cancelled"}
    assert withdrawn & {"act", "inner"}


@pytest.mark.parametrize("kind", ACTIVITIES)
@pytest.mark.parametrize("event", ["timer", "message"])
def test_a_non_interrupting_event_runs_beside_its_activity(kind, event):
    case = occur(kind, event, interrupting=False)
    assert "aside" in case.names()
    assert standing(case)
    finish(case, kind)
    assert case.names() == ["after", "aside"]
    case.complete("after")
    assert not case.process.completed
    case.complete("aside")
    assert case.process.completed


@pytest.mark.parametrize("kind", ACTIVITIES)
def test_an_event_that_does_not_happen_leaves_with_its_activity(kind):
    case = Case(carried(ACTIVITIES[kind], timer("duration", "P10D")), {}, Clock())
    finish(case, kind)
    assert case.names() == ["after"]
    assert case.process.timers() == []
    case.wait(days=20)
    assert case.names() == ["after"]


def occur(kind, event, *, interrupting):
    definition = timer("duration", "P10D") if event == "timer" else message("W")
    case = Case(
        carried(ACTIVITIES[kind], definition, interrupting=interrupting), {}, Clock()
    )
    assert standing(case)
    if event == "timer":
        case.wait(days=9)
        assert "aside" not in case.names()
        case.wait(days=1)
    else:
        case.deliver("edge")
    return case


def test_a_repeated_timer_reminds_three_times():
    case = Case(
        carried(user("act"), timer("cycle", "R3/P7D"), interrupting=False), {}, Clock()
    )
    for week in range(1, 6):
        case.wait(days=7)
        assert case.names().count("aside") == min(week, 3)
    assert case.process.timers() == []
    for _ in range(3):
        case.complete("aside")
    case.complete("act")
    case.complete("after")
    assert case.process.completed


def test_timers_missed_while_we_slept_all_fire_in_order():
    case = Case(
        carried(user("act"), timer("cycle", "R/P7D"), interrupting=False), {}, Clock()
    )
    case.wait(days=30)
    assert case.names().count("aside") == 4
    assert [row.element_id for row in case.history].count("edge") == 4


def test_reminders_of_ten_years_do_not_make_the_case_heavier():
    case = Case(
        carried(user("act"), timer("cycle", "R/P7D"), interrupting=False), {}, Clock()
    )
    sizes = []
    for _ in range(60):
        case.wait(days=7)
        case.complete("aside")
        sizes.append(len(case.state))
    assert sizes[-1] == sizes[10]


def test_a_refused_call_is_caught_by_its_code():
    drawn = model(
        start(),
        service("ask", "oseo.ask", "answer"),
        boundary("any", "ask", error()),
        boundary("refusal", "ask", error("E")),
        user("caught"),
        user("caught_all"),
        end("e1"),
        end("e2"),
        end(),
        chain("started", "ask", "ended"),
        chain("refusal", "caught", "e1"),
        chain("any", "caught_all", "e2"),
        around=AROUND,
    )
    case = Case(drawn, {})
    assert case.move("refuse", case.call().task_id, "refused", ["trop tard"]) is True
    assert case.names() == ["caught"]
    data = case.process.task_data(case.task("caught").task_id)
    assert data["error"] == {"code": "refused", "reasons": ["trop tard"]}
    assert case.process.calls() == []
    case = Case(drawn, {})
    case.move("refuse", case.call().task_id, "unheard_of", [])
    assert case.names() == ["caught_all"]


def test_a_refusal_that_nothing_catches_leaves_the_call_open():
    case = Case(carried(ACTIVITIES["service"], timer("duration", "P1D")), {})
    assert case.move("refuse", case.call().task_id, "refused", ["non"]) is False
    assert len(case.process.calls()) == 1
    case.move("answer", case.call().task_id, "par téléphone")
    assert case.process.task_data(case.task("after").task_id)["answer"] == "par téléphone"


def test_a_refusal_climbs_out_of_the_sub_process():
    inner = (start("a"), service("ask", "oseo.ask"), user("next"), end("b"))
    activity = subprocess("act", *inner, chain("a", "ask", "next", "b"))
    case = Case(carried(activity, error("E")), {})
    case.move("refuse", case.call().task_id, "refused", [])
    assert case.names() == ["aside"]


def test_an_error_end_stops_the_sub_process_at_once():
    activity = subprocess(
        "act",
        start("a"),
        element("parallelGateway", "g"),
        user("other"),
        user("work"),
        end("wrong", error("E")),
        end("b"),
        chain("a", "g", "work", "wrong"),
        flow("g", "other"),
        flow("other", "b"),
    )
    case = Case(carried(activity, error("E")), {})
    case.complete("work")
    assert case.names() == ["aside"]
    assert "wrong" in case.done()


def test_an_error_that_nothing_catches_is_a_failure():
    activity = subprocess("act", start("a"), end("wrong", error("F")), chain("a", "wrong"))
    case = Case(carried(activity, error("E")), {})
    failure = case.process.failures()[0]
    assert (failure.element_id, failure.error_class) == ("wrong", "uncaught_error")
    assert not case.process.completed


def test_an_escalation_runs_beside_the_sub_process():
    inner = (start("a"), throw("t", ESCALATION), user("inner"), end("b"))
    activity = subprocess("act", *inner, chain("a", "t", "inner", "b"))
    case = Case(carried(activity, ESCALATION, interrupting=False), {})
    assert case.names() == ["aside", "inner"]
    case = Case(carried(activity, ESCALATION), {})
    assert case.names() == ["aside"]


def test_a_signal_reaches_every_event_of_the_case():
    drawn = model(
        start(),
        element("parallelGateway", "g"),
        catch("c1", SIGNAL),
        user("act"),
        boundary("edge", "act", SIGNAL),
        user("aside"),
        user("send"),
        end("thrown", SIGNAL),
        end("e1"),
        end("e2"),
        end("e3"),
        chain("started", "g", "c1", "e1"),
        chain("g", "act", "e2"),
        chain("edge", "aside", "e3"),
        chain("g", "send", "thrown"),
        around=AROUND,
    )
    case = Case(drawn, {})
    case.complete("send")
    assert case.names() == ["aside"]
    assert "c1" in case.done()


def test_an_event_gateway_takes_the_first_of_several_timers_and_messages():
    drawn = model(
        start(),
        element("eventBasedGateway", "race"),
        catch("long", timer("duration", "P10D")),
        catch("short", timer("duration", "P2D")),
        catch(
            "answer",
            message("M"),
        ),
        element("receiveTask", "withdrawn", messageRef="W"),
        user("a"),
        user("b"),
        user("c"),
        user("d"),
        end(),
        flow("started", "race"),
        *[flow("race", target) for target in ("long", "short", "answer", "withdrawn")],
        chain("long", "a", "ended"),
        chain("short", "b", "ended"),
        chain("answer", "c", "ended"),
        chain("withdrawn", "d", "ended"),
        around=AROUND,
    )
    case = Case(drawn, {})
    assert len(case.process.timers()) == 2
    assert sorted(case.process.markers()) == ["answer", "long", "short", "withdrawn"]
    case.wait(days=3)
    assert case.names() == ["b"]
    assert not case.process.timers()
    assert not case.process.subscriptions()
    case = Case(drawn, {})
    case.deliver("answer", {"avis": "favorable"})
    assert case.names() == ["c"]
    data = case.process.task_data(case.task("c").task_id)
    assert data["avis_rendu"] == {"avis": "favorable"}
    case = Case(drawn, {})
    case.deliver("withdrawn")
    assert case.names() == ["d"]


def test_messages_leave_with_their_correlation_and_payload():
    payload = "<spiffworkflow:messagePayload>{n: number + 1}</spiffworkflow:messagePayload>"
    event = f'<bpmn:messageEventDefinition messageRef="M">{extensions(payload)}'
    case = Case(
        model(
            start(),
            throw(
                "told",
                extensions(properties(correlation="reference")),
                event + "</bpmn:messageEventDefinition>",
            ),
            element("sendTask", "sent", messageRef="W"),
            end(),
            chain("started", "told", "sent", "ended"),
            around=AROUND,
        ),
        {"number": 1, "reference": "R-1", "case": {"number": "C-1"}},
    )
    told, sent = case.messages
    assert (told.name, told.correlation, told.payload) == ("avis.rendu", "R-1", {"n": 2})
    assert (sent.name, sent.correlation, sent.payload) == ("withdrawal", "C-1", {})
    assert case.process.completed


def test_a_terminate_end_stops_everything():
    drawn = model(
        start(),
        element("parallelGateway", "g"),
        user("a"),
        user("b"),
        end("stop", "<bpmn:terminateEventDefinition/>"),
        end(),
        chain("started", "g", "a", "stop"),
        chain("g", "b", "ended"),
    )
    case = Case(drawn, {})
    case.complete("a", {"k": 1})
    assert case.process.completed
    assert case.process.outcome == "stop"
    assert case.process.data["k"] == 1
    assert [row.element_id for row in case.history if row.state == "cancelled"] == ["b"]


def test_a_message_goes_only_to_what_waits_for_one():
    case = Case(carried(user("act"), timer("duration", "P1D")), {})
    with pytest.raises(WrongState):
        case.process.deliver(case.process.timers()[0].task_id, {})


def test_a_message_start_is_told_and_starts():
    drawn = model(
        start("started", message("M")),
        user("a"),
        end(),
        chain("started", "a", "ended"),
        around=AROUND,
    )
    assert drawn.start_message == "avis.rendu"
    assert Case(drawn, {"k": 1}).names() == ["a"]


def test_a_failing_activity_can_still_be_interrupted():
    host = Clock(tests__fail=lambda: 1 / 0)
    activity = service("act", "tests.fail")
    case = Case(carried(activity, timer("duration", "P1D")), {}, host)
    assert case.process.failures()[0].error_class == "ZeroDivisionError"
    case.wait(days=2)
    assert case.process.failures() == []
    assert case.names() == ["aside"]


def test_what_is_due_at_once_leaves_nothing_behind():
    drawn = model(
        start(),
        element("eventBasedGateway", "race"),
        catch("past", timer("date", "2020-01-01")),
        catch("later", timer("duration", "P2D")),
        catch("answer", message("M")),
        user("a"),
        boundary("one", "a", timer("duration", "PT0S")),
        boundary("two", "a", timer("date", "2020-01-01")),
        boundary("three", "a", message("W")),
        user("b"),
        end(),
        *[flow("race", target) for target in ("past", "later", "answer")],
        flow("started", "race"),
        *[flow(source, "a") for source in ("past", "later", "answer")],
        flow("a", "ended"),
        flow("one", "b"),
        flow("two", "ended"),
        flow("three", "ended"),
        flow("b", "ended"),
        around=AROUND,
    )
    case = Case(drawn, {})
    assert case.names() == ["b"]
    assert not (case.process.timers() or case.process.subscriptions())
    assert case.done() == ["started", "race", "past", "one"]
    assert [row.element_id for row in case.history if row.state == "cancelled"] == ["a"]
    case.complete("b")
    assert case.process.completed


def test_deliveries_that_meet_take_turns():
    inner = (
        start("s"),
        user("in"),
        boundary("edge2", "in", message("W")),
        user("x"),
        end("e"),
    )
    end_2 = end("e_2")
    activity = subprocess(
        "act", *inner, end_2, chain("s", "in", "e"), chain("edge2", "x", "e_2")
    )
    case = Case(carried(activity, message("W")), {})
    assert len(case.process.subscriptions()) == 2
    case.deliver("edge2")
    assert case.names() == ["x"]
    case.deliver("edge")
    assert case.names() == ["aside"]


def test_a_condition_that_nothing_can_make_true_is_said():
    never = "<bpmn:conditionalEventDefinition><bpmn:condition>n = 1</bpmn:condition></bpmn:conditionalEventDefinition>"
    drawn = model(
        start(),
        catch("c", never),
        user("u"),
        end(),
        chain("started", "c", "u", "ended"),
        around=AROUND,
    )
    case = Case(drawn, {})
    [failure] = case.process.failures()
    assert (failure.element_id, failure.error_class) == ("c", "stuck")
    assert "une condition que rien ne peut rendre vraie" in failure.message
    case.move("skip", failure.task_id, {})
    assert case.names() == ["u"]


def test_a_signal_of_another_case_reaches_all_that_wait_and_nothing_twice():
    handler = element("startEvent", "s", SIGNAL, isInterrupting="false")
    aside = element(
        "subProcess", "sub", handler, user("noted"), end("e"), chain("s", "noted", "e"),
        triggeredByEvent="true",
    )  # fmt: skip
    drawn = model(
        start(), parallel("fork"), catch("c", SIGNAL), user("u"), user("after"), end(),
        boundary("b", "u", SIGNAL), user("told"), aside,
        chain("started", "fork", "c", "after", "ended"), chain("fork", "u", "ended"),
        chain("b", "told", "ended"), around=AROUND,
    )  # fmt: skip
    case = Case(drawn, {})
    assert {(s.element_id, s.kind, s.name) for s in case.process.subscriptions()} == {
        ("c", "signal", "closed"), ("b", "signal", "closed"), ("s", "signal", "closed"),
    }  # fmt: skip
    heard = {s.task_id for s in case.process.subscriptions()}
    case.move("signal", "other", heard, 1)
    assert case.names() == ["u"]
    case.move("signal", "closed", {uuid4()}, 1)
    assert case.names() == ["u"], "only the events that waited when it was thrown"
    case.move("signal", "closed", heard, {"why": "budget"})
    assert case.names() == ["after", "noted", "told"]
    assert case.process.task_data(case.task("told").task_id)["closed"] == {"why": "budget"}
    case.move("signal", "closed", heard, None)
    assert case.names() == ["after", "noted", "noted", "told"]
    assert case.messages == []


def test_a_signal_thrown_acts_here_and_is_told_outside_once():
    drawn = model(
        start(), parallel("fork"), catch("c", SIGNAL), user("after"), user("u"), end(),
        throw("t", SIGNAL), chain("started", "fork", "c", "after", "ended"),
        chain("fork", "u", "t", "ended"), around=AROUND,
    )  # fmt: skip
    case = Case(drawn, {})
    case.complete("u")
    assert case.names() == ["after"]
    assert [(t.kind, t.name) for t in case.messages] == [("signal", "closed")]
