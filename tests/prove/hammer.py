"""Processes that hammer the same cases with random commands, killed -9 at random moments.

    python -m tests.prove.hammer --processes 8 --cases 200 --minutes 5

A real PostgreSQL. Each process acts for everybody: it claims, releases, completes, types,
sends messages, sweeps, suspends, resumes, some of it twice, some of it too late; it lets a
transaction in two wait only milliseconds for a lock. A case that ends is replaced. When
time is up all are killed, every case is brought to its end, and what the processes noted is
compared with what the office kept: no step lost, none done twice, no case stuck, nobody told
anything but « someone else just did this ».
"""

import argparse
import os
import platform
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from uuid import uuid4

from flask import Flask
from sqlalchemy import select

from engine import clock
from engine.access import actor_for
from engine.commands import messages, operations, tasks
from engine.commands.operations import Operation
from engine.models import SUSPENDED, MessageSubscription, ProcessInstance, UserTask, db
from tests import servers
from tests.conftest import ROOT, build, close, environment
from tests.office import deliver_all, remote
from tests.prove import hammer_checks, report
from tests.prove.checks import Check
from tests.prove.hammer_checks import Act
from tests.prove.hammer_hand import hammer
from tests.prove.hammered import Echo, Ground, prepare

ROUNDS = 30
"""Of bringing everything to its end; a case that needs more is stuck."""


@dataclass(frozen=True)
class Plan:
    """What to prove; a process is killed every so many seconds, on average."""

    processes: int
    cases: int
    minutes: float
    kill_every: float = 4


@dataclass
class Blows:
    """The processes, and what happened to them."""

    plan: Plan
    ground: Ground
    kills: int = 0
    dead: list[str] = field(default_factory=list)
    dice: random.Random = field(default_factory=random.Random)

    def fall(self) -> None:
        """Hammer for as long as planned; in the end all are killed."""
        hands = [self._hand(number) for number in range(self.plan.processes)]
        for number in range(len(hands)):
            self._wait_for(number)
        until, strike = time.monotonic() + self.plan.minutes * 60, self._next()
        while (now := time.monotonic()) < until:
            time.sleep(0.05)
            if now >= strike:
                hands[number := self.dice.randrange(len(hands))].kill()
                hands[number].join()
                self.kills += 1
                hands[number], strike = self._hand(number), self._next()
            for number, hand in enumerate(hands):
                if not hand.is_alive():
                    self.dead.append(f"{number}: exit {hand.exitcode}")
                    hands[number] = self._hand(number)
        for hand in hands:
            hand.kill()
            hand.join()

    def _next(self) -> float:
        return time.monotonic() + self.dice.uniform(0, 2 * self.plan.kill_every)

    def _hand(self, number: int) -> BaseProcess:
        hand = get_context("forkserver").Process(target=hammer, args=[self.ground, number])
        hand.start()
        return hand

    def _wait_for(self, number: int) -> None:
        """Until it has done something: making an application takes its time."""
        notes, until = self.ground.folder / f"hand-{number}.jsonl", time.monotonic() + 60
        while not (notes.exists() and notes.stat().st_size) and time.monotonic() < until:
            time.sleep(0.05)


@dataclass(frozen=True)
class Seen:
    """One run: what was planned, what happened, what was found."""

    plan: Plan
    blows: Blows
    acts: Sequence[Act]
    steps: Counter[str]
    checks: Sequence[Check]
    settling: float

    @property
    def holds(self) -> bool:
        """Whether every check holds."""
        return all(one.holds for one in self.checks)


def run(plan: Plan) -> Seen:
    """Everything, on a database of its own."""
    with tempfile.TemporaryDirectory() as name, servers.postgresql() as url:
        folder = Path(name)
        env = environment(folder / "data", DATABASE_URL=url, EBG_CALL_LEASE="10")
        app = build(env)
        try:
            with app.app_context():
                return _run(plan, app, env, folder)
        finally:
            close(app)


def _run(plan: Plan, app: Flask, env: Mapping[str, str], folder: Path) -> Seen:
    get_context("forkserver").set_forkserver_preload([hammer.__module__])
    remote(echo__ask={"question": True})
    app.extensions["partners"]["echo"] = Echo(folder)
    ground = prepare(env, folder, plan.cases)
    blows = Blows(plan, ground)
    blows.fall()
    db.session.rollback()  # what was read before is of before
    noted, steps = hammer_checks.acts(folder), hammer_checks.steps()
    checks = [
        Check("processes that ended by themselves", [], blows.dead),
        *hammer_checks.of_drafts(noted),
    ]
    began = time.monotonic()
    stuck = _settle(app, ground)
    checks += hammer_checks.of_cases(ground, noted, stuck)
    return Seen(plan, blows, noted, steps, checks, time.monotonic() - began)


def _settle(app: Flask, ground: Ground) -> list[str]:
    """Bring every case to its end; those that do not get there, with where they stand."""
    for case in _cases(ProcessInstance.status == SUSPENDED):
        operations.perform(
            case.id, Operation("resume"), actor=ground.office.operator, motive="preuve"
        )
    for _ in range(ROUNDS):
        clock.advance(timedelta(hours=1))
        deliver_all(app)
        for name, number in db.session.execute(
            select(MessageSubscription.name, MessageSubscription.correlation)
        ).all():
            messages.receive(name, number, {})
        deliver_all(app)
        left = db.session.execute(
            select(UserTask.id, UserTask.assignee_id).where(UserTask.status == "open")
        ).all()
        for task, holder in left:
            actor = actor_for(holder) if holder else ground.office.officer
            tasks.complete(task, {"mark": uuid4().hex, "again": False}, actor=actor)
    return [
        f"{case.number}: {case.status}"
        for case in _cases(ProcessInstance.ended_at.is_(None))
    ]


def _cases(where: object) -> Sequence[ProcessInstance]:
    db.session.rollback()
    return db.session.scalars(select(ProcessInstance).where(where)).all()  # type: ignore[arg-type]


def table(seen: Seen) -> str:
    """The run in Markdown."""
    plan, blows = seen.plan, seen.blows
    ends = Counter((one.act, one.end) for one in seen.acts)
    told = Counter(one.said for one in seen.acts if one.end == "told")
    count = len(seen.acts)
    held = "every check holds" if seen.holds else "NOT EVERY CHECK HOLDS"
    title = f"{plan.processes} processes on the same {plan.cases} cases"
    about = (
        f"`python -m tests.prove.hammer --processes {plan.processes} --cases {plan.cases} "
        f"--minutes {plan.minutes:g}`: {count:,} commands in {plan.minutes:g} minutes "
        f"({count / plan.minutes / 60:.0f} a second), {blows.kills} kills -9 on the way and "
        f"{plan.processes} at the end, a lock timeout of 1 to 20 ms in one transaction in "
        f"two. Bringing every case to its end took {seen.settling:.0f} s more. PostgreSQL, "
        f"{os.cpu_count()} cores shared with other work, Python {platform.python_version()}."
    )
    lines = [
        f"# {title}, {datetime.now(UTC):%Y-%m-%d}: {held}",
        "",
        about,
        "",
        *report.checked(seen.checks),
        "",
        "| act | done | told someone else was faster | cut by a kill |",
        "|---|---|---|---|",
        *(
            f"| {act} | {ends[act, 'done']} | {ends[act, 'told']} | {ends[act, '']} |"
            for act in sorted({one.act for one in seen.acts})
        ),
        "",
        "| what people were told | times |",
        "|---|---|",
        *(f"| {said} | {times} |" for said, times in told.most_common()),
        "",
        "| step of the diagram, done while hammered | times |",
        "|---|---|",
        *(f"| {step} | {times} |" for step, times in seen.steps.most_common()),
        "",
    ]
    broke = Counter(one.said for one in seen.acts if one.end == "broke")
    for said, times in broke.most_common():
        lines += [f"## {times} times", "", "```", said.rstrip(), "```", ""]
    return "\n".join(lines)


def main() -> int:
    """Run at full size and keep the dated page."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--evidence", type=Path, default=ROOT / "docs" / "evidence")
    asked = parser.parse_args()
    seen = run(Plan(asked.processes, asked.cases, asked.minutes))
    page = table(seen)
    print(page)
    asked.evidence.mkdir(parents=True, exist_ok=True)
    (asked.evidence / f"{datetime.now(UTC):%Y-%m-%d}-hammer.md").write_text(page)
    return 0 if seen.holds else 1


if __name__ == "__main__":
    sys.exit(main())
