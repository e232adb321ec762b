"""Several sweeps at once, and workers killed in the middle, on a real PostgreSQL: once each."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from engine import clock, journal, journal_check
from engine.commands import tasks, timers
from engine.models import History, ProcessInstance, StartTimer, UserTask, db
from engine.signals import SignalDelivery
from engine.sweep import sweep
from tests.conftest import ROOT, build, close, environment
from tests.engine import drawn_cases, test_signals
from tests.engine.test_beginnings import KEY, swept, timed
from tests.engine.test_races import at_once
from tests.office import Office, open_office, open_tasks, publish

pytestmark = pytest.mark.servers

CROWD = 60


@pytest.fixture
def env(tmp_path: Path, postgresql: str) -> dict[str, str]:
    return environment(tmp_path, DATABASE_URL=postgresql)


@pytest.fixture
def app(env: dict[str, str]) -> Iterator[Flask]:
    app = build(env)
    with app.app_context():
        yield app
    close(app)


@pytest.fixture
def office(app: Flask) -> Office:
    return open_office()


def overdue(office: Office) -> None:
    """`CROWD` occurrences of one timer were missed."""
    publish(KEY, timed(("cycle", "R/P1D")), owner=office.region)
    clock.advance(timedelta(days=CROWD, hours=1))


def signalled(office: Office) -> None:
    """A signal was thrown that `CROWD` cases and one procedure wait for."""
    publish("tests.starter", test_signals.starter(), owner=office.region)
    heard = publish("tests.listener", test_signals.listener(), owner=office.region)
    for _ in range(CROWD):
        test_signals.begin(office, heard)
    thrower = publish("tests.thrower", test_signals.thrower(), owner=office.region)
    case = test_signals.begin(office, thrower)
    tasks.complete(open_tasks(case)["u"], {}, actor=office.officer)


def count(table: type, *which: object) -> int:
    db.session.rollback()
    statement = select(func.count()).select_from(table).where(*which)  # type: ignore[arg-type]
    return db.session.scalar(statement) or 0


def test_a_timer_fires_once_and_is_told_once(app: Flask, office: Office) -> None:
    case = drawn_cases.begin(
        office, drawn_cases.version(office, drawn_cases.steps("a", late="a"))
    )
    clock.advance(timedelta(days=11))
    at_once(app, *[lambda: timers.fire(case)] * 4)
    db.session.rollback()
    told = [e for e in journal.of_case(case) if e.action == "timer_fired"]
    assert len(told) == 1
    assert (
        count(History, History.element_id == "deadline", History.state == "completed") == 1
    )


def begun() -> int:
    return count(ProcessInstance, ProcessInstance.key == KEY)


def moved() -> int:
    return count(History, History.element_id == "c", History.state == "completed")


def check_begun() -> None:
    assert begun() == CROWD
    moments = {
        journal.of_case(case)[0].detail["timer"]
        for case in db.session.scalars(select(ProcessInstance.id))
    }
    assert len(moments) == CROWD
    assert db.session.scalars(select(StartTimer.turn)).one() == CROWD


def check_moved() -> None:
    for step in ("after", "told", "noted"):
        assert count(UserTask, UserTask.element_id == step) == CROWD
    assert count(ProcessInstance, ProcessInstance.key == "tests.starter") == 1
    assert count(SignalDelivery) == 0


PREPARED = [
    pytest.param(overdue, begun, check_begun, id="timer"),
    pytest.param(signalled, moved, check_moved, id="signal"),
]


@pytest.mark.parametrize(("prepare", "done", "check"), PREPARED)
def test_three_sweeps_at_once_do_each_thing_once(
    app: Flask,
    office: Office,
    prepare: Callable[[Office], None],
    done: Callable[[], int],
    check: Callable[[], None],
) -> None:
    prepare(office)

    def work() -> None:
        for _ in range(CROWD):
            sweep(lambda _call: None)

    assert at_once(app, work, work, work) == [None] * 3
    swept()
    check()
    assert journal_check.verify() == []


@pytest.mark.parametrize(("prepare", "done", "check"), PREPARED)
def test_workers_killed_in_the_middle_do_each_thing_once(
    env: dict[str, str],
    office: Office,
    prepare: Callable[[Office], None],
    done: Callable[[], int],
    check: Callable[[], None],
) -> None:
    prepare(office)
    for enough in (5, 20):
        workers = [_worker(env) for _ in range(2)]
        deadline = time.monotonic() + 120
        while done() < enough:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        for worker in workers:
            worker.send_signal(signal.SIGKILL)
            worker.wait()
    assert done() < CROWD, "they were killed in the middle"
    swept()
    check()
    assert journal_check.verify() == []


def _worker(env: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.prove.sweeper"],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **env},
        cwd=ROOT,
    )
