"""Who is told what, in whose transaction, and what rights of now leave of it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from engine import clock, notices
from engine import told as writing
from engine.access import Actor, actor_for, allowed
from engine.commands import absences, cases, people, tasks
from engine.commands import notices as commands
from engine.directory import Holding
from engine.models import ProcessInstance, db
from engine.notices import Notice
from engine.transaction import transaction
from engine.visible import handled, seen
from tests.office import Office, open_office, open_tasks, publish
from tests.web.two_offices import open_two_offices

KEY = "tests.told"
BODY = """
<bpmn:process id="tests.told" name="Essai" isExecutable="true">
  <bpmn:laneSet id="lanes">
    <bpmn:lane id="applicant" name="Demandeur"><bpmn:flowNodeRef>started</bpmn:flowNodeRef>
      <bpmn:flowNodeRef>supply</bpmn:flowNodeRef></bpmn:lane>
    <bpmn:lane id="case_officer" name="Instructeur"><bpmn:flowNodeRef>review</bpmn:flowNodeRef>
      <bpmn:flowNodeRef>decide</bpmn:flowNodeRef></bpmn:lane>
    <bpmn:lane id="cofunder" name="Département"><bpmn:flowNodeRef>advise</bpmn:flowNodeRef></bpmn:lane>
  </bpmn:laneSet>
  <bpmn:startEvent id="started"/>
  <bpmn:userTask id="review" name="Instruire"/>
  <bpmn:userTask id="supply" name="Fournir le RIB"/>
  <bpmn:userTask id="advise" name="Rendre un avis"><bpmn:extensionElements>
    <spiffworkflow:properties>
      <spiffworkflow:property name="ebg:organisation" value='="DEP-21"'/>
    </spiffworkflow:properties></bpmn:extensionElements></bpmn:userTask>
  <bpmn:userTask id="decide" name="Décider"><bpmn:extensionElements>
    <spiffworkflow:properties>
      <spiffworkflow:property name="ebg:assignee" value='="paul@region.test"'/>
    </spiffworkflow:properties></bpmn:extensionElements></bpmn:userTask>
  <bpmn:endEvent id="done"/>
  <bpmn:sequenceFlow id="a" sourceRef="started" targetRef="review"/>
  <bpmn:sequenceFlow id="b" sourceRef="review" targetRef="supply"/>
  <bpmn:sequenceFlow id="c" sourceRef="supply" targetRef="advise"/>
  <bpmn:sequenceFlow id="d" sourceRef="advise" targetRef="decide"/>
  <bpmn:sequenceFlow id="e" sourceRef="decide" targetRef="done"/>
</bpmn:process>"""


@pytest.fixture
def office(either_app: Flask) -> Office:
    return open_office()


@pytest.fixture
def case(office: Office) -> UUID:
    definition = publish(KEY, BODY, owner=office.region)
    case = cases.start(definition, {}, actor=office.applicant, applicant_id=office.company)
    return case.id


def do(case: UUID, element: str, actor: Actor, values: Any = None) -> None:
    tasks.complete(open_tasks(case)[element], values or {}, actor=actor)


def told(actor: Actor) -> list[str]:
    """The kinds of what somebody may read, the oldest first."""
    db.session.rollback()
    ids = db.session.scalars(notices.of(actor)).all()
    rows = db.session.scalars(
        select(Notice)
        .where(Notice.id.in_(ids), Notice.person_id == actor.person_id)
        .order_by(Notice.at)
    )
    return [one.kind for one in rows]


def test_a_case_tells_each_what_concerns_them(office: Office, case: UUID) -> None:
    do(case, "review", office.officer)
    assert told(office.applicant) == ["awaited"]
    do(case, "supply", office.applicant)
    assert told(office.officer) == ["answer"]
    do(case, "advise", office.department_officer)
    assert told(office.officer) == ["answer", "opinion"]
    assert told(office.second_officer) == ["assigned"], "named by the diagram"
    do(case, "decide", office.second_officer)
    assert told(office.officer) == ["answer", "opinion", "closed"]
    assert told(office.applicant) == ["awaited", "closed"]
    assert told(office.second_officer) == ["assigned"], "nobody is told what they did"
    assert told(office.department_officer) == ["closed"], "who followed it as another body"
    assert told(office.head) == told(office.stranger) == told(office.operator) == []


def test_a_first_message_reaches_the_present_step_then_whoever_follows(
    office: Office, case: UUID
) -> None:
    cases.write_message(case, "Bonjour", actor=office.applicant)
    assert told(office.officer) == told(office.second_officer) == ["message"]
    tasks.claim(open_tasks(case)["review"], actor=office.officer)
    cases.write_message(case, "Alors ?", actor=office.applicant)
    assert told(office.officer) == ["message", "message"]
    assert told(office.second_officer) == ["message"]
    cases.write_message(case, "Oui.", actor=office.officer)
    assert told(office.applicant) == ["reply"]
    assert told(office.officer) == ["message", "message"]


def test_colleagues_of_a_company_are_told_but_of_no_more_than_fifty(
    office: Office, case: UUID
) -> None:
    for number in range(60):
        person = people.add_person(f"p{number}@morvan.test", f"Personne {number}")
        people.grant(person, office.company, "applicant")
    cases.write_message(case, "Bonjour", actor=office.officer)
    rows = db.session.scalars(select(Notice).where(Notice.kind == "reply")).all()
    assert len(rows) == notices.MOST_AT_ONCE


def test_whoever_stands_in_for_a_follower_is_told_meanwhile(
    office: Office, case: UUID
) -> None:
    now, second = clock.now(), _id(office.second_officer)
    absences.declare(
        _id(office.officer), second, office.region, starts_at=now + timedelta(minutes=1),
        ends_at=now + timedelta(days=1), actor=office.officer,
    )  # fmt: skip
    tasks.claim(open_tasks(case)["review"], actor=office.officer)
    for minutes, expected in ((0, 0), (2, 1), (1440, 1)):
        clock.advance(timedelta(minutes=minutes))
        cases.write_message(case, f"À {minutes}", actor=office.applicant)
        told_to_second = select(func.count()).where(
            Notice.person_id == second, Notice.kind == notices.MESSAGE
        )
        assert db.session.scalar(told_to_second) == expected, minutes


def test_nothing_is_told_of_what_was_not_done(office: Office, case: UUID) -> None:
    with pytest.raises(ZeroDivisionError), transaction():
        writing.tell(notices.CLOSED, writing.person(_id(office.head)), by=None)
        1 / 0  # noqa: B018
    assert told(office.head) == []


def test_who_loses_their_role_reads_nothing_more(office: Office, case: UUID) -> None:
    tasks.claim(open_tasks(case)["review"], actor=office.officer)
    cases.write_message(case, "Bonjour", actor=office.applicant)
    person = _id(office.officer)
    assert told(office.officer) == ["message"]
    held = select(Holding.id).where(Holding.person_id == person)
    people.withdraw(db.session.scalars(held).one(), by=None)
    assert told(actor_for(person)) == []


def test_another_body_follows_without_reading_the_conversation(
    office: Office, case: UUID
) -> None:
    do(case, "review", office.officer)
    do(case, "supply", office.applicant)
    tasks.claim(open_tasks(case)["advise"], actor=office.department_officer)
    cases.write_message(case, "Entre nous", actor=office.applicant)
    assert "message" in told(office.officer)
    assert told(office.department_officer) == []


def test_a_choice_of_nothing_leaves_no_row_and_one_of_now_owes_a_letter(
    office: Office, case: UUID
) -> None:
    tasks.claim(open_tasks(case)["review"], actor=office.officer)
    for channel, rows, owed in (("nothing", 0, 0), ("site", 1, 0), ("now", 2, 1)):
        commands.choose({"message": channel}, [], "fr_FR", actor=office.officer)
        cases.write_message(case, "Bonjour", actor=office.applicant)
        found = db.session.scalars(select(Notice).where(Notice.kind == "message")).all()
        assert len(found) == rows, channel
        assert sum(one.mail_after is not None for one in found) == owed
        db.session.rollback()


def test_what_is_opened_is_read_and_can_be_kept_as_unread(
    office: Office, case: UUID
) -> None:
    do(case, "review", office.officer)
    cases.write_message(case, "Bonjour", actor=office.officer)
    me = office.applicant
    assert notices.unread_cases(me.person_id, [case]) == {case}
    commands.read_task(case, open_tasks(case)["supply"], actor=me)
    assert notices.unread_cases(me.person_id, [case]) == {case}, "the message is left"
    commands.read_case(case, actor=me)
    assert notices.unread_cases(me.person_id, [case]) == set()
    assert commands.keep_case_unread(case, actor=me)
    assert notices.unread_cases(me.person_id, [case]) == {case}
    assert not commands.keep_case_unread(case, actor=office.stranger)
    commands.read_all(actor=me)
    assert notices.unread_cases(me.person_id, [case]) == set()


def test_what_is_done_is_no_longer_to_be_read_as_to_do(office: Office, case: UUID) -> None:
    colleague = people.add_person("lea@morvan.test", "Léa Morvan")
    people.grant(colleague, office.company, "applicant")
    do(case, "review", office.officer)
    assert notices.unread_cases(colleague, [case]) == {case}
    do(case, "supply", office.applicant)
    assert notices.unread_cases(colleague, [case]) == set()


def test_nobody_marks_the_notice_of_another(office: Office, case: UUID) -> None:
    cases.write_message(case, "Bonjour", actor=office.officer)
    one = db.session.scalars(select(Notice)).one()
    assert not commands.mark(one.id, read=True, actor=office.stranger)
    assert commands.mark(one.id, read=True, actor=office.applicant)


def test_the_condition_says_the_same_as_the_rule(app: Flask) -> None:
    """Every person of two offices, every case: `seen` and `see`, `handled` and `handle`."""
    office = open_two_offices(app)
    everything = db.session.scalars(select(ProcessInstance)).all()
    assert len(everything) > 4
    for actor in office.cast.values():
        for condition, act in ((seen, "see"), (handled, "handle")):
            asked = select(ProcessInstance.id).where(condition(actor))
            found = set(db.session.scalars(asked))
            assert found == {c.id for c in everything if allowed(actor, act, c)}, act


def _id(actor: Actor) -> UUID:
    assert actor.person_id is not None
    return actor.person_id
