"""A message that nobody waits for, and that a procedure begins with, starts a case, once."""

import pytest
from flask import Flask
from sqlalchemy import select

from engine.commands import messages
from engine.models import ProcessInstance, UserTask, db
from engine.sweep import sweep
from tests.engine.test_commands import LANES
from tests.office import Office, open_office, publish

BEGINNING = f"""
<bpmn:message id="M" name="tests.asked"/>
<bpmn:process id="tests.beginning" name="Essai" isExecutable="true">{LANES}
  <bpmn:startEvent id="asked"><bpmn:messageEventDefinition messageRef="M"/></bpmn:startEvent>
  <bpmn:userTask id="review" name="Instruire"/>
  <bpmn:endEvent id="done" name="Terminé"/>
  <bpmn:sequenceFlow id="a" sourceRef="asked" targetRef="review"/>
  <bpmn:sequenceFlow id="b" sourceRef="review" targetRef="done"/>
</bpmn:process>"""


@pytest.fixture
def office(either_app: Flask) -> Office:
    return open_office()


def test_a_message_starts_a_case_once(office: Office) -> None:
    publish("tests.beginning", BEGINNING, owner=office.region)
    for _ in range(2):
        messages.receive("tests.asked", None, {"amount": 5}, external_id="x1")
    messages.receive("tests.unknown", None, {})
    sweep(lambda call: None)
    sweep(lambda call: None)
    (case,) = db.session.scalars(select(ProcessInstance))
    (task,) = db.session.scalars(select(UserTask))
    assert (case.key, task.element_id) == ("tests.beginning", "review")
    assert case.started_by is None
    assert case.organisation_id == office.region
