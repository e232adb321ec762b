"""Commands: what they promise when all goes well, when someone else was faster, when a
partner fails. On the embedded database and on PostgreSQL.
"""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from connectors import (
    Ambiguous,
    Misconfigured,
    NotYet,
    Produced,
    Refused,
    Retryable,
    StoredFile,
)
from engine import clock, documents, journal, journal_check, operations
from engine.access import Forbidden
from engine.commands import calls, cases, incidents, messages, partners, tasks
from engine.errors import NotWaiting, TaskNotOpen, TaskTaken
from engine.exchanges import Exchange, Partner, RemoteCall
from engine.models import History, Incident, Message, ProcessInstance, UserTask, db
from tests.office import Office, deliver_all, open_office, open_tasks, publish, remote

LANES = """
<bpmn:laneSet id="lanes">
  <bpmn:lane id="case_officer" name="Instructeur"><bpmn:flowNodeRef>review</bpmn:flowNodeRef>
  </bpmn:lane></bpmn:laneSet>"""

SIMPLE = f"""
<bpmn:process id="tests.simple" name="Essai" isExecutable="true">{LANES}
  <bpmn:startEvent id="started"/>
  <bpmn:userTask id="review" name="Instruire"/>
  <bpmn:endEvent id="done" name="Terminé"/>
  <bpmn:sequenceFlow id="a" sourceRef="started" targetRef="review"/>
  <bpmn:sequenceFlow id="b" sourceRef="review" targetRef="done"/>
</bpmn:process>"""

CALLING = f"""
<bpmn:process id="tests.calling" name="Essai" isExecutable="true">{LANES}
  <bpmn:startEvent id="started"/>
  <bpmn:serviceTask id="ask" name="Demander">
    <bpmn:extensionElements>
      <spiffworkflow:serviceTaskOperator id="echo.ask" resultVariable="answer">
        <spiffworkflow:parameters>
          <spiffworkflow:parameter id="question" type="any" value="&quot;quoi&quot;"/>
        </spiffworkflow:parameters>
      </spiffworkflow:serviceTaskOperator>
    </bpmn:extensionElements>
  </bpmn:serviceTask>
  <bpmn:userTask id="review" name="Instruire"/>
  <bpmn:endEvent id="done" name="Terminé"/>
  <bpmn:sequenceFlow id="a" sourceRef="started" targetRef="ask"/>
  <bpmn:sequenceFlow id="b" sourceRef="ask" targetRef="review"/>
  <bpmn:sequenceFlow id="c" sourceRef="review" targetRef="done"/>
</bpmn:process>"""

WAITING = """
<bpmn:message id="m" name="tests.news"/>
<bpmn:process id="tests.waiting" name="Essai" isExecutable="true">
  <bpmn:startEvent id="started"/>
  <bpmn:intermediateCatchEvent id="news" name="Attendre des nouvelles">
    <bpmn:messageEventDefinition id="md" messageRef="m"/>
  </bpmn:intermediateCatchEvent>
  <bpmn:intermediateCatchEvent id="pause" name="Attendre dix jours">
    <bpmn:timerEventDefinition id="td"><bpmn:timeDuration
      xsi:type="bpmn:tFormalExpression">P10D</bpmn:timeDuration></bpmn:timerEventDefinition>
  </bpmn:intermediateCatchEvent>
  <bpmn:endEvent id="done"/>
  <bpmn:sequenceFlow id="a" sourceRef="started" targetRef="news"/>
  <bpmn:sequenceFlow id="b" sourceRef="news" targetRef="pause"/>
  <bpmn:sequenceFlow id="c" sourceRef="pause" targetRef="done"/>
</bpmn:process>"""


class Echo:
    """A partner whose behaviour the test says, call after call."""

    mode = "sandbox"

    def __init__(self, *behaviours: object) -> None:
        self.behaviours = list(behaviours)
        self.keys: list[str] = []

    def ask(self, *, question: str, key: str) -> object:
        self.keys.append(key)
        behaviour = self.behaviours.pop(0) if self.behaviours else "quoi ?"
        if isinstance(behaviour, Exception):
            raise behaviour
        return behaviour


@pytest.fixture
def office(either_app: Flask) -> Office:
    return open_office()


def start(office: Office, key: str, body: str) -> ProcessInstance:
    definition = publish(key, body, owner=office.region)
    return cases.start(definition, {}, actor=office.applicant, applicant_id=office.company)


def calling(
    office: Office, app: Flask, *behaviours: object
) -> tuple[ProcessInstance, Echo]:
    echo = Echo(*behaviours)
    app.extensions["partners"] = {"echo": echo}
    remote(echo__ask={"question": True})
    return start(office, "tests.calling", CALLING), echo


def test_a_task_is_claimed_completed_and_told(office: Office) -> None:
    case = start(office, "tests.simple", SIMPLE)
    task = open_tasks(case.id)["review"]
    tasks.claim(task, actor=office.officer)
    tasks.claim(task, actor=office.officer)  # claiming what one has changes nothing
    with pytest.raises(TaskTaken) as taken:
        tasks.claim(task, actor=office.second_officer)
    assert taken.value.who == "Claire Martin"
    with pytest.raises(Forbidden):
        tasks.complete(task, {}, actor=office.applicant)
    tasks.complete(task, {"verdict": "oui"}, actor=office.officer)
    case = db.session.get_one(ProcessInstance, case.id)
    assert (case.status, case.outcome) == ("completed", "done")
    with pytest.raises(TaskNotOpen) as closed:
        tasks.complete(task, {}, actor=office.second_officer)
    assert closed.value.who == "Claire Martin"
    done = db.session.scalars(
        select(History).where(
            History.instance_id == case.id, History.element_id == "review"
        )
    ).one()
    assert done.updates["verdict"] == "oui"
    assert done.by == office.officer.person_id
    actions = [e.action for e in journal.of_case(case.id)]
    assert actions == ["case_started", "task_claimed", "task_completed"]
    assert journal_check.verify() == []


def test_a_released_task_can_be_taken_by_another(office: Office) -> None:
    case = start(office, "tests.simple", SIMPLE)
    task = open_tasks(case.id)["review"]
    tasks.claim(task, actor=office.officer)
    with pytest.raises(TaskTaken):
        tasks.release(task, actor=office.second_officer)
    tasks.release(task, actor=office.officer)
    with pytest.raises(NotWaiting):  # a second click
        tasks.release(task, actor=office.officer)
    tasks.claim(task, actor=office.second_officer)
    assert db.session.get_one(UserTask, task).assignee_id == office.second_officer.person_id


def test_a_strangers_hands_are_empty(office: Office) -> None:
    case = start(office, "tests.simple", SIMPLE)
    task = open_tasks(case.id)["review"]
    for actor in (office.stranger, office.department_officer, office.operator, office.head):
        with pytest.raises(Forbidden):
            tasks.claim(task, actor=actor)
        with pytest.raises(Forbidden):
            tasks.complete(task, {}, actor=actor)


def test_a_call_is_made_after_the_commit_and_answered_once(
    office: Office, either_app: Flask
) -> None:
    case, echo = calling(office, either_app, "réponse")
    assert echo.keys == []
    deliver_all(either_app)
    call = db.session.scalars(select(RemoteCall)).one()
    assert (call.status, echo.keys) == ("done", [str(call.id)])
    calls.answer(call.id, "une autre")
    assert list(open_tasks(case.id)) == ["review"]
    answered = db.session.scalars(select(History).where(History.element_id == "ask")).one()
    assert answered.updates["answer"] == "réponse"


def test_an_unreachable_partner_is_tried_again_with_the_same_key(
    office: Office, either_app: Flask
) -> None:
    case, echo = calling(
        office, either_app, Retryable("coupé"), Ambiguous("perdu"), "enfin"
    )
    for _ in range(3):
        deliver_all(either_app)
        clock.advance(timedelta(minutes=1))
    assert len(set(echo.keys)) == 1
    assert len(echo.keys) == 3
    outcomes = db.session.scalars(select(Exchange.outcome).order_by(Exchange.attempt)).all()
    assert outcomes == ["retryable", "ambiguous", "answered"]
    assert list(open_tasks(case.id)) == ["review"]


def test_a_partner_without_an_answer_yet_is_no_failure(
    office: Office, either_app: Flask
) -> None:
    _, echo = calling(office, either_app, *[NotYet(after=timedelta(hours=1))] * 30, "enfin")
    for _ in range(31):
        deliver_all(either_app)
        clock.advance(timedelta(hours=1, seconds=1))
    call = db.session.scalars(select(RemoteCall)).one()
    assert (call.status, call.failures, len(echo.keys)) == ("done", 0, 31)


@pytest.mark.parametrize("behaviour", [Refused(["non"]), RuntimeError("cassé")])
def test_what_nobody_expects_is_an_incident_that_can_be_retried(
    office: Office, either_app: Flask, behaviour: Exception
) -> None:
    case, _ = calling(office, either_app, behaviour, "enfin")
    deliver_all(either_app)
    incident = db.session.scalars(select(Incident)).one()
    assert str(behaviour) in incident.message
    with pytest.raises(Forbidden):
        incidents.retry(incident.id, actor=office.officer)
    incidents.retry(incident.id, actor=office.operator)
    deliver_all(either_app)
    assert list(open_tasks(case.id)) == ["review"]
    with pytest.raises(NotWaiting):
        incidents.retry(incident.id, actor=office.operator)


def test_an_operator_can_answer_in_a_partners_place(
    office: Office, either_app: Flask
) -> None:
    case, _ = calling(office, either_app, RuntimeError("cassé"))
    deliver_all(either_app)
    incident = db.session.scalars(select(Incident)).one()
    incidents.answer(incident.id, {"par": "téléphone"}, actor=office.operator)
    assert list(open_tasks(case.id)) == ["review"]
    assert db.session.get_one(Incident, incident.id).resolution == "answered"


def test_wrong_settings_stop_the_partner_not_a_thousand_cases(
    office: Office, either_app: Flask
) -> None:
    _, echo = calling(office, either_app, Misconfigured("mot de passe"), "enfin")
    deliver_all(either_app)
    clock.advance(timedelta(hours=2))
    deliver_all(either_app)
    assert len(echo.keys) == 1
    assert db.session.get_one(Partner, "echo").reason == "mot de passe"
    partners.resume("echo", actor=office.operator)
    deliver_all(either_app)
    assert db.session.scalars(select(RemoteCall.status)).one() == "done"


def test_what_a_partner_produces_joins_the_case(office: Office, either_app: Flask) -> None:
    file = StoredFile("0" * 64, "avis.pdf", "application/pdf", 12)
    case, _ = calling(office, either_app, Produced("vu", [("opinion", "Avis", file)]))
    deliver_all(either_app)
    assert [d.title for d in documents.of_case(case.id)] == ["Avis"]


def test_a_message_waits_for_whoever_will_wait_for_it(office: Office) -> None:
    definition = publish("tests.waiting", WAITING, owner=office.region)
    case = cases.start(definition, {}, actor=office.applicant, applicant_id=office.company)
    assert messages.receive("tests.news", "another case", {"x": 1})
    assert messages.receive("tests.news", case.number, {"x": 2}, external_id="1")
    assert not messages.receive("tests.news", case.number, {"x": 3}, external_id="1")
    kept = db.session.scalar(
        select(func.count(Message.id)).where(Message.delivered_at.is_(None))
    )
    assert kept == 1


def test_a_timer_fires_when_its_time_has_come(office: Office, either_app: Flask) -> None:
    case = start(office, "tests.waiting", WAITING)
    messages.receive("tests.news", case.number, {})
    clock.advance(timedelta(days=9, hours=23))
    deliver_all(either_app)
    assert db.session.get_one(ProcessInstance, case.id).status == "active"
    clock.advance(timedelta(hours=2))
    deliver_all(either_app)
    assert db.session.get_one(ProcessInstance, case.id).status == "completed"


def test_a_failing_step_leaves_no_trace(office: Office) -> None:
    case = start(office, "tests.simple", SIMPLE)
    task = open_tasks(case.id)["review"]
    with pytest.raises(Exception, match="256"):
        tasks.complete(task, {"trop": "x" * 300_000}, actor=office.officer)
    assert db.session.get_one(UserTask, task).status == "open"
    assert [e.action for e in journal.of_case(case.id)] == ["case_started"]
    assert journal_check.verify() == []


def test_the_journal_tells_what_was_altered_or_removed(office: Office) -> None:
    case = start(office, "tests.simple", SIMPLE)
    tasks.complete(open_tasks(case.id)["review"], {}, actor=office.officer)
    entries = journal.of_case(case.id)
    db.session.delete(entries[-1])
    db.session.commit()
    assert any("removed" in fault for fault in journal_check.verify())
    journal.of_case(case.id)[0].action = "autre_chose"
    db.session.commit()
    assert any("altered" in fault for fault in journal_check.verify())


def test_the_names_a_diagram_uses_are_known_or_said(office: Office) -> None:
    with pytest.raises(operations.UnknownOperation):
        operations.call("nobody.knows", {})
