"""Running cases go to a new version: what follows, what stays, what is said."""

from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from engine import clock, journal, journal_check
from engine.commands import drafts, messages, migration, tasks
from engine.commands.operations import Operation, perform
from engine.commands.preview import preview
from engine.documents import Draft
from engine.errors import OperationRefused
from engine.models import MessageSubscription, Timer, UserTask, db
from tests.engine.drawn_cases import NEWS, begin, case, forked, steps, version, waiting
from tests.engine.spiff.drawing import chain, element, end, message, user
from tests.office import Office, deliver_all, open_office, open_tasks, publish


@pytest.fixture
def office(either_app: Flask) -> Office:
    return open_office()


def migrate(office: Office, instance: UUID, to: UUID, **mapping: str) -> list[str]:
    operation = Operation("migrate", to=str(to), mapping=mapping)
    return perform(instance, operation, actor=office.operator, motive="nouvelle version")


def test_a_case_follows_with_its_task_draft_and_claim(office: Office) -> None:
    old = version(office, steps("a", "b", late="a"))
    instance = begin(office, old)
    task = open_tasks(instance)["a"]
    tasks.claim(task, actor=office.officer)
    drafts.open_for_task(task, actor=office.officer, values={"typed": "à moitié"})
    due = db.session.scalars(select(Timer.due_at)).one()
    new = version(office, steps("a", "more", "b", late="a"))
    clock.advance(timedelta(days=2))
    assert migrate(office, instance, new) == []
    row = db.session.get_one(UserTask, task)
    assert (row.status, row.assignee_id) == ("open", office.officer.person_id)
    assert row.definition_id == old, "the form stays the one that is being filled in"
    assert db.session.scalars(select(Draft.values)).one() == {"typed": "à moitié"}
    assert db.session.scalars(select(Timer.due_at)).one() == due
    assert case(instance).definition_id == new
    entry = journal.of_case(instance)[-1]
    assert (entry.action, entry.detail["definition"]) == ("case_migrated", str(old))
    assert entry.detail["to"] == str(new)
    for step in ("a", "more", "b"):
        tasks.complete(open_tasks(instance)[step], {}, actor=office.officer)
    assert case(instance).status == "completed"
    assert journal_check.verify() == []


def test_the_dry_run_says_why_not_and_a_mapping_lets_it_go(office: Office) -> None:
    old = version(office, steps("a", "b"))
    new = version(office, steps("a2", "b"))
    instance = begin(office, old)
    task = open_tasks(instance)["a"]
    with pytest.raises(OperationRefused, match="« a » n'existe plus"):
        preview(instance, Operation("migrate", to=str(new)), actor=office.operator)
    assert [e.id for e in migration.replaceable(old, new)] == ["a"]
    shown = preview(
        instance,
        Operation("migrate", to=str(new), mapping={"a": "a2"}),
        actor=office.operator,
    )
    assert (shown.changes, shown.status) == ([], "active")
    assert case(instance).definition_id == old
    migrate(office, instance, new, a="a2")
    assert open_tasks(instance) == {"a2": task}
    tasks.complete(task, {}, actor=office.officer)
    assert list(open_tasks(instance)) == ["b"]


def test_only_another_version_of_the_same_procedure(office: Office) -> None:
    old = version(office, steps("a"))
    instance = begin(office, old)
    other = publish(
        "tests.other",
        steps("a").replace("tests.operated", "tests.other"),
        owner=office.region,
    )
    with pytest.raises(OperationRefused, match="même procédure"):
        migrate(office, instance, other)
    with pytest.raises(OperationRefused, match="déjà cette version"):
        migrate(office, instance, old)


def test_what_would_wait_for_ever_is_refused(office: Office) -> None:
    instance = begin(office, version(office, forked()))
    tasks.complete(open_tasks(instance)["left"], {}, actor=office.officer)
    wider = forked().replace(
        "</bpmn:process>",
        '<bpmn:userTask id="third"/><bpmn:sequenceFlow id="w1" sourceRef="fork" targetRef="third"/>'
        '<bpmn:sequenceFlow id="w2" sourceRef="third" targetRef="meet"/></bpmn:process>',
    )
    with pytest.raises(OperationRefused, match="n'a pas ouverte"):
        migrate(office, instance, version(office, wider))
    assert list(open_tasks(instance)) == ["right"]


def test_timers_and_messages_follow_the_new_version(
    office: Office, either_app: Flask
) -> None:
    instance = begin(office, version(office, waiting()))
    other = waiting().replace('name="tests.news"', 'name="tests.other"')
    assert NEWS not in other
    notes = migrate(office, instance, version(office, other))
    assert notes == ["« news » attend désormais « tests.other »."]
    assert db.session.scalars(select(MessageSubscription.name)).one() == "tests.other"
    late = begin(office, version(office, steps("a", late="a")))
    before = db.session.scalars(select(Timer.due_at)).one()
    clock.advance(timedelta(days=1))
    longer = version(office, steps("a", late="a").replace("P10D", "P30D"))
    [note] = migrate(office, late, longer)
    assert note.startswith("L'échéance de « deadline » est recalculée : ")
    moved = db.session.scalars(select(Timer.due_at)).one() - before
    assert abs(moved - timedelta(days=20)) < timedelta(seconds=1), "from the arrival"
    shorter = version(office, steps("a", late="a").replace("P10D", "PT1H"))
    migrate(office, late, shorter)
    deliver_all(either_app)
    assert set(open_tasks(late)) == {"a", "remind"}


def test_what_is_written_down_follows_too(office: Office, either_app: Flask) -> None:
    instance = begin(office, version(office, steps("a", late="a")))
    due = db.session.scalars(select(Timer.due_at)).one()
    begins = element("startEvent", "heard", message("m"), isInterrupting="false")
    more = steps("a", late="a").replace('"deadline"', '"limit"').replace(
        "</bpmn:process>",
        element(
            "subProcess", "hearing", begins, user("hear", role="case_officer"), end("over"),
            chain("heard", "hear", "over"), triggeredByEvent="true",
        ) + "</bpmn:process>",
    )  # fmt: skip
    notes = migrate(office, instance, version(office, NEWS + more), deadline="limit")
    assert notes == ["« heard » est désormais attendu."]
    row = db.session.scalars(select(Timer)).one()
    assert (row.element_id, row.due_at) == ("limit", due)
    messages.receive("tests.news", case(instance).number, {})
    assert set(open_tasks(instance)) == {"a", "hear"}
    renamed = more.replace('"heard"', '"listened"').replace('"hearing"', '"listening"')
    migrate(office, instance, version(office, NEWS + renamed), hearing="listening")
    assert db.session.scalars(select(MessageSubscription.element_id)).one() == "listened"
    tasks.complete(open_tasks(instance)["hear"], {}, actor=office.officer)
    tasks.complete(open_tasks(instance)["a"], {}, actor=office.officer)
    assert case(instance).status == "completed"
    assert db.session.scalars(select(MessageSubscription)).all() == []
