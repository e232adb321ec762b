"""Called processes: what they see, what comes back, and targets that are computed."""

import pytest

from engine.spiff.model import Model, compile_model
from tests.engine.spiff.drawing import (
    Case,
    chain,
    document,
    element,
    end,
    extensions,
    process,
    properties,
    start,
    user,
)


def folder(target: str, **ebg: str) -> Model:
    call = element("callActivity", "c", extensions(properties(**ebg)), calledElement=target)
    first = process(
        start(), call, user("after"), end(), chain("started", "c", "after", "ended")
    )
    called = [
        process(
            start(f"{n}s"),
            user(f"{n}u"),
            end(f"{n}e"),
            chain(f"{n}s", f"{n}u", f"{n}e"),
            key=n,
        )
        for n in ("one", "two")
    ]
    return compile_model({"process.bpmn": document(first, *called)}, "p")


def data(case: Case, name: str) -> dict[str, object]:
    return case.process.task_data(case.task(name).task_id)


def test_a_call_may_say_what_goes_in_and_what_comes_back():
    given = {"case": {"number": "7"}, "amount": 5, "secret": 1}
    mapped = folder('="one"', **{"in": "{sum: amount * 2}", "out": "{result: sum + bonus}"})
    case = Case(mapped, given)
    assert data(case, "oneu") == {"case": {"number": "7"}, "sum": 10}
    case.complete("oneu", {"bonus": 1})
    assert data(case, "after") == {**given, "result": 11}


def test_what_is_not_said_to_come_back_comes_back_whole():
    case = Case(folder('="one"', **{"in": "{sum: 1}"}), {"amount": 5})
    case.complete("oneu", {"bonus": 1})
    assert data(case, "after") == {"amount": 5, "sum": 1, "bonus": 1}


@pytest.mark.parametrize("name", ["one", "two"])
def test_a_target_may_be_computed(name):
    case = Case(folder("= which"), {"which": name})
    assert case.names() == [f"{name}u"]
    case.complete(f"{name}u")
    assert case.names() == ["after"]


def test_a_computed_target_that_does_not_exist_is_a_failure_that_can_be_repaired():
    case = Case(folder("=which"), {"which": "c"})
    (failure,) = case.process.failures()
    assert "n'est pas un processus du dossier" in failure.message
    case.move("retry", failure.task_id, {"which": "two"})
    assert case.names() == ["twou"]
