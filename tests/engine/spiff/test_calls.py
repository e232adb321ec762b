"""Called processes: what they see, what comes back, and targets that are computed."""

import pytest

from engine.spiff.model import Model, compile_model
from tests.engine.spiff.drawing import (
    Case,
    Clock,
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
    inside = () if target == "tests.other" else ("one", "two")
    called = [
        process(
            start(f"{n}s"),
            user(f"{n}u"),
            end(f"{n}e"),
            chain(f"{n}s", f"{n}u", f"{n}e"),
            key=n,
        )
        for n in inside
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


def test_a_call_within_the_folder_may_begin_further_on():
    case = Case(folder('="one"', at="place"), {"place": "onee"})
    assert case.names() == ["after"]


def test_a_place_that_is_not_there_is_a_failure_that_can_be_repaired():
    case = Case(folder('="one"', at="place"), {"place": "nowhere"})
    (failure,) = case.process.failures()
    assert "« nowhere » n'est pas une étape" in failure.message
    case.move("retry", failure.task_id, {"place": "oneu"})
    assert case.names() == ["oneu"]
    case.complete("oneu")
    assert case.names() == ["after"]


@pytest.mark.parametrize("name", ["one", "two"])
def test_a_target_may_be_computed(name):
    case = Case(folder("= which"), {"which": name})
    assert case.names() == [f"{name}u"]
    case.complete(f"{name}u")
    assert case.names() == ["after"]


def test_a_computed_target_that_does_not_exist_is_a_failure_that_can_be_repaired():
    case = Case(folder("=which"), {"which": "c"})
    (failure,) = case.process.failures()
    assert "n'est ni un processus du dossier ni une procédure publiée" in failure.message
    case.move("retry", failure.task_id, {"which": "two"})
    assert case.names() == ["twou"]


def test_a_process_that_calls_itself_by_a_computed_name_stops():
    call = element("callActivity", "c", calledElement="=which")
    itself = process(start(), call, end(), chain("started", "c", "ended"))
    case = Case(compile_model({"process.bpmn": document(itself)}, "p"), {"which": "p"})
    (failure,) = case.process.failures()
    assert failure.error_class == "endless_call"


def test_a_case_of_another_procedure_is_asked_for_and_answers():
    host = Clock()
    host.procedures["tests.other"] = "version-3"
    case = Case(folder("tests.other"), {"case": {"number": "7"}, "amount": 5}, host)
    (call,) = case.process.calls()
    assert (call.partner, call.operation) == ("procedure", "tests.other")
    assert call.arguments == {"definition": "version-3", "data": {"amount": 5}}
    case.move("answer", call.task_id, {"case": {"number": "8"}, "amount": 6})
    assert data(case, "after") == {"case": {"number": "7"}, "amount": 6}


def test_the_version_that_a_case_began_with_is_kept_for_a_target_that_is_written():
    host = Clock()
    host.procedures["tests.other"] = "version-3"
    began = {"case": {"called": {"tests.other": "version-1"}}, "which": "tests.other"}
    for target, version in (("tests.other", "version-1"), ("=which", "version-3")):
        (call,) = Case(folder(target), began, host).process.calls()
        assert call.arguments["definition"] == version, target
