"""A call activity whose process is another procedure: a case of its own, started once,
answered once, stopped with its caller, on both databases.
"""

import threading
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import event, select

from engine import definitions, journal, journal_check
from engine.commands import calls, cases, children, incidents, messages, tasks
from engine.commands.operations import Operation, perform
from engine.exchanges import RemoteCall
from engine.models import Incident, ProcessInstance, db
from engine.sweep import sweep
from tests.office import Office, deliver_all, open_office, open_tasks, publish

CALLER = """
<bpmn:error id="E" name="Refusé" errorCode="refused"/>
<bpmn:message id="W" name="tests.withdrawal"/>
<bpmn:process id="tests.caller" name="Appelant" isExecutable="true">
  <bpmn:laneSet id="lanes"><bpmn:lane id="case_officer" name="Instructeur">
    <bpmn:flowNodeRef>after</bpmn:flowNodeRef><bpmn:flowNodeRef>amend</bpmn:flowNodeRef>
  </bpmn:lane></bpmn:laneSet>
  <bpmn:startEvent id="started"/>
  <bpmn:callActivity id="circuit" name="Faire signer" calledElement="{target}">
    <bpmn:extensionElements><spiffworkflow:properties>{mapping}
    </spiffworkflow:properties></bpmn:extensionElements>
  </bpmn:callActivity>
  <bpmn:boundaryEvent id="refused" attachedToRef="circuit">
    <bpmn:errorEventDefinition id="ed" errorRef="E"/></bpmn:boundaryEvent>
  <bpmn:userTask id="after" name="Notifier"/>
  <bpmn:userTask id="amend" name="Corriger"/>
  <bpmn:endEvent id="done"/><bpmn:endEvent id="amended"/><bpmn:endEvent id="gone"/>
  <bpmn:sequenceFlow id="a" sourceRef="started" targetRef="circuit"/>
  <bpmn:sequenceFlow id="b" sourceRef="circuit" targetRef="after"/>
  <bpmn:sequenceFlow id="c" sourceRef="after" targetRef="done"/>
  <bpmn:sequenceFlow id="d" sourceRef="refused" targetRef="amend"/>
  <bpmn:sequenceFlow id="e" sourceRef="amend" targetRef="amended"/>
  <bpmn:boundaryEvent id="withdrawn" attachedToRef="circuit">
    <bpmn:messageEventDefinition id="wd" messageRef="W"/></bpmn:boundaryEvent>
  <bpmn:sequenceFlow id="f" sourceRef="withdrawn" targetRef="gone"/>
</bpmn:process>"""

CALLED = """
<bpmn:error id="E" name="Refusé" errorCode="{code}"/>
<bpmn:process id="tests.called" name="Circuit" isExecutable="true">
  <bpmn:laneSet id="lanes"><bpmn:lane id="head_of_service" name="Chef">
    <bpmn:flowNodeRef>sign</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>
  <bpmn:startEvent id="started"/>
  <bpmn:userTask id="sign" name="{step}"/>
  <bpmn:exclusiveGateway id="which" default="yes"/>
  <bpmn:endEvent id="signed"/>
  <bpmn:endEvent id="refusal"><bpmn:errorEventDefinition id="d" errorRef="E"/></bpmn:endEvent>
  <bpmn:sequenceFlow id="a" sourceRef="started" targetRef="sign"/>
  <bpmn:sequenceFlow id="b" sourceRef="sign" targetRef="which"/>
  <bpmn:sequenceFlow id="yes" sourceRef="which" targetRef="signed"/>
  <bpmn:sequenceFlow id="no" sourceRef="which" targetRef="refusal">
    <bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">verdict = "non"
    </bpmn:conditionExpression></bpmn:sequenceFlow>
</bpmn:process>"""


def called(step: str = "Signer", code: str = "refused") -> str:
    return CALLED.format(step=step, code=code)


def caller(target: str = "tests.called", **mapping: str) -> str:
    keys = (
        f'<spiffworkflow:property name="ebg:{name}" value="{value}"/>'
        for name, value in mapping.items()
    )
    return CALLER.format(target=target, mapping="".join(keys))


@pytest.fixture
def app(either_app: Flask) -> Flask:
    return either_app


@pytest.fixture
def office(app: Flask) -> Office:
    return open_office()


def start(
    office: Office, body: str, values: dict[str, Any] | None = None, by: Any = None
) -> ProcessInstance:
    definition = publish("tests.caller", body, owner=office.region)
    return cases.start(
        definition, values or {}, actor=by or office.applicant, applicant_id=office.company
    )


def child_of(case: ProcessInstance) -> ProcessInstance:
    return db.session.scalars(
        select(ProcessInstance)
        .where(ProcessInstance.parent_id == case.id)
        .order_by(ProcessInstance.started_at.desc())
    ).first()  # type: ignore[return-value]


def status(case_id: UUID) -> tuple[str, str | None]:
    db.session.rollback()
    case = db.session.get_one(ProcessInstance, case_id, populate_existing=True)
    return case.status, case.outcome


def call_of(case: ProcessInstance) -> RemoteCall:
    db.session.rollback()
    return db.session.scalars(
        select(RemoteCall).where(RemoteCall.instance_id == case.id)
    ).one()


def data(case: ProcessInstance, element: str) -> dict[str, Any]:
    from engine.commands.step import restore

    process = restore(db.session.get_one(ProcessInstance, case.id))
    task = next(t for t in process.user_tasks() if t.element_id == element)
    return process.task_data(task.task_id)


def test_another_procedure_runs_as_a_case_of_its_own_and_answers(
    app: Flask, office: Office
) -> None:
    publish("tests.called", called(), owner=office.region)
    case = start(office, caller(), {"amount": 5})
    deliver_all(app)
    child = child_of(case)
    assert child.number != case.number
    assert (child.organisation_id, child.applicant_id) == (office.region, office.company)
    assert data(child, "sign")["amount"] == 5
    assert data(child, "sign")["case"]["parent"]["number"] == case.number
    assert not open_tasks(case.id)
    tasks.complete(open_tasks(child.id)["sign"], {"verdict": "oui"}, actor=office.head)
    assert status(child.id) == ("completed", "signed")
    deliver_all(app)
    known = data(case, "after")
    assert (known["verdict"], known["case"]["number"]) == ("oui", case.number)
    tasks.complete(open_tasks(case.id)["after"], {}, actor=office.officer)
    assert status(case.id) == ("completed", "done")
    assert journal_check.verify() == []
    assert [e.action for e in journal.of_case(case.id)] == [
        "case_started", "case_called", "call_answered", "task_completed",
    ]  # fmt: skip


def test_the_call_says_what_goes_in_and_what_comes_back(app: Flask, office: Office) -> None:
    publish("tests.called", called(), owner=office.region)
    mapped = caller(**{"in": "{total: amount * 2}", "out": "{said: verdict}"})
    case = start(office, mapped, {"amount": 5})
    deliver_all(app)
    child = child_of(case)
    seen = data(child, "sign")
    assert seen["total"] == 10
    assert "amount" not in seen
    tasks.complete(open_tasks(child.id)["sign"], {"verdict": "oui"}, actor=office.head)
    deliver_all(app)
    known = data(case, "after")
    assert (known["said"], known["amount"]) == ("oui", 5)
    assert not {"verdict", "total"} & known.keys()


def test_a_call_may_begin_at_an_element_of_what_it_calls(
    app: Flask, office: Office
) -> None:
    publish("tests.called", called(), owner=office.region)
    mapped = caller(**{"in": "{verdict: said}", "at": "place"})
    definition = publish("tests.caller", mapped, owner=office.region)
    past, plain, nowhere = (
        cases.start(
            definition, {"said": "non", **more},
            actor=office.applicant, applicant_id=office.company,
        )
        for more in ({"place": "which"}, {}, {"place": "signe"})
    )  # fmt: skip
    deliver_all(app)
    assert set(open_tasks(past.id)) == {"amend"}  # straight to the refusal
    assert set(open_tasks(child_of(plain).id)) == {"sign"}
    assert child_of(nowhere) is None
    (incident,) = db.session.scalars(select(Incident))
    assert "« signe » n'est pas une étape" in incident.message
    assert incident.instance_id == nowhere.id


def test_an_error_on_which_the_called_case_ends_is_caught_by_its_caller(
    app: Flask, office: Office
) -> None:
    publish("tests.called", called(), owner=office.region)
    case = start(office, caller())
    deliver_all(app)
    child = child_of(case)
    tasks.complete(open_tasks(child.id)["sign"], {"verdict": "non"}, actor=office.head)
    assert status(child.id) == ("completed", "refusal")
    deliver_all(app)
    assert list(open_tasks(case.id)) == ["amend"]
    assert data(case, "amend")["error"]["code"] == "refused"


def test_an_error_that_the_caller_does_not_catch_is_an_incident_there(
    app: Flask, office: Office
) -> None:
    publish("tests.called", called(code="other"), owner=office.region)
    case = start(office, caller())
    deliver_all(app)
    first = child_of(case)
    tasks.complete(open_tasks(first.id)["sign"], {"verdict": "non"}, actor=office.head)
    deliver_all(app)
    incident = db.session.scalars(select(Incident)).one()
    assert (incident.instance_id, incident.cause) == (case.id, "refused")
    assert "other" in incident.message
    incidents.retry(incident.id, actor=office.operator)
    deliver_all(app)
    again = child_of(case)
    assert again.id != first.id
    tasks.complete(open_tasks(again.id)["sign"], {"verdict": "oui"}, actor=office.head)
    deliver_all(app)
    assert list(open_tasks(case.id)) == ["after"]


def test_a_boundary_event_stops_the_called_case(app: Flask, office: Office) -> None:
    publish("tests.called", called(), owner=office.region)
    case = start(office, caller())
    deliver_all(app)
    child = child_of(case)
    messages.receive("tests.withdrawal", case.number, {})
    deliver_all(app)
    assert status(case.id) == ("completed", "gone")
    assert status(child.id)[0] == "cancelled"
    assert not open_tasks(child.id)
    assert call_of(case).status == "cancelled"
    assert journal_check.verify() == []


def test_a_call_withdrawn_before_its_case_began_starts_none(
    app: Flask, office: Office
) -> None:
    publish("tests.called", called(), owner=office.region)
    case = start(office, caller())
    messages.receive("tests.withdrawal", case.number, {})
    deliver_all(app)
    assert child_of(case) is None
    assert children.begin(call_of(case).id) is None


def test_a_called_case_that_an_operator_cancels_is_an_incident_of_its_caller(
    app: Flask, office: Office
) -> None:
    publish("tests.called", called(), owner=office.region)
    case = start(office, caller())
    deliver_all(app)
    child = child_of(case)
    perform(child.id, Operation("cancel"), actor=office.operator, motive="erreur")
    deliver_all(app)
    incident = db.session.scalars(select(Incident)).one()
    assert incident.cause == "called_case_cancelled"
    assert child.number in incident.message
    incidents.answer(incident.id, {"verdict": "à la main"}, actor=office.operator)
    assert data(case, "after")["verdict"] == "à la main"


@pytest.mark.parametrize("act", ["skip", "answer", "drop", "move", "cancel"])
def test_what_an_operator_does_to_the_caller_stops_the_called_case(
    app: Flask, office: Office, act: str
) -> None:
    publish("tests.called", called(), owner=office.region)
    case = start(office, caller())
    deliver_all(app)
    child = child_of(case)
    operation = Operation(act, target="" if act == "cancel" else "circuit", to="after")
    if act == "drop":
        operation = Operation("move", target="circuit", to="amend")
    perform(case.id, operation, actor=office.operator, motive="essai")
    deliver_all(app)
    assert status(child.id)[0] == "cancelled"
    assert call_of(case).status == "cancelled"
    assert not db.session.scalars(select(Incident)).all()


def test_the_version_is_that_of_the_day_the_case_started(
    app: Flask, office: Office
) -> None:
    publish("tests.called", called("Première"), owner=office.region)
    case = start(office, caller())
    publish("tests.called", called("Seconde"), owner=office.region)
    deliver_all(app)
    assert (
        definitions.model(child_of(case).definition_id).elements["sign"].name == "Première"
    )


def test_a_computed_target_is_that_of_the_day_the_step_opens(
    app: Flask, office: Office
) -> None:
    publish("tests.called", called("Première"), owner=office.region)
    case = start(office, caller("=which"), {"which": "tests.called"})
    deliver_all(app)
    assert child_of(case).key == "tests.called"


def test_a_procedure_that_does_not_exist_is_an_incident_that_can_be_corrected(
    app: Flask, office: Office
) -> None:
    publish("tests.called", called(), owner=office.region)
    case = start(office, caller("=which"), {"which": "tests.nothing"})
    incident = db.session.scalars(select(Incident)).one()
    assert "tests.nothing" in incident.message
    incidents.retry(incident.id, actor=office.operator, data={"which": "tests.called"})
    deliver_all(app)
    assert child_of(case).key == "tests.called"


def test_another_body_s_procedure_cannot_be_called(app: Flask, office: Office) -> None:
    publish("tests.called", called(), owner=office.department)
    case = start(office, caller())
    deliver_all(app)
    assert child_of(case) is None
    assert db.session.scalars(select(Incident)).one().cause == "unknown_process"


def test_a_procedure_that_calls_itself_stops_at_ten(app: Flask, office: Office) -> None:
    """One calls another, which calls the first."""
    other = caller("tests.caller").replace('id="tests.caller"', 'id="tests.other"')
    publish("tests.other", other, owner=office.region)
    case = start(office, caller("=which"), {"which": "tests.other"})
    deliver_all(app)
    incident = db.session.scalars(select(Incident)).one()
    assert incident.cause == "called_case"
    deepest = db.session.get_one(ProcessInstance, incident.instance_id)
    above = children.ancestors(deepest)
    assert len(above) == children.DEEPEST
    assert above[-1].id == case.id


def test_a_suspended_caller_hears_the_answer_when_it_is_resumed(
    app: Flask, office: Office
) -> None:
    publish("tests.called", called(), owner=office.region)
    case = start(office, caller())
    deliver_all(app)
    child = child_of(case)
    perform(case.id, Operation("suspend"), actor=office.operator, motive="pause")
    tasks.complete(open_tasks(child.id)["sign"], {"verdict": "oui"}, actor=office.head)
    sweep(lambda _: None)
    assert not open_tasks(case.id)
    perform(case.id, Operation("resume"), actor=office.operator, motive="reprise")
    deliver_all(app)
    assert list(open_tasks(case.id)) == ["after"]


@pytest.mark.parametrize("act", ["begin", "stop"])
def test_workers_at_once_start_and_stop_one_case(
    app: Flask, office: Office, act: str
) -> None:
    publish("tests.called", called(), owner=office.region)
    case = start(office, caller())
    call = call_of(case).id
    do = children.begin
    if act == "stop":
        children.begin(call)
        perform(case.id, Operation("cancel"), actor=office.operator, motive="essai")
        do = children.stop  # type: ignore[assignment]
    db.session.rollback()

    def work() -> None:
        with app.app_context():
            do(call)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = db.session.scalars(
        select(ProcessInstance).where(ProcessInstance.parent_id == case.id)
    ).all()
    assert len(found) == 1
    assert journal_check.verify() == []
    cancelled = [e for e in journal.of_case(found[0].id) if e.action == "case_cancelled"]
    assert len(cancelled) == (act == "stop")


def test_a_second_answer_is_ignored(app: Flask, office: Office) -> None:
    publish("tests.called", called(), owner=office.region)
    case = start(office, caller())
    deliver_all(app)
    child = child_of(case)
    tasks.complete(open_tasks(child.id)["sign"], {"verdict": "oui"}, actor=office.head)
    deliver_all(app)
    children.settle(call_of(case).id, {"data": {"verdict": "non"}})
    calls.fail(call_of(case).id, "trop tard")
    assert data(case, "after")["verdict"] == "oui"


def test_a_called_case_that_somebody_holds_is_stopped_at_the_next_sweep(
    app: Flask, office: Office
) -> None:
    if db.engine.dialect.name == "sqlite":
        pytest.skip("one writer at a time")
    publish("tests.called", called(), owner=office.region)
    case = start(office, caller())
    deliver_all(app)
    child, call = child_of(case).id, call_of(case).id
    perform(case.id, Operation("cancel"), actor=office.operator, motive="essai")
    with db.engine.begin() as somebody:
        somebody.execute(
            select(ProcessInstance.id).where(ProcessInstance.id == child).with_for_update()
        )
        db.session.rollback()

        @event.listens_for(db.engine, "begin")
        def impatient(connection: Any) -> None:
            connection.exec_driver_sql("SET LOCAL lock_timeout = 50")

        try:
            sweep(lambda _: None)
        finally:
            event.remove(db.engine, "begin", impatient)
    assert status(child)[0] == "active"
    children.stop(call)
    assert status(child)[0] == "cancelled"
