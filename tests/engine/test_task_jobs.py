"""The same act on many tasks: each has its result and its reason, and nothing is done twice."""

import signal
import time
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from engine import clock, journal, journal_check
from engine.access import Forbidden, actor_for, allowed
from engine.commands import absences, drafts, jobs, operations, people, task_jobs, tasks
from engine.commands.operations import Operation
from engine.commands.task_jobs import TaskAct
from engine.directory import Holding
from engine.errors import OperationRefused
from engine.jobs import Job, JobItem
from engine.models import ProcessInstance, UserTask, db
from tests.conftest import build, close, environment
from tests.engine.drawn_cases import begin, steps, version
from tests.engine.test_jobs import _worker, finish, results
from tests.office import Office, open_office, open_tasks

MANY = 500


@pytest.fixture
def office(either_app: Flask) -> Office:
    return open_office()


def cases_at_a(office: Office, number: int) -> tuple[list[UUID], list[UUID]]:
    definition = version(office, steps("a", "b"))
    begun = [begin(office, definition) for _ in range(number)]
    rows = db.session.execute(
        select(UserTask.instance_id, UserTask.id).where(UserTask.element_id == "a")
    )
    of_case = {case: task for case, task in rows}
    return begun, [of_case[case] for case in begun]


def ask(
    office: Office, chosen: list[UUID], act: str, *, by=None, motive="", **more
) -> UUID:
    asked = TaskAct(act, **more)
    actor = by or office.officer
    return task_jobs.create(uuid4(), chosen, asked, actor=actor, motive=motive)


def notes(job_id: UUID) -> list[str]:
    statement = select(JobItem.note).where(JobItem.job_id == job_id)
    return list(db.session.scalars(statement.order_by(JobItem.position)))


def test_taken_dealt_put_off_and_put_back(office: Office) -> None:
    _, chosen = cases_at_a(office, 4)
    taken = ask(office, chosen, "claim")
    finish()
    assert results(taken) == ["done"] * 4
    claire, paul = office.officer.person_id, office.second_officer.person_id
    dealt = ask(
        office, chosen, "assign", by=office.head, motive="Congés",
        to=(str(paul), str(claire)),
    )  # fmt: skip
    finish()
    assert results(dealt) == ["done"] * 4
    holders = [db.session.get_one(UserTask, one).assignee_id for one in chosen]
    assert holders == [paul, claire, paul, claire]
    until = (clock.now() + timedelta(days=2)).isoformat()
    later = ask(office, chosen, "snooze", until=until, event="answer")
    finish()
    assert results(later) == ["refused", "done"] * 2
    assert notes(later)[0].startswith("Paul Roy l'a prise en charge le ")
    back = ask(office, chosen, "release", motive="x")
    finish()
    assert results(back) == ["refused", "done"] * 2
    assert journal_check.verify() == []


def test_each_refusal_says_who_and_when(office: Office) -> None:
    begun, chosen = cases_at_a(office, 5)
    tasks.claim(chosen[0], actor=office.second_officer)
    tasks.complete(chosen[1], {}, actor=office.second_officer)
    operations.perform(begun[2], Operation("suspend"), actor=office.operator, motive="x")
    drafts.open_for_task(chosen[3], actor=office.second_officer, values={"a": 1})
    job = ask(office, chosen, "complete")
    finish()
    assert results(job) == ["refused"] * 4 + ["done"]
    taken, done, suspended, begun_by, _ = notes(job)
    day = clock.now().astimezone(clock.PARIS).strftime("%d/%m/%Y")
    assert taken.startswith(f"Paul Roy l'a prise en charge le {day} à ")
    assert done.startswith(f"Paul Roy l'a déjà terminée le {day} à ")
    assert suspended.startswith(f"Le dossier est suspendu depuis le {day} à ")
    assert suspended.endswith(" par Olga Durand.")
    assert begun_by.startswith("Paul Roy a commencé à répondre pour ce dossier ")


def test_what_cannot_be_asked_together_is_refused_at_once(office: Office) -> None:
    begun, chosen = cases_at_a(office, 2)
    tasks.complete(chosen[0], {}, actor=office.officer)
    other = open_tasks(begun[0])["b"]
    with pytest.raises(OperationRefused, match="même étape"):
        ask(office, [other, chosen[1]], "complete")
    with pytest.raises(OperationRefused, match="Cochez au moins"):
        ask(office, [uuid4()], "claim")
    with pytest.raises(OperationRefused, match="une personne"):
        ask(office, chosen, "assign", by=office.head, motive="x")
    with pytest.raises(OperationRefused, match="Choisissez ce que"):
        ask(office, chosen, "burn")
    for actor in (office.applicant, office.operator):
        with pytest.raises(Forbidden):
            ask(office, chosen, "claim", by=actor)
    job_id = uuid4()
    for _ in range(2):
        task_jobs.create(job_id, chosen, TaskAct("claim"), actor=office.officer, motive="")
    assert db.session.scalar(select(func.count()).select_from(Job)) == 1


def test_a_role_lost_meanwhile_acts_no_more(office: Office) -> None:
    _, chosen = cases_at_a(office, 2)
    job = ask(office, chosen, "claim")
    holding = db.session.scalars(
        select(Holding).where(Holding.person_id == office.officer.person_id)
    ).one()
    people.withdraw(holding.id, by=None)
    finish()
    assert results(job) == ["refused"] * 2
    assert "Vous n'avez pas le rôle" in notes(job)[0]


def test_a_deputy_acts_in_a_lot_until_the_end_of_the_absence(office: Office) -> None:
    begun, chosen = cases_at_a(office, 2)
    for one in chosen:
        tasks.claim(one, actor=office.officer)
    absences.declare(
        office.officer.person_id, office.second_officer.person_id, office.region,
        starts_at=clock.now(), ends_at=clock.now() + timedelta(hours=1),
        actor=office.officer,
    )  # fmt: skip
    deputy = actor_for(office.second_officer.person_id)
    first = ask(office, chosen[:1], "complete", by=deputy)
    finish()
    assert results(first) == ["done"]
    assert journal.of_case(begun[0])[-1].on_behalf_of == office.officer.person_id
    second = ask(office, chosen[1:], "complete", by=deputy)
    clock.advance(timedelta(hours=1))
    finish()
    assert results(second) == ["refused"]


def test_a_job_is_seen_by_its_author_and_the_heads_of_the_body(office: Office) -> None:
    _, chosen = cases_at_a(office, 2)
    job = db.session.get_one(Job, ask(office, chosen, "claim"))
    seen = [office.officer, office.head]
    unseen = [office.second_officer, office.operator, office.department_officer]
    assert all(allowed(actor, "see", job) for actor in seen)
    assert not any(allowed(actor, "see", job) for actor in [*unseen, office.applicant])
    with pytest.raises(Forbidden):
        jobs.stop(job.id, actor=office.second_officer)
    jobs.stop(job.id, actor=office.head)
    finish()
    assert results(job.id) == ["to_do"] * 2


@pytest.mark.servers
def test_a_worker_killed_in_the_middle_finishes_each_once(
    tmp_path: Path, postgresql: str
) -> None:
    """Five hundred cases, of which twenty refuse, for four reasons."""
    env = environment(tmp_path, DATABASE_URL=postgresql)
    app = build(env)
    with app.app_context():
        office = open_office()
        begun, chosen = cases_at_a(office, MANY)
        for one in chosen[0:25:5]:
            tasks.claim(one, actor=office.second_officer)
        for one in chosen[100:125:5]:
            tasks.complete(one, {}, actor=office.second_officer)
        for case in begun[200:225:5]:
            operations.perform(
                case, Operation("suspend"), actor=office.operator, motive="x"
            )
        db.session.execute(
            update(UserTask)
            .where(UserTask.id.in_(chosen[300:325:5]))
            .values(role="elected_member")
        )
        db.session.commit()
        job = ask(office, chosen, "complete")
        worker = _worker(env)
        deadline = time.monotonic() + 60
        while results(job).count("to_do") > MANY * 3 // 4:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        assert "to_do" in results(job), "it was killed in the middle"
        finish()
        assert results(job).count("refused") == 20
        assert results(job).count("done") == MANY - 20
        reasons = [note for note in notes(job) if note]
        for words in (
            "l'a prise en charge", "l'a déjà terminée", "est suspendu", "pas le rôle",
        ):  # fmt: skip
            assert sum(words in note for note in reasons) == 5, words
        acts = select(func.count()).where(
            journal.JournalEntry.action == "task_completed",
            journal.JournalEntry.actor_id == office.officer.person_id,
        )
        assert db.session.scalar(acts) == MANY - 20, "each exactly once"
        at_b = select(func.count()).where(UserTask.element_id == "b")
        assert db.session.scalar(at_b) == MANY - 20 + 5
        assert db.session.get_one(Job, job, populate_existing=True).status == "done"
        assert db.session.scalar(select(func.count()).select_from(ProcessInstance)) == MANY
    close(app)
