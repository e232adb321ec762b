"""A simple diagram from its start to its end, saved and restored at every wait."""

import pytest

from engine.spiff.errors import TaskNotFound, WrongState
from tests.engine.spiff.drawing import (
    Case,
    Clock,
    boundary,
    catch,
    chain,
    end,
    exclusive,
    flow,
    message,
    model,
    parallel,
    service,
    start,
    timer,
    user,
)

AROUND = '<bpmn:message id="M" name="avis.rendu"/><bpmn:error id="E" errorCode="refused"/>'


def whole():
    return model(
        start(),
        user("review", form="review", due="P15D"),
        boundary("late", "review", timer("duration", "P15D"), interrupting=False),
        user("remind"),
        end("reminded"),
        exclusive("big", default="small"),
        service("aid", "grants.compute_aid", "aid", amount="amount"),
        service("opinion", "oseo.request_opinion", "opinion", reference="case.number"),
        parallel("fork"),
        parallel("join"),
        catch("answer", message("M")),
        user("sign"),
        end(),
        chain("started", "review", "big"),
        chain("late", "remind", "reminded"),
        flow("big", "aid", "amount > 1000"),
        flow("big", "ended", key="small"),
        chain("aid", "opinion", "fork"),
        flow("fork", "answer"),
        flow("fork", "sign"),
        flow("answer", "join"),
        flow("sign", "join"),
        flow("join", "ended"),
        around=AROUND,
    )


def test_a_case_goes_from_start_to_end():
    host = Clock(grants__compute_aid=lambda amount: amount / 2)
    case = Case(whole(), {"case": {"number": "2026-1"}}, host)
    assert case.names() == ["review"]
    assert case.task("review").form == "review"
    case.wait(days=16)
    assert case.names() == ["remind", "review"]
    case.complete("review", {"amount": 5000})
    call = case.call()
    assert (call.operation, call.arguments) == (
        "oseo.request_opinion",
        {"reference": "2026-1"},
    )
    assert case.process.task_data(call.task_id)["aid"] == 2500
    case.move("answer", call.task_id, {"favourable": True})
    assert case.process.subscriptions()[0].name == "avis.rendu"
    assert case.process.subscriptions()[0].correlation == "2026-1"
    case.deliver("answer", {"avis": "favorable"})
    assert case.names() == ["remind", "sign"]
    case.complete("sign", {"signed": True})
    assert not case.process.completed
    case.complete("remind")
    assert case.process.completed
    assert case.process.outcome in ("ended", "reminded")
    data = case.process.data
    assert data["signed"] is True
    assert data["avis_rendu"] == {"avis": "favorable"}
    assert data["opinion"] == {"favourable": True}


def test_the_default_way_is_taken():
    case = Case(whole(), {})
    case.complete("review", {"amount": 10})
    assert case.process.completed
    assert case.process.outcome == "ended"


def test_a_task_is_completed_once():
    case = Case(whole(), {})
    task = case.task("review").task_id
    case.complete("review", {"amount": 10})
    with pytest.raises((TaskNotFound, WrongState)):
        case.process.complete(task, {})
