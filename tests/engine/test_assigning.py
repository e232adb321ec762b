"""Tasks change hands by name, are put off and come back, and such acts are taken back."""

from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from engine import clock, journal, journal_check
from engine.access import Forbidden
from engine.commands import assigning, cases, operations, people, tasks
from engine.commands.operations import Operation
from engine.directory import Holding
from engine.errors import (
    ActedSince,
    CannotHold,
    FollowUpRefused,
    MotiveMissing,
    NotWaiting,
    TaskNotOpen,
    TaskTaken,
)
from engine.following import followers
from engine.models import UserTask, db
from tests.engine.drawn_cases import begin, steps, version
from tests.engine.spiff.drawing import chain, element, end, start, user
from tests.engine.test_races import at_once
from tests.office import Office, open_office, open_tasks, publish

DAY = timedelta(days=1)

AT_ONCE = element(
    "process", "tests.at_once",
    '<bpmn:laneSet id="lanes">'
    '<bpmn:lane id="case_officer" name="Instructeur"><bpmn:flowNodeRef>a</bpmn:flowNodeRef></bpmn:lane>'
    '<bpmn:lane id="applicant" name="Demandeur"><bpmn:flowNodeRef>b</bpmn:flowNodeRef></bpmn:lane>'
    "</bpmn:laneSet>",
    start(), element("parallelGateway", "fork"), user("a"), user("b"),
    element("parallelGateway", "meet"), end(),
    chain("started", "fork", "a", "meet", "ended"), chain("fork", "b", "meet"),
    isExecutable="true", name="Essai",
)  # fmt: skip


@pytest.fixture
def office(either_app: Flask) -> Office:
    return open_office()


@pytest.fixture
def task(office: Office) -> UUID:
    return open_tasks(begin(office, version(office, steps("a", "b"))))["a"]


def row(task_id: UUID) -> UserTask:
    db.session.rollback()
    return db.session.get_one(UserTask, task_id)


def test_a_head_gives_a_task_and_says_why(office: Office, task: UUID) -> None:
    to = office.second_officer.person_id
    with pytest.raises(MotiveMissing):
        assigning.assign(task, to, actor=office.head, motive=" ")
    assigning.assign(task, to, actor=office.head, motive="Dossier qu'il connaît")
    held = row(task)
    assert held.assignee_id == to
    entry = journal.of_case(held.instance_id)[-1]
    assert (entry.action, entry.actor_id) == ("task_assigned", office.head.person_id)
    assert entry.detail["motive"] == "Dossier qu'il connaît"
    assert entry.detail["before"]["assignee"] is None
    assert entry.detail["after"]["assignee"] == str(to)
    assert followers(held.instance_id) == [to]
    assert assigning.assign(task, to, actor=office.head, motive="encore") == 0


def test_who_may_give_what(office: Office, task: UUID) -> None:
    paul, claire = office.second_officer.person_id, office.officer.person_id
    for actor in (office.officer, office.applicant, office.department_officer):
        with pytest.raises(Forbidden):
            assigning.assign(task, paul, actor=actor, motive="x")
    tasks.claim(task, actor=office.officer)
    with pytest.raises(TaskTaken):
        assigning.assign(task, paul, actor=office.second_officer, motive="x")
    for stranger in (office.head, office.applicant, office.department_officer):
        with pytest.raises(CannotHold):
            assigning.assign(task, stranger.person_id, actor=office.officer, motive="x")
    assigning.assign(task, paul, actor=office.officer, motive="Congés")
    with pytest.raises(TaskTaken):
        assigning.assign(task, claire, actor=office.officer, motive="x")


def test_a_role_withdrawn_is_held_no_more(office: Office, task: UUID) -> None:
    paul = office.second_officer.person_id
    holding = db.session.scalars(select(Holding).where(Holding.person_id == paul)).one()
    people.withdraw(holding.id, by=None)
    with pytest.raises(CannotHold):
        assigning.assign(task, paul, actor=office.head, motive="x")


def test_the_loser_of_a_race_is_told_who_has_it(
    office: Office, task: UUID, either_app: Flask
) -> None:
    paul, claire = office.second_officer.person_id, office.officer.person_id

    def give(to: UUID):
        return lambda: assigning.assign(task, to, actor=office.head, motive="x", seen=None)

    told = at_once(either_app, give(paul), give(claire))
    names = {paul: "Paul Roy", claire: "Claire Martin"}
    lost = [one for one in told if isinstance(one, TaskTaken)]
    assert [one.who for one in lost] == [names[row(task).assignee_id]]


def test_a_head_puts_back_what_somebody_holds(office: Office, task: UUID) -> None:
    tasks.claim(task, actor=office.officer)
    with pytest.raises(MotiveMissing):
        tasks.release(task, actor=office.head)
    tasks.release(task, actor=office.head, motive="Arrêt de travail")
    assert row(task).assignee_id is None
    with pytest.raises(NotWaiting):
        tasks.release(task, actor=office.head, motive="x")


def test_a_task_is_put_off_by_who_has_it(office: Office, task: UUID) -> None:
    with pytest.raises(NotWaiting):
        assigning.snooze(task, clock.now() + DAY, actor=office.officer)
    tasks.claim(task, actor=office.officer)
    with pytest.raises(TaskTaken):
        assigning.snooze(task, clock.now() + DAY, actor=office.second_officer)
    for until, event, why in (
        (clock.now() - DAY, "", "past"),
        (clock.now() + DAY, "moon", "event"),
    ):
        with pytest.raises(FollowUpRefused) as refused:
            assigning.snooze(task, until, event, actor=office.officer)
        assert refused.value.why == why
    until = clock.now() + DAY
    assigning.snooze(task, until, "message", actor=office.officer)
    assert (row(task).follow_up_at, row(task).follow_up_event) == (until, "message")
    assigning.resume(task, actor=office.officer)
    assert (row(task).follow_up_at, row(task).follow_up_event) == (None, "")


def test_never_beyond_the_day_it_is_due(office: Office, task: UUID) -> None:
    tasks.claim(task, actor=office.officer)
    held = row(task)
    held.due_at = clock.now() + DAY
    db.session.commit()
    with pytest.raises(FollowUpRefused) as refused:
        assigning.snooze(task, clock.now() + 2 * DAY, actor=office.officer)
    assert refused.value.why == "late"
    assigning.snooze(task, clock.now() + DAY / 2, actor=office.officer)


@pytest.mark.parametrize("event", ["message", "answer", "document"])
def test_what_was_awaited_brings_it_back(office: Office, event: str) -> None:
    case = begin(office, publish("tests.at_once", AT_ONCE, owner=office.region))
    opened = open_tasks(case)
    tasks.claim(opened["a"], actor=office.officer)
    assigning.snooze(opened["a"], clock.now() + DAY, event, actor=office.officer)
    cases.write_message(case, "Nous attendons", actor=office.officer)
    assert row(opened["a"]).follow_up_at is not None, "one's own message is no event"
    if event == "message":
        cases.write_message(case, "Voici", actor=office.applicant)
    else:
        file = {"sha256": "a" * 64} if event == "document" else None
        tasks.complete(opened["b"], {"file": file}, actor=office.applicant)
    assert (row(opened["a"]).follow_up_at, row(opened["a"]).follow_up_event) == (None, "")


def test_another_event_does_not(office: Office) -> None:
    case = begin(office, publish("tests.at_once", AT_ONCE, owner=office.region))
    opened = open_tasks(case)
    tasks.claim(opened["a"], actor=office.officer)
    assigning.snooze(opened["a"], clock.now() + DAY, "document", actor=office.officer)
    cases.write_message(case, "Bonjour", actor=office.applicant)
    tasks.complete(opened["b"], {}, actor=office.applicant)
    assert row(opened["a"]).follow_up_event == "document"


def test_given_to_somebody_it_is_to_do_at_once(office: Office, task: UUID) -> None:
    tasks.claim(task, actor=office.officer)
    assigning.snooze(task, clock.now() + DAY, actor=office.officer)
    to = office.second_officer.person_id
    assigning.assign(task, to, actor=office.officer, motive="Congés")
    assert row(task).follow_up_at is None


def test_one_s_own_act_is_taken_back(office: Office, task: UUID) -> None:
    claire, paul = office.officer, office.second_officer
    was = row(task).assignee_id
    act = tasks.claim(task, actor=claire)
    assigning.take_back(task, act, actor=claire)
    assert row(task).assignee_id == was
    tasks.claim(task, actor=claire)
    until = (clock.now() + DAY).astimezone(clock.PARIS)
    act = assigning.snooze(task, until, "answer", actor=claire)
    assigning.take_back(task, act, actor=claire)
    assert (row(task).follow_up_at, row(task).follow_up_event) == (None, "")
    act = assigning.assign(task, paul.person_id, actor=claire, motive="x")
    assigning.take_back(task, act, actor=claire)
    assert row(task).assignee_id == claire.person_id
    act = tasks.release(task, actor=claire)
    assigning.take_back(task, act, actor=claire)
    assert row(task).assignee_id == claire.person_id
    assert journal.of_case(row(task).instance_id)[-1].action == "task_act_undone"
    assert journal_check.verify() == []


def test_it_is_not_once_somebody_acted(office: Office, task: UUID) -> None:
    claire, paul = office.officer, office.second_officer
    act = tasks.claim(task, actor=claire)
    with pytest.raises(ActedSince):
        assigning.take_back(task, act, actor=paul)
    with pytest.raises(ActedSince):
        assigning.take_back(task, act - 1, actor=claire)
    with pytest.raises(Forbidden):
        assigning.take_back(task, act, actor=office.applicant)
    assigning.assign(task, paul.person_id, actor=office.head, motive="x")
    with pytest.raises(ActedSince) as refused:
        assigning.take_back(task, act, actor=claire)
    assert refused.value.who == "Hélène Petit"
    act = assigning.assign(task, claire.person_id, actor=office.head, motive="x")
    tasks.complete(task, {}, actor=claire)
    with pytest.raises(TaskNotOpen):
        assigning.take_back(task, act, actor=office.head)


def test_nor_a_minute_later(office: Office, task: UUID) -> None:
    act = tasks.claim(task, actor=office.officer)
    clock.advance(timedelta(seconds=61))
    with pytest.raises(ActedSince):
        assigning.take_back(task, act, actor=office.officer)


def test_what_happens_to_the_case_meanwhile_is_no_act_on_the_task(
    office: Office, task: UUID
) -> None:
    act = tasks.claim(task, actor=office.officer)
    case = row(task).instance_id
    cases.write_message(case, "Bonjour", actor=office.applicant)
    operations.perform(case, Operation("suspend"), actor=office.operator, motive="x")
    assigning.take_back(task, act, actor=office.officer)
    assert row(task).assignee_id is None
