"""What a step costs with its database: as a case grows old, and beside its bare SQL.

    python -m tests.bench.bench_database

A step is `tasks.complete`: lock and load, check access, complete, run on, save, write the
inbox, the history and the journal, commit. The bare SQL is the same statements with the same
parameters, recorded as the engine gave them to the driver, and given again by the plain driver
to copies of the database taken before; all take turns, so that noise hits them alike.

Commits are durable on both sides, and waited for: the ratio that counts is that of the clock
on the wall. The ratio of the processor's time, which a slow disk does not flatter, is told
beside it.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from sqlalchemy import create_engine

from engine.access import actor_for
from engine.commands import live, tasks
from engine.models import db
from tests.bench import offices, wire
from tests.bench.bench_steps import case_file
from tests.bench.figures import figure, no_garbage
from tests.bench.offices import Case, Place, Server
from tests.bench.recording import Statement, recorded, verbs

AGES = (10, 100, 1_000, 20_000)
SIZES = (1_000, 100_000)
ROUNDS = 25
TURNS = 3

_WRITES = ("INSERT", "UPDATE", "DELETE")

FLAT, ROUND_TRIPS, TIMES_BARE = 1.2, 8, 2.0


def main() -> None:
    with offices.databases() as servers:
        for server in servers:
            ages(server)
            for size in SIZES:
                for remembered in (True, False):
                    beside_bare_sql(server, size, remembered=remembered)
            if server.admin:
                round_trips(server)


def ages(server: Server) -> None:
    """The same step after 10, 100, 1,000 and 20,000 finished tasks, in turns."""
    facts = {"database": server.name}
    with offices.opened(server.empty()):
        office, definition = offices.publish_loop()
        aged = {age: Case(office, definition, case_file(SIZES[0])) for age in AGES}
        for age, case in aged.items():
            case.grow(age)
        with no_garbage():
            rounds = [
                {age: _timed(case) for age, case in aged.items()} for _ in range(ROUNDS)
            ]
    cost = {age: statistics.median(found[age] for found in rounds) for age in AGES}
    for age in AGES:
        ratio = round(cost[age] / cost[AGES[0]], 2)
        figure("age", "ms a step", cost[age], finished=age, ratio_to_10=ratio, **facts)
    ratio = cost[AGES[-1]] / cost[AGES[0]]
    figure("age", "step after 20,000 finished tasks / after 10", ratio, goal=FLAT, **facts)


def _timed(case: Case) -> float:
    """The median of a few steps in a row, in milliseconds, read back from the database."""
    found = []
    for _ in range(TURNS):
        live.clear()
        before = time.perf_counter()
        case.step()
        found.append((time.perf_counter() - before) * 1000)
        case.find_task()
    return statistics.median(found)


class Clocks:
    """How long each of several acts takes on the wall, and of the processor."""

    def __init__(self) -> None:
        self.wall: list[float] = []
        self.processor: list[float] = []

    @contextmanager
    def timing(self) -> Iterator[None]:
        """Time what is done within."""
        wall, processor = time.perf_counter(), time.process_time()
        yield
        self.processor.append((time.process_time() - processor) * 1000)
        self.wall.append((time.perf_counter() - wall) * 1000)

    def medians(self) -> tuple[float, float]:
        """Milliseconds on the wall, and of the processor."""
        return statistics.median(self.wall), statistics.median(self.processor)


def beside_bare_sql(server: Server, size: int, *, remembered: bool) -> None:
    """Ours, and the same statements alone, in turns.

    `remembered`: the case is still in memory from the step before; else it is read back.
    PostgreSQL's are sent both ways: together as ours are, and each after the other's answer.
    """
    place = server.empty()
    with offices.opened(place):
        case = Case(*offices.publish_loop(), case_file(size))
    ways = (True, False) if server.admin else (False,)
    copies = {together: server.copy(place) for together in ways}
    ours, bare, counts = Clocks(), {together: Clocks() for together in ways}, []
    with (
        offices.opened(place),
        _replaying(place, copies[ways[0]], together=ways[0]) as first,
        _replaying(place, copies[ways[-1]], together=ways[-1]) if server.admin
        else nullcontext(first) as last,
        no_garbage(),
    ):  # fmt: skip
        replays = dict(zip(ways, (first, last), strict=False))
        for number in range(ROUNDS * TURNS):
            case.find_task()
            if not remembered or number == 0:
                live.clear()
            _settle_disk(place)
            with recorded() as sent, ours.timing():
                case.step()
            for together, replay in replays.items():
                _settle_disk(place)
                with bare[together].timing():
                    replay(sent)
            counts.append(len(verbs(sent)))
    facts = {"database": server.name, "data_bytes": size, "remembered": remembered}
    _tell(ours, bare, facts)
    figure("bare SQL", "statements a step", max(counts[1:]), **facts)


def _settle_disk(place: Place) -> None:
    """Let what others left to write reach the disk: whoever commits next would pay for it."""
    with (place.folder / "settling").open("wb") as file:
        file.write(b".")
        file.flush()
        os.fsync(file.fileno())


def _tell(ours: Clocks, bare: dict[bool, Clocks], facts: dict[str, Any]) -> None:
    wall, processor = ours.medians()
    figure("bare SQL", "ms a step", wall, **facts)
    figure("bare SQL", "ms of processor in it", processor, **facts)
    for together, clocks in bare.items():
        how = {**facts, "sent": "together" if together else "one by one"}
        raw_wall, raw_processor = clocks.medians()
        figure("bare SQL", "ms of the bare SQL", raw_wall, **how)
        figure("bare SQL", "ms of processor in the bare SQL", raw_processor, **how)
        what = "step / bare SQL, commits waited for"
        figure("bare SQL", what, wall / raw_wall, goal=TIMES_BARE, **how)
        what = "step / bare SQL, of the processor alone"
        figure("bare SQL", what, processor / raw_processor, **how)


@contextmanager
def _replaying(
    place: Place, copied: Place, *, together: bool
) -> Iterator[Callable[[list[Statement]], None]]:
    """Give statements to the copy through the plain driver, in one transaction."""
    url = copied.url or str(db.engine.url).replace(str(place.folder), str(copied.folder))
    engine = create_engine(url)
    connection = engine.raw_connection()
    driver: Any = connection.driver_connection

    def replay(sent: list[Statement]) -> None:
        written = next(n for n, one in enumerate(sent) if one[0].startswith(_WRITES))
        with driver.pipeline() if together else nullcontext():
            cursors = [_give(driver, one) for one in sent[:written]]
        for cursor in cursors:
            if cursor.description:
                cursor.fetchall()
        with driver.pipeline() if together else nullcontext():
            for one in sent[written:]:
                if together or one[0] != "COMMIT":
                    _give(driver, one)
        driver.commit()

    yield replay
    connection.close()
    engine.dispose()


def _give(driver: Any, statement: Statement) -> Any:
    text, given, many = statement
    cursor = driver.cursor()
    (cursor.executemany if many else cursor.execute)(text, given)
    return cursor


def round_trips(server: Server) -> None:
    """How often PostgreSQL is waited for, seen on the wire, who is acting included."""
    place = server.empty()
    with (
        wire.tapped(place.url) as tap,
        offices.opened(Place(place.folder, tap.url)),
    ):
        case = Case(*offices.publish_loop(), case_file(SIZES[0]))
        person = case.officer.person_id
        for remembered in (True, False):
            counts = []
            for _ in range(ROUNDS):
                if not remembered:
                    live.clear()
                before = tap.round_trips
                tasks.complete(case.task, {"again": True}, actor=actor_for(person))
                counts.append(tap.round_trips - before)
                case.find_task()
            what = "round trips, BEGIN, COMMIT and who is acting among them"
            facts = {"database": server.name, "remembered": remembered}
            figure("round trips", what, max(counts[1:]), goal=ROUND_TRIPS, **facts)


if __name__ == "__main__":
    main()
