"""How many steps a second one, two and four workers complete, each on cases of its own.

    python -m tests.bench.bench_workers

Each worker is a process with its own connections to the one database. What stops the growth
is the number of processors, or the database: SQLite has one writer at a time.
"""

import multiprocessing
import os
import time
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine.access import actor_for
from engine.commands import tasks
from engine.directory import Person
from engine.models import UserTask, db
from tests.bench import offices
from tests.bench.bench_steps import case_file
from tests.bench.figures import at_least, figure
from tests.bench.offices import Case, Place

WORKERS = (1, 2, 4)
SECONDS = 4.0
GROWTH = 1.3
"""Two workers over one, where there are two processors: one is also the database's."""


def main() -> None:
    with offices.databases() as servers:
        for server in servers:
            place = server.empty()
            with offices.opened(place):
                office, definition = offices.publish_loop()
                made = [Case(office, definition, case_file(1_000)) for _ in range(4)]
                cases = [case.id for case in made]
            rates = {n: _rate(place, cases[:n]) for n in WORKERS}
            facts = {"database": server.name, "processors": os.cpu_count()}
            for workers, rate in rates.items():
                figure("workers", "steps a second", rate, workers=workers, **facts)
            growth = max(rates.values()) / rates[1]
            if server.name == "sqlite":
                figure("workers", "best / one worker", growth, **facts)
            else:
                at_least("workers", "best / one worker", growth, goal=GROWTH, **facts)


def _rate(place: Place, cases: list[UUID]) -> float:
    """Steps a second of all workers together, counted once all are warm."""
    context = multiprocessing.get_context("spawn")
    ready: Any = context.Barrier(len(cases))
    found: Any = context.SimpleQueue()
    workers = [
        context.Process(target=_work, args=(place, case, ready, found)) for case in cases
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(found.get() for _ in cases)


def _work(place: Place, case: UUID, ready: Any, found: Any) -> None:
    with offices.opened(place):
        email = "claire@region.test"
        officer = actor_for(
            db.session.scalars(select(Person.id).filter_by(email=email)).one()
        )
        task = _open_task(case)
        done, until = 0, 0.0
        for n in range(10**9):
            if n == 10:
                ready.wait()
                done, until = 0, time.perf_counter() + SECONDS
            tasks.complete(task, {"again": True}, actor=officer)
            task, done = _open_task(case), done + 1
            if n >= 10 and time.perf_counter() > until:
                break
        found.put(done / SECONDS)


def _open_task(case: UUID) -> UUID:
    found = db.session.scalars(
        select(UserTask.id).where(UserTask.instance_id == case, UserTask.status == "open")
    ).one()
    db.session.rollback()
    return found


if __name__ == "__main__":
    main()
