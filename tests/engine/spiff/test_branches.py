"""Parallel branches do not see each other; a join keeps every change and hides no conflict."""

import pytest

from tests.engine.spiff.drawing import (
    Case,
    Clock,
    chain,
    element,
    end,
    exclusive,
    flow,
    inclusive,
    model,
    parallel,
    script,
    service,
    start,
    subprocess,
    user,
)


def forked(*branches, join="parallelGateway"):
    """A split, one user task a branch, a join, and a task behind it."""
    return model(
        start(),
        parallel("g"),
        element(join, "j"),
        user("z"),
        end(),
        *map(user, branches),
        flow("started", "g"),
        *[chain("g", branch, "j") for branch in branches],
        chain("j", "z", "ended"),
    )


def after(case):
    return case.process.task_data(case.task("z").task_id)


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_each_branch_keeps_its_changes_in_either_order(order):
    case = Case(forked("a", "b"), {"status": "new", "opinions": {}, "note": 1})
    values = {
        "a": {"status": "valid", "opinions": {"town": "yes"}},
        "b": {"opinions": {"county": "no"}, "note": True},
    }
    for name in order:
        case.complete(name, values[name])
    assert after(case) == {
        "status": "valid",
        "opinions": {"town": "yes", "county": "no"},
        "note": True,
    }


def test_branches_do_not_see_each_other():
    case = Case(forked("a", "b"), {"file": {"deep": {"n": 1}}})
    case.complete("a", {"file": {"deep": {"n": 2}}, "seen": True})
    assert case.process.task_data(case.task("b").task_id) == {"file": {"deep": {"n": 1}}}


def test_two_values_for_one_name_are_a_failure_that_a_person_settles():
    case = Case(forked("a", "b"), {"amount": 1})
    case.complete("a", {"amount": 2, "left": 1})
    case.complete("b", {"amount": 3, "right": 1})
    failure = case.process.failures()[0]
    assert failure.element_id == "j"
    assert failure.error_class == "merge_conflict"
    assert "« amount »" in failure.message
    assert not case.process.completed
    case.move("retry", failure.task_id, {"amount": 3})
    assert after(case) == {"amount": 3, "left": 1, "right": 1}


def test_a_conflict_inside_a_context_is_named_by_its_path():
    case = Case(forked("a", "b"), {"opinions": {}})
    case.complete("a", {"opinions": {"town": "yes"}})
    case.complete("b", {"opinions": {"town": "no"}})
    assert "« opinions.town »" in case.process.failures()[0].message


def test_the_same_value_twice_is_no_conflict():
    case = Case(forked("a", "b", "c"), {"seen": False})
    for name in "abc":
        case.complete(name, {"seen": True})
    assert after(case) == {"seen": True}


def test_a_list_is_taken_whole():
    case = Case(forked("a", "b"), {"votes": []})
    case.complete("a", {"votes": ["yes"]})
    case.complete("b", {"votes": ["no"]})
    assert case.process.failures()


def test_nested_joins_compare_with_their_own_split():
    drawn = model(
        start(),
        *map(parallel, ("g", "g2", "j2", "j")),
        *map(user, ("a", "b", "c", "d", "z")),
        end(),
        chain("started", "g", "a", "j", "z", "ended"),
        chain("g", "g2", "b", "j2", "d", "j"),
        chain("g2", "c", "j2"),
    )
    case = Case(drawn, {"x": 0, "y": 0})
    case.complete("b", {"x": 1})
    case.complete("c", {"y": 1})
    case.complete("d", {"x": 2})
    case.complete("a", {"w": 1})
    assert after(case) == {"x": 2, "y": 1, "w": 1}


def test_a_join_in_a_loop_waits_for_both_branches_every_time():
    drawn = model(
        start(),
        exclusive("m"),
        *map(parallel, ("g", "j")),
        *map(user, ("a", "b", "z")),
        exclusive("x", default="out"),
        end(),
        chain("started", "m", "g", "a", "j", "z", "x"),
        chain("g", "b", "j"),
        flow("x", "m", "again"),
        flow("x", "ended", key="out"),
    )
    case = Case(drawn, {})
    for turn in range(30):
        first, second = ("a", "b") if turn % 2 else ("b", "a")
        case.complete(first, {f"v{first}": turn})
        assert case.names() == [second]
        case.complete(second, {f"v{second}": turn})
        assert case.names() == ["z"]
        assert after(case)["va"] == after(case)["vb"] == turn
        size = len(case.state)
        case.complete("z", {"again": turn < 29})
    assert case.process.completed
    assert size < 1200


def test_a_token_too_many_stays_at_the_join():
    drawn = model(
        start(),
        *map(parallel, ("g", "j")),
        exclusive("m"),
        *map(user, ("a1", "a2", "b", "z")),
        end(),
        chain("started", "g", "a1", "m", "j", "z", "ended"),
        chain("g", "a2", "m"),
        chain("g", "b", "j"),
    )
    case = Case(drawn, {})
    case.complete("a1", {"k": 1})
    case.complete("a2")
    case.complete("b")
    assert case.names() == ["z"]
    case.complete("z")
    assert not case.process.completed
    [failure] = case.process.failures()  # the second token of `m` waits for a `b` for ever
    assert (failure.element_id, failure.error_class) == ("j", "stuck")
    case.move("skip", failure.task_id, {})
    case.complete("z")
    assert case.process.completed


def test_an_inclusive_join_waits_only_for_tokens_that_may_come():
    drawn = model(
        start(),
        inclusive("g", default="d"),
        inclusive("j"),
        *map(user, ("a", "a1", "b", "c", "z")),
        end(),
        chain("started", "g"),
        flow("g", "a", "n > 0"),
        flow("g", "b", "n > 1"),
        flow("g", "c", key="d"),
        chain("a", "a1", "j"),
        chain("b", "j"),
        chain("c", "j", "z", "ended"),
    )
    for number, names in ((0, ["c"]), (1, ["a"]), (2, ["a", "b"])):
        case = Case(drawn, {"n": number})
        assert case.names() == names
        if number == 2:
            case.complete("b")
            assert case.names() == ["a"]
        if number:
            case.complete("a")
            case.complete("a1")
        else:
            case.complete("c")
        assert case.names() == ["z"]


def test_branches_that_end_apart_both_leave_their_data():
    drawn = model(
        start(),
        parallel("g"),
        user("a"),
        user("b"),
        end("e1"),
        end("e2"),
        chain("started", "g", "a", "e1"),
        chain("g", "b", "e2"),
    )
    case = Case(drawn, {"n": 0})
    case.complete("b", {"right": 1, "n": 5})
    case.complete("a", {"left": 1})
    assert case.process.data == {"n": 5, "left": 1, "right": 1}
    assert case.process.outcome == "e1"


def test_a_sub_process_whose_branches_disagree_fails():
    drawn = model(
        start(),
        subprocess(
            "sp",
            start("s"),
            parallel("g"),
            user("a"),
            user("b"),
            end("e1"),
            end("e2"),
            chain("s", "g", "a", "e1"),
            chain("g", "b", "e2"),
        ),
        user("z"),
        end(),
        chain("started", "sp", "z", "ended"),
    )
    case = Case(drawn, {"n": 0})
    case.complete("a", {"n": 1})
    case.complete("b", {"n": 2})
    failure = case.process.failures()[0]
    assert failure.element_id == "sp"
    case.move("retry", failure.task_id, {"n": 2})
    assert after(case) == {"n": 2}


def test_a_failure_in_one_branch_lets_the_other_go_on_and_holds_the_join():
    host = Clock(tests__divide=lambda by: 10 / by)
    drawn = model(
        start(),
        *map(parallel, ("g", "j")),
        service("divide", "tests.divide", "q", by="n"),
        user("b"),
        user("z"),
        end(),
        chain("started", "g", "divide", "j", "z", "ended"),
        chain("g", "b", "j"),
    )
    case = Case(drawn, {"n": 0}, host)
    failure = case.process.failures()[0]
    assert (failure.element_id, failure.error_class) == ("divide", "ZeroDivisionError")
    assert "divide" in case.process.markers()
    case.complete("b", {"b": 1})
    assert case.names() == []
    case.move("retry", failure.task_id)
    assert case.process.failures()
    case.move("retry", failure.task_id, {"n": 4})
    assert after(case) == {"n": 4, "q": 2.5, "b": 1}


def test_a_process_with_a_failure_does_not_end():
    host = Clock(tests__fail=lambda: 1 / 0)
    drawn = model(
        start(),
        parallel("g"),
        service("bad", "tests.fail", "q"),
        user("b"),
        end("e1"),
        end("e2"),
        chain("started", "g", "bad", "e1"),
        chain("g", "b", "e2"),
    )
    case = Case(drawn, {}, host)
    case.complete("b")
    assert not case.process.completed
    case.move("skip", case.process.failures()[0].task_id, {"q": "à la main"})
    assert case.process.completed
    assert case.process.data == {"q": "à la main"}


def test_twelve_splits_in_a_row_start_with_twelve_tasks_not_thousands():
    parts, at = [start()], "started"
    for number in range(12):
        split, join = f"g{number}", f"j{number}"
        names = [f"u{number}{side}" for side in "ab"]
        parts += [parallel(split), parallel(join), *map(user, names), flow(at, split)]
        parts += [chain(split, name, join) for name in names]
        at = join
    case = Case(model(*parts, end(), flow(at, "ended")), {})
    assert len(case.state) < 2000
    for number in range(12):
        case.complete(f"u{number}a")
        case.complete(f"u{number}b")
    assert case.process.completed


def test_a_script_writes_only_in_its_own_branch():
    drawn = model(
        start(),
        *map(parallel, ("g", "j")),
        script("one", '{left: n + 1, note: "x"}'),
        script("two", "{right: if left = null then 7 else left}"),
        user("z"),
        end(),
        chain("started", "g", "one", "j", "z", "ended"),
        chain("g", "two", "j"),
    )
    assert after(Case(drawn, {"n": 1})) == {"n": 1, "left": 2, "note": "x", "right": 7}


def test_a_join_that_waits_for_nothing_is_said():
    drawn = model(
        start(),
        exclusive("x", default="d"),
        parallel("j"),
        user("a"),
        user("b"),
        end(),
        flow("started", "x"),
        flow("x", "a", "n > 1"),
        flow("x", "b", key="d"),
        chain("a", "j", "ended"),
        chain("b", "j"),
    )
    case = Case(drawn, {"n": 1})
    case.complete("b")
    [failure] = case.process.failures()
    assert failure.error_class == "stuck"
    assert "« j » attend une branche qui ne viendra pas" in failure.message
    case.move("retry", failure.task_id)
    assert case.process.failures()
    case.move("skip", case.process.failures()[0].task_id, {})
    assert case.process.completed
