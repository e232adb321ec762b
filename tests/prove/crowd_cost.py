"""What a crowd costs: the inbox, the search and the next timer, in small offices and a huge one.

    python -m tests.prove.crowd_cost [cases]         100,000 by default, on PostgreSQL
    python -m tests.prove.crowd_cost 5000 sqlite     embedded, with fewer

Offices of 100, 1,000 and `cases` cases, ten open tasks and ten timers each, are filled by
`tests.prove.crowd` and asked the same things in turn, so that the noise of the machine falls
on all. The inbox and the timer are compared with the office that has 1,000 tasks and timers,
the search with the one that has 1,000 cases. PostgreSQL is TEST_DATABASE_URL's server, or one
started for the occasion; a database filled before (`crowd_<cases>`) is used again.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import NullPool, create_engine, func, select, text

from engine import clock, figures, journal
from engine.access import Actor, actor_for
from engine.commands import timers
from engine.criteria import Condition, Search
from engine.directory import person_by_email
from engine.models import IS_OPEN, ProcessInstance, Timer, UserTask, db
from engine.search import page
from engine.transaction import transaction
from tests import servers
from tests.conftest import build, environment
from tests.prove import crowd
from tests.web.visitor import PASSWORD, Visitor
from web.accounts import open_account
from web.inbox import reading
from web.operate import jobs
from web.operate import reading as operate

EVIDENCE = Path(__file__).parents[2] / "docs" / "evidence"
SMALL = (100, 1000)
WARMING, ROUNDS = 3, 61
"""Turns whose costs are left out, then those that count."""

ALLOWED = 1.5
OFFICER = "claire@bourgogne.example"
"""The address that signs in; the domain of the tests' other people receives nothing."""

Act = Callable[[Visitor, Actor], Any]


def _opens(address: str) -> Act:
    def act(visitor: Visitor, actor: Actor) -> None:
        answer = visitor.client.get(address)
        assert answer.status_code == 200, (address, answer.status_code)

    return act


def _finds(search: Search) -> Act:
    return lambda visitor, actor: page(search, actor)


def _deep(visitor: Visitor, actor: Actor) -> None:
    """The page that begins in the middle of the crowd."""
    middle = page(Search(started_to=clock.today() - crowd.SPREAD / 2), actor, size=1)
    assert middle.after
    page(Search(), actor, after=middle.after)


INBOX: dict[str, Act] = {
    "inbox page (HTTP)": _opens("/corbeille/"),
    "inbox page « à prendre », page 10 (HTTP)": _opens(
        "/corbeille/?panier=a-prendre&page=10"
    ),
    "inbox page « en retard » (HTTP)": _opens("/corbeille/?panier=en-retard"),
    "inbox page « mon équipe » (HTTP)": _opens("/corbeille/?panier=equipe"),
    **{
        f"inbox page « {name} », {what} (HTTP)": _opens(f"/corbeille/?panier={name}&{more}")
        for name in ("a-prendre", "equipe", "en-retard")
        for what, more in {
            "a procedure": "procedure=crowd.request",
            "a step, the oldest": "procedure=crowd.request&etape=task_2&tri=anciennes",
            "two words": "q=fromag+bresse",
            "this week": "echeance=7-jours",
        }.items()
    },
    "inbox page « en attente » (HTTP)": _opens("/corbeille/?panier=en-attente"),
    "inbox page « suivis » (HTTP)": _opens("/corbeille/?panier=suivis"),
    **{
        f"tasks « {name} »": lambda v, a, name=name: reading.tasks(a, name, 1).items
        for name, one in reading.BASKETS.items()
        if not one.of_cases
    },
    "counts of all baskets": lambda v, a: reading.baskets(a),
}
TIMERS: dict[str, Act] = {
    "next due timer": lambda v, a: timers.due(1),
    "next hundred due timers": lambda v, a: timers.due(100),
}
SEARCHES: dict[str, Act] = {
    "search page, one word (HTTP)": _opens("/dossiers/recherche?mots=menuiserie"),
    "search page, two words (HTTP)": _opens("/dossiers/recherche?mots=fromag+bresse"),
    "search page, a commune (HTTP)": _opens(
        "/dossiers/recherche?procedure=crowd.request&v.commune=commune+12"
    ),
    "search page, a step and an amount (HTTP)": _opens(
        "/dossiers/recherche?procedure=crowd.request&etape=task_3&v.amount=450000&o.amount=>="
    ),
    "list of cases (HTTP)": _opens("/dossiers/"),
    "everything": _finds(Search()),
    "everything, from the middle": _deep,
    "number": _finds(Search(number="26-AAAA-AAAA")),
    "a common word": _finds(Search(title="menuiserie")),
    "two words": _finds(Search(title="fromag bresse")),
    "a rare word": _finds(Search(title="24")),
    "a variable: SIRET": _finds(
        Search(variables=(Condition("siret", "=", "10000000000007"),))
    ),
    "a variable: one in 200": _finds(
        Search(variables=(Condition("commune", "=", "commune 12"),))
    ),
    "a variable: an amount": _finds(Search(variables=(Condition("amount", ">=", 450000),))),
    "a variable: an amount, one in 50": _finds(
        Search(variables=(Condition("amount", ">=", 490000),))
    ),
    "a variable: an amount, one in 1000": _finds(
        Search(variables=(Condition("amount", ">=", 499500),))
    ),
    "a variable: many words with one beginning": _finds(
        Search(variables=(Condition("siret", "^", "100000000"),))
    ),
    "a variable: a date": _finds(
        Search(variables=(Condition("starts_on", "<=", date(2031, 1, 20)),))
    ),
    "step": _finds(Search(step="task_4")),
    "step and role": _finds(Search(step="task_6", role="head_of_service")),
    "role": _finds(Search(role="cofunder")),
    "procedure and version": _finds(Search(key="crowd.request", version=1)),
    "status": _finds(Search(status="active")),
    "status without any": _finds(Search(status="completed")),
    "days": _finds(
        Search(
            started_from=clock.today() - timedelta(days=120),
            started_to=clock.today() - timedelta(days=90),
        )
    ),
    "a word and a commune, one in 1200": _finds(
        Search(title="scierie", variables=(Condition("commune", "=", "commune 12"),))
    ),
    "two words and an amount, one in 2000": _finds(
        Search(title="fromag bresse", variables=(Condition("amount", ">=", 490000),))
    ),
    "a word, a step, an amount": _finds(
        Search(
            title="scierie", step="task_3", variables=(Condition("amount", ">=", 100000),)
        )
    ),
}


ALL = Search(key="crowd.request")
OPERATORS: dict[str, Act] = {
    "operators: how much of everything": lambda v, a: operate.figures(),
    "operators: what waits": lambda v, a: operate.queue(),
    "operators: incidents by cause": lambda v, a: operate.incidents_by_cause(),
    "a case's last acts": lambda v, a: journal.latest(f"case:{_any_case()}"),
}
FIGURES: dict[str, Act] = {
    "running cases by step": lambda v, a: figures.standing(a, ALL),
    "time spent by step, 90 days": lambda v, a: figures.durations(
        a, ALL, clock.today() - timedelta(days=90), clock.today()
    ),
    "open tasks by agent": lambda v, a: figures.loads(a, ALL, soon=7),
    "open tasks by body": lambda v, a: figures.loads_of_bodies(a, ALL, soon=7),
    "running cases by version": lambda v, a: jobs._followed(),
}
"""What reads everything that is open: measured, and not held to the ratio."""


def _any_case() -> UUID:
    return db.session.scalars(select(ProcessInstance.id).limit(1)).one()


@dataclass
class Place:
    """One office, filled, with its officer signed in."""

    cases: int
    app: Flask
    visitor: Visitor
    filled: str

    def cost(self, act: Act) -> float:
        """Seconds one act takes."""
        with self.app.app_context():
            person = person_by_email(OFFICER)
            assert person
            actor = actor_for(person.id)
            began = time.perf_counter()
            act(self.visitor, actor)
            spent = time.perf_counter() - began
            db.session.rollback()
            return spent

    def size(self) -> str:
        with self.app.app_context():
            counts = [
                db.session.scalar(select(func.count()).select_from(ProcessInstance)),
                db.session.scalar(
                    select(func.count()).select_from(UserTask).where(IS_OPEN)
                ),
                db.session.scalar(select(func.count()).select_from(Timer)),
            ]
            return "{:,} cases, {:,} open tasks, {:,} timers".format(*counts)


def open_place(cases: int, url: str, data: Path) -> Place:
    """An office of that size, filled unless it was before."""
    began = time.perf_counter()
    app = build(environment(data, DATABASE_URL=url))
    filled = "filled before"
    with app.app_context():
        if db.session.scalar(select(ProcessInstance.id).limit(1)) is None:
            crowd.multiply(crowd.open_crowd(), cases)
            filled = f"filled in {time.perf_counter() - began:.0f} s"
        if person_by_email(OFFICER) is None:
            with transaction():
                claire = person_by_email("claire@region.test")
                assert claire
                claire.email = OFFICER
            open_account(email=OFFICER, name="Claire Martin", password=PASSWORD)
    clock.configure(None)
    visitor = Visitor(app)
    signed_in = visitor.sign_in(OFFICER)
    assert signed_in.request.path != "/connexion", signed_in.text
    return Place(cases, app, visitor, filled)


@contextmanager
def databases(kind: str, sizes: list[int]) -> Iterator[list[str]]:
    """The URL of a database for each size."""
    if kind == "sqlite":
        yield ["" for _ in sizes]
        return
    with servers.postgresql() as server:
        plain = create_engine(server, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with plain.connect() as connection:
            known = set(connection.scalars(text("SELECT datname FROM pg_database")))
            for size in sizes:
                if f"crowd_{size}" not in known:
                    connection.execute(text(f"CREATE DATABASE crowd_{size}"))
        yield [f"{server.rsplit('/', 1)[0]}/crowd_{size}" for size in sizes]


def measure(
    places: list[Place], acts: dict[str, Act], rounds: int = ROUNDS
) -> dict[str, list[float]]:
    """The least milliseconds of each act in each office.

    Everything is asked once before anything is asked again, so that a busy moment of the
    machine falls on all; the least is kept, since what it adds is not the act's.
    """
    spent: dict[str, list[list[float]]] = {name: [[] for _ in places] for name in acts}
    for turn in range(WARMING + rounds):
        for name, act in acts.items():
            for place, costs in zip(places, spent[name], strict=True):
                cost = place.cost(act)
                if turn >= WARMING:
                    costs.append(1000 * cost)
    found = {name: [min(costs) for costs in several] for name, several in spent.items()}
    for name, costs in found.items():
        print(name, *(f"{one:.2f}" for one in costs), flush=True)
    return found


def table(
    found: dict[str, list[float]],
    places: list[Place],
    base: int,
    allowed: float | None = ALLOWED,
) -> list[str]:
    sizes = [f"{place.cases:,} cases" for place in places]
    lines = [
        "| what | " + " | ".join(sizes) + " | ratio |",
        "|---" * (len(sizes) + 2) + "|",
    ]
    for name, costs in found.items():
        ratio = costs[-1] / costs[base]
        mark = "" if allowed is None or ratio <= allowed else " **over**"
        cells = " | ".join(f"{cost:.2f}" for cost in costs)
        lines.append(f"| {name} | {cells} | {ratio:.2f}{mark} |")
    return lines


def main() -> None:
    large = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    kind = sys.argv[2] if len(sys.argv) > 2 else "postgresql"
    sizes = [*SMALL, large]
    with tempfile.TemporaryDirectory() as folder, databases(kind, sizes) as urls:
        places = [
            open_place(size, url, Path(folder) / str(size))
            for size, url in zip(sizes, urls, strict=True)
        ]
        with places[-1].app.app_context():
            version = db.session.scalar(
                text(
                    "SELECT sqlite_version()" if kind == "sqlite" else "SHOW server_version"
                )
            )
        measured = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC · {os.cpu_count()} cores, load "
        measured += (
            f"{os.getloadavg()[0]:.1f} · `python -m tests.prove.crowd_cost {large} {kind}`"
        )
        lines = [
            f"# A crowd of {large:,} cases, on {kind} {version}",
            measured,
            "",
            f"The least of {ROUNDS} turns, in milliseconds; at most {ALLOWED} is allowed.",
            "",
            *(f"- {place.size()}, {place.filled}" for place in places),
            "",
            *table(measure(places, INBOX | TIMERS), places, 0),
            "",
            *table(measure(places, SEARCHES), places, 1),
            "",
            *table(measure(places, OPERATORS), places, 1),
            "",
            "What reads everything that is open grows with it, and is not held to the ratio:",
            "",
            *table(measure(places, FIGURES, 3), places, 1, allowed=None),
        ]
    print("\n".join(lines))
    name = f"{datetime.now(UTC):%Y-%m-%d}-crowd{'-sqlite' if kind == 'sqlite' else ''}.md"
    EVIDENCE.mkdir(parents=True, exist_ok=True)
    (EVIDENCE / name).write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
