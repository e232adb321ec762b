"""Operators move tokens, drop branches and take cases to another version of their diagram."""

from datetime import timedelta

import pytest

from engine.spiff import surgery
from engine.spiff.errors import WrongState
from engine.spiff.transplant import CannotMigrate, suggest, transplant
from tests.engine.spiff.drawing import (
    Case,
    Clock,
    boundary,
    catch,
    chain,
    element,
    end,
    flow,
    many,
    message,
    model,
    over,
    parallel,
    service,
    start,
    subprocess,
    timer,
    user,
)

MESSAGES = '<bpmn:message id="m" name="news"/><bpmn:message id="n" name="other"/>'


def drawn(*, around: str = "", late: bool = True, extra: str = ""):
    """a, then b with a deadline, then p1 and p2 side by side, then z."""
    deadline = (
        boundary("t", "b", timer("duration", "P1D")),
        user("late"),
        chain("t", "late", "ended"),
    )
    return model(
        start(),
        user("a"),
        user("b"),
        *(deadline if late else ()),
        parallel("g"),
        user("p1"),
        user("p2"),
        parallel("j"),
        user("z"),
        end(),
        chain("started", "a", "b", "g"),
        chain("g", "p1", "j"),
        chain("g", "p2", "j"),
        chain("j", "z", "ended"),
        extra,
        around=around,
    )


def move(case: Case, source: str, target: str, **values) -> None:
    surgery.move(case.process, case.task(source).task_id, target, values)
    case._keep(case.process)


def migrate(case: Case, new, **mapping: str) -> list[str]:
    process, notes = transplant(case.state, case.model, new, mapping, host=case.host)
    case.model = new
    case._keep(process)
    return notes


def test_a_token_goes_back_and_its_deadline_with_it():
    case = Case(drawn(), {"k": 0})
    case.complete("a", {"k": 1})
    assert len(case.process.timers()) == 1
    move(case, "b", "a", seen=True)
    assert (case.names(), case.process.timers()) == (["a"], [])
    assert case.process.task_data(case.task("a").task_id) == {"k": 1, "seen": True}
    cancelled = [
        (row.element_id, row.state) for row in case.history if row.state != "completed"
    ]
    assert cancelled == [("b", "cancelled")]
    case.complete("a", {"k": 2})
    assert len(case.process.timers()) == 1
    for task in ("b", "p1", "p2", "z"):
        case.complete(task)
    assert case.process.completed
    assert case.process.data["k"] == 2


def test_a_token_put_before_a_join_arrives_by_the_way_that_lacks_one():
    case = Case(drawn())
    for task in ("a", "b", "p1"):
        case.complete(task)
    move(case, "p2", "j")
    assert case.names() == ["z"]


def test_an_activity_is_done_again_in_place():
    case = Case(drawn())
    case.complete("a")
    move(case, "b", "b")
    assert (case.names(), len(case.process.timers())) == (["b"], 1)


def test_a_dropped_branch_leaves_the_others_and_says_what_then_waits():
    case = Case(drawn())
    for task in ("a", "b"):
        case.complete(task)
    surgery.drop(case.process, case.task("p1").task_id)
    case._keep(case.process)
    assert case.names() == ["p2"]
    case.complete("p2")
    [stuck] = case.process.failures()
    assert "ne viendra pas" in stuck.message
    surgery.move(case.process, stuck.task_id, "z")
    case._keep(case.process)
    assert (case.names(), case.process.failures()) == (["z"], [])


def test_the_last_branch_is_not_dropped_in_silence():
    case = Case(drawn())
    with pytest.raises(WrongState, match="dernière branche"):
        surgery.drop(case.process, case.task("a").task_id)


def test_a_race_moves_as_one_token():
    race = model(
        start(),
        user("a"),
        element("eventBasedGateway", "g"),
        catch("m1", message("m")),
        catch("t1", timer("duration", "P2D")),
        end(),
        chain("started", "a", "g"),
        chain("g", "m1", "ended"),
        chain("g", "t1", "ended"),
        around=MESSAGES,
    )
    case = Case(race, {"case": {"number": "1"}})
    case.complete("a")
    [waiting] = case.process.subscriptions()
    surgery.move(case.process, waiting.task_id, "a")
    case._keep(case.process)
    assert (case.names(), case.process.timers()) == (["a"], [])
    assert case.process.subscriptions() == []


def test_a_sub_process_is_left_whole_and_one_turn_of_a_repetition_is_not():
    inner = subprocess(
        "sp", start("s"), user("c"), user("d"), end("e"), chain("s", "c", "d", "e")
    )
    each = element("userTask", "m", many("parallel", over("list", "one")))
    whole = model(
        start(), user("a"), inner, each, end(), chain("started", "a", "sp", "m", "ended")
    )
    case = Case(whole, {"list": [1, 2]})
    case.complete("a")
    move(case, "c", "d")
    assert case.names() == ["d"]
    with pytest.raises(WrongState, match="même partie"):
        surgery.move(case.process, case.task("d").task_id, "a")
    owner = next(t for t, e in surgery.standing(case.process).items() if e == "sp")
    assert set(surgery.destinations(case.process, owner)) == {"a", "sp", "m", "ended"}
    surgery.move(case.process, owner, "m")
    case._keep(case.process)
    assert case.names() == ["m", "m"]
    with pytest.raises(WrongState, match="répétition"):
        surgery.move(case.process, case.task("m").task_id, "a")


def test_a_case_goes_on_under_a_version_with_one_step_more():
    case = Case(drawn())
    case.complete("a")
    before = case.task("b").task_id
    more = model(
        start(), user("a"), user("b"), user("bb"), user("z"), end(),
        chain("started", "a", "b", "bb", "z", "ended"),
    )  # fmt: skip
    notes = migrate(case, more)
    assert case.task("b").task_id == before
    assert notes == ["« t » n'est plus attendu."]
    for task in ("b", "bb", "z"):
        case.complete(task)
    assert case.process.completed


def test_what_is_gone_is_refused_unless_a_mapping_says_where():
    case = Case(drawn())
    case.complete("a")
    renamed = model(
        start(), user("a"), user("b2"), end(), chain("started", "a", "b2", "ended")
    )
    with pytest.raises(CannotMigrate) as refused:
        transplant(case.state, case.model, renamed, {}, host=case.host)
    assert refused.value.reasons == [
        "« b » n'existe plus dans la nouvelle version : dites quelle étape la remplace."
    ]
    migrate(case, renamed, b="b2")
    assert case.names() == ["b2"]
    other = model(
        start(),
        user("a"),
        service("b2", "x.y"),
        end(),
        chain("started", "a", "b2", "ended"),
    )
    with pytest.raises(CannotMigrate, match="du même type"):
        transplant(case.state, renamed, other, {}, host=case.host)


def test_a_timer_is_set_again_only_if_it_changed_and_from_the_arrival():
    host = Clock()

    def waits(duration: str):
        return model(
            start(), catch("w", timer("duration", duration)), user("u"), end(),
            chain("started", "w", "u", "ended"),
        )  # fmt: skip

    case = Case(waits("P10D"), {}, host)
    [was] = case.process.timers()
    host.pass_time(days=3)
    assert migrate(case, waits("P10D")) == []
    assert case.process.timers() == [was]
    [note] = migrate(case, waits("P20D"))
    assert note == "L'échéance de « w » est recalculée : 11/12/2026 à 10:00."
    assert case.process.timers()[0].due_at == was.due_at + timedelta(days=10)


def test_a_new_deadline_is_armed_and_one_that_passed_does_not_come_back():
    host = Clock()
    case = Case(drawn(late=False), {}, host)
    case.complete("a")
    assert migrate(case, drawn()) == ["« t » est désormais attendu."]
    assert len(case.process.timers()) == 1
    host.pass_time(days=2)
    case.move("fire_timers")
    assert case.names() == ["late"]

    def reminded(extra: str):
        return model(
            start(), user("a"), user(extra), user("r"), end(), end("e2"),
            boundary("t", "a", timer("duration", "P1D"), interrupting=False),
            chain("started", "a", extra, "ended"), chain("t", "r", "e2"),
        )  # fmt: skip

    case = Case(reminded("b"), {}, host)
    host.pass_time(days=2)
    case.move("fire_timers")
    assert case.names() == ["a", "r"]
    assert migrate(case, reminded("c")) == []
    assert (case.names(), case.process.timers()) == (["a", "r"], [])
    case.complete("a")
    assert case.names() == ["c", "r"]


def test_a_branch_that_the_case_never_opened_is_not_waited_for():
    wider = drawn(extra=user("p3") + flow("g", "p3") + flow("p3", "j"))
    early, late = Case(drawn()), Case(drawn())
    for task in ("a", "b", "p1"):
        late.complete(task)
    with pytest.raises(CannotMigrate, match="n'a pas ouverte"):
        transplant(late.state, late.model, wider, {}, host=late.host)
    migrate(early, wider)
    for task in ("a", "b", "p1", "p2", "p3", "z"):
        early.complete(task)
    assert early.process.completed


def test_tokens_that_wait_at_a_join_stay_counted():
    case = Case(drawn())
    for task in ("a", "b", "p1"):
        case.complete(task, {f"by_{task}": 1})
    migrate(case, drawn(late=False))
    case.complete("p2", {"by_p2": 1})
    case.complete("z")
    assert case.process.data == {"by_a": 1, "by_b": 1, "by_p1": 1, "by_p2": 1}


def test_a_message_and_a_sub_process_follow():
    def waits(ref: str, *more: str):
        inner = subprocess(
            "sp", start("s"), user("c"), *map(user, more), end("e"),
            chain("s", "c", *more, "e"),
        )  # fmt: skip
        return model(
            start(), parallel("g"), inner, catch("w", message(ref)), end(), end("e2"),
            chain("started", "g", "sp", "ended"), chain("g", "w", "e2"), around=MESSAGES,
        )  # fmt: skip

    case = Case(waits("m"), {"case": {"number": "1"}})
    assert migrate(case, waits("n", "d")) == ["« w » attend désormais « other »."]
    [waiting] = case.process.subscriptions()
    assert (waiting.name, waiting.correlation) == ("other", "1")
    case.move("deliver", waiting.task_id, {})
    case.complete("c")
    case.complete("d")
    assert case.process.completed


def test_a_pending_call_goes_on_only_to_the_same_operation():
    def asks(operation: str):
        return model(
            start(), service("ask", operation, "r"), user("u"), end(),
            chain("started", "ask", "u", "ended"),
        )  # fmt: skip

    case = Case(asks("a.b"))
    with pytest.raises(CannotMigrate, match="attend la réponse"):
        transplant(case.state, case.model, asks("a.c"), {}, host=case.host)
    migrate(case, asks("a.b"))
    case.move("answer", case.call().task_id, 1)
    assert case.names() == ["u"]


def test_a_step_under_a_new_id_is_found_by_its_name():
    old = model(
        start(),
        element("userTask", "x", name="Instruire"),
        end(),
        chain("started", "x", "ended"),
    )
    new = model(
        start(),
        element("userTask", "y", name="Instruire"),
        end(),
        chain("started", "y", "ended"),
    )
    assert suggest(old, new) == {"x": "y"}
