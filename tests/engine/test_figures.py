"""The figures of a head of service, against what a few cases really went through."""

from datetime import timedelta

import pytest
from flask import Flask

from engine import clock, figures
from engine.commands import cases, tasks
from engine.criteria import Search
from engine.figures import Load, Standing
from engine.models import ProcessInstance
from tests.office import Office, open_office, open_tasks, publish

BODY = """
<bpmn:process id="tests.figures" name="Essai" isExecutable="true">
  <bpmn:startEvent id="started"/>
  <bpmn:userTask id="review" name="Instruire">
    <bpmn:extensionElements><spiffworkflow:properties>
      <spiffworkflow:property name="ebg:role" value="case_officer"/>
      <spiffworkflow:property name="ebg:due" value="now() + duration(&quot;P10D&quot;)"/>
    </spiffworkflow:properties></bpmn:extensionElements></bpmn:userTask>
  <bpmn:userTask id="opine" name="Donner un avis">
    <bpmn:extensionElements><spiffworkflow:properties>
      <spiffworkflow:property name="ebg:role" value="cofunder"/>
      <spiffworkflow:property name="ebg:organisation" value="&quot;DEP-21&quot;"/>
    </spiffworkflow:properties></bpmn:extensionElements></bpmn:userTask>
  <bpmn:intermediateCatchEvent id="pause" name="Attendre">
    <bpmn:timerEventDefinition id="td"><bpmn:timeDuration
      xsi:type="bpmn:tFormalExpression">P3D</bpmn:timeDuration></bpmn:timerEventDefinition>
  </bpmn:intermediateCatchEvent>
  <bpmn:endEvent id="done"/>
  <bpmn:sequenceFlow id="a" sourceRef="started" targetRef="review"/>
  <bpmn:sequenceFlow id="b" sourceRef="review" targetRef="opine"/>
  <bpmn:sequenceFlow id="c" sourceRef="opine" targetRef="pause"/>
  <bpmn:sequenceFlow id="d" sourceRef="pause" targetRef="done"/>
</bpmn:process>"""

ALL = Search(key="tests.figures")


@pytest.fixture
def office(either_app: Flask) -> Office:
    return open_office()


def five_cases(office: Office) -> list[ProcessInstance]:
    """Five cases filed on one day, reviewed after 1, 2, 3 and 12 days; the last one waits."""
    definition = publish("tests.figures", BODY, owner=office.region)
    filed = [cases.start(definition, {}, actor=office.applicant) for _ in range(5)]
    for case, days in zip(filed, (1, 1, 1, 9), strict=False):
        clock.advance(timedelta(days=days))
        tasks.complete(open_tasks(case.id)["review"], {}, actor=office.officer)
    tasks.claim(open_tasks(filed[4].id)["review"], actor=office.second_officer)
    tasks.complete(open_tasks(filed[0].id)["opine"], {}, actor=office.department_officer)
    return filed


def test_where_running_cases_stand(office: Office) -> None:
    five_cases(office)
    found = {s.element_id: s for s in figures.standing(office.officer, ALL)}
    assert set(found) == {"review", "opine", "pause"}
    assert (found["review"].cases, found["review"].late) == (1, 1)
    assert found["review"].since is not None
    assert clock.now() - found["review"].since > timedelta(days=11)
    assert (found["opine"].cases, found["opine"].late) == (3, 0)
    assert found["pause"] == Standing("pause", 1)


def test_time_spent_is_told_by_nearest_rank(office: Office) -> None:
    five_cases(office)
    today = clock.today()
    found = figures.durations(office.officer, ALL, today - timedelta(days=30), today)
    spent = {d.element_id: d for d in found}
    assert set(spent) == {"review", "opine"}
    assert spent["review"].times == 4
    assert spent["review"].name == "Instruire"
    assert round(spent["review"].median / timedelta(days=1), 1) == 2
    assert round(spent["review"].ninetieth / timedelta(days=1), 1) == 12
    assert round(spent["opine"].median / timedelta(days=1), 1) == 11
    assert [d.element_id for d in found] == ["opine", "review"]
    early = figures.durations(office.officer, ALL, today, today - timedelta(days=1))
    assert early == []
    last_week = figures.durations(office.officer, ALL, today - timedelta(days=5), today)
    assert {d.element_id: d.times for d in last_week} == {"review": 1, "opine": 1}


def test_who_has_what(office: Office) -> None:
    five_cases(office)
    loads = figures.loads(office.officer, ALL, soon=7)
    assert loads == [Load(office.second_officer.person_id, "Paul Roy", 1, 1, 0)]
    bodies = figures.loads_of_bodies(office.officer, ALL, soon=7)
    assert bodies == [
        Load(office.department, "Département 21", 3, 0, 0),
        Load(office.region, "Région", 1, 1, 0),
    ]


def test_nobody_reads_the_figures_of_others(office: Office) -> None:
    five_cases(office)
    for actor in (office.stranger, office.applicant, office.operator):
        assert figures.standing(actor, ALL) == []
        assert figures.procedures(actor) == []
        assert figures.loads_of_bodies(actor, ALL, soon=7) == []
        assert figures.durations(actor, ALL, clock.today(), clock.today()) == []
    assert [d.key for d in figures.procedures(office.officer)] == ["tests.figures"]
    assert figures.procedures(office.department_officer) == []
