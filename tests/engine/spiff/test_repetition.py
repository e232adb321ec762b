"""Loops, repetitions over lists, sub-processes and processes called in the same folder."""

import pytest

from engine.spiff.model import Model, compile_model
from tests.engine.spiff.drawing import (
    Case,
    Clock,
    chain,
    document,
    element,
    end,
    exclusive,
    flow,
    many,
    model,
    over,
    process,
    script,
    service,
    start,
    subprocess,
    user,
)

CARDINALITY = "<bpmn:loopCardinality>{}</bpmn:loopCardinality>"


def repeated(activity, *around):
    return model(start(), activity, user("z"), end(), chain("started", "u", "z", "ended"))


def after(case):
    return case.process.task_data(case.task("z").task_id)


def test_opinions_are_gathered_in_the_order_of_the_list():
    loop = many("parallel", over("bodies", "body", "opinions", "opinion"))
    case = Case(
        repeated(user("u", loop, assignee="body", into="opinion")), {"bodies": [*"abc"]}
    )
    assert [task.assignee for task in case.process.user_tasks()] == ["a", "b", "c"]
    for name in "cab":
        task = next(t for t in case.process.user_tasks() if t.assignee == name)
        case.move("complete", task.task_id, {"says": name.upper()})
    assert after(case) == {
        "bodies": ["a", "b", "c"],
        "opinions": [{"says": "A"}, {"says": "B"}, {"says": "C"}],
    }


def test_one_after_the_other():
    loop = many("sequential", over("bodies", "body", "opinions", "opinion"))
    case = Case(repeated(user("u", loop, assignee="body")), {"bodies": [*"ab"]})
    assert [task.assignee for task in case.process.user_tasks()] == ["a"]
    case.complete("u", {"opinion": 1})
    assert [task.assignee for task in case.process.user_tasks()] == ["b"]
    case.complete("u", {"opinion": 2})
    assert after(case)["opinions"] == [1, 2]


@pytest.mark.parametrize("kind", ["parallel", "sequential"])
def test_an_empty_list_is_done_at_once(kind):
    case = Case(repeated(user("u", many(kind, over("[]", "x", "outs", "out")))), {})
    assert after(case) == {"outs": []}


def test_enough_answers_withdraw_the_others():
    condition = "<bpmn:completionCondition>numberOfCompletedInstances >= 2</bpmn:completionCondition>"
    loop = many(
        "parallel",
        over("[1, 2, 3, 4]", "n", "votes", "vote"),
        condition.replace(">=", "&gt;="),
    )
    case = Case(repeated(user("u", loop)), {})
    case.complete("u", {"vote": "yes"}, 0)
    case.complete("u", {"vote": "no"}, 0)
    assert after(case)["votes"] == ["yes", "no"]
    assert [row.state for row in case.history if row.kind == "userTask"].count(
        "cancelled"
    ) == 2


def test_a_missing_answer_is_a_failure_of_that_one():
    loop = many("parallel", over("[1, 2]", "n", "votes", "vote"))
    case = Case(repeated(user("u", loop)), {})
    case.complete("u", {}, 0)
    failure = case.process.failures()[0]
    assert failure.error_class == "missing_result"
    case.move("retry", failure.task_id)
    case.complete("u", {"vote": 1}, 0)
    case.complete("u", {"vote": 2}, 0)
    assert sorted(after(case)["votes"]) == [1, 2]


def test_without_a_list_two_different_answers_disagree():
    case = Case(repeated(user("u", many("parallel", CARDINALITY.format(2)))), {})
    case.complete("u", {"ok": True, "a": 1})
    case.complete("u", {"ok": True})
    assert after(case) == {"ok": True, "a": 1}
    case = Case(repeated(user("u", many("parallel", CARDINALITY.format(2)))), {})
    case.complete("u", {"ok": True})
    case.complete("u", {"ok": False})
    assert case.process.failures()[0].error_class == "merge_conflict"


@pytest.mark.parametrize("number", ["-1", "2.5", '"3"', "null", "2000"])
def test_a_number_that_is_none_is_a_failure(number):
    case = Case(
        repeated(user("u", many("sequential", CARDINALITY.format("n")))), {"n": None}
    )
    assert case.process.failures()[0].error_class == "loop"
    drawn = repeated(user("u", many("parallel", CARDINALITY.format(f"0 + {number}"))))
    assert Case(drawn, {}).process.failures()


def test_operations_and_calls_are_repeated():
    host = Clock(tests__double=lambda n: 2 * n)
    loop = many("parallel", over("[1, 2, 3]", "n", "doubles", "d"))
    drawn = service("u", "tests.double", "d", n="n").replace(
        "</bpmn:serviceTask>", loop + "</bpmn:serviceTask>"
    )
    assert after(Case(repeated(drawn), {}, host))["doubles"] == [2, 4, 6]
    case = Case(repeated(drawn), {}, Clock())
    for call in case.process.calls():
        case.move("answer", call.task_id, call.arguments["n"] * 10)
    assert after(case)["doubles"] == [10, 20, 30]


def test_a_sub_process_is_repeated_with_its_own_tasks():
    inner = (start("s"), user("in"), end("e"), chain("s", "in", "e"))
    loop = many("parallel", over("[1, 2, 3]", "n", "outs", "out"))
    case = Case(repeated(subprocess("u", *inner, loop)), {})
    assert case.names() == ["in"] * 3
    for number in range(3):
        case.complete("in", {"out": number})
    assert after(case)["outs"] == [0, 1, 2]


def test_a_standard_loop_turns_while_its_condition_holds():
    loop = (
        '<bpmn:standardLoopCharacteristics loopMaximum="5"><bpmn:loopCondition>total &lt; 10'
        "</bpmn:loopCondition></bpmn:standardLoopCharacteristics>"
    )
    case = Case(repeated(user("u", loop)), {"total": 0})
    for total in (4, 8, 12):
        assert case.names() == ["u"]
        case.complete("u", {"total": total})
    assert after(case) == {"total": 12}
    case = Case(repeated(user("u", loop)), {"total": 0})
    for _ in range(5):
        case.complete("u")
    assert case.names() == ["z"]


def test_a_called_process_runs_inside_with_the_same_data():
    files = {
        "process.bpmn": document(
            process(
                start(),
                element("callActivity", "call", calledElement="p.inner"),
                user("z"),
                end(),
                chain("started", "call", "z", "ended"),
            )
        ),
        "inner.bpmn": document(
            process(
                start("s"),
                script("sc", "{m: n + 1}"),
                user("in"),
                end("e"),
                chain("s", "sc", "in", "e"),
                key="p.inner",
            )
        ),
    }
    compiled = Model.from_bytes(compile_model(files, "p").to_bytes())
    case = Case(compiled, {"n": 1})
    assert case.process.markers() == ["call", "in"]
    case.complete("in", {"k": 1})
    assert after(case) == {"n": 1, "m": 2, "k": 1}
    assert case.done() == ["started", "s", "sc", "in", "e", "call"]


def test_ids_that_spiffworkflow_keeps_for_itself_are_ordinary_ids():
    drawn = model(
        start("Start"),
        user("End"),
        user("Root"),
        end("p.EndJoin"),
        chain("Start", "End", "Root", "p.EndJoin"),
    )
    case = Case(drawn, {})
    case.complete("End")
    case.complete("Root")
    assert case.process.outcome == "p.EndJoin"


def test_a_diagram_that_turns_round_for_ever_stops_with_a_failure():
    drawn = model(
        start(),
        exclusive("m"),
        script("sc", "{n: n + 1}"),
        exclusive("x", default="out"),
        end(),
        chain("started", "m", "sc", "x"),
        flow("x", "m", "n > 0"),
        flow("x", "ended", key="out"),
    )
    case = Case(drawn, {"n": 1})
    assert case.process.failures()[0].error_class == "runaway"


def test_a_chain_of_a_thousand_elements_runs():
    names = [f"sc{n}" for n in range(1000)]
    drawn = model(
        start(),
        *[script(name, "{n: n + 1}") for name in names],
        user("z"),
        end(),
        chain("started", *names, "z", "ended"),
    )
    assert after(Case(drawn, {"n": 0})) == {"n": 1000}


def test_a_loop_of_many_turns_never_forgets_where_it_stands():
    drawn = model(
        start(),
        exclusive("m"),
        user("u"),
        exclusive("x", default="out"),
        end(),
        chain("started", "m", "u", "x"),
        flow("x", "m", "again"),
        flow("x", "ended", key="out"),
    )
    case = Case(drawn, {})
    for _ in range(1500):
        case.complete("u", {"again": True})
    assert len(case.state) < 1500
    case.complete("u", {"again": False})
    assert case.process.completed
