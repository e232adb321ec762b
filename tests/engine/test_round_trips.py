"""What an act sends to the database, and how often it waits for it: paid by everybody, all
day long.

Statements are seen where the driver gets them; round trips on the wire, where BEGIN, COMMIT
and the reading of who is acting count like everything else.
"""

import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import delete, update

from engine import rows
from engine.access import actor_for
from engine.commands import live, tasks
from engine.models import ProcessInstance, Timer, UserTask, db
from engine.transaction import TRUSTED, transaction
from tests.bench import wire
from tests.bench.recording import recorded, verbs
from tests.conftest import build, close, environment
from tests.engine.test_commands import SIMPLE
from tests.engine.test_races import at_once, new_case
from tests.office import Office, open_office, open_tasks, publish

MOST = 8
"""Round trips of a plain completion, with its journal, check of access and who is acting."""
MOST_TO_START = 13
"""Statements: the case, its first task, history, journal, title to search by, who it is for,
the addresses that are told."""

TWO_STEPS = """
<bpmn:process id="tests.two_steps" name="Essai" isExecutable="true">
  <bpmn:laneSet id="lanes"><bpmn:lane id="case_officer" name="Instructeur">
    <bpmn:flowNodeRef>review</bpmn:flowNodeRef><bpmn:flowNodeRef>check</bpmn:flowNodeRef>
  </bpmn:lane></bpmn:laneSet>
  <bpmn:startEvent id="started"/>
  <bpmn:userTask id="review" name="Instruire"/>
  <bpmn:userTask id="check" name="Vérifier"/>
  <bpmn:endEvent id="done"/>
  <bpmn:sequenceFlow id="a" sourceRef="started" targetRef="review"/>
  <bpmn:sequenceFlow id="b" sourceRef="review" targetRef="check"/>
  <bpmn:sequenceFlow id="c" sourceRef="check" targetRef="done"/>
{more}</bpmn:process>"""

PLAIN = TWO_STEPS.format(more="")

WATCHED = TWO_STEPS.format(
    more="""
  <bpmn:boundaryEvent id="late" attachedToRef="review">
    <bpmn:timerEventDefinition id="td"><bpmn:timeDuration
      xsi:type="bpmn:tFormalExpression">P10D</bpmn:timeDuration></bpmn:timerEventDefinition>
  </bpmn:boundaryEvent>
  <bpmn:endEvent id="given_up"/>
  <bpmn:sequenceFlow id="d" sourceRef="late" targetRef="given_up"/>
"""
)


@pytest.fixture
def office(either_app: Flask) -> Office:
    return open_office()


def sent_by(act: Callable[[], object]) -> list[str]:
    db.session.rollback()
    with recorded() as sent:
        act()
    return verbs(sent)


def _start(office: Office, body: str, key: str) -> UUID:
    return new_case(publish(key, body, owner=office.region), office).id


def test_a_plain_completion(office: Office) -> None:
    case = _start(office, PLAIN, "tests.two_steps")
    task = open_tasks(case)["review"]
    live.clear()
    sent = sent_by(lambda: tasks.complete(task, {"verdict": "oui"}, actor=office.officer))
    assert sorted(sent) == [
        "INSERT case_follower",
        "INSERT history",
        "INSERT journal_entry",
        "INSERT user_task",
        "INSERT webhook_delivery",  # done, for the addresses that are told of it
        "INSERT webhook_delivery",  # and the next one opened
        "SELECT draft",
        "SELECT process_instance",  # the state, which is not in memory
        "SELECT user_task",  # the case with it, both locked
        "UPDATE notice",  # that it was to do
        "UPDATE process_instance",
        "UPDATE user_task",
    ]


def test_a_completion_after_another_one_reads_no_state(office: Office) -> None:
    case = _start(office, PLAIN, "tests.two_steps")
    tasks.complete(open_tasks(case)["review"], {}, actor=office.officer)
    task = open_tasks(case)["check"]
    sent = sent_by(lambda: tasks.complete(task, {}, actor=office.officer))
    assert "SELECT process_instance" not in sent
    assert "SELECT user_task" in sent


@pytest.mark.servers
@pytest.mark.parametrize("remembered", [True, False])
def test_how_often_a_completion_waits_for_postgresql(
    tmp_path: Path, postgresql: str, remembered: bool
) -> None:
    """Even when the connection has rested, and is first asked whether it is alive."""
    with wire.tapped(postgresql) as tap:
        app = build(environment(tmp_path, DATABASE_URL=tap.url))
        with app.app_context():
            office = open_office()
            person = office.officer.person_id
            assert person is not None
            case = _start(office, PLAIN, "tests.two_steps")
            tasks.complete(open_tasks(case)["review"], {}, actor=actor_for(person))
            task = open_tasks(case)["check"]
            db.session.rollback()
            if not remembered:
                live.clear()
            time.sleep(TRUSTED + 0.1)
            before = tap.round_trips
            tasks.complete(task, {}, actor=actor_for(person))
            assert 0 < tap.round_trips - before <= MOST
        close(app)


def test_claiming(office: Office) -> None:
    case = _start(office, SIMPLE, "tests.simple")
    task = open_tasks(case)["review"]
    assert sorted(sent_by(lambda: tasks.claim(task, actor=office.officer))) == [
        "INSERT case_follower",
        "INSERT journal_entry",
        "SELECT user_task",
        "UPDATE process_instance",
        "UPDATE user_task",
    ]


def test_starting(office: Office) -> None:
    definition = publish("tests.simple", SIMPLE, owner=office.region)
    new_case(definition, office)
    sent = sent_by(lambda: new_case(definition, office))
    assert len(sent) <= MOST_TO_START, sent


@pytest.mark.servers
def test_two_cases_of_one_procedure_do_not_wait_for_each_other(
    tmp_path: Path, postgresql: str
) -> None:
    """A lock takes the case's row, never the row of its procedure."""
    app = build(environment(tmp_path, DATABASE_URL=postgresql))
    with app.app_context():
        office = open_office()
        definition = publish("tests.simple", SIMPLE, owner=office.region)
        first, second = (open_tasks(new_case(definition, office).id) for _ in range(2))
        with transaction():
            rows.ask((tasks.LOCKED, {"task_id": first["review"]}))
            told = at_once(app, lambda: tasks.claim(second["review"], actor=office.officer))
    close(app)
    assert told == [None]


def test_what_an_operator_changed_by_hand_does_not_break_the_next_step(
    office: Office,
) -> None:
    case = _start(office, WATCHED, "tests.two_steps")
    task = open_tasks(case)["review"]
    db.session.execute(delete(Timer).where(Timer.instance_id == case))
    db.session.execute(update(ProcessInstance).values(title="Corrigé"))
    db.session.commit()
    tasks.complete(task, {}, actor=office.officer)
    check = open_tasks(case)["check"]
    db.session.execute(update(UserTask).values(name="Autrement dit"))
    db.session.execute(delete(UserTask).where(UserTask.id == task))
    db.session.commit()
    tasks.complete(check, {}, actor=office.officer)
    done = db.session.get_one(ProcessInstance, case)
    assert (done.status, done.title) == ("completed", "Corrigé")
    assert db.session.get_one(UserTask, check).name == "Autrement dit"
