"""The storm: web and workers are killed at random while many cases live at once.

    python -m tests.prove.storm --database sqlite|postgresql --cases 50 --kills 100

Real processes (gunicorn, `flask worker`, `flask sandbox`) on this machine alone; partners
that fail one call in five, half of the time after having acted; people who fill in, file,
claim and complete over HTTP; kill -9 of one process at a time, any, at random moments spread
over the work; Redis emptied in the middle. At the end everything is counted: see `checks`.
"""

import argparse
import logging
import random
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import redis

from tests import servers
from tests.conftest import ROOT, close
from tests.prove import checks, office, report
from tests.prove.checks import Check
from tests.prove.people import Person, Tally
from tests.prove.processes import Service, strike
from tests.prove.story import STORIES, Life
from web.app import create_app

LAST = 0.97
"""Part of the work after which nothing is killed any more."""
FLUSHES = (0.25, 0.5, 0.75)
"""Parts of the work after which Redis is emptied."""


@dataclass(frozen=True)
class Plan:
    """What to prove. `minutes` is when to stop whatever happens."""

    database: str
    cases: int
    kills: int
    minutes: float = 40
    seed: int = 0


@dataclass
class Storm:
    """One run and what was seen of it."""

    plan: Plan
    lives: Sequence[Life]
    services: Sequence[Service]
    tally: Tally
    dice: random.Random
    began: float = field(default_factory=time.monotonic)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def progress(self) -> float:
        """How much of the work is done, from 0 to 1."""
        return sum(one.acts for one in self.lives) / sum(one.all_acts for one in self.lives)

    def rage(self, redis_url: str) -> None:
        """Kill until every kill is spent; live every case; empty Redis on the way."""
        threads = [threading.Thread(target=life.live, daemon=True) for life in self.lives]
        storms = [threading.Thread(target=self._kill)]
        if redis_url:
            storms.append(threading.Thread(target=self._flush, args=[redis_url]))
        for thread in (*threads, *storms):
            thread.start()
        until = self.began + self.plan.minutes * 60
        for thread in threads:
            thread.join(max(until - time.monotonic(), 0))
        self.over.set()
        for thread in storms:
            thread.join()

    def _kill(self) -> None:
        """Strike at moments drawn over the work rather than over time, so that work there is;
        moments drawn close together strike what is only starting again.
        """
        for moment in sorted(self.dice.uniform(0, LAST) for _ in range(self.plan.kills)):
            while self.progress < moment:
                if self.over.wait(0.05):
                    return
            self.over.wait(self.dice.uniform(0, 2))
            while not (kind := strike(self.services, self.dice)):
                time.sleep(0.05)
            self.tally.add(f"killed: {kind}")

    def _flush(self, redis_url: str) -> None:
        with redis.Redis.from_url(redis_url) as connection:
            for part in FLUSHES:
                while self.progress < part:
                    if self.over.wait(0.1):
                        return
                connection.flushall()
                self.tally.add("Redis emptied")


def run(plan: Plan, folder: Path) -> report.Report:
    """Prove one plan in an empty folder."""
    dice, tally = random.Random(plan.seed), Tally()
    with _environment(plan, folder) as environment:
        office.seed(environment)
        many = (2, 2) if plan.database == "postgresql" else (1, 0)
        with office.running(environment, folder, *many) as services:
            address = environment["PUBLIC_URL"]
            lives = _lives(plan, address, tally)
            storm = Storm(plan, lives, services, tally, dice)
            storm.rage(environment.get("REDIS_URL", ""))
            for life in lives:
                life.close()
            seconds = time.monotonic() - storm.began
            starts = {service.name: service.starts for service in services}
        app = create_app(environment)
        found = [*checks.of_office(app, lives), *_of_storm(plan, lives, tally)]
        figures = {**checks.told(app), **report.errors(folder)}
        version = office.database(app)
        close(app)
    return report.Report(plan, seconds, version, starts, found, figures, tally, lives)


def _of_storm(plan: Plan, lives: Sequence[Life], tally: Tally) -> list[Check]:
    expected = [Check("kills", plan.kills, sum(tally.starting("killed: ").values()))]
    if plan.database == "postgresql":
        expected.append(Check("Redis emptied", len(FLUSHES), tally["Redis emptied"]))
    stuck = [f"{life.number}: {life.trouble}" for life in lives if not life.ended]
    return [*expected, Check("people who could not go on", [], stuck)]


@contextmanager
def _environment(plan: Plan, folder: Path) -> Iterator[dict[str, str]]:
    with ExitStack() as stack:
        more = {}
        if plan.database == "postgresql":
            more["DATABASE_URL"] = stack.enter_context(servers.postgresql())
            more["REDIS_URL"] = stack.enter_context(servers.redis(folder))
        yield office.environment(folder / "data", **more)


def _lives(plan: Plan, address: str, tally: Tally) -> list[Life]:
    """The cases to live, each with its people signed in."""
    people: dict[str, Person] = {}

    def person(email: str) -> Person:
        if email not in people:
            people[email] = Person(address, email, tally)
            people[email].sign_in()
        return people[email]

    companies = office.companies()
    lives = []
    for number in range(1, plan.cases + 1):
        company = companies[number % len(companies)]
        cast = {
            "applicant": person(company["email"]),
            "case_officer": person(office.OFFICERS[number % 2]),
            "head_of_service": person(office.HEAD),
            "cofunder": person(office.COFUNDER),
        }
        changes = {
            "siret": company["siret"],
            "company_name": company["name"],
            "naf": company["naf"],
            "contact.email": company["email"],
        }
        story = STORIES[number % len(STORIES)]
        pause = max(plan.cases / 12, 0.3)
        lives.append(Life(number, story, cast, changes, pause))
    return lives


def main() -> None:
    """Prove on one database or both, print the tables and keep them as evidence."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append")
    parser.add_argument("--cases", type=int, default=50)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--evidence", type=Path, default=ROOT / "docs/evidence")
    given = parser.parse_args()
    logging.disable(logging.INFO)
    failed = False
    for database in given.database or ["sqlite", "postgresql"]:
        plan = Plan(database, given.cases, given.kills, given.minutes, given.seed)
        folder = Path(tempfile.mkdtemp(prefix=f"ebg-storm-{database}-"))
        seen = run(plan, folder)
        print(seen.table(), f"\nKept in {report.keep(seen, given.evidence)}", flush=True)
        if seen.holds and not report.errors(folder):
            shutil.rmtree(folder)
        else:
            print(f"What was left is in {folder}", flush=True)
        failed = failed or not seen.holds
    sys.exit(failed)


if __name__ == "__main__":
    main()
