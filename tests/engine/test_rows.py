"""Rows read and written past the session, on both databases."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import NullPool, create_engine, event, select, text
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm.exc import DetachedInstanceError

from engine import clock, rows
from engine.commands import tasks
from engine.commands.step import locked
from engine.documents import Draft
from engine.errors import Busy
from engine.models import Message, ProcessInstance, UserTask, db
from engine.transaction import TRUSTED, transaction
from tests.conftest import build, close, environment
from tests.engine.drawn_cases import begin, steps, version
from tests.office import Office, open_office, open_tasks

A_MESSAGE = {"name": "tests.news", "payload": {"é": [1, True, None]}}


@pytest.fixture
def office(either_app: Flask) -> Office:
    return open_office()


def messages() -> list[Message]:
    db.session.rollback()
    return list(db.session.scalars(select(Message)))


def test_a_row_inserted_takes_the_defaults_of_its_table(office: Office) -> None:
    now = clock.now()
    with transaction():
        rows.insert(Message, [{**A_MESSAGE, "expires_at": now}])
    (kept,) = messages()
    assert (kept.name, kept.payload, kept.expires_at) == (*A_MESSAGE.values(), now)
    assert isinstance(kept.id, UUID)
    assert kept.received_at >= now
    assert kept.delivered_at is None


def test_nothing_is_written_before_the_commit_nor_when_it_fails(office: Office) -> None:
    twice = {**A_MESSAGE, "id": uuid4(), "expires_at": clock.now()}
    with pytest.raises(Exception, match=r"(?i)unique"), transaction() as after_commit:
        after_commit.append(lambda: pytest.fail("it was not committed"))
        rows.insert(Message, [{**A_MESSAGE, "expires_at": clock.now()}])
        assert db.session.scalars(select(Message)).all() == []
        rows.insert(Message, [twice])
        rows.insert(Message, [twice])
    assert messages() == []
    with transaction():
        rows.insert(Message, [twice])
    assert len(messages()) == 1


def test_a_locked_row_is_written_as_it_was_changed(office: Office) -> None:
    instance = begin(office, version(office, steps("a")))
    with transaction():
        held = locked(instance)
        held.title = "Corrigé"
        assert held.state
    db.session.rollback()
    assert db.session.get_one(ProcessInstance, instance).title == "Corrigé"
    with pytest.raises(rows.LockedTwice), transaction():
        locked(instance).title = "Perdu"
        locked(instance)
    with pytest.raises(KeyError), transaction():
        locked(instance).title = "Perdu"
        raise KeyError
    db.session.rollback()
    assert db.session.get_one(ProcessInstance, instance).title == "Corrigé"


def test_what_was_not_read_with_a_row_is_not_guessed(office: Office) -> None:
    instance = begin(office, version(office, steps("a")))
    task_id = open_tasks(instance)["a"]
    with transaction():
        given = {"task_id": task_id}
        ((task, case),) = [rows.held([UserTask, ProcessInstance], found)
                           for found in rows.ask((tasks.LOCKED, given))]  # fmt: skip
        assert (task.id, case.id) == (task_id, instance)
        for unread in (lambda: case.state, lambda: case.definition, lambda: task.instance):
            with pytest.raises(DetachedInstanceError):
                unread()
        rows.fill(case, "state")
        assert case.state.startswith(b"{")
        with pytest.raises(NoResultFound):
            locked(uuid4())


def test_rows_are_asked_for_within_a_transaction(office: Office) -> None:
    with pytest.raises(LookupError, match="transaction"):
        rows.insert(Message, [A_MESSAGE])


# On PostgreSQL alone: what is sent together


@pytest.fixture
def app(tmp_path: Path, postgresql: str) -> Iterator[Flask]:
    url = f"{postgresql}?options=-clock_timeout%3D2000"
    app = build(environment(tmp_path, DATABASE_URL=url))
    with app.app_context():
        yield app
    close(app)


@pytest.mark.servers
def test_a_lock_not_had_among_the_writes_is_someone_else_s_act(
    app: Flask, postgresql: str
) -> None:
    office = open_office()
    task = open_tasks(begin(office, version(office, steps("a"))))["a"]

    @event.listens_for(db.engine, "begin")
    def hurry(connection) -> None:
        connection.exec_driver_sql("SET LOCAL lock_timeout = 50")

    with create_engine(postgresql, poolclass=NullPool).begin() as someone:
        someone.execute(text("LOCK TABLE history IN EXCLUSIVE MODE"))
        with pytest.raises(Busy):
            tasks.complete(task, {}, actor=office.officer)
    db.session.rollback()
    assert db.session.get_one(UserTask, task).status == "open"
    tasks.complete(task, {}, actor=office.officer)
    db.session.rollback()
    assert db.session.get_one(UserTask, task).status == "completed"


BEGIN_A_DRAFT = text(
    "INSERT INTO draft (id, definition_id, task_id, organisation_id, person_id,"
    ' "values", raw, page, rev, created_at, updated_at)'
    " SELECT gen_random_uuid(), definition_id, id, organisation_id, :person,"
    " '{}', '{}', 0, 0, now(), now() FROM user_task"
)


@pytest.mark.servers
def test_a_draft_begun_while_its_task_was_awaited_is_filed(
    app: Flask, postgresql: str
) -> None:
    """The second question is put after the lock was had: it sees what the lock waited for."""
    office = open_office()
    task = open_tasks(begin(office, version(office, steps("a"))))["a"]

    def complete() -> None:
        with app.app_context():
            tasks.complete(task, {}, actor=office.officer)

    with (
        ThreadPoolExecutor(1) as pool,
        create_engine(postgresql, poolclass=NullPool).begin() as someone,
    ):
        someone.execute(text("SELECT FROM user_task FOR UPDATE"))
        done = pool.submit(complete)
        _until_one_waits(postgresql)
        someone.execute(BEGIN_A_DRAFT, {"person": office.officer.person_id})
        someone.commit()
        done.result(10)
    db.session.rollback()
    assert db.session.scalars(select(Draft)).all() == []


@pytest.mark.servers
def test_a_draft_that_is_being_saved_is_filed_once_it_is_saved(
    app: Flask, postgresql: str
) -> None:
    """What the saving notes must not point at a draft that is gone."""
    office = open_office()
    task = open_tasks(begin(office, version(office, steps("a"))))["a"]
    person = {"person": office.officer.person_id}
    with db.engine.begin() as someone:
        someone.execute(BEGIN_A_DRAFT, person)

    def complete() -> None:
        with app.app_context():
            tasks.complete(task, {}, actor=office.officer)

    with (
        ThreadPoolExecutor(1) as pool,
        create_engine(postgresql, poolclass=NullPool).begin() as someone,
    ):
        someone.execute(text("SELECT FROM draft FOR UPDATE"))
        done = pool.submit(complete)
        _until_one_waits(postgresql)
        noted = text(
            "INSERT INTO draft_change (draft_id, rev, person_id, at, before)"
            " SELECT id, 1, :person, now(), '{}' FROM draft"
        )
        someone.execute(noted, person)
        someone.commit()
        done.result(10)
    db.session.rollback()
    assert db.session.get_one(UserTask, task).status == "completed"
    assert db.session.scalars(select(Draft)).all() == []


def _until_one_waits(url: str) -> None:
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as watching:
        for _ in range(500):
            if watching.scalar(waiting):
                return
            time.sleep(0.01)
    pytest.fail("nobody waited for the lock")


@pytest.mark.servers
def test_a_server_that_restarted_is_noticed(app: Flask, postgresql: str) -> None:
    office = open_office()
    task = open_tasks(begin(office, version(office, steps("a"))))["a"]
    db.session.rollback()
    ours = "pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    engine = create_engine(postgresql, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as operator:
        operator.execute(text(f"SELECT {ours} AND datname = current_database()"))
    time.sleep(TRUSTED + 0.1)
    tasks.complete(task, {}, actor=office.officer)
    assert db.session.get_one(UserTask, task).status == "completed"
