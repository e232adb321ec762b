"""Migration of running cases to a new version, one in a hundred made incompatible.

    python -m tests.prove.migration --cases 10000

A real PostgreSQL, and workers as processes of their own that are killed -9 on the way. First
a dry run as a job, then the migration; then everybody's case is completed, to the end. The
incompatible ones stand at a step that the new version no longer has: they must stay where
they are, to the byte, be listed with the reason, and still end under the old version. The new
version also awaits more than the old one did, on the edge of the open step and in an event
sub-process: both are armed in every case that follows, and one in a hundred of them is heard.
"""

import argparse
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import func, select

from engine import journal, journal_check
from engine.access import Actor
from engine.commands import cases, jobs, messages, tasks
from engine.commands.operations import Operation
from engine.commands.selecting import Selection
from engine.commands.step import digest
from engine.jobs import Job, JobItem
from engine.models import (
    History,
    MessageSubscription,
    ProcessInstance,
    Timer,
    UserTask,
    db,
)
from tests import servers
from tests.conftest import ROOT, build, close, environment
from tests.engine.drawn_cases import steps, version
from tests.engine.spiff.drawing import (
    boundary,
    chain,
    element,
    end,
    message,
    timer,
    user,
)
from tests.office import Office, open_office, open_tasks
from tests.prove.checks import Check
from web.app import create_app

OLD = steps("review", "old_check", late="review")
MORE = (
    boundary("nudge", "review", timer("duration", "P60D"), interrupting=False)
    + user("nudged", role="case_officer")
    + end("nudge_ended")
    + chain("nudge", "nudged", "nudge_ended")
    + element(
        "subProcess", "hearing",
        element("startEvent", "objected", message("m"), isInterrupting="false"),
        user("hear", role="case_officer"), end("heard"),
        chain("objected", "hear", "heard"), triggeredByEvent="true",
    )
)  # fmt: skip
"""What the new version awaits besides: on an edge, and anywhere in the process."""
NEW = '<bpmn:message id="m" name="tests.objection"/>' + steps(
    "review", "new_check", late="review"
).replace("</bpmn:process>", f"{MORE}</bpmn:process>")
REASON = (
    "« old_check » n'existe plus dans la nouvelle version : dites quelle étape la remplace."
)
ONE_IN = 100
HANDS = 3
"""Processes that start and complete cases."""


@dataclass
class Run:
    """One run: the office, its cases, what was measured."""

    cases: int
    office: Office
    env: dict[str, str]
    old: UUID
    everyone: list[UUID] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    kills: int = 0
    dice: random.Random = field(default_factory=lambda: random.Random(1))

    @property
    def stubborn(self) -> list[UUID]:
        """The cases made incompatible."""
        return self.everyone[::ONE_IN]

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Measure one part of the run, and say it on the way."""
        began = time.monotonic()
        yield
        self.seconds[what] = time.monotonic() - began
        print(f"{what}: {self.seconds[what]:.0f} s", flush=True)

    def open_cases(self) -> None:
        """Start everybody; bring one in a hundred to the step that will be gone."""
        share = [(self.cases + n) // HANDS for n in range(HANDS)]
        actor, company = self.office.applicant, self.office.company
        with ProcessPoolExecutor(HANDS, get_context("spawn")) as hands:
            each = [
                hands.submit(_begin, self.env, self.old, actor, company, n) for n in share
            ]
            self.everyone = [instance for one in each for instance in one.result()]
        self.complete([(instance, ["review"]) for instance in self.stubborn])

    def complete(self, work: list[tuple[UUID, list[str]]]) -> None:
        """Do these tasks of these cases, as their officer."""
        with ProcessPoolExecutor(HANDS, get_context("spawn")) as hands:
            each = [
                hands.submit(_complete, self.env, self.office.officer, work[n::HANDS])
                for n in range(HANDS)
            ]
            for one in each:
                one.result()

    def ask(self, new: UUID, *, rehearsal: bool) -> UUID:
        """The job that migrates everybody, or tries to."""
        return jobs.create(
            uuid4(), Selection(definition_id=str(self.old)),
            Operation("migrate", to=str(new)), actor=self.office.operator,
            motive="preuve", rehearsal=rehearsal,
        )  # fmt: skip

    def work(self, job_id: UUID, kills: int = 0) -> None:
        """Let two workers do the job; kill one of them, any, so many times on the way."""
        workers = [self._worker() for _ in range(2)]
        strikes = [self.cases * (n + 1) // (kills + 1) for n in range(kills)]
        while _status(job_id) != "done":
            time.sleep(0.02)
            left = _left(job_id)
            if strikes and self.cases - left >= strikes[0]:
                strikes.pop(0)
                struck = self.dice.randrange(2)
                workers[struck].kill()
                workers[struck].wait()
                self.kills += 1
                workers[struck] = self._worker()
            for number, worker in enumerate(workers):
                if worker.poll() is not None and left:
                    workers[number] = self._worker()
            if not left and all(worker.poll() is not None for worker in workers):
                jobs.advance(1)
        for worker in workers:
            worker.wait()

    def _worker(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.prove.job_worker"],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **self.env},
            cwd=ROOT,
        )


def _begin(
    env: dict[str, str], old: UUID, actor: Actor, company: UUID, number: int
) -> list[UUID]:
    app = create_app(env)
    with app.app_context():
        begun = [
            cases.start(old, {}, actor=actor, applicant_id=company).id
            for _ in range(number)
        ]
    close(app)
    return begun


def _complete(
    env: dict[str, str], officer: Actor, work: list[tuple[UUID, list[str]]]
) -> None:
    app = create_app(env)
    with app.app_context():
        for instance, elements in work:
            for element in elements:
                tasks.complete(open_tasks(instance)[element], {}, actor=officer)
    close(app)


def _status(job_id: UUID) -> str:
    db.session.rollback()
    return db.session.scalars(select(Job.status).where(Job.id == job_id)).one()


def _left(job_id: UUID) -> int:
    statement = select(func.count()).where(
        JobItem.job_id == job_id, JobItem.result == "to_do"
    )
    return db.session.scalar(statement) or 0


def run(number: int, kills: int) -> tuple[Run, list[Check]]:
    """Everything, on a database of its own."""
    with tempfile.TemporaryDirectory() as folder, servers.postgresql() as url:
        env = environment(Path(folder), DATABASE_URL=url)
        app = build(env)
        try:
            with app.app_context():
                return _run(number, kills, env)
        finally:
            close(app)


def _run(number: int, kills: int, env: dict[str, str]) -> tuple[Run, list[Check]]:
    office = open_office()
    it = Run(number, office, env, version(office, OLD))
    with it.timed("start the cases"):
        it.open_cases()
    new = version(office, NEW)
    before = _standing(it.everyone)
    timers = _timers()
    with it.timed("dry run"):
        tried = it.ask(new, rehearsal=True)
        it.work(tried)
    untouched = _standing(it.everyone) == before
    with it.timed(f"migrate, {kills} kills"):
        job = it.ask(new, rehearsal=False)
        it.work(job, kills)
    after = _standing(it.everyone)
    stubborn = set(it.stubborn)
    stayed = sum(after[i] == before[i] for i in stubborn)
    kept = sum(after[i][2] == before[i][2] for i in it.everyone)
    moved = sum(after[i][0] == new for i in it.everyone)
    same_timers = timers == _timers()
    armed, awaited = len(_timers("nudge")), _awaited()
    objecting = [i for i in it.everyone if i not in stubborn][::ONE_IN]
    with it.timed("hear the objections"):
        for instance in objecting:
            case = db.session.get_one(ProcessInstance, instance)
            messages.receive("tests.objection", case.number, {})
        it.complete([(instance, ["hear"]) for instance in objecting])
    with it.timed("complete every case"):
        it.complete(
            [
                (i, ["old_check"] if i in stubborn else ["review", "new_check"])
                for i in it.everyone
            ]
        )
    few, most = len(stubborn), number - len(stubborn)
    checks = [
        Check("the dry run changed nothing", True, untouched),
        Check("dry run: would follow", most, _count(tried, "done")),
        Check("dry run: refused", few, _count(tried, "refused")),
        Check("cases that follow the new version", most, moved),
        Check("incompatible cases left as they were, to the byte", few, stayed),
        Check("incompatible cases listed with the reason", few, _listed(job)),
        Check("open tasks that kept their id", number, kept),
        Check("timers as they were armed", True, same_timers),
        Check("events on the edge that are new, armed", most, armed),
        Check("event sub-processes that are new, awaiting", most, awaited),
        Check("new event sub-processes that ran", len(objecting), _done("hear")),
        Check("acts of migration in the journals", most, _acts()),
        Check("cases completed in the end", number, _completed()),
        Check("new step done in migrated cases", most, _done("new_check")),
        Check("old step done in those that stayed", few, _done("old_check")),
        Check("faults in the journal", [], journal_check.verify()),
    ]
    return it, checks


def _standing(cases: list[UUID]) -> dict[UUID, tuple[UUID, str, UUID]]:
    """Where each case stands: its version, the digest of its state, its open task."""
    db.session.rollback()
    rows = db.session.execute(
        select(
            ProcessInstance.id,
            ProcessInstance.definition_id,
            ProcessInstance.state,
            UserTask.id,
        )
        .join(UserTask, UserTask.instance_id == ProcessInstance.id)
        .where(UserTask.status == "open")
    )
    return {
        case: (definition, digest(state), task) for case, definition, state, task in rows
    }


def _timers(element_id: str = "deadline") -> list[tuple[UUID, datetime]]:
    rows = db.session.execute(
        select(Timer.task_id, Timer.due_at)
        .where(Timer.element_id == element_id)
        .order_by(Timer.due_at, Timer.task_id)
    )
    return [(task, due) for task, due in rows]


def _awaited() -> int:
    where = MessageSubscription.name == "tests.objection"
    return db.session.scalar(select(func.count()).where(where)) or 0


def _count(job_id: UUID, result: str) -> int:
    where = (JobItem.job_id == job_id) & (JobItem.result == result)
    return db.session.scalar(select(func.count()).where(where)) or 0


def _listed(job_id: UUID) -> int:
    where = (JobItem.job_id == job_id) & (JobItem.note == REASON)
    return db.session.scalar(select(func.count()).where(where)) or 0


def _acts() -> int:
    where = journal.JournalEntry.action == "case_migrated"
    return db.session.scalar(select(func.count()).where(where)) or 0


def _completed() -> int:
    db.session.rollback()  # other processes completed them: what was read so far is past
    where = (ProcessInstance.status == "completed") & (ProcessInstance.outcome == "ended")
    return db.session.scalar(select(func.count()).where(where)) or 0


def _done(element: str) -> int:
    where = (History.element_id == element) & (History.state == "completed")
    return db.session.scalar(select(func.count()).where(where)) or 0


def table(it: Run, checks: list[Check]) -> str:
    """The run in Markdown."""
    held = "every check holds" if all(c.holds for c in checks) else "NOT EVERY CHECK HOLDS"
    lines = [
        f"# Migration of {it.cases:,} running cases, {datetime.now(UTC):%Y-%m-%d}: {held}",
        "",
        (
            f"`python -m tests.prove.migration --cases {it.cases}`: one case in {ONE_IN} stands "
            "at a step that the new version no longer has. PostgreSQL, two workers as processes "
            f"of their own, {it.kills} of them killed -9 during the migration. "
            f"{os.cpu_count()} cores shared with other work, Python {platform.python_version()}."
        ),
        "",
        "| check | expected | found | holds |",
        "|---|---|---|---|",
        *(
            f"| {c.what} | {c.expected} | {c.found} | {'yes' if c.holds else '**NO**'} |"
            for c in checks
        ),
        "",
        "| part | seconds | a second |",
        "|---|---|---|",
        *(f"| {what} | {s:.0f} | {it.cases / s:.0f} |" for what, s in it.seconds.items()),
        "",
    ]
    return "\n".join(lines)


def main() -> int:
    """Run at full size and keep the dated page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--evidence", type=Path, default=ROOT / "docs" / "evidence")
    asked = parser.parse_args()
    it, checks = run(asked.cases, asked.kills)
    page = table(it, checks)
    print(page)
    asked.evidence.mkdir(parents=True, exist_ok=True)
    path = asked.evidence / f"{datetime.now(UTC):%Y-%m-%d}-migration.md"
    path.write_text(page)
    return 0 if all(check.holds for check in checks) else 1


if __name__ == "__main__":
    sys.exit(main())
