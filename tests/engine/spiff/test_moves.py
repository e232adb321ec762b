"""What people do to a case: retry, skip, cancel; what is kept of it; what a task shows."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from engine.spiff.errors import Abort, TaskNotFound, WrongState
from engine.spiff.process import Process
from tests.engine.spiff.drawing import (
    Case,
    Clock,
    boundary,
    catch,
    chain,
    decision,
    element,
    end,
    exclusive,
    extensions,
    flow,
    model,
    parallel,
    properties,
    service,
    start,
    subprocess,
    timer,
    user,
)


def line(*nodes):
    """Elements one after the other, between a start and an end."""
    names = [node.split('id="', 1)[1].split('"', 1)[0] for node in nodes]
    return model(start(), *nodes, end(), chain("started", *names, "ended"))


def test_history_keeps_only_what_each_task_changed():
    host = Clock(tests__sum=lambda a: a + 1)
    host.decisions["size"] = lambda data: "small"
    drawn = line(
        user("u"), service("op", "tests.sum", "sum", a="a"), decision("dec", "size")
    )
    case = Case(drawn, {"kept": {"n": 1}}, host)
    host.pass_time(hours=2)
    case.complete("u", {"a": 1, "kept": {"n": 1}})
    rows = {row.element_id: row for row in case.history}
    assert rows["u"].updates == {"a": 1}
    assert rows["op"].updates == {"sum": 2}
    assert rows["dec"].updates == {"size": "small"}
    assert rows["started"].updates == {"kept": {"n": 1}}
    assert rows["ended"].updates == {}
    assert rows["u"].kind == "userTask"
    assert rows["u"].ended_at - rows["u"].entered_at == timedelta(hours=2)
    assert rows["u"].ended_at == host.now()
    assert case.process.finished() == []


def test_what_an_open_task_shows_is_worked_out_once():
    task = user(
        "u",
        assignee="officer",
        organisation="body.siren",
        due="P15D",
        follow_up='"2026-12-01"',
        priority="if amount > 10 then 1 else 5",
        form="review",
    )
    case = Case(
        line(task), {"officer": "jo", "body": {"siren": "123"}, "amount": 50}, Clock()
    )
    shown = case.task("u")
    assert (shown.assignee, shown.organisation, shown.priority) == ("jo", "123", 1)
    assert shown.due == datetime(2026, 12, 6, 9, tzinfo=UTC)
    assert shown.follow_up == datetime(2026, 11, 30, 23, tzinfo=UTC)
    case.host.pass_time(days=3)
    assert case.task("u").due == shown.due


def test_a_deadline_given_as_a_day_is_the_end_of_that_day_in_paris():
    case = Case(line(user("u", due='date("2027-07-01")')), {})
    assert case.task("u").due == datetime(2027, 7, 1, 21, 59, 59, tzinfo=UTC)


def test_lanes_give_roles():
    lanes = (
        '<bpmn:laneSet id="ls"><bpmn:lane id="officers" name="Instructeurs">'
        "<bpmn:flowNodeRef>a</bpmn:flowNodeRef><bpmn:flowNodeRef>sp</bpmn:flowNodeRef></bpmn:lane>"
        '<bpmn:lane id="lane2" name="Chefs">'
        + extensions(properties(role="head_of_service"))
        + "<bpmn:flowNodeRef>b</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>"
    )
    inner = subprocess("sp", start("s"), user("c"), end("e"), chain("s", "c", "e"))
    drawn = model(
        lanes,
        start(),
        parallel("g"),
        user("a"),
        user("b"),
        user("d", role="signatory"),
        inner,
        end(),
        chain("started", "g"),
        *[chain("g", n, "ended") for n in ("a", "b", "d", "sp")],
    )
    case = Case(drawn, {})
    found = {t.element_id: (t.lane, t.role) for t in case.process.user_tasks()}
    assert found == {
        "a": ("officers", "officers"),
        "b": ("lane2", "head_of_service"),
        "c": ("officers", "officers"),
        "d": (None, "signatory"),
    }
    assert drawn.elements["c"].role == "officers"


def test_values_go_where_the_diagram_says():
    begun = element(
        "startEvent", "started", extensions(properties(form="ask", into="request"))
    )
    drawn = model(
        begun,
        user("u", into="review"),
        user("z"),
        end(),
        chain("started", "u", "z", "ended"),
    )
    assert drawn.start_form == "ask"
    process = Process.start(drawn, {"case": {"number": "1"}}, host=Clock(), values={"n": 1})
    [task] = process.user_tasks()
    process.complete(task.task_id, {"ok": True})
    [task] = process.user_tasks()
    assert process.task_data(task.task_id) == {
        "case": {"number": "1"},
        "request": {"n": 1},
        "review": {"ok": True},
    }


def test_a_gateway_without_a_way_out_is_a_failure_that_data_repair():
    drawn = model(
        start(),
        exclusive("g"),
        user("a"),
        user("b"),
        end(),
        flow("started", "g"),
        flow("g", "a", "n = 1"),
        flow("g", "b", "n = 2"),
        chain("a", "ended"),
        chain("b", "ended"),
    )
    case = Case(drawn, {"n": 3})
    failure = case.process.failures()[0]
    assert failure.error_class == "no_way_out"
    assert "« g »" in failure.message
    with pytest.raises(WrongState):
        case.process.skip(failure.task_id, {})
    case.move("retry", failure.task_id, {"n": 2})
    assert case.names() == ["b"]


def test_a_condition_must_be_true_or_false():
    drawn = model(
        start(),
        exclusive("g", default="d"),
        user("a"),
        user("b"),
        end(),
        flow("started", "g"),
        flow("g", "a", "n"),
        flow("g", "b", key="d"),
        chain("a", "ended"),
        chain("b", "ended"),
    )
    assert Case(drawn, {"n": None}).names() == ["b"]
    assert Case(drawn, {"n": True}).names() == ["a"]
    assert "ni vrai ni faux" in Case(drawn, {"n": 1}).process.failures()[0].message


def test_a_timer_without_a_date_is_a_failure_that_data_repair():
    case = Case(line(catch("c", timer("date", "deadline")), user("u")), {})
    failure = case.process.failures()[0]
    assert failure.error_class == "timer"
    case.move("retry", failure.task_id, {"deadline": "2026-12-01"})
    assert case.process.timers()[0].due_at == datetime(2026, 11, 30, 23, tzinfo=UTC)
    case.wait(days=30)
    assert case.names() == ["u"]


def test_skip_stands_in_for_any_open_task():
    inner = subprocess("sp", start("s"), user("in"), end("e"), chain("s", "in", "e"))
    drawn = line(
        user("u"),
        service("ask", "oseo.ask", "r"),
        catch("c", timer("duration", "P1D")),
        inner,
        user("z"),
    )
    case = Case(drawn, {})
    for element_id in ("u", "ask", "c", "sp"):
        [task] = [t for t in case.process._top.every() if t.task_spec.bpmn_id == element_id]
        case.move("skip", task.id, {element_id: "skipped"})
    assert case.names() == ["z"]
    data = case.process.task_data(case.task("z").task_id)
    assert set(data) == {"u", "ask", "c", "sp"}
    assert [row.element_id for row in case.history if row.state == "cancelled"] == ["in"]


def test_cancel_withdraws_everything():
    drawn = model(
        start(),
        parallel("g"),
        user("a"),
        boundary("t", "a", timer("duration", "P1D")),
        end("e1"),
        service("ask", "oseo.ask"),
        end(),
        chain("started", "g", "a", "ended"),
        chain("g", "ask", "ended"),
        chain("t", "e1"),
    )
    case = Case(drawn, {"n": 1})
    case.move("cancel")
    assert case.process.completed
    assert case.process.outcome is None
    assert not (case.process.user_tasks() or case.process.calls() or case.process.timers())
    assert {r.element_id for r in case.history if r.state == "cancelled"} >= {"a", "ask"}
    with pytest.raises(TaskNotFound):
        case.process.complete(uuid4(), {})


def test_moves_refuse_the_wrong_kind_of_task():
    case = Case(line(user("u"), service("ask", "oseo.ask")), {})
    task = case.task("u").task_id
    for move in (
        lambda: case.process.answer(task, 1),
        lambda: case.process.deliver(task, {}),
        lambda: case.process.refuse(task, "x", []),
        lambda: case.process.retry(task),
    ):
        with pytest.raises(WrongState):
            move()


def test_a_host_may_abandon_the_whole_move():
    def lost():
        raise Abort

    with pytest.raises(Abort):
        Case(line(service("op", "tests.lost")), {}, Clock(tests__lost=lost))


def test_an_operation_that_returns_what_a_process_cannot_carry_fails():
    case = Case(line(service("op", "tests.now", "r")), {}, Clock(tests__now=object))
    assert case.process.failures()[0].error_class == "DataRefused"


def test_a_bad_expression_names_its_element():
    case = Case(
        line(service("op", "tests.f", "r", a="1 +")), {}, Clock(tests__f=lambda a: a)
    )
    failure = case.process.failures()[0]
    assert failure.error_class == "expression"
    assert "« op »" in failure.message


def test_the_model_is_shared_and_never_changes():
    drawn = line(user("a"), user("b"))
    before = drawn.to_bytes()
    cases = [Case(drawn, {"n": number}) for number in range(5)]
    for case in cases:
        case.complete("a")
    assert [case.names() for case in cases] == [["b"]] * 5
    assert drawn.to_bytes() == before
    assert drawn.name == "p"
    assert drawn.elements["a"].kind == "userTask"
