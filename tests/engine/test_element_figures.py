"""The figures of a diagram's elements, against plain SQL written by hand, on both databases."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, text

from engine import clock, element_figures
from engine.access import allowed
from engine.actors import Actor, Role
from engine.commands import cases, tasks
from engine.directory import LEGAL_OFFICER, PROCESS_DESIGNER
from engine.element_figures import ElementFigures
from engine.models import Incident, ProcessDefinition, ProcessInstance, UserTask, db
from tests.engine.test_figures import BODY
from tests.engine.test_worklist import LARGE
from tests.office import Office, open_office, open_tasks, publish
from tests.plans import plan_of, sent, whole
from tests.prove import crowd

READ = (*LARGE, "history")


@pytest.fixture
def office(either_app: Flask) -> Office:
    return open_office()


def lived(office: Office) -> list[UUID]:
    """Two versions, cases of both at every element, one incident raised and one resolved."""
    versions = [publish("tests.figures", BODY, owner=office.region)]
    other = BODY.replace('name="Instruire"', 'name="Instruire le dossier"')
    versions.append(publish("tests.figures", other, owner=office.region))
    for number in range(14):
        clock.advance(timedelta(hours=7, seconds=number))
        case = cases.start(versions[number % 2], {}, actor=office.applicant)
        for days, element, actor in (
            (number % 5, "review", office.officer),
            (1, "opine", office.department_officer),
        ):
            if number % 4 == 3 - (element == "opine"):
                break
            clock.advance(timedelta(days=days, seconds=17 * number))
            tasks.complete(open_tasks(case.id)[element], {}, actor=actor)
    clock.advance(timedelta(days=20))
    some = db.session.scalars(
        select(ProcessInstance).order_by(ProcessInstance.number).limit(3)
    ).all()
    for number, found in enumerate(some):
        db.session.add(
            Incident(
                instance_id=found.id, task_id=found.id, element_id="opine",
                element_name="Donner un avis", cause="unexpected", message="…",
                raised_at=clock.now() - timedelta(days=40 * (number == 2)),
                resolved_at=clock.now() if number == 1 else None,
            )
        )  # fmt: skip
    db.session.commit()
    return versions


def by_hand(versions: list[UUID], first: date, last: date) -> dict[str, ElementFigures]:
    """The same, one element at a time, with other words and the arithmetic of Python."""
    sqlite = db.engine.dialect.name == "sqlite"
    ids = ", ".join(f"'{v.hex if sqlite else v}'" for v in versions)
    zone = clock.PARIS
    began = datetime.combine(first, datetime.min.time(), zone)
    ended = datetime.combine(last + timedelta(days=1), datetime.min.time(), zone)
    mine = (
        f"instance_id IN (SELECT id FROM process_instance WHERE definition_id IN ({ids}))"
    )

    def rows(sql: str) -> list[Any]:
        return list(db.session.execute(text(sql)))

    def moment(value: Any) -> datetime:
        found = datetime.fromisoformat(value) if isinstance(value, str) else value
        return found if found.tzinfo else found.replace(tzinfo=clock.UTC)

    found: dict[str, ElementFigures] = {}
    tables = ("history", "user_task", "timer", "incident")
    elements = {e for t in tables for (e,) in rows(f"SELECT DISTINCT element_id FROM {t}")}
    for element in elements:
        here = f"{mine} AND element_id = '{element}'"
        length = (
            "(julianday(ended_at) - julianday(entered_at)) * 86400.0" if sqlite
            else "CAST(EXTRACT(EPOCH FROM (ended_at - entered_at)) AS FLOAT)"
        )  # fmt: skip
        past = [
            row
            for row in rows(
                f"SELECT instance_id, ended_at, {length}, kind, name, state FROM history WHERE {here}"
            )
            if began <= moment(row[1]) < ended and row[5] == "completed"
        ]
        spent = sorted(row[2] for row in past if row[3] in element_figures.TIMED)
        ranks = {p: spent[-(-len(spent) * p // 100) - 1] for p in (50, 90) if spent}
        tasks_here = rows(
            f"SELECT instance_id, due_at FROM user_task WHERE {here} AND status = 'open'"
        )
        timers = rows(f"SELECT instance_id FROM timer WHERE {here}")
        incidents = rows(f"SELECT raised_at, resolved_at FROM incident WHERE {here}")
        names = [row[4] for row in past]
        one = ElementFigures(
            element,
            max(names) if names else ("Donner un avis" if incidents else ""),
            past[0][3] if past else "",
            len({row[0] for row in past}),
            len(past),
            timedelta(seconds=ranks[50]) if spent else None,
            timedelta(seconds=ranks[90]) if spent else None,
            max(len({r[0] for r in tasks_here}), len({r[0] for r in timers})),
            len({r[0] for r in tasks_here if r[1] and moment(r[1]) < clock.now()}),
            len([r for r in incidents if began <= moment(r[0]) < ended]),
            len([r for r in incidents if r[1] is None]),
        )
        if one != ElementFigures(element):
            found[element] = one
    return found


def test_figures_are_those_that_plain_sql_gives(office: Office) -> None:
    versions = lived(office)
    today = clock.today()
    told = 0
    for asked in (versions, versions[:1], versions[1:]):
        for first, last in (
            (today - timedelta(days=365), today),
            (today - timedelta(days=30), today - timedelta(days=21)),
            (today, today),
        ):
            found = element_figures.of_elements(asked, first, last)
            assert found == by_hand(asked, first, last), (asked, first, last)
            told += sum(one.times for one in found.values())
    assert told > 40
    every = element_figures.of_elements(versions, today - timedelta(days=365), today)
    assert every["review"].name == "Instruire le dossier"
    assert every["review"].late
    assert every["pause"].waiting
    assert (every["opine"].incidents, every["opine"].stopped) == (3, 2)
    assert element_figures.of_elements([], today, today) == {}


def plans(act: Any) -> Iterator[tuple[str, str]]:
    for statement, values in sent(act):
        yield statement, plan_of(statement, values)


def test_every_figure_is_read_on_an_index(either_app: Flask) -> None:
    made = crowd.open_crowd()
    crowd.multiply(made, 300)
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SET enable_seqscan = off"))
    case = db.session.get_one(ProcessInstance, made.case_id)
    versions, today = [case.definition_id], clock.today()

    def read() -> None:
        assert element_figures.of_elements(versions, today - timedelta(days=30), today)

    read_plans = list(plans(read))
    assert len(read_plans) >= 6
    for statement, plan in read_plans:
        assert not whole(plan, READ), (statement, plan)


def test_who_may_read_them(office: Office) -> None:
    definition = db.session.get_one(
        ProcessDefinition, publish("tests.figures", BODY, owner=office.region)
    )
    region, other = office.region, office.department

    def holding(body: UUID, *roles: str) -> Actor:
        held = frozenset(Role(body, "member", role) for role in roles)
        return Actor(office.officer.person_id, "x", held)

    for actor, may in (
        (office.operator, True),
        (holding(region, PROCESS_DESIGNER), True),
        (holding(region, "head_of_service", "case_officer"), True),
        (holding(region, "head_of_service"), False),
        (holding(region, LEGAL_OFFICER), False),
        (holding(other, PROCESS_DESIGNER), False),
        (holding(other, "head_of_service", "case_officer"), False),
        (office.officer, False),
        (office.applicant, False),
    ):
        assert allowed(actor, "measure", definition) is may, actor
    assert db.session.scalar(select(UserTask.id).limit(1)) is None
