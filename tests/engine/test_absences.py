"""A deputy acts in the place of who is away: within what was lent, and not a minute beyond."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import booleans, integers, lists, sampled_from
from sqlalchemy import delete, select, update

from engine import asks as asks_of
from engine import clock, digests, journal, journal_check
from engine.absences import Absence
from engine.access import Actor, Forbidden, actor_for, allowed
from engine.asks import CaseRequest
from engine.commands import absences, asks, people, tasks
from engine.directory import Holding
from engine.errors import AbsenceRefused, TaskTaken
from engine.models import History, ProcessInstance, UserTask, db
from engine.visible import handled_cases, seen, visible_tasks
from tests.engine.drawn_cases import begin, steps, version
from tests.engine.spiff.drawing import chain, element, end, start, user
from tests.office import Office, _actor, open_office, open_tasks, publish

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def office(either_app: Flask) -> Office:
    return open_office()


def away(
    office: Office, who: Actor, deputy: Actor, *, by: Actor | None = None, **more
) -> UUID:
    """From in an hour, for a day."""
    starts_at = more.pop("starts_at", clock.now() + HOUR)
    return absences.declare(
        who.person_id,
        deputy.person_id,
        more.pop("body", office.region),
        starts_at=starts_at,
        ends_at=more.pop("ends_at", starts_at + timedelta(days=1)),
        actor=by or who,
        **more,
    )


def again(actor: Actor) -> Actor:
    """The same person, as they stand now."""
    db.session.rollback()
    return actor_for(actor.person_id)


def until(moment: datetime) -> None:
    """Move the clock to a moment, the present second being past already."""
    clock.advance(moment - clock.now())


def signed(key: str = "tests.signed") -> str:
    """A step of the head of service, who signs."""
    lane = (
        '<bpmn:laneSet id="lanes"><bpmn:lane id="head_of_service" name="Chef de service">'
        "<bpmn:flowNodeRef>decide</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>"
    )
    decide = user("decide", signature="true", into="decision")
    return element(
        "process", key, lane, start(), decide, end(),
        chain("started", "decide", "ended"), isExecutable="true", name="Essai",
    )  # fmt: skip


def decision(office: Office, key: str = "tests.signed") -> UserTask:
    case = begin(office, publish(key, signed(key), owner=office.region))
    return db.session.get_one(UserTask, open_tasks(case)["decide"])


def test_from_the_first_minute_to_the_last(office: Office) -> None:
    task = decision(office)
    starts_at = clock.now() + HOUR
    away(
        office,
        office.head,
        office.officer,
        starts_at=starts_at,
        delegation="A-1",
        signs=True,
    )
    ends_at = starts_at + timedelta(days=1)
    for moment, acts in (
        (starts_at - MINUTE, False),
        (starts_at, True),
        (ends_at - MINUTE, True),
        (ends_at, False),
    ):
        until(moment)
        deputy = again(office.officer)
        task = db.session.get_one(UserTask, task.id)
        assert allowed(deputy, "complete", task) is acts, moment
        assert allowed(deputy, "see", task) is acts
        assert bool(db.session.scalars(visible_tasks(deputy)).all()) is acts
        assert bool(db.session.scalars(handled_cases(deputy)).all()) is acts


def test_a_page_opened_before_the_end_does_nothing_after_it(office: Office) -> None:
    task = decision(office)
    away(
        office,
        office.head,
        office.officer,
        starts_at=clock.now(),
        delegation="A",
        signs=True,
    )
    deputy = again(office.officer)
    clock.advance(timedelta(days=1))
    with pytest.raises(Forbidden):
        tasks.complete(task.id, {}, actor=deputy)


def test_what_is_done_says_in_whose_place(office: Office) -> None:
    task = decision(office)
    tasks.claim(task.id, actor=office.head)
    away(
        office, office.head, office.officer,
        starts_at=clock.now(), delegation="Arrêté 12", signs=True,
    )  # fmt: skip
    deputy = again(office.officer)
    tasks.complete(task.id, {"granted": True}, actor=deputy)
    db.session.rollback()
    last = journal.of_case(task.instance_id)[-1]
    head = office.head.person_id
    assert (last.actor_id, last.on_behalf_of) == (deputy.person_id, head)
    done = db.session.scalars(select(History).where(History.element_id == "decide")).one()
    assert (done.by, done.on_behalf_of) == (deputy.person_id, head)
    assert done.updates["decision"]["completed_by"] == {
        "id": str(deputy.person_id),
        "name": "Claire Martin",
        "on_behalf_of": {
            "id": str(head), "name": "Hélène Petit", "delegation": "Arrêté 12",
        },
    }  # fmt: skip
    assert journal_check.verify() == []


def test_a_deputy_without_delegation_signs_nothing(office: Office) -> None:
    task = decision(office)
    away(office, office.head, office.officer, starts_at=clock.now())
    deputy = again(office.officer)
    assert allowed(deputy, "see", task)
    tasks.claim(task.id, actor=deputy)
    db.session.rollback()
    assert db.session.get_one(UserTask, task.id).assignee_id == office.head.person_id, (
        "taken for the absent person, who finds it again"
    )
    with pytest.raises(Forbidden):
        tasks.complete(task.id, {}, actor=deputy)
    tasks.complete(task.id, {}, actor=again(office.head))


def test_only_the_roles_and_procedures_lent(office: Office) -> None:
    first, second = decision(office), decision(office, "tests.other")
    people.grant(office.head.person_id, office.region, "buyer")
    away(
        office, office.head, office.officer, starts_at=clock.now(), keys=["tests.other"],
        roles=["head_of_service"], delegation="A", signs=True,
    )  # fmt: skip
    deputy = again(office.officer)
    assert not allowed(deputy, "complete", first)
    assert allowed(deputy, "complete", second)
    assert [t.id for t in db.session.scalars(visible_tasks(deputy))] == [second.id]
    assert [c.key for c in db.session.scalars(handled_cases(deputy))] == ["tests.other"]
    assert {r.name for r in deputy.lent} == {"head_of_service"}


def test_a_colleague_of_the_same_role_acts_on_what_the_absent_one_holds(
    office: Office,
) -> None:
    case = begin(office, version(office, steps("a", "b")))
    task = open_tasks(case)["a"]
    tasks.claim(task, actor=office.officer)
    with pytest.raises(TaskTaken):
        tasks.complete(task, {}, actor=office.second_officer)
    away(office, office.officer, office.second_officer, starts_at=clock.now())
    deputy = again(office.second_officer)
    tasks.complete(task, {}, actor=deputy)
    assert journal.of_case(case)[-1].on_behalf_of == office.officer.person_id
    following = open_tasks(case)["b"]
    tasks.complete(following, {}, actor=deputy)
    assert journal.of_case(case)[-1].on_behalf_of is None, "their own role suffices"


def test_a_deputy_s_deputy_gets_nothing(office: Office) -> None:
    task = decision(office)
    now = clock.now()
    away(office, office.head, office.officer, starts_at=now, delegation="A", signs=True)
    away(office, office.officer, office.second_officer, starts_at=now)
    last = again(office.second_officer)
    assert not allowed(last, "complete", task)
    assert {r.for_person for r in last.lent} == {office.officer.person_id}


def test_ended_early_or_without_its_people_it_lends_nothing(office: Office) -> None:
    task = decision(office)
    made = away(office, office.head, office.officer, starts_at=clock.now())
    assert allowed(again(office.officer), "see", task)
    absences.end(made, actor=again(office.head))
    assert not allowed(again(office.officer), "see", task)
    assert db.session.get_one(Absence, made).state == "past"
    away(office, office.head, office.officer, starts_at=clock.now())
    own = db.session.scalars(
        select(Holding).where(Holding.person_id == office.officer.person_id)
    ).one()
    people.withdraw(own.id, by=None)
    assert again(office.officer).roles == frozenset(), "who left the body replaces nobody"


def test_who_may_declare_one(office: Office) -> None:
    for by in (office.second_officer, office.department_officer, office.applicant):
        with pytest.raises(Forbidden):
            away(office, office.officer, office.second_officer, by=by)
    away(office, office.officer, office.second_officer, by=office.head)
    administrator = _actor("ad@region.test", "Ada Min", office.region, "administrator")
    made = away(office, office.second_officer, office.officer, by=administrator)
    with pytest.raises(Forbidden):
        absences.end(made, actor=office.officer)
    absences.end(made, actor=office.second_officer)
    assert journal_check.verify() == []


@pytest.mark.parametrize(
    ("field", "more"),
    [
        ("ends", {"ends_at": -HOUR}),
        ("ends", {"ends_at": timedelta(days=1000)}),
        ("delegation", {"signs": True}),
        ("delegation", {"signs": True, "delegation": "x" * 501}),
        ("motive", {"motive": "x" * 501}),
        ("roles", {"roles": ["head_of_service"]}),
    ],
)
def test_what_is_refused_names_its_field(office: Office, field: str, more: dict) -> None:
    if "ends_at" in more:
        more = {**more, "ends_at": clock.now() + more["ends_at"]}
    with pytest.raises(AbsenceRefused) as refused:
        away(office, office.officer, office.second_officer, **more)
    assert refused.value.field == field


def test_the_deputy_is_another_person_of_the_same_body(office: Office) -> None:
    for deputy in (office.officer, office.department_officer, office.applicant):
        with pytest.raises(AbsenceRefused) as refused:
            away(office, office.officer, deputy)
        assert refused.value.field == "deputy"


def test_two_deputies_share_an_absence_by_what_they_are_lent(office: Office) -> None:
    people.grant(office.officer.person_id, office.region, "buyer")
    officer = again(office.officer)
    away(office, officer, office.second_officer, roles=["case_officer"])
    away(office, officer, office.head, roles=["buyer"])
    with pytest.raises(AbsenceRefused) as refused:
        away(office, officer, office.head, roles=["case_officer"], keys=["tests.one"])
    assert refused.value.why == "Paul Roy"


def test_a_company_s_and_an_administrator_s_roles_are_never_lent(office: Office) -> None:
    people.grant(office.officer.person_id, office.region, "administrator")
    away(office, again(office.officer), office.second_officer, starts_at=clock.now())
    deputy = again(office.second_officer)
    assert not deputy.holds(office.region, "administrator")
    assert {r.name for r in deputy.roles} == {"case_officer"}
    assert db.session.scalars(select(ProcessInstance)).all() == []


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    first=integers(-3000, 3000), length=integers(1, 3000), ended=booleans(),
    roles=lists(sampled_from(["head_of_service", "buyer"]), unique=True),
    keys=lists(sampled_from(["tests.signed", "tests.other"]), unique=True),
)  # fmt: skip
def test_what_is_lent_is_what_was_said_and_when(
    app: Flask, first: int, length: int, ended: bool, roles: list[str], keys: list[str]
) -> None:
    """For any dates and scope: at this moment, in these procedures, under these roles."""
    office = _once(app)
    db.session.execute(delete(Absence))
    starts_at = clock.now() + first * MINUTE
    made = Absence(
        person_id=office.head.person_id, deputy_id=office.officer.person_id,
        organisation_id=office.region, starts_at=starts_at,
        ends_at=starts_at + length * MINUTE, roles=roles, keys=keys, delegation="",
        motive="", made_by=office.head.person_id,
        ended_at=clock.now() - MINUTE if ended else None,
    )  # fmt: skip
    db.session.add(made)
    db.session.commit()
    lent = again(office.officer).lent
    in_time = first <= 0 < first + length and not ended
    shared = not roles or "head_of_service" in roles
    assert [r.name for r in lent] == (["head_of_service"] if in_time and shared else [])
    for role in lent:
        for key in ("tests.signed", "tests.other"):
            assert role.covers(key) is (not keys or key in keys)


def _once(app: Flask) -> Office:
    known = app.extensions.get("office")
    if known is None:
        known = app.extensions["office"] = open_office()
    return known


def test_what_is_lent_for_one_procedure_shows_nothing_of_another(office: Office) -> None:
    """Neither what is asked of the role, nor the cases of the body, nor the letter of the day."""
    lent, other = decision(office), decision(office, "tests.other")
    for task in (lent, other):
        tasks.claim(task.id, actor=office.head)
    due = {"due_at": clock.now() + 3 * HOUR}
    db.session.execute(update(UserTask).values(due))
    db.session.commit()
    asked = {
        task.key: asks.ask(
            task.instance_id, asks_of.OPINION, "Votre avis ?", actor=office.head,
            of=asks.Asked(office.region, role="head_of_service"),
        )
        for task in (lent, other)
    }  # fmt: skip
    away(office, office.head, office.officer, keys=["tests.signed"])
    clock.advance(HOUR + MINUTE)
    deputy = again(office.officer)
    for key, sees in (("tests.signed", True), ("tests.other", False)):
        ask = db.session.get_one(CaseRequest, asked[key])
        assert allowed(deputy, "see", ask) is sees, key
        assert allowed(deputy, "see", ask.instance) is sees, key
    found = db.session.scalars(select(ProcessInstance.key).where(seen(deputy)))
    assert list(found) == ["tests.signed"]
    told = digests.contents(deputy)
    assert [task.key for task in told.mine] == ["tests.signed"]
    assert {notice.instance.key for notice in told.told if notice.instance} <= {
        "tests.signed"
    }
