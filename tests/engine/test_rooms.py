"""Tasks whose role is worked out, that have a subject and a room of their own."""

from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from engine import access, clock, rooms
from engine.absences import DELEGATION, away
from engine.access import Forbidden, actor_for, allowed
from engine.commands import absences, tasks
from engine.definitions import own_roles
from engine.directory import Organisation
from engine.errors import AbsenceRefused, DoneElsewhere
from engine.models import DefinitionRole, Incident, ProcessInstance, UserTask, db
from engine.spiff.model import lint
from engine.spiff.records import OpenTask
from engine.visible import consulted, handled_cases
from tests.engine.drawn_cases import begin
from tests.engine.spiff.drawing import chain, end, process, script, start, user
from tests.office import BPMN, Office, open_office, open_tasks, publish

KEY = "tests.rooms"


@pytest.fixture
def office(app: Flask) -> Office:
    return open_office()


def drawn(facts: str, **ebg: str) -> str:
    """One step, after the data that it reads."""
    return process(
        start(), script("known", facts), user("decide", **ebg), end(),
        chain("started", "known", "decide", "ended"), key=KEY,
    )  # fmt: skip


def opened(office: Office, facts: str, **ebg: str) -> tuple[UUID, UserTask]:
    case = begin(office, publish(KEY, drawn(facts, **ebg), owner=office.region))
    return case, db.session.get_one(UserTask, open_tasks(case)["decide"])


def problems(**ebg: str) -> list[str]:
    files = {"process.bpmn": BPMN.format(body=drawn("{a: 1}", **ebg)).encode()}
    found = lint(files, operations={}, remote_calls={}, forms=[], roles=["case_officer"])
    return [p.message for p in found if p.element_id == "decide"]


def test_a_role_is_worked_out_once_as_the_task_opens(office: Office) -> None:
    case, task = opened(
        office, '{who: "case_officer", what: "tests.theme"}', role="=who",
        subject="what", page="book",
    )  # fmt: skip
    assert (task.role, task.key, task.page) == ("case_officer", "tests.theme", "book")
    assert allowed(office.officer, "complete", task)
    definition = db.session.get_one(ProcessInstance, case).definition_id
    named = select(DefinitionRole.role).where(DefinitionRole.definition_id == definition)
    assert "=who" not in set(db.session.scalars(named))
    assert own_roles(definition) == set()
    assert db.session.scalars(handled_cases(office.officer)).all() == []


def test_a_role_that_is_nothing_is_an_incident(office: Office) -> None:
    case = begin(office, publish(KEY, drawn("{a: 1}", role="=nobody"), owner=office.region))
    incident = db.session.scalars(
        select(Incident).where(Incident.instance_id == case)
    ).one()
    assert "« decide »" in incident.message
    assert "personne ne pourrait faire cette tâche" in incident.message
    assert open_tasks(case) == {}


def test_the_check_says_who_could_do_a_task() -> None:
    assert problems(role="=who", page="book") == []
    assert any("couloir" in one and "ebg:role" in one for one in problems(page="book"))
    assert any("le rôle" in one for one in problems(role="=who +", page="book"))
    assert any("n'existe pas" in one for one in problems(role="who", page="book"))
    assert any("ebg:subject" in one for one in problems(role="=a", subject="a +", page="b"))
    assert any("ebg:page" in one for one in problems(role="=a", page="../a"))
    assert problems(role="=a", page="book", to_approve="cote, prix", to_refuse="x") == []
    assert any(
        "leurs clés" in one for one in problems(role="=a", page="b", to_approve="a;")
    )
    assert any("une salle" in one for one in problems(role="=a", to_refuse="cote"))


def test_a_task_with_a_room_is_done_and_directed_there_alone(office: Office) -> None:
    case, task = opened(office, "{a: 1}", role="case_officer", page="book")
    with pytest.raises(DoneElsewhere):
        tasks.complete(task.id, {}, actor=office.officer)
    assert not allowed(office.head, "see", task)
    assert not allowed(office.head, "assign", task)
    mine = select(ProcessInstance.id).where(consulted(office.head))
    assert case not in db.session.scalars(mine).all()
    with pytest.raises(Forbidden):
        tasks.release(task.id, actor=office.head, motive="x")


def test_a_room_is_told_what_is_open(office: Office) -> None:
    told: list[list[str]] = []

    def follow(_case: ProcessInstance, found: list[OpenTask]) -> None:
        told.append([task.element_id for task in found])

    rooms.open_room("tests", follow)  # type: ignore[arg-type]
    try:
        _, task = opened(office, "{a: 1}", role="case_officer")
        tasks.complete(task.id, {}, actor=office.officer)
    finally:
        rooms.close_room("tests")
    assert told == [["decide"], []]


def test_who_delegates_is_there(office: Office) -> None:
    lent = {"starts_at": clock.now(), "ends_at": clock.now() + timedelta(days=1)}
    people = (office.head.person_id, office.officer.person_id, office.region)
    with pytest.raises(AbsenceRefused):
        absences.declare(*people, actor=office.head, kind="holidays", **lent)
    absences.declare(
        *people, actor=office.head, kind=DELEGATION, signs=True, delegation="n° 1", **lent
    )
    assert away([office.head.person_id]) == {}
    (role,) = actor_for(office.officer.person_id).lent
    assert (role.lent_by, role.delegation) == (DELEGATION, "n° 1")
    second = (office.head.person_id, office.second_officer.person_id, office.region)
    with pytest.raises(AbsenceRefused):
        absences.declare(*second, actor=office.head, kind=DELEGATION, **lent)
    absences.declare(*second, actor=office.head, **lent)
    assert away([office.head.person_id]).keys() == {office.head.person_id}


def test_a_domain_says_who_may_do_what_once() -> None:
    rules = {(Organisation, "sing"): lambda actor, _: actor.person_id is not None}
    access.add_rules(rules)
    access.add_rules(rules)
    with pytest.raises(ValueError, match="sing"):
        access.add_rules({(Organisation, "sing"): lambda _a, _o: True})
