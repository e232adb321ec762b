"""Fifty people at work at once in an office at real size: how long each page makes them wait.

    python -m tests.prove.load [--cases 100000] [--users 50] [--minutes 10] [--think 10 30]

The office of `tests.prove.crowd` on PostgreSQL (ten open tasks a case), served by gunicorn
and one worker process with Redis. Each person signs in, then reads, thinks for some seconds,
and goes on: baskets, filters, searches, tasks, cases, an act now and then, while their open
page asks for news. A page counts from the request to its last byte. The same run measures a
page that touches nothing, since the machine's own slowness is in every figure.
"""

import argparse
import os
import random
import tempfile
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import quantiles

from flask import Flask
from sqlalchemy import func, select, text

from engine.commands import people
from engine.directory import Person, person_by_email
from engine.models import IS_OPEN, ProcessInstance, UserTask, db
from tests import servers
from tests.conftest import build, close
from tests.prove import crowd, habits, office
from tests.prove.people import Person as Someone
from tests.prove.people import Tally
from web.accounts import open_account
from web.demo.people import PASSWORD

EVIDENCE = Path(__file__).parents[2] / "docs" / "evidence"
GOAL = 200
"""Milliseconds, at the 95th percentile."""

HEADS = 3
"""Of the people at work, those who are heads of service."""


@dataclass(frozen=True)
class Plan:
    """How many people work, for how long, in how large an office."""

    cases: int
    users: int
    minutes: float
    think: tuple[float, float]
    seed: int = 1


@dataclass
class Waits:
    """Milliseconds waited, by kind of page, written by many threads."""

    found: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrong: Tally = field(default_factory=Tally)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, kind: str, seconds: float, status: int) -> None:
        """One answer."""
        with self.lock:
            self.found[kind].append(1000 * seconds)
        if status >= 400:
            self.wrong.add(f"HTTP {status} to {kind}")


def main() -> None:
    plan = _plan()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        more = {
            "DATABASE_URL": stack.enter_context(servers.postgresql()),
            "REDIS_URL": stack.enter_context(servers.redis(Path(folder))),
        }
        environment = office.environment(Path(folder) / "data", **more)
        app = build(environment)
        emails, size = _fill(app, plan)
        close(app)
        with office.running(environment, Path(folder), web=2, workers=1):
            waits = _work(plan, environment["PUBLIC_URL"], emails)
        lines = _report(plan, size, waits)
    print("\n".join(lines))
    EVIDENCE.mkdir(parents=True, exist_ok=True)
    page = EVIDENCE / f"{datetime.now(UTC):%Y-%m-%d}-load.md"
    page.write_text("\n".join(lines) + "\n")


def _plan() -> Plan:
    asked = argparse.ArgumentParser()
    asked.add_argument("--cases", type=int, default=100_000)
    asked.add_argument("--users", type=int, default=50)
    asked.add_argument("--minutes", type=float, default=10)
    asked.add_argument("--think", type=float, nargs=2, default=(10, 30))
    given = asked.parse_args()
    return Plan(given.cases, given.users, given.minutes, tuple(given.think))


def _fill(app: Flask, plan: Plan) -> tuple[list[str], str]:
    """The office, and accounts for those who work in it; returns their addresses."""
    with app.app_context():
        opened = crowd.open_crowd()
        crowd.multiply(opened, plan.cases)
        agents = select(Person.email).where(Person.email.like("agent%@bourgogne.example"))
        emails = list(db.session.scalars(agents.order_by(Person.email).limit(plan.users)))
        for number, email in enumerate(emails):
            person = person_by_email(email)
            assert person
            role = "head_of_service" if number < HEADS else "case_officer"
            people.grant(person.id, opened.office.region, role)
            if number < HEADS:
                people.grant(person.id, opened.office.region, "case_officer")
            open_account(email=email, name=person.name, password=PASSWORD)
        open_tasks = select(func.count()).select_from(UserTask).where(IS_OPEN)
        cases = select(func.count()).select_from(ProcessInstance)
        size = f"{db.session.scalar(cases):,} cases, {db.session.scalar(open_tasks):,} open tasks"
        version = db.session.scalar(text("SHOW server_version"))
        return emails, f"{size}, PostgreSQL {version}"


def _work(plan: Plan, address: str, emails: Sequence[str]) -> Waits:
    waits, works = Waits(), []
    for number, email in enumerate(emails):
        someone = Someone(address, email, Tally())
        someone.sign_in()
        dice = random.Random(plan.seed * 1000 + number)
        habit = habits.Habit(someone.http, dice, waits.add, head=number < HEADS)
        works.append(partial(habit.work, plan.think))
    together(works, plan.minutes)
    return waits


def together(works: Sequence[Callable[[threading.Event], None]], minutes: float) -> None:
    """Let people work at once, and tell them when it is over."""
    over = threading.Event()
    threads = [threading.Thread(target=one, args=(over,), daemon=True) for one in works]
    for thread in threads:
        thread.start()
    over.wait(60 * minutes)
    over.set()
    for thread in threads:
        thread.join(120)


def _report(plan: Plan, size: str, waits: Waits) -> list[str]:
    seconds = 60 * plan.minutes
    total = sum(map(len, waits.found.values()))
    return [
        f"# {plan.users} people at work at once",
        "",
        machine(
            f"load --cases {plan.cases} --users {plan.users} --minutes {plan.minutes:g}"
        ),
        "",
        (
            f"{size}; think time {plan.think[0]:g} to {plan.think[1]:g} s, {plan.minutes:g} minutes, "
            f"{total:,} answers ({total / seconds:.1f} a second); goal: {GOAL} ms at the 95th "
            f"percentile. « {habits.NOTHING} » touches no table: it calibrates the machine."
        ),
        "",
        *table(waits),
    ]


def machine(script: str) -> str:
    """When, on what machine and by which command a run was made."""
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC · {os.cpu_count()} cores for the office, its "
        f"database and those people together · load {os.getloadavg()[2]:.1f} over the last "
        f"quarter of an hour · `python -m tests.prove.{script}`"
    )


def table(waits: Waits) -> list[str]:
    """What each kind of page made people wait, and the answers that were errors."""
    lines = [
        "| page | answers | median | 95th | worst | held |",
        "|---|---|---|---|---|---|",
    ]
    for kind, costs in sorted(waits.found.items()):
        low, high = _percentiles(costs)
        held = "yes" if high <= GOAL else "**NO**"
        lines.append(
            f"| {kind} | {len(costs)} | {low:.0f} | {high:.0f} | {max(costs):.0f} | {held} |"
        )
    lines += ["", "Milliseconds, from the request to the last byte."]
    told = (
        ", ".join(f"{what}: {n}" for what, n in waits.wrong.starting("").items()) or "none"
    )
    return [*lines, "", f"Answers that were errors: {told}."]


def _percentiles(costs: Sequence[float]) -> tuple[float, float]:
    if len(costs) == 1:
        return costs[0], costs[0]
    cut = quantiles(costs, n=20, method="inclusive")
    return cut[9], cut[18]


if __name__ == "__main__":
    main()
