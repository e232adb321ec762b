"""Signals between cases of one body: each that waited hears it once, whatever dies meanwhile."""

from datetime import timedelta
from typing import Any
from uuid import UUID
from xml.sax.saxutils import escape

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from engine import clock, journal, journal_check
from engine.commands import cases, signals, tasks
from engine.commands.operations import Operation, perform
from engine.commands.step import locked, restore
from engine.models import MessageSubscription, ProcessDefinition, ProcessInstance, db
from engine.signals import SignalDelivery
from engine.sweep import sweep
from engine.transaction import transaction
from tests.engine.drawn_cases import lanes
from tests.engine.spiff.drawing import (
    boundary,
    catch,
    chain,
    element,
    end,
    extensions,
    parallel,
    process,
    script,
    start,
    throw,
    user,
)
from tests.engine.test_races import at_once
from tests.office import Office, open_office, open_tasks, publish

WORDS = '"0123456789abcdefghij"'
CLOSED = '<bpmn:signal id="S" name="aid.closed"/>'


def signal(payload: str = "") -> str:
    inside = extensions(
        f"<spiffworkflow:payloadExpression>{payload}</spiffworkflow:payloadExpression>"
    )
    return f'<bpmn:signalEventDefinition signalRef="S">{inside if payload else ""}</bpmn:signalEventDefinition>'


def thrower(key: str = "tests.thrower", payload: str = '{"why": "budget"}') -> str:
    """Waits for a person, then tells everybody."""
    return CLOSED + process(
        lanes("u"), start(), user("u"), throw("t", signal(payload)), end(),
        chain("started", "u", "t", "ended"), key=key,
    )  # fmt: skip


def listener(key: str = "tests.listener") -> str:
    """Waits in the flow, on an edge again and again, and beside everything."""
    beside = element(
        "subProcess", "sub",
        element("startEvent", "s", signal(), isInterrupting="false"), user("noted"), end("e"),
        chain("s", "noted", "e"), triggeredByEvent="true",
    )  # fmt: skip
    return CLOSED + process(
        lanes("u", "after", "told", "noted"), start(), parallel("p"), catch("c", signal()),
        user("after"), user("u"), boundary("b", "u", signal(), interrupting=False),
        user("told"), end(), beside, chain("started", "p", "c", "after", "ended"),
        chain("p", "u", "ended"), chain("b", "told", "ended"), key=key,
    )  # fmt: skip


def starter(key: str = "tests.starter") -> str:
    return CLOSED + process(
        lanes("review"), element("startEvent", "begun", signal()), user("review"), end(),
        chain("begun", "review", "ended"), key=key,
    )  # fmt: skip


@pytest.fixture
def office(either_app: Flask) -> Office:
    return open_office()


def begin(office: Office, definition: UUID) -> UUID:
    return cases.start(
        definition, {}, actor=office.applicant, applicant_id=office.company
    ).id


def tell(office: Office, key: str = "tests.thrower", **more: Any) -> UUID:
    """A new case throws the signal."""
    case = begin(office, publish(key, thrower(key, **more), owner=office.region))
    tasks.complete(open_tasks(case)["u"], {}, actor=office.officer)
    return case


def settle(rounds: int = 30) -> None:
    for _ in range(rounds):
        if not sweep(lambda call: None):
            return
    pytest.fail("the sweep never ends")


def steps(case: UUID) -> list[str]:
    return sorted(open_tasks(case))


def started(key: str) -> list[ProcessInstance]:
    db.session.rollback()
    return list(
        db.session.scalars(select(ProcessInstance).where(ProcessInstance.key == key))
    )


def left() -> int:
    return db.session.scalar(select(func.count()).select_from(SignalDelivery)) or 0


def test_every_event_that_waited_hears_it_once(office: Office) -> None:
    definition = publish("tests.listener", listener(), owner=office.region)
    heard = [begin(office, definition) for _ in range(3)]
    source = tell(office)
    late = begin(office, definition)
    settle()
    for case in heard:
        assert steps(case) == ["after", "noted", "told", "u"]
        instance = db.session.get_one(ProcessInstance, case)
        data = restore(instance).task_data(open_tasks(case)["noted"])
        assert data["aid_closed"] == {"why": "budget"}
        (entry,) = [e for e in journal.of_case(case) if e.action == "signal_received"]
        assert entry.detail == {"signal": "aid.closed", "from": str(source)}
    assert steps(late) == ["u"], "it was not there"
    assert left() == 0
    settle()
    assert steps(heard[0]) == ["after", "noted", "told", "u"]
    assert journal_check.verify() == []


def test_the_thrower_itself_hears_it_at_once_and_not_again(office: Office) -> None:
    body = CLOSED + process(
        lanes("u", "act", "told"), start(), parallel("p"), user("u"), throw("t", signal()),
        user("act"), boundary("b", "act", signal(), interrupting=False), user("told"), end(),
        chain("started", "p", "u", "t", "ended"), chain("p", "act", "ended"),
        chain("b", "told", "ended"), key="tests.both",
    )  # fmt: skip
    definition = publish("tests.both", body, owner=office.region)
    case, other = begin(office, definition), begin(office, definition)
    tasks.complete(open_tasks(case)["u"], {}, actor=office.officer)
    assert steps(case) == ["act", "told"]
    assert steps(other) == ["act", "u"]
    settle()
    assert steps(other) == ["act", "told", "u"]
    told = [t for t in restore(db.session.get_one(ProcessInstance, case)).user_tasks()
            if t.element_id == "told"]  # fmt: skip
    assert len(told) == 1


def test_a_signal_never_leaves_its_body(office: Office) -> None:
    theirs = begin(office, publish("tests.listener", listener(), owner=office.department))
    publish("tests.starter", starter(), owner=office.department)
    ours = begin(office, publish("tests.ours", listener("tests.ours"), owner=office.region))
    tell(office)
    settle()
    assert steps(theirs) == ["u"]
    assert started("tests.starter") == []
    assert steps(ours) == ["after", "noted", "told", "u"]


def test_a_signal_starts_one_case_of_each_current_version(office: Office) -> None:
    publish("tests.starter", starter(), owner=office.region)
    publish("tests.starter", starter() + "<!-- 2 -->", owner=office.region)
    publish("tests.second", starter("tests.second"), owner=office.region)
    tell(office, payload="7")
    settle()
    (case,) = started("tests.starter")
    assert db.session.get_one(ProcessDefinition, case.definition_id).version == 2
    assert (case.organisation_id, case.started_by) == (office.region, None)
    task = open_tasks(case.id)["review"]
    assert restore(case).task_data(task)["aid_closed"] == 7
    assert len(started("tests.second")) == 1
    assert journal.of_case(case.id)[0].detail["signal"] == "aid.closed"
    settle()
    assert len(started("tests.starter")) == 1


def test_a_procedure_that_stops_beginning_with_it_starts_nothing_more(
    office: Office,
) -> None:
    publish("tests.starter", starter(), owner=office.region)
    plain = process(
        lanes("review"), start(), user("review"), end(),
        chain("started", "review", "ended"), key="tests.starter",
    )  # fmt: skip
    publish("tests.starter", plain, owner=office.region)
    tell(office)
    settle()
    assert started("tests.starter") == []


def test_a_suspended_case_hears_it_when_it_is_resumed(office: Office) -> None:
    case = begin(office, publish("tests.listener", listener(), owner=office.region))
    perform(case, Operation("suspend"), actor=office.operator, motive="essai")
    tell(office)
    settle()
    assert steps(case) == ["u"]
    assert signals.to_hand_over(10) == [], "nothing looks at it again and again"
    perform(case, Operation("resume"), actor=office.operator, motive="essai")
    settle()
    assert steps(case) == ["after", "noted", "told", "u"]
    assert left() == 0


def test_a_case_that_waits_for_a_signal_alone_is_no_incident(office: Office) -> None:
    body = CLOSED + process(
        start(), catch("c", signal()), end(), chain("started", "c", "ended"),
        key="tests.patient",
    )  # fmt: skip
    case = begin(office, publish("tests.patient", body, owner=office.region))
    assert restore(db.session.get_one(ProcessInstance, case)).failures() == []
    awaited = db.session.scalars(select(MessageSubscription)).one()
    assert (awaited.kind, awaited.name, awaited.element_id) == ("signal", "aid.closed", "c")
    tell(office)
    settle()
    db.session.rollback()
    assert db.session.get_one(ProcessInstance, case).status == "completed"
    assert db.session.scalars(select(MessageSubscription)).first() is None


def test_what_is_cancelled_meanwhile_hears_nothing(office: Office) -> None:
    case = begin(office, publish("tests.listener", listener(), owner=office.region))
    tell(office)
    for signal_id in signals.to_spread(10):
        signals.spread(signal_id)
    perform(case, Operation("cancel"), actor=office.operator, motive="essai")
    settle()
    assert steps(case) == []
    assert left() == 0


def test_a_crowd_is_reached_page_by_page(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signals, "PAGE", 2)
    definition = publish("tests.listener", listener(), owner=office.region)
    crowd = [begin(office, definition) for _ in range(5)]
    publish("tests.starter", starter(), owner=office.region)
    tell(office)
    (signal_id,) = signals.to_spread(10)
    most = 0
    for _ in range(3):
        before = left()
        signals.spread(signal_id)
        most = max(most, left() - before)
    assert most <= 3, "two cases, or the rest and the procedures that begin"
    assert signals.to_spread(10) == []
    signals.spread(signal_id)
    assert left() == 6
    settle()
    assert all(steps(case) == ["after", "noted", "told", "u"] for case in crowd)
    assert len(started("tests.starter")) == 1


class Killed(BaseException):
    """What a kill looks like from within: nothing is caught, nothing is committed."""


def test_killed_at_any_statement_it_goes_on_where_it_stood(office: Office) -> None:
    """The n-th statement that writes is the last, for every n, until all is done."""
    definition = publish("tests.listener", listener(), owner=office.region)
    crowd = [begin(office, definition) for _ in range(2)]
    publish("tests.starter", starter(), owner=office.region)
    tell(office)
    countdown = [0]

    def kill(*seen: Any) -> None:
        countdown[0] -= 1
        if countdown[0] == 0:
            raise Killed

    engine = db.engine
    event.listen(engine, "before_cursor_execute", kill)
    try:
        deaths = 0
        for after in range(1, 60):
            countdown[0] = after
            try:
                sweep(lambda call: None)
            except Killed:
                deaths += 1
                db.session.rollback()
            db.session.remove()
    finally:
        event.remove(engine, "before_cursor_execute", kill)
    settle()
    assert deaths > 10
    for case in crowd:
        assert steps(case) == ["after", "noted", "told", "u"]
        rows = restore(db.session.get_one(ProcessInstance, case)).user_tasks()
        assert sorted(row.element_id for row in rows) == ["after", "noted", "told", "u"]
    assert len(started("tests.starter")) == 1
    assert journal_check.verify() == []


def test_a_case_that_cannot_take_it_keeps_nobody_waiting(office: Office) -> None:
    """What it holds and what the signal brings pass the limit together."""
    wide = f'string join(for i in 1..5500 return {WORDS}, "")'
    big = script("big", f"{{one: {wide}, two: {wide}}}")
    body = CLOSED + process(
        lanes("after"), start(), big, catch("c", signal()), user("after"), end(),
        chain("started", "big", "c", "after", "ended"), key="tests.full",
    )  # fmt: skip
    full = begin(office, publish("tests.full", body, owner=office.region))
    fine = begin(office, publish("tests.listener", listener(), owner=office.region))
    heavy = f'string join(for i in 1..3000 return {WORDS}, "")'
    tell(office, payload=escape(heavy))
    settle()
    assert steps(full) == []
    assert steps(fine) == ["after", "noted", "told", "u"]
    assert (left(), signals.to_hand_over(10)) == (1, [])
    clock.advance(timedelta(minutes=6))
    assert len(signals.to_hand_over(10)) == 1, "it is tried again later"


def test_a_busy_case_is_for_the_next_sweep(office: Office, either_app: Flask) -> None:
    if db.engine.dialect.name == "sqlite":
        pytest.skip("one writer at a time")
    case = begin(office, publish("tests.listener", listener(), owner=office.region))
    tell(office)
    for signal_id in signals.to_spread(10):
        signals.spread(signal_id)
    (delivery,) = signals.to_hand_over(10)
    with transaction():
        locked(case)
        assert at_once(either_app, lambda: signals.hand_over(delivery)) == [None]
    assert steps(case) == ["u"]
    signals.hand_over(delivery)
    assert steps(case) == ["after", "noted", "told", "u"]
