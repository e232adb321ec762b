"""The one function that decides, against the queries that list: they never disagree."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Select, select

from engine import access, clock, visible
from engine.access import VISITOR, Actor, Forbidden, actor_for, allowed, require
from engine.commands import cases, drafts, people, tasks
from engine.directory import Organisation
from engine.documents import Document, Draft
from engine.models import ProcessDefinition, ProcessInstance, UserTask, db
from forms import Reading
from tests.conftest import build, close, environment
from tests.web.two_offices import TwoOffices, open_two_offices, player


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoOffices]:
    app = build(environment(tmp_path_factory.mktemp("offices")))
    with app.app_context():
        office = open_two_offices(app)
        _close_one(office)
        _add_the_versatile(office)
        yield office
    close(app)


def _close_one(office: TwoOffices) -> None:
    """A case that ended, with its tasks done and withdrawn."""
    closed = player(office).play([{"start": "application"}])
    cases.withdraw(closed, actor=office.actor("applicant"), reason="")
    office.ids["closed"] = closed


def _add_the_versatile(office: TwoOffices) -> None:
    """Somebody who applies for a company and handles cases of the other body."""
    person = people.add_person("double@essai.test", "Deux Casquettes")
    people.grant(person, office.ids["company"], "applicant")
    people.grant(person, office.ids["region_2"], "case_officer")
    people.grant(person, office.ids["department"], "case_officer")
    office.cast["versatile"] = actor_for(person)


def found(statement: Select[Any]) -> set[UUID]:
    return {row.id for row in db.session.scalars(statement)}


QUERIES: list[tuple[Callable[[Actor], Select[Any]], type, str]] = [
    (visible.visible_tasks, UserTask, "claim"),
    (visible.handled_cases, ProcessInstance, "handle"),
    (visible.own_cases, ProcessInstance, "withdraw"),
]


@pytest.mark.parametrize(
    ("query", "row_type", "act"), [pytest.param(*q, id=q[0].__name__) for q in QUERIES]
)
def test_a_list_holds_exactly_what_one_may_act_on(
    office: TwoOffices, query: Callable[[Actor], Select[Any]], row_type: type, act: str
) -> None:
    for role, actor in office.cast.items():
        rows = db.session.scalars(select(row_type)).all()
        assert found(query(actor)) == {r.id for r in rows if allowed(actor, act, r)}, role


def test_the_lists_are_not_empty_for_those_concerned(office: TwoOffices) -> None:
    """The comparison above would hold if nobody saw anything."""
    handled = found(visible.handled_cases(office.actor("officer")))
    assert office.ids["case"] in handled
    assert not handled & {office.ids["case_2"], office.ids["begun_2"]}
    assert found(visible.own_cases(office.actor("applicant"))) >= {office.ids["case"]}
    assert office.ids["cofunder_task"] in found(
        visible.visible_tasks(office.actor("cofunder"))
    )


@pytest.mark.parametrize("row_type", [ProcessInstance, UserTask, Draft, Document])
def test_whoever_acts_on_a_thing_belongs_to_its_office(
    office: TwoOffices, row_type: type
) -> None:
    """Nobody of one office is allowed anything on any row of the other one."""
    ours = {"applicant", "administrator", "officer", "head", "cofunder", "colleague"}
    theirs = [
        row
        for row in db.session.scalars(select(row_type))
        if _company(row) == office.ids["company_2"]
    ]
    assert theirs
    acts = [act for of, act in access._RULES if of is row_type]
    for row in theirs:
        for role in ours:
            assert not [a for a in acts if allowed(office.actor(role), a, row)], role


def _company(row: Any) -> UUID | None:
    match row:
        case ProcessInstance():
            return row.applicant_id
        case UserTask():
            return row.instance.applicant_id
        case Draft() if row.task_id:
            return _company(db.session.get(UserTask, row.task_id))
        case Draft():
            return row.organisation_id
        case _:
            return _company(row.instance or row.draft)


@pytest.mark.parametrize("role", ["visitor", "newcomer", "former_officer", "operator"])
def test_without_a_role_in_the_office_nothing_is_allowed(
    office: TwoOffices, role: str
) -> None:
    actor = office.actor(role)
    for of, act in access._RULES:
        if role == "operator" and act in {"hold back", "measure"}:
            continue  # keeping a case from elimination, or counting, reads nothing of it
        if of in {ProcessInstance, UserTask, Draft, Document, ProcessDefinition}:
            rows = db.session.scalars(select(of))
            assert not [row.id for row in rows if allowed(actor, act, row)], act


def test_an_administrator_of_a_company_does_not_read_its_requests(
    office: TwoOffices,
) -> None:
    """They say who acts for it; to read requests, they name themselves applicant."""
    actor = office.actor("administrator")
    assert allowed(actor, "manage", db.session.get(Organisation, office.ids["company"]))
    assert not found(visible.own_cases(actor))
    for case in db.session.scalars(select(ProcessInstance)):
        assert not allowed(actor, "see", case)


def test_a_role_is_worth_something_in_its_own_organisation_alone(
    office: TwoOffices,
) -> None:
    """A case officer of the department handles no case of the region."""
    person = people.add_person("ailleurs@essai.test", "Ailleurs")
    people.grant(person, office.ids["department"], "case_officer")
    actor = actor_for(person)
    assert actor.handles_cases
    assert not found(visible.handled_cases(actor)) | found(visible.visible_tasks(actor))


def test_a_role_that_the_procedure_does_not_name_opens_none_of_its_cases(
    office: TwoOffices,
) -> None:
    person = people.add_person("marches@essai.test", "Marchés")
    people.grant(person, office.ids["region"], "buyer")
    actor = actor_for(person)
    case = db.session.get_one(ProcessInstance, office.ids["case"])
    assert not allowed(actor, "see", case)
    assert not found(visible.handled_cases(actor))


def test_a_role_begins_and_ends_with_its_dates(office: TwoOffices) -> None:
    person = people.add_person("passage@essai.test", "De Passage")
    people.grant(person, office.ids["region"], "case_officer", until=clock.today())
    case = db.session.get_one(ProcessInstance, office.ids["case"])
    assert allowed(actor_for(person), "handle", case)
    clock.advance(timedelta(days=1))
    try:
        assert not allowed(actor_for(person), "handle", case)
    finally:
        clock.configure(None)


def test_who_is_consulted_reads_and_no_more(office: TwoOffices) -> None:
    """The co-funder sees the request and its pieces; neither the notes of those who handle
    it, nor the conversation, and changes nothing but their own task.
    """
    actor = office.actor("cofunder")
    case = db.session.get_one(ProcessInstance, office.ids["case"])
    acts = {
        act
        for of, act in access._RULES
        if of is ProcessInstance and allowed(actor, act, case)
    }
    assert acts == {"see"}
    internal = db.session.get_one(Document, office.ids["internal_document"])
    assert not allowed(actor, "read", internal)
    begun = db.session.get_one(ProcessInstance, office.ids["begun"])
    assert not allowed(actor, "see", begun), "not consulted on that one"


def test_a_claimed_task_is_its_assignee_s(office: TwoOffices) -> None:
    task = db.session.get_one(UserTask, office.ids["held_task"])
    assert allowed(office.actor("officer"), "complete", task)
    assert allowed(office.actor("officer"), "release", task)
    colleague = office.actor("colleague")
    assert allowed(colleague, "see", task)
    assert not allowed(colleague, "complete", task)
    assert not allowed(colleague, "release", task)


def test_nobody_files_for_a_company_they_do_not_act_for(office: TwoOffices) -> None:
    ids = office.ids
    with pytest.raises(Forbidden):
        cases.start(
            ids["definition"], {}, actor=office.actor("applicant"),
            applicant_id=ids["company_2"],
        )  # fmt: skip
    with pytest.raises(Forbidden):
        drafts.open_for_start(
            ids["definition"], actor=office.actor("applicant"),
            organisation_id=ids["company_2"],
        )  # fmt: skip


def test_a_task_s_draft_starts_no_case(office: TwoOffices) -> None:
    """Its answers are a task's: they would make a request that asks nothing."""
    ids, actor = office.ids, office.actor("applicant")
    draft = drafts.open_for_task(ids["applicant_task"], actor=actor, values={})
    before = db.session.query(ProcessInstance).count()
    with pytest.raises(Forbidden):
        cases.start(
            ids["definition"], {}, actor=actor, applicant_id=ids["company"], draft_id=draft
        )
    assert db.session.query(ProcessInstance).count() == before
    assert db.session.get(Draft, draft) is not None


@pytest.mark.parametrize(
    "act",
    [
        lambda o, a: cases.withdraw(o.ids["case"], actor=a, reason=""),
        lambda o, a: cases.write_message(o.ids["case"], "Bonjour", actor=a),
        lambda o, a: tasks.claim(o.ids["officer_task"], actor=a),
        lambda o, a: tasks.release(o.ids["held_task"], actor=a),
        lambda o, a: tasks.complete(o.ids["officer_task"], {}, actor=a),
        lambda o, a: tasks.complete(o.ids["held_task"], {}, actor=a),
        lambda o, a: drafts.open_for_task(o.ids["officer_task"], actor=a, values={}),
        lambda o, a: drafts.save(o.ids["draft"], Reading, actor=a, page=0),
        lambda o, a: drafts.abandon(o.ids["draft"], actor=a),
        lambda o, a: cases.start(o.ids["definition"], {}, actor=a),
    ],
)
def test_commands_ask_too(office: TwoOffices, act: Callable[[Any, Actor], None]) -> None:
    """A view that forgot to ask would still change nothing."""
    for role in ("visitor", "newcomer", "other_officer", "other_head", "operator"):
        with pytest.raises(Forbidden):
            act(office, office.actor(role))


def test_an_act_without_a_rule_is_a_mistake_not_a_permission() -> None:
    with pytest.raises(LookupError, match="No rule says who may destroy"):
        allowed(VISITOR, "destroy", None)
    with pytest.raises(Forbidden):
        require(VISITOR, "operate")
