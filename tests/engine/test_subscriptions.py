"""A procedure that several bodies offer: each has its own cases, handled by its own people."""

from uuid import UUID

import pytest
from flask import Flask

from engine import agents, definitions, figures, subscriptions, worklist
from engine.access import Forbidden, actor_for, allowed
from engine.commands import bodies, cases, drafts, people, publishing, tasks
from engine.commands import subscriptions as commands
from engine.directory import Organisation
from engine.errors import DirectoryRefused
from engine.models import ProcessDefinition, ProcessInstance, db
from engine.subscriptions import Offer
from tests.engine.test_commands import SIMPLE
from tests.office import Office, open_office, open_tasks, publish

KEY = "tests.simple"


@pytest.fixture
def office(app: Flask) -> Office:
    opened = open_office()
    publish(KEY, SIMPLE, owner=opened.region)
    return opened


def version() -> ProcessDefinition:
    return definitions.latest(KEY)


def file(office: Office, body: UUID | None = None) -> ProcessInstance:
    return cases.start(
        version().id, {}, actor=office.applicant, applicant_id=office.company, body_id=body
    )


def test_without_subscribers_the_owner_alone_offers_it(office: Office) -> None:
    assert [offer.body.id for offer in subscriptions.offers(version())] == [office.region]
    assert file(office).organisation_id == office.region
    with pytest.raises(Forbidden):
        file(office, office.department)


def test_a_case_belongs_to_the_body_it_is_filed_with(office: Office) -> None:
    commands.subscribe(office.department, KEY, actor=office.operator)
    assert [o.body.id for o in subscriptions.offers(version())] == [
        office.region,
        office.department,
    ]
    denise = people.add_person("denise@cd21.test", "Denise")
    people.grant(denise, office.department, "case_officer")
    agent = actor_for(denise)
    case = file(office, office.department)
    assert case.organisation_id == office.department
    assert allowed(agent, "handle", case)
    assert not allowed(office.officer, "see", case), "the owner's people see none of it"
    assert {(o.key, o.owner_id) for o in worklist.procedures(agent)} == {
        (KEY, office.department)
    }
    assert [d.key for d in figures.procedures(agent)] == [KEY]
    (task,) = open_tasks(case.id).values()
    tasks.claim(task, actor=agent)
    with pytest.raises(Forbidden):
        tasks.claim(open_tasks(file(office).id)["review"], actor=agent)


def test_each_body_s_cases_take_its_own_parameters(office: Office) -> None:
    publishing.set_parameters(KEY, office.region, {"floor": 1}, by=None)
    commands.subscribe(office.department, KEY, actor=office.operator)
    commands.set_parameters(office.department, KEY, {"floor": 2}, actor=office.operator)
    found = {}
    for body in (office.region, office.department):
        case = file(office, body)
        found[body] = cases.facts(case, version(), None)["parameters"]
    assert found == {office.region: {"floor": 1}, office.department: {"floor": 2}}


def test_what_is_given_up_takes_no_more_cases_and_keeps_those_it_has(
    office: Office,
) -> None:
    commands.subscribe(office.department, KEY, actor=office.operator)
    case = file(office, office.department)
    draft = drafts.open_for_start(
        version().id, actor=office.applicant, organisation_id=office.company,
        body_id=office.department,
    )  # fmt: skip
    commands.give_up(office.department, KEY, actor=office.operator)
    with pytest.raises(Forbidden):
        file(office, office.department)
    with pytest.raises(Forbidden):
        cases.start(
            version().id, {}, actor=office.applicant, applicant_id=office.company,
            draft_id=draft, body_id=office.department,
        )  # fmt: skip
    assert db.session.get_one(ProcessInstance, case.id).is_open
    with pytest.raises(DirectoryRefused):
        commands.give_up(office.department, KEY, actor=office.operator)
    commands.subscribe(office.department, KEY, actor=office.operator)
    assert file(office, office.department).organisation_id == office.department


def test_what_the_platform_publishes_is_for_others_to_offer(office: Office) -> None:
    platform = next(iter(office.operator.roles)).organisation_id
    publish("tests.shared", SIMPLE.replace(KEY, "tests.shared"), owner=platform)
    shared = definitions.latest("tests.shared")
    assert [o.body.id for o in subscriptions.offers(shared)] == [platform]
    commands.subscribe(office.department, "tests.shared", actor=office.operator)
    assert [o.body.id for o in subscriptions.offers(shared)] == [office.department]


def test_only_an_operator_gives_a_procedure_and_never_to_its_owner(office: Office) -> None:
    for actor in (office.head, office.officer, office.applicant):
        with pytest.raises(Forbidden):
            commands.subscribe(office.department, KEY, actor=actor)
    with pytest.raises(DirectoryRefused):
        commands.subscribe(office.region, KEY, actor=office.operator)
    with pytest.raises(definitions.UnknownProcedure):
        commands.subscribe(office.department, "none", actor=office.operator)


def test_the_roles_that_nobody_holds_are_told(office: Office) -> None:
    commands.subscribe(office.department, KEY, actor=office.operator)
    assert agents.vacant(office.region) == {}
    assert agents.vacant(office.department) == {KEY: ["case_officer"]}


def test_a_closed_body_keeps_everything_and_does_nothing(office: Office) -> None:
    case = file(office)
    officer = office.officer.person_id
    bodies.close(office.region, actor=office.operator)
    assert not Offer(version(), db.session.get_one(Organisation, office.region)).stands
    assert not actor_for(officer).handles_cases
    with pytest.raises(Forbidden):
        file(office)
    assert agents.open_work(office.region)["cases"] == 1
    bodies.reopen(office.region, actor=office.operator)
    assert actor_for(officer).handles_cases
    assert allowed(
        actor_for(officer), "handle", db.session.get_one(ProcessInstance, case.id)
    )
    with pytest.raises(Forbidden):
        bodies.close(office.region, actor=office.head)
