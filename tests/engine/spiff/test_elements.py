"""The less common elements of BPMN, saved and restored at every wait."""

import pytest

from engine.spiff.errors import BpmnError
from tests.engine.spiff.drawing import (
    Case,
    Clock,
    boundary,
    catch,
    chain,
    element,
    end,
    error,
    flow,
    many,
    message,
    model,
    over,
    parallel,
    script,
    service,
    start,
    subprocess,
    throw,
    timer,
    user,
)

AROUND = (
    '<bpmn:message id="M" name="avis.rendu"/><bpmn:message id="W" name="withdrawal"/>'
    '<bpmn:error id="E" errorCode="refused"/><bpmn:signal id="S" name="closed"/>'
    '<bpmn:escalation id="X" escalationCode="late"/>'
    '<bpmn:signalEventDefinition id="SD" signalRef="S"/>'
)
SIGNAL = '<bpmn:signalEventDefinition signalRef="S"/>'
ESCALATION = '<bpmn:escalationEventDefinition escalationRef="X"/>'
COMPENSATE = "<bpmn:compensateEventDefinition/>"


def condition(text):
    return f"<bpmn:conditionalEventDefinition><bpmn:condition>{text}</bpmn:condition></bpmn:conditionalEventDefinition>"


def drawn(*inside):
    return model(*inside, around=AROUND)


def event_sub(event, *, interrupting, inside=None, key="esp"):
    begin = element(
        "startEvent", f"{key}_s", event, isInterrupting="true" if interrupting else "false"
    )
    return element(
        "subProcess",
        key,
        begin,
        inside or user(f"{key}_u"),
        end(f"{key}_e"),
        chain(f"{key}_s", f"{key}_u", f"{key}_e"),
        triggeredByEvent="true",
    )


# Leaving a task


def test_several_flows_out_of_a_task_are_all_taken():
    case = Case(
        drawn(
            start(),
            user("a"),
            user("b"),
            user("c"),
            end(),
            chain("started", "a", "b", "ended"),
            flow("a", "c"),
            flow("c", "ended"),
        )
    )
    case.complete("a")
    assert case.names() == ["b", "c"]


@pytest.mark.parametrize(
    ("n", "names"),
    [(0, ["always", "otherwise"]), (1, ["always", "one"]), (2, ["always", "one", "two"])],
)
def test_conditions_choose_among_the_flows_of_a_task(n, names):
    case = Case(
        drawn(
            start(),
            element("userTask", "a", default="d"),
            *map(user, ("always", "one", "two", "otherwise")),
            end(),
            chain("started", "a", "always", "ended"),
            flow("a", "one", "n > 0"),
            flow("a", "two", "n > 1"),
            flow("a", "otherwise", key="d"),
            *(flow(x, "ended") for x in ("one", "two", "otherwise")),
        )
    )
    case.complete("a", {"n": n})
    assert case.names() == names


def test_a_task_that_no_flow_leaves_is_a_failure_and_is_not_done_again():
    host = Clock(x__once=lambda: 1)
    case = Case(
        drawn(
            start(),
            service("a", "x.once", "n"),
            end(),
            flow("started", "a"),
            flow("a", "ended", "n > 5"),
        ),
        host=host,
    )
    (failure,) = case.process.failures()
    assert failure.element_id == "a"
    assert "aucune condition" in failure.message
    host.operations["x.once"] = lambda: 1 / 0
    case.move("retry", failure.task_id, {"n": 9})
    assert case.process.completed


def test_two_flows_between_a_task_and_a_join_are_two_branches():
    case = Case(
        drawn(
            start(),
            user("a"),
            parallel("j"),
            user("z"),
            end(),
            chain("started", "a", "j", "z", "ended"),
            flow("a", "j"),
        )
    )
    case.complete("a")
    assert case.names() == ["z"]


def test_quantities_of_tokens():
    counted = drawn(
        start(),
        element("userTask", "a", completionQuantity="3"),
        element("userTask", "b", startQuantity="2"),
        end(),
        chain("started", "a", "b", "ended"),
    )
    case = Case(counted)
    case.complete("a")
    assert case.names() == ["b"]
    case.complete("b")
    (failure,) = case.process.failures()
    assert "branche qui ne viendra pas" in failure.message


# Links


def test_a_link_is_an_arrow():
    case = Case(
        drawn(
            start(),
            user("a"),
            throw("out", '<bpmn:linkEventDefinition name="L"/>'),
            catch("in", '<bpmn:linkEventDefinition name="L"/>'),
            user("b"),
            end(),
            chain("started", "a", "out"),
            chain("in", "b", "ended"),
        )
    )
    case.complete("a")
    assert case.names() == ["b"]
    assert "out" in case.done()
    assert "in" in case.done()


# Event sub-processes


@pytest.mark.parametrize("interrupting", [True, False])
@pytest.mark.parametrize(
    "kind", ["message", "timer", "signal", "conditional", "escalation", "error"]
)
@pytest.mark.parametrize("nested", [True, False])
def test_event_sub_processes(kind, interrupting, nested):
    if kind == "error" and not interrupting:
        return
    event = {
        "message": message("W"),
        "timer": timer("duration", "P10D"),
        "signal": SIGNAL,
        "conditional": condition("amount > 10"),
        "escalation": ESCALATION,
        "error": error("E"),
    }[kind]
    thrown = {"signal": SIGNAL, "escalation": ESCALATION, "error": error("E")}.get(kind)
    last = element("endEvent", "thrown", thrown) if thrown else end("thrown")
    inside = (
        start("s"),
        user("first"),
        user("work"),
        parallel("fork"),
        user("beside"),
        end("e"),
        last,
        chain("s", "first", "fork", "work", "thrown"),
        chain("fork", "beside", "e"),
        event_sub(event, interrupting=interrupting),
    )
    if nested:
        diagram = drawn(
            start(),
            subprocess("sub", *inside),
            user("after"),
            end(),
            chain("started", "sub", "after", "ended"),
        )
    else:
        diagram = drawn(*inside)
    case = Case(diagram)
    case.complete("first", {"known": 1})
    if kind == "message":
        case.deliver("esp_s", {"reason": "x"})
    elif kind == "timer":
        case.wait(days=11)
    else:
        case.complete("work", {"amount": 20})
    left = (
        ["beside", "esp_u", "work"] if kind in ("message", "timer") else ["beside", "esp_u"]
    )
    assert case.names() == (["esp_u"] if interrupting else left)
    task = case.task("esp_u")
    assert case.process.task_data(task.task_id)["known"] == 1
    case.complete("esp_u", {"handled": True})
    for name in case.names():
        if name != "after":
            case.complete(name)
    if nested:
        assert case.names() == ["after"]
        assert case.process.task_data(case.task("after").task_id)["handled"] is True
        case.complete("after")
    assert case.process.completed
    assert case.process.waiting().timers == frozenset()


def test_an_event_sub_process_may_run_several_times_and_brings_no_old_value_back():
    case = Case(
        drawn(
            start(),
            subprocess(
                "sub",
                start("s"),
                user("work"),
                user("more"),
                end("e"),
                chain("s", "work", "more", "e"),
                event_sub(message("W"), interrupting=False),
            ),
            user("after"),
            end(),
            chain("started", "sub", "after", "ended"),
        ),
        {"amount": 1},
    )
    case.complete("work", {"amount": 2})
    case.deliver("esp_s")
    case.deliver("esp_s")
    assert case.names() == ["esp_u", "esp_u", "more"]
    case.complete("more", {"amount": 3})
    case.complete("esp_u", {"note": "a"})
    case.complete("esp_u", {"note": "a"})
    data = case.process.task_data(case.task("after").task_id)
    assert (data["amount"], data["note"]) == (3, "a")


def test_an_event_that_interrupts_stops_automatic_tasks_too():
    case = Case(
        drawn(
            start(),
            subprocess(
                "sub",
                start("s"),
                throw("t", SIGNAL),
                script("never", "{never: 1}"),
                end("e"),
                chain("s", "t", "never", "e"),
            ),
            boundary("b", "sub", SIGNAL),
            user("aside"),
            end(),
            chain("started", "sub", "ended"),
            chain("b", "aside", "ended"),
        )
    )
    assert case.names() == ["aside"]
    assert "never" not in case.done()


def test_a_boundary_event_keeps_what_was_known_inside():
    case = Case(
        drawn(
            start(),
            subprocess(
                "sub",
                start("s"),
                user("one"),
                user("two"),
                end("e"),
                chain("s", "one", "two", "e"),
            ),
            boundary("b", "sub", message("W")),
            user("aside"),
            end(),
            chain("started", "sub", "ended"),
            chain("b", "aside", "ended"),
        )
    )
    case.complete("one", {"opinion": "yes"})
    case.deliver("b")
    assert case.process.task_data(case.task("aside").task_id)["opinion"] == "yes"


def test_a_conditional_event_waits_for_its_condition():
    case = Case(
        drawn(
            start(),
            parallel("fork"),
            user("work"),
            catch("c", condition("amount > 10")),
            user("then"),
            end(),
            chain("started", "fork", "work", "ended"),
            chain("fork", "c", "then", "ended"),
        )
    )
    assert case.names() == ["work"]
    case.complete("work", {"amount": 11})
    assert case.names() == ["then"]


def test_an_event_definition_may_be_named():
    case = Case(
        drawn(
            start(),
            throw("t", "<bpmn:eventDefinitionRef>SD</bpmn:eventDefinitionRef>"),
            user("u"),
            end(),
            chain("started", "t", "u", "ended"),
            event_sub(SIGNAL, interrupting=False),
        )
    )
    assert case.names() == ["esp_u", "u"]


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("place", ["catch", "boundary"])
def test_several_events_in_one_sign(together, place):
    events = message("M") + message("W") + timer("duration", "P10D")
    all_of_them = "true" if together else "false"
    if place == "catch":
        diagram = drawn(
            start(),
            element("intermediateCatchEvent", "c", events, parallelMultiple=all_of_them),
            user("u"),
            end(),
            chain("started", "c", "u", "ended"),
        )
    else:
        diagram = drawn(
            start(),
            user("work"),
            element(
                "boundaryEvent",
                "c",
                events,
                attachedToRef="work",
                parallelMultiple=all_of_them,
            ),
            user("u"),
            end(),
            chain("started", "work", "ended"),
            chain("c", "u", "ended"),
        )
    case = Case(diagram)
    (found,) = [s for s in case.process.subscriptions() if s.name == "avis.rendu"]
    case.move("deliver", found.task_id, {"k": 1})
    if together:
        assert "u" not in case.names()
        assert len(case.process.subscriptions()) == 1
        case.wait(days=11)
        assert "u" not in case.names()
        case.deliver("c", {"k": 2})
    assert case.names() == ["u"]
    seen = case.process.task_data(case.task("u").task_id)
    assert seen["avis_rendu"] == {"k": 1}
    assert case.process.subscriptions() == []
    assert case.process.timers() == []


# Undoing


def undone(key, handler=None):
    handler = handler or f"undo_{key}"
    return (
        user(key)
        + boundary(f"b_{key}", key, COMPENSATE)
        + element("userTask", handler, isForCompensation="true")
        + f'<bpmn:association id="as_{key}" sourceRef="b_{key}" targetRef="{handler}"/>'
    )


def test_compensation_undoes_the_last_first_and_waits():
    case = Case(
        drawn(
            start(),
            undone("one"),
            undone("two"),
            throw("back", COMPENSATE),
            user("after"),
            end(),
            chain("started", "one", "two", "back", "after", "ended"),
        )
    )
    case.complete("one")
    case.complete("two", {"x": 1})
    assert case.names() == ["undo_two"]
    case.complete("undo_two", {"y": 2})
    assert case.names() == ["undo_one"]
    case.complete("undo_one")
    data = case.process.task_data(case.task("after").task_id)
    assert (data["x"], data["y"]) == (1, 2)


def test_compensation_of_one_activity_and_of_a_sub_process():
    sub = subprocess(
        "sub",
        start("s"),
        undone("one"),
        undone("two"),
        end("e"),
        chain("s", "one", "two", "e"),
    )
    case = Case(
        drawn(
            start(),
            sub,
            undone("three"),
            throw("back", '<bpmn:compensateEventDefinition activityRef="sub"/>'),
            user("after"),
            end(),
            chain("started", "sub", "three", "back", "after", "ended"),
        )
    )
    for name in ("one", "two", "three", "undo_two", "undo_one"):
        assert case.names() == [name]
        case.complete(name)
    assert case.names() == ["after"]


def test_compensation_by_an_event_sub_process():
    sub = subprocess(
        "sub",
        start("s"),
        undone("one"),
        end("e"),
        chain("s", "one", "e"),
        element(
            "subProcess",
            "esp",
            element("startEvent", "esp_s", COMPENSATE),
            user("before"),
            throw("inner", COMPENSATE),
            end("esp_e"),
            chain("esp_s", "before", "inner", "esp_e"),
            triggeredByEvent="true",
        ),
    )
    case = Case(
        drawn(
            start(),
            sub,
            user("w"),
            element("endEvent", "ended", COMPENSATE),
            chain("started", "sub", "w", "ended"),
        )
    )
    for name in ("one", "w", "before", "undo_one"):
        assert case.names() == [name]
        case.complete(name)
    assert case.process.completed


def test_each_instance_of_a_repetition_is_undone_with_its_item():
    each = user("one", many("parallel", over("[7, 8]", "it"))) + boundary(
        "b", "one", COMPENSATE
    )
    handler = element("userTask", "undo", isForCompensation="true")
    link = '<bpmn:association id="as" sourceRef="b" targetRef="undo"/>'
    case = Case(
        drawn(
            start(),
            each,
            handler,
            link,
            throw("back", COMPENSATE),
            end(),
            chain("started", "one", "back", "ended"),
        )
    )
    case.complete("one")
    case.complete("one")
    assert case.process.task_data(case.task("undo").task_id)["it"] == 8
    case.complete("undo")
    assert case.process.task_data(case.task("undo").task_id)["it"] == 7
    case.complete("undo")
    assert case.process.completed


def test_a_cancelled_transaction_is_undone_then_leaves_by_its_edge():
    case = Case(
        drawn(
            start(),
            element(
                "transaction",
                "tx",
                start("s"),
                undone("one"),
                parallel("fork"),
                user("two"),
                user("three"),
                element("endEvent", "x", "<bpmn:cancelEventDefinition/>"),
                end("e"),
                chain("s", "one", "fork", "two", "x"),
                chain("fork", "three", "e"),
            ),
            boundary("b", "tx", "<bpmn:cancelEventDefinition/>"),
            user("cancelled"),
            end(),
            chain("started", "tx", "ended"),
            chain("b", "cancelled", "ended"),
        )
    )
    case.complete("one")
    case.complete("two")
    assert case.names() == ["undo_one"]
    case.complete("undo_one")
    assert case.names() == ["cancelled"]


# Gateways


def test_a_complex_gateway_goes_on_at_two_of_three_and_once_only():
    gate = element(
        "complexGateway",
        "g",
        "<bpmn:activationCondition>activationCount &gt;= 2</bpmn:activationCondition>",
    )
    case = Case(
        drawn(
            start(),
            parallel("fork"),
            *map(user, "abc"),
            gate,
            user("z"),
            end(),
            chain("started", "fork", "a", "g", "z", "ended"),
            *(flow("fork", x) + flow(x, "g") for x in "bc"),
        )
    )
    case.complete("a", {"a": 1})
    assert case.names() == ["b", "c"]
    case.complete("c", {"c": 1})
    assert case.names() == ["b", "z"]
    data = case.process.task_data(case.task("z").task_id)
    assert (data["a"], data["c"]) == (1, 1)
    case.complete("b")
    assert case.names() == ["z"]
    case.complete("z")
    assert case.process.completed


# Ad hoc


def ad_hoc(*inside, **attributes):
    return drawn(
        start(),
        element("adHocSubProcess", "ah", *inside, **attributes),
        user("z"),
        end(),
        chain("started", "ah", "z", "ended"),
    )


DONE = "<bpmn:completionCondition>ready = true</bpmn:completionCondition>"


def test_an_ad_hoc_sub_process_offers_everything_once():
    case = Case(ad_hoc(user("a"), user("b"), user("c"), flow("b", "c")))
    assert case.names() == ["a", "b"]
    case.complete("b")
    case.complete("a")
    case.complete("c")
    assert case.names() == ["z"]


def test_in_sequence_one_after_the_other():
    case = Case(ad_hoc(user("a"), user("b"), ordering="Sequential"))
    assert case.names() == ["a"]
    case.complete("a", {"x": 1})
    assert case.names() == ["b"]
    assert case.process.task_data(case.task("b").task_id)["x"] == 1
    case.complete("b")
    assert case.names() == ["z"]


@pytest.mark.parametrize("stops", ["true", "false"])
def test_people_may_do_it_again_until_the_condition_holds(stops):
    case = Case(ad_hoc(user("a"), user("b"), DONE, cancelRemainingInstances=stops))
    case.complete("a", {"n": 1})
    case.complete("a", {"n": 2})
    assert case.names() == ["a", "b"]
    case.complete("a", {"ready": True})
    if stops == "false":
        assert case.names() == ["b"]
        case.complete("b")
    assert case.names() == ["z"]
    assert case.process.task_data(case.task("z").task_id)["n"] == 2


def test_an_ad_hoc_sub_process_that_can_never_end_says_so():
    case = Case(ad_hoc(script("a", "{x: 1}"), DONE))
    (failure,) = case.process.failures()
    assert "condition de fin" in failure.message


# Repetition


@pytest.mark.parametrize(("behavior", "times"), [("None", 3), ("One", 1)])
def test_the_end_of_an_instance_may_throw(behavior, times):
    reference = {"None": "noneBehaviorEventRef", "One": "oneBehaviorEventRef"}[behavior]
    repeated = (
        many("parallel", over("[1, 2, 3]", "it"))
        .replace("<bpmn:multi", "<bpmn:multi")
        .replace(" isSeq", f' behavior="{behavior}" {reference}="SD" isSeq')
    )
    case = Case(
        drawn(
            start(),
            user("a", repeated),
            boundary("b", "a", SIGNAL, interrupting=False),
            user("told"),
            end(),
            chain("started", "a", "ended"),
            chain("b", "told", "ended"),
        )
    )
    for _ in range(3):
        case.complete("a")
    assert case.names() == ["told"] * times


def test_a_complex_behaviour_throws_on_its_condition_and_may_interrupt():
    complex_ = (
        '<bpmn:complexBehaviorDefinition id="cb"><bpmn:condition>numberOfCompletedInstances = 2</bpmn:condition>'
        f'<bpmn:event id="ie">{SIGNAL}</bpmn:event></bpmn:complexBehaviorDefinition>'
    )
    repeated = many("parallel", over("[1, 2, 3]", "it"), complex_).replace(
        " isSeq", ' behavior="Complex" isSeq'
    )
    case = Case(
        drawn(
            start(),
            user("a", repeated),
            boundary("b", "a", SIGNAL),
            user("told"),
            end(),
            chain("started", "a", "ended"),
            chain("b", "told", "ended"),
        )
    )
    case.complete("a")
    assert case.names() == ["a", "a"]
    case.complete("a")
    assert case.names() == ["told"]


# Starting, calling, refusing


def test_a_case_starts_by_a_message_or_by_hand():
    diagram = drawn(
        start(),
        user("a"),
        element("startEvent", "by_message", message("M")),
        user("b"),
        end(),
        chain("started", "a", "ended"),
        chain("by_message", "b", "ended"),
    )
    assert [(s.element_id, s.event.kind, s.event.name) for s in diagram.start_events] == [
        ("started", "none", None),
        ("by_message", "message", "avis.rendu"),
    ]
    assert Case(diagram).names() == ["a"]
    case = Case(diagram, start_id="by_message", payload={"n": 1})
    assert case.names() == ["b"]
    assert case.process.task_data(case.task("b").task_id)["avis_rendu"] == {"n": 1}


def test_a_receive_task_may_start_a_case():
    diagram = drawn(
        element("receiveTask", "r", messageRef="M", instantiate="true"),
        user("b"),
        end(),
        chain("r", "b", "ended"),
    )
    case = Case(diagram, start_id="r", payload={"n": 1})
    assert case.names() == ["b"]
    assert case.process.task_data(case.task("b").task_id)["avis_rendu"] == {"n": 1}


@pytest.mark.parametrize("kind", ["Exclusive", "Parallel"])
def test_an_event_gateway_may_start_a_case(kind):
    gate = element("eventBasedGateway", "g", instantiate="true", eventGatewayType=kind)
    diagram = drawn(
        gate,
        catch("m", message("M")),
        catch("w", message("W")),
        user("a"),
        user("b"),
        end(),
        chain("g", "m", "a", "ended"),
        chain("g", "w", "b", "ended"),
    )
    case = Case(diagram, start_id="w", payload={"n": 1})
    assert case.names() == ["b"]
    assert [s.element_id for s in case.process.subscriptions()] == (
        ["m"] if kind == "Parallel" else []
    )
    case.complete("b")
    assert case.process.completed is (kind == "Exclusive")


def test_an_operation_may_refuse_as_a_partner_would():
    def refuse():
        raise BpmnError("refused", ["trop tard"])

    diagram = drawn(
        start(),
        service("a", "x.ask"),
        boundary("b", "a", error("E")),
        user("u"),
        end(),
        chain("started", "a", "ended"),
        chain("b", "u", "ended"),
    )
    case = Case(diagram, host=Clock(x__ask=refuse))
    assert case.names() == ["u"]
    assert case.process.task_data(case.task("u").task_id)["error"]["reasons"] == [
        "trop tard"
    ]


def test_an_escalation_is_caught_around_and_the_throwers_data_are_kept():
    sub = subprocess(
        "sub",
        start("s"),
        user("w"),
        throw("t", ESCALATION),
        user("more"),
        end("e"),
        chain("s", "w", "t", "more", "e"),
    )
    diagram = drawn(
        start(),
        sub,
        boundary("b", "sub", ESCALATION),
        user("aside"),
        end(),
        chain("started", "sub", "ended"),
        chain("b", "aside", "ended"),
    )
    case = Case(diagram)
    case.complete("w", {"said": 1})
    assert case.names() == ["aside"]
    assert case.process.task_data(case.task("aside").task_id)["said"] == 1
