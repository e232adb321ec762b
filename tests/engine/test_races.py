"""Two people at once, on a real PostgreSQL: one succeeds, the other is told who did."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Barrier, get_ident
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import NullPool, create_engine, event, select, text

from engine.access import Actor
from engine.commands import cases, drafts, jobs, messages, tasks, timers
from engine.commands.operations import Operation
from engine.commands.selecting import Selection
from engine.commands.step import restore
from engine.documents import Draft
from engine.errors import Busy, EngineError, TaskNotOpen, TaskTaken
from engine.jobs import JobItem
from engine.models import ProcessInstance, UserTask, db
from engine.operations import operation
from tests.conftest import build, close, environment
from tests.engine.drawn_cases import KEY, lanes, version, waiting
from tests.engine.spiff.drawing import chain, end, process, service, start, user
from tests.engine.test_commands import SIMPLE
from tests.office import Office, open_office, open_tasks, publish
from tests.web.browser import Browser

pytestmark = pytest.mark.servers

PAIRS = 20

PARALLEL = """
<bpmn:process id="tests.parallel" name="Essai" isExecutable="true">
  <bpmn:laneSet id="lanes"><bpmn:lane id="case_officer" name="Instructeur">
    <bpmn:flowNodeRef>left</bpmn:flowNodeRef><bpmn:flowNodeRef>right</bpmn:flowNodeRef>
  </bpmn:lane></bpmn:laneSet>
  <bpmn:startEvent id="started"/>
  <bpmn:parallelGateway id="split"/>
  <bpmn:userTask id="left" name="Gauche"/>
  <bpmn:userTask id="right" name="Droite"/>
  <bpmn:parallelGateway id="joined"/>
  <bpmn:endEvent id="done"/>
  <bpmn:sequenceFlow id="a" sourceRef="started" targetRef="split"/>
  <bpmn:sequenceFlow id="b" sourceRef="split" targetRef="left"/>
  <bpmn:sequenceFlow id="c" sourceRef="split" targetRef="right"/>
  <bpmn:sequenceFlow id="d" sourceRef="left" targetRef="joined"/>
  <bpmn:sequenceFlow id="e" sourceRef="right" targetRef="joined"/>
  <bpmn:sequenceFlow id="f" sourceRef="joined" targetRef="done"/>
</bpmn:process>"""


@pytest.fixture
def app(tmp_path: Path, postgresql: str) -> Iterator[Flask]:
    app = build(environment(tmp_path, DATABASE_URL=postgresql))
    with app.app_context():
        yield app
    close(app)


@pytest.fixture
def office(app: Flask) -> Office:
    return open_office()


def at_once(app: Flask, *acts: Callable[[], None]) -> list[EngineError | None]:
    """Do all acts at the same moment, each in its own session; what each was told."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], None]) -> EngineError | None:
        with app.app_context():
            barrier.wait()
            try:
                act()
            except EngineError as error:
                return error
            return None

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def _look_then_complete(case: UUID, task: UUID, actor: Actor) -> Callable[[], None]:
    def act() -> None:
        db.session.get_one(ProcessInstance, case)
        tasks.complete(task, {str(task): True}, actor=actor)

    return act


def test_a_task_claimed_while_its_answers_are_saved_forbids_nobody(
    app: Flask, office: Office
) -> None:
    """Either the claim is seen, and TaskTaken tells it, or it comes after: never Forbidden."""
    case = new_case(publish("tests.simple", SIMPLE, owner=office.region), office)
    task = open_tasks(case.id)["review"]
    draft = drafts.open_for_task(task, actor=office.officer, values={})
    db.session.rollback()
    claim, reads = partial(tasks.claim, task, actor=office.second_officer), []

    def claimed(_connection, _cursor, statement, *_) -> None:
        if "FROM user_task" in statement and get_ident() == saver:
            reads.append(statement)
            if len(reads) > 1 and len(told) == 0:
                told.extend(at_once(app, claim))

    saver, told = get_ident(), list[EngineError | None]()
    event.listen(db.engine, "before_cursor_execute", claimed)
    try:
        drafts.save(draft, Kept, actor=office.officer, page=0)
    finally:
        event.remove(db.engine, "before_cursor_execute", claimed)
    assert reads, "the task was looked at"
    assert db.session.get_one(Draft, draft).values == {"typed": "yes"}


class Kept:
    """What somebody typed."""

    raw: Mapping[str, Any] = {}
    values: Mapping[str, Any] = {"typed": "yes"}
    stay = False

    def __init__(self, _kept: Mapping[str, Any]) -> None:
        pass


def new_case(definition: UUID, office: Office) -> ProcessInstance:
    return cases.start(definition, {}, actor=office.applicant, applicant_id=office.company)


def test_two_people_complete_one_task(app: Flask, office: Office) -> None:
    definition = publish("tests.simple", SIMPLE, owner=office.region)
    told: list[EngineError | None] = []
    pending = [open_tasks(new_case(definition, office).id)["review"] for _ in range(PAIRS)]
    for task in pending:

        def complete(actor: Actor, task: UUID = task) -> Callable[[], None]:
            return lambda: tasks.complete(task, {"by": actor.name}, actor=actor)

        pair = at_once(app, complete(office.officer), complete(office.second_officer))
        assert sum(error is None for error in pair) == 1
        told += [error for error in pair if error is not None]
    assert len(told) == PAIRS
    for error in told:
        assert isinstance(error, TaskNotOpen | TaskTaken)
        assert error.who in {"Claire Martin", "Paul Roy"}


def test_two_people_claim_one_task(app: Flask, office: Office) -> None:
    definition = publish("tests.simple", SIMPLE, owner=office.region)
    for _ in range(PAIRS):
        task = open_tasks(new_case(definition, office).id)["review"]
        pair = at_once(
            app,
            lambda task=task: tasks.claim(task, actor=office.officer),
            lambda task=task: tasks.claim(task, actor=office.second_officer),
        )
        assert sorted(type(e).__name__ for e in pair) == ["NoneType", "TaskTaken"]


def test_a_page_reads_the_office_at_one_moment(app: Flask, office: Office) -> None:
    """A task read as open is in its case's state, though somebody completes it between."""
    definition = publish("tests.simple", SIMPLE, owner=office.region)
    case = new_case(definition, office).id
    task = db.session.get_one(UserTask, open_tasks(case)["review"])
    task_id = task.id
    assert task.status == "open"
    done = at_once(app, lambda: tasks.complete(task_id, {}, actor=office.officer))
    assert done == [None]
    assert restore(db.session.get_one(ProcessInstance, case)).task_data(task.id)
    db.session.rollback()
    assert task.status == "completed"


def test_two_branches_end_at_once_and_join(app: Flask, office: Office) -> None:
    definition = publish("tests.parallel", PARALLEL, owner=office.region)
    for _ in range(PAIRS):
        case = new_case(definition, office).id
        branches = open_tasks(case)
        # Each worker has looked at the case before, as a page does: the trap of a stale row.
        told = at_once(
            app,
            *(
                _look_then_complete(case, task, office.officer)
                for task in branches.values()
            ),
        )
        assert told == [None, None]
        db.session.rollback()
        assert db.session.get_one(ProcessInstance, case).status == "completed"


@operation
def set_parameters() -> None:
    """What a procedure may do in its own tables: wait for a lock."""
    db.session.execute(text("LOCK TABLE procedure_parameters"))


@pytest.fixture
def hurried(tmp_path: Path, postgresql: str) -> Iterator[Flask]:
    """An office whose database lets nobody wait for a lock."""
    url = f"{postgresql}?options=-clock_timeout%3D50"
    app = build(environment(tmp_path, DATABASE_URL=url))
    with app.app_context():
        yield app
    close(app)


def test_a_lock_not_had_in_time_is_someone_else_s_act(
    hurried: Flask, postgresql: str
) -> None:
    office = open_office()
    case = new_case(publish("tests.simple", SIMPLE, owner=office.region), office)
    awaiting = new_case(version(office, waiting()), office)
    jobs.create(
        uuid4(), Selection(numbers=(case.number,)), Operation("suspend"),
        actor=office.operator, motive="essai",
    )  # fmt: skip
    case_id, number, task = case.id, awaiting.number, open_tasks(case.id)["review"]
    with create_engine(postgresql, poolclass=NullPool).begin() as someone:
        someone.execute(text("SELECT FROM process_instance FOR UPDATE"))
        with pytest.raises(Busy):
            tasks.complete(task, {}, actor=office.officer)
        claire, olga = (
            Browser(hurried, actor) for actor in (office.officer, office.operator)
        )
        suspend = {"act": "suspend", "motive": "essai", "_confirm": "1"}
        for answer in (
            claire.send(f"/taches/{task}", {"_submit": "1"}),
            claire.send(f"/dossiers/{case_id}/messages", {"text": "Bonjour"}),
            olga.send(f"/exploitation/dossiers/{case_id}", suspend),
        ):
            assert answer.status_code == 409
            assert "réessayez dans un instant" in answer.text
        assert messages.receive("tests.news", number, {}), "kept: the sweep hands it over"
        timers.fire(case_id)
        assert jobs.advance(3) == 0
        assert db.session.scalars(select(JobItem.result)).one() == "to_do"
    tasks.complete(task, {}, actor=office.officer)
    assert jobs.advance(3) == 1
    (kept,) = messages.waiting_to_be_handed_over(10)
    assert messages.hand_over(kept)


def test_an_operation_that_waits_in_vain_stops_no_step(
    hurried: Flask, postgresql: str
) -> None:
    office = open_office()
    body = process(
        lanes("review"), start(), user("review"), service("set", "engine.set_parameters"),
        end(), chain("started", "review", "set", "ended"), key=KEY,
    )  # fmt: skip
    case = new_case(version(office, body), office).id
    task = open_tasks(case)["review"]
    with create_engine(postgresql, poolclass=NullPool).begin() as someone:
        someone.execute(text("LOCK TABLE procedure_parameters"))
        with pytest.raises(Busy):
            tasks.complete(task, {}, actor=office.officer)
        assert open_tasks(case) == {"review": task}
    tasks.complete(task, {}, actor=office.officer)
    db.session.rollback()
    assert db.session.get_one(ProcessInstance, case).status == "completed"
