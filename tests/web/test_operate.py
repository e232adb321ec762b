"""The operator's page: an incident is seen, tried again, corrected or answered by hand."""

import html
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from connectors import sandboxes
from engine import journal, operations
from engine.commands import cases
from engine.exchanges import Partner, RemoteCall
from engine.models import Incident, ProcessInstance, db
from engine.operations import operation
from tests.engine.test_commands import CALLING, Echo
from tests.office import Office, deliver_all, open_office, open_tasks, publish, remote
from tests.web.browser import Browser

FAILING = """
<bpmn:process id="tests.failing" name="Essai" isExecutable="true">
  <bpmn:laneSet id="lanes"><bpmn:lane id="case_officer" name="Instructeur">
    <bpmn:flowNodeRef>review</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>
  <bpmn:startEvent id="started"/>
  <bpmn:serviceTask id="divide" name="Diviser">
    <bpmn:extensionElements>
      <spiffworkflow:serviceTaskOperator id="operate_tests.divide" resultVariable="share">
        <spiffworkflow:parameters>
          <spiffworkflow:parameter id="by" type="any" value="by"/>
        </spiffworkflow:parameters>
      </spiffworkflow:serviceTaskOperator>
    </bpmn:extensionElements>
  </bpmn:serviceTask>
  <bpmn:userTask id="review" name="Instruire"/>
  <bpmn:endEvent id="done"/>
  <bpmn:sequenceFlow id="a" sourceRef="started" targetRef="divide"/>
  <bpmn:sequenceFlow id="b" sourceRef="divide" targetRef="review"/>
  <bpmn:sequenceFlow id="c" sourceRef="review" targetRef="done"/>
</bpmn:process>"""


MOTIVE = {"motive": "Le partenaire l'a demandé", "_confirm": "1"}


def divide(*, by: int) -> float:
    """An operation that fails when the data are wrong."""
    return 100 / by


divide.__module__ = "workflows.operate_tests.operations"


@pytest.fixture
def office(app: Flask) -> Office:
    return open_office()


@pytest.fixture
def olga(app: Flask, office: Office) -> Browser:
    return Browser(app, office.operator)


@pytest.fixture
def stuck(app: Flask, office: Office) -> ProcessInstance:
    """A case stopped at a call that a partner answered with nonsense."""
    remote(echo__ask={"question": True})
    app.extensions["partners"]["echo"] = Echo(ValueError("<b>réponse</b> illisible"))
    definition = publish("tests.calling", CALLING, owner=office.region)
    case = cases.start(definition, {}, actor=office.applicant, applicant_id=office.company)
    deliver_all(app)
    return case


@pytest.fixture
def failing(office: Office) -> ProcessInstance:
    """A case stopped at a step of ours, because of its data."""
    if "operate_tests.divide" not in operations.catalogue():
        operation(divide)
    definition = publish("tests.failing", FAILING, owner=office.region)
    return cases.start(
        definition, {"by": 0}, actor=office.applicant, applicant_id=office.company
    )


def incident(case: ProcessInstance) -> Incident:
    db.session.rollback()
    return db.session.scalars(
        select(Incident)
        .where(Incident.instance_id == case.id)
        .order_by(Incident.raised_at.desc())
    ).first()


def said(answer: Any) -> str:
    return html.unescape(answer.text)


def address(case: ProcessInstance) -> str:
    return f"/exploitation/incidents/{incident(case).id}"


def test_an_incident_is_shown_with_its_context(
    olga: Browser, stuck: ProcessInstance
) -> None:
    assert "Demander" in said(olga.get("/exploitation/"))
    listed = olga.get("/exploitation/incidents")
    assert address(stuck) in listed.text
    page = olga.get(address(stuck))
    assert stuck.number in said(page)
    assert "<b>réponse</b> illisible" in said(page)
    assert "<b>réponse" not in page.text, "what a partner says is text"
    assert olga.get("/exploitation/incidents?cause=unexpected").text.count(address(stuck))
    assert address(stuck) not in olga.get("/exploitation/incidents?cause=refused").text


def test_an_incident_is_tried_again_once(
    app: Flask, olga: Browser, stuck: ProcessInstance
) -> None:
    first = address(stuck)
    assert "le dossier repart" in said(olga.post(f"{first}/retry", MOTIVE))
    again = said(olga.post(f"{first}/retry", MOTIVE))
    assert "Cet incident est déjà réglé." in again
    deliver_all(app)
    assert set(open_tasks(stuck.id)) == {"review"}
    assert incident(stuck).resolution == "retried"
    page = said(olga.get(first))
    assert "Réessayer avec" not in page, "nothing is left to settle"


def test_a_partner_s_answer_is_given_by_hand(
    app: Flask, office: Office, olga: Browser, stuck: ProcessInstance
) -> None:
    where = address(stuck)
    answer = olga.send(f"{where}/answer", {"data": '{"label": "d\'accord"}', **MOTIVE})
    assert answer.status_code == 302
    assert incident(stuck).resolved_by == office.operator.person_id
    assert set(open_tasks(stuck.id)) == {"review"}
    call = db.session.scalars(select(RemoteCall)).one()
    assert call.status == "done"
    late = said(olga.post(f"{where}/answer", {"data": "{}", **MOTIVE}))
    assert "déjà réglé" in late


@pytest.mark.parametrize("motive", ["", "  \n", "\x00", "x" * 2001])
@pytest.mark.parametrize("act", ["retry", "correct", "answer"])
def test_nothing_is_done_without_a_motive_and_nothing_typed_is_lost(
    olga: Browser, failing: ProcessInstance, act: str, motive: str
) -> None:
    typed = {"motive": motive, "data": '{"by": 4, "note": "<é>"}'}
    answer = olga.send(f"{address(failing)}/{act}", typed)
    assert answer.status_code == 422
    reason = "2000 caractères au plus" if motive.startswith("x") else "Dites pourquoi"
    assert reason in said(answer)
    assert typed["data"] in said(answer)
    assert motive.strip("\x00 \n") in said(answer)
    assert incident(failing).resolved_at is None
    assert not open_tasks(failing.id)


def test_a_motive_and_data_both_wrong_are_both_told(
    olga: Browser, failing: ProcessInstance
) -> None:
    page = said(olga.send(f"{address(failing)}/correct", {"data": "{'by': 4}"}))
    assert "Dites pourquoi" in page
    assert "ligne 1, caractère 2" in page


@pytest.mark.parametrize("act", ["retry", "correct", "answer"])
def test_the_motive_is_kept_at_the_journal_of_the_case(
    olga: Browser, failing: ProcessInstance, stuck: ProcessInstance, act: str
) -> None:
    for case in (failing, stuck):
        where = address(case)
        typed = {"data": '{"by": 4}', **MOTIVE}
        assert olga.send(f"{where}/{act}", typed).status_code == 302
        assert [
            entry
            for entry in journal.of_case(case.id)
            if entry.detail.get("motive") == MOTIVE["motive"]
        ]
        assert MOTIVE["motive"] in said(olga.get(where))


WRONG = {
    "nothing": "",
    "not JSON": "{'by': 4}",
    "a list": "[1]",
    "a number": "4",
    "null": "null",
    "cut": '{"by": ',
    "too long": '{"by": "' + "x" * 100_001 + '"}',
    "endless lists": '{"by": ' + "[" * 40_000,
    "no number": '{"by": NaN}',
    "half a character": '{"by": "\\ud800"}',
    "a number without end": '{"by": ' + "9" * 400 + "}",
    "an endless number": '{"by": ' + "9" * 5000 + "}",
}


@pytest.mark.parametrize("name", WRONG)
def test_data_that_cannot_be_used_are_given_back(
    olga: Browser, failing: ProcessInstance, stuck: ProcessInstance, name: str
) -> None:
    typed = WRONG[name]
    for case, acts in ((failing, ("correct", "answer")), (stuck, ("answer",))):
        for act in acts:
            answer = olga.send(f"{address(case)}/{act}", {"data": typed, **MOTIVE})
            assert answer.status_code == 422, (case.title, act)
            assert "Données : " in said(answer)
            assert typed.strip() in said(answer)
            assert incident(case).resolved_at is None
            assert not open_tasks(case.id)


def test_corrected_data_let_the_step_go_on(olga: Browser, failing: ProcessInstance) -> None:
    answer = olga.send(f"{address(failing)}/correct", {"data": '{"by": 4}', **MOTIVE})
    assert answer.status_code == 302
    assert incident(failing).resolution == "corrected"
    assert set(open_tasks(failing.id)) == {"review"}


def test_data_still_wrong_raise_another_incident(
    olga: Browser, failing: ProcessInstance
) -> None:
    first = incident(failing).id
    olga.send(f"{address(failing)}/correct", {"data": '{"by": "zéro"}', **MOTIVE})
    second = incident(failing)
    assert second.id != first
    assert second.resolved_at is None
    assert db.session.get_one(Incident, first).resolved_at is not None
    assert not open_tasks(failing.id)


def test_a_step_is_given_its_result_by_hand(
    olga: Browser, failing: ProcessInstance
) -> None:
    olga.send(f"{address(failing)}/answer", {"data": '{"share": 25}', **MOTIVE})
    assert set(open_tasks(failing.id)) == {"review"}
    assert incident(failing).resolution == "answered"


def test_a_partner_is_paused_and_resumed(app: Flask, olga: Browser, office: Office) -> None:
    assert "suspendus" in said(olga.post("/exploitation/partenaires/oseo/pause", MOTIVE))
    assert "appels suspendus" in said(olga.get("/exploitation/"))
    assert db.session.get_one(Partner, "oseo").paused_at is not None
    # While it is paused, calls wait.
    remote(echo__ask={"question": True})
    echo = app.extensions["partners"]["echo"] = Echo()
    olga.post("/exploitation/partenaires/echo/pause", MOTIVE)
    definition = publish("tests.calling", CALLING, owner=office.region)
    case = cases.start(definition, {}, actor=office.applicant, applicant_id=office.company)
    deliver_all(app)
    assert echo.keys == []
    assert "reprennent" in said(olga.post("/exploitation/partenaires/echo/resume", MOTIVE))
    deliver_all(app)
    assert set(open_tasks(case.id)) == {"review"}


def test_a_partner_is_tried(app: Flask, olga: Browser) -> None:
    address = "/exploitation/partenaires/oseo/essai"
    assert "alert-success" in olga.post(address).text
    faults = sandboxes.faults(app.extensions["settings"].data, "oseo")
    faults.set(down=True)
    answer = olga.post(address).text
    assert "alert-danger" in answer
    assert "alert-success" not in answer
    assert db.session.scalars(select(Partner)).all() == [], "trying alters nothing"


@pytest.mark.parametrize("name", ["nawak", "%00", "__class__", "..", "é"])
def test_an_unknown_partner_is_not_found(olga: Browser, name: str) -> None:
    for act in ("pause", "resume", "essai"):
        answer = olga.client.post(f"/exploitation/partenaires/{name}/{act}")
        assert answer.status_code in {400, 404}
    assert db.session.scalars(select(Partner)).all() == []


def test_an_unknown_act_or_incident_is_not_found(
    olga: Browser, stuck: ProcessInstance
) -> None:
    assert olga.send(f"{address(stuck)}/delete").status_code == 404
    unknown = f"/exploitation/incidents/{UUID(int=0)}"
    assert olga.get(unknown).status_code == 404
    assert olga.send(f"{unknown}/retry").status_code == 404


def test_mails_kept_by_the_sandbox_are_text(app: Flask, olga: Browser) -> None:
    app.extensions["partners"]["mail"].send(
        to=["a@essai.test"], subject="<script>x</script>", text="<b>gras</b>", key="k"
    )
    page = olga.get("/exploitation/courrier")
    assert "<b>gras</b>" in said(page)
    assert "<b>gras" not in page.text
