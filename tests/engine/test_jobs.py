"""The same asked of many cases: every case has its result, and nothing is done twice."""

import signal
import subprocess
import sys
import time
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select

from engine import journal, journal_check
from engine.access import Forbidden
from engine.commands import incidents, jobs, people, selecting, tasks
from engine.commands.operations import Operation
from engine.commands.selecting import Selection
from engine.directory import Holding
from engine.errors import OperationRefused
from engine.jobs import Job, JobItem, progress
from engine.models import Incident, ProcessInstance, UserTask, db
from tests.conftest import ROOT, build, close, environment
from tests.engine.drawn_cases import begin, case, steps, version
from tests.engine.test_commands import calling
from tests.office import Office, deliver_all, open_office, open_tasks


@pytest.fixture
def office(either_app: Flask) -> Office:
    return open_office()


def ask(office: Office, selection: Selection, operation: Operation, **more) -> UUID:
    return jobs.create(
        uuid4(), selection, operation, actor=office.operator, motive="en masse", **more
    )


def results(job_id: UUID) -> list[str]:
    db.session.rollback()
    statement = select(JobItem.result).where(JobItem.job_id == job_id)
    return list(db.session.scalars(statement.order_by(JobItem.position)))


def finish() -> None:
    while jobs.advance(100):
        pass


def two_versions(office: Office, cases: int) -> tuple[UUID, UUID, list[UUID]]:
    """Cases at `a`, every other one at `b`, which the second version no longer has."""
    old = version(office, steps("a", "b"))
    begun = [begin(office, old) for _ in range(cases)]
    for instance in begun[1::2]:
        tasks.complete(open_tasks(instance)["a"], {}, actor=office.officer)
    return old, version(office, steps("a", "c")), begun


def test_every_case_has_its_result_and_the_refused_stay(office: Office) -> None:
    old, new, begun = two_versions(office, 6)
    everyone = Selection(definition_id=str(old))
    migrate = Operation("migrate", to=str(new))
    tried = ask(office, everyone, migrate, rehearsal=True)
    finish()
    assert results(tried) == ["done", "refused"] * 3
    assert {case(i).definition_id for i in begun} == {old}, "a rehearsal moves nobody"
    job = ask(office, everyone, migrate)
    finish()
    assert results(job) == ["done", "refused"] * 3
    assert [case(i).definition_id for i in begun] == [new, old] * 3
    item = db.session.get_one(JobItem, (job, 2))
    assert "« b » n'existe plus" in item.note
    row = db.session.get_one(Job, job)
    done = progress([row])[row.id]
    assert (row.status, done.percent, done.total) == ("done", 100, 6)
    assert journal.of_case(begun[0])[-1].detail["job"] == str(job)
    assert list(open_tasks(begun[1])) == ["b"]
    assert journal_check.verify() == []


def test_asking_twice_makes_one_job_and_nothing_to_do_is_said(office: Office) -> None:
    old, _, _ = two_versions(office, 2)
    job_id, which, what = uuid4(), Selection(definition_id=str(old)), Operation("suspend")
    for _ in range(2):
        jobs.create(job_id, which, what, actor=office.operator, motive="pause")
    assert db.session.scalar(select(func.count()).select_from(Job)) == 1
    for actor in (office.officer, office.head, office.applicant):
        with pytest.raises(Forbidden):
            jobs.create(uuid4(), which, what, actor=actor, motive="pause")
        with pytest.raises(Forbidden):
            jobs.stop(job_id, actor=actor)
    with pytest.raises(OperationRefused, match="Aucun dossier"):
        ask(office, Selection(numbers=("26-AAAA-AAAA",)), what)
    with pytest.raises(OperationRefused, match="Choisissez"):
        ask(office, Selection(), what)
    with pytest.raises(OperationRefused, match="Dites pourquoi"):
        jobs.create(uuid4(), which, what, actor=office.operator, motive="")


def test_a_job_stops_and_goes_on(office: Office) -> None:
    old, _, begun = two_versions(office, 5)
    job = ask(office, Selection(definition_id=str(old)), Operation("suspend"))
    jobs.advance(2)
    jobs.stop(job, actor=office.operator)
    assert jobs.advance(100) == 0
    assert [case(i).status for i in begun].count("suspended") == 2
    with pytest.raises(OperationRefused):
        jobs.stop(job, actor=office.operator)
    jobs.go_on(job, actor=office.operator)
    finish()
    assert results(job) == ["done"] * 5
    numbers = tuple(case(i).number for i in begun[:2])
    again = ask(office, Selection(numbers=numbers, status="suspended"), Operation("resume"))
    finish()
    assert results(again) == ["done"] * 2


def test_incidents_of_one_cause_are_tried_again_together(
    office: Office, either_app: Flask
) -> None:
    first, echo = calling(office, either_app, *[RuntimeError("cassé")] * 3)
    for _ in range(2):
        begin(office, first.definition_id)
    deliver_all(either_app)
    [cause] = set(db.session.scalars(select(Incident.cause)))
    chosen = Selection(cause=cause)
    assert len(list(db.session.scalars(selecting.select_cases(chosen)))) == 3
    incident = db.session.scalars(select(Incident.id).limit(1)).one()
    job = ask(office, chosen, Operation("retry", cause))
    incidents.retry(incident, actor=office.operator)  # someone was faster on this one
    finish()
    deliver_all(either_app)
    assert sorted(results(job)) == ["done", "done", "refused"]
    assert len(echo.keys) == 6
    assert len(set(echo.keys)) == 3
    assert (
        db.session.scalar(select(func.count()).where(Incident.resolved_at.is_(None))) == 0
    )


def test_a_step_is_chosen_and_a_surprise_is_one_cases_own(office: Office) -> None:
    old, _, begun = two_versions(office, 4)
    at_b = Selection(definition_id=str(old), element_id="b")
    job = ask(office, at_b, Operation("move", "b", to="a"))
    finish()
    assert results(job) == ["done"] * 2
    assert all(list(open_tasks(i)) == ["a"] for i in begun)
    broken = ask(office, Selection(definition_id=str(old)), Operation("migrate", to="x"))
    finish()
    assert results(broken) == ["failed"] * 4
    assert db.session.scalars(select(JobItem.note).where(JobItem.job_id == broken)).first()


def test_a_person_who_no_longer_operates_moves_nothing_more(office: Office) -> None:
    old, _, begun = two_versions(office, 2)
    job = ask(office, Selection(definition_id=str(old)), Operation("cancel"))
    holding = db.session.scalars(
        select(Holding).where(Holding.person_id == office.operator.person_id)
    ).one()
    people.withdraw(holding.id, by=None)
    finish()
    assert results(job) == ["refused"] * 2
    assert {case(i).status for i in begun} == {"active"}


@pytest.mark.servers
def test_workers_killed_in_the_middle_do_each_case_once(
    tmp_path: Path, postgresql: str
) -> None:
    env = environment(tmp_path, DATABASE_URL=postgresql)
    app = build(env)
    with app.app_context():
        office = open_office()
        old, _, begun = two_versions(office, 60)
        job = ask(office, Selection(definition_id=str(old)), Operation("skip", "a"))
        for left in (45, 25):
            workers = [_worker(env) for _ in range(2)]
            deadline = time.monotonic() + 120
            while results(job).count("to_do") > left:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            for worker in workers:
                worker.send_signal(signal.SIGKILL)
                worker.wait()
        assert "to_do" in results(job), "they were killed in the middle"
        finish()
        assert db.session.get_one(Job, job, populate_existing=True).status == "done"
        assert results(job) == ["done", "refused"] * 30
        acts = [[e.action for e in journal.of_case(i)].count("task_skipped") for i in begun]
        assert acts == [1, 0] * 30
        opened = select(func.count()).select_from(UserTask)
        assert db.session.scalar(opened.where(UserTask.element_id == "b")) == 60
        assert journal_check.verify() == []
        assert db.session.scalar(select(func.count()).select_from(ProcessInstance)) == 60
    close(app)


def _worker(env: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.prove.job_worker"],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **env},
        cwd=ROOT,
    )
