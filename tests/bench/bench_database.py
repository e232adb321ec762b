"""What a step costs with its database: as a case grows old, and beside its bare SQL.

    python -m tests.bench.bench_database

A step is `tasks.complete`: lock and load, check access, complete, run on, save, write the
inbox, the history and the journal, commit. The bare SQL is the same statements with the same
parameters, recorded while the engine sent them and sent again by the plain driver to a copy
of the database taken before; both take turns, so that noise hits both alike.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine

from engine.models import db
from tests.bench import offices
from tests.bench.bench_steps import case_file
from tests.bench.figures import figure, no_garbage
from tests.bench.offices import Case, Place, Server
from tests.bench.recording import Statement, recorded, verbs

AGES = (10, 100, 1_000, 20_000)
SIZES = (1_000, 100_000)
ROUNDS = 25
TURNS = 3
Clock = Callable[[], float]
CLOCKS: dict[str, Clock] = {"sqlite": time.process_time, "postgresql": time.perf_counter}
"""SQLite works within the process, and its commits do not wait for the disk (WAL)."""

FLAT, ROUND_TRIPS, TIMES_BARE = 1.2, 8, 2.0


def main() -> None:
    with offices.databases() as servers:
        for server in servers:
            ages(server)
            for size in SIZES:
                beside_bare_sql(server, size)


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
                {age: _timed(case, CLOCKS[server.name]) for age, case in aged.items()}
                for _ in range(ROUNDS)
            ]
    cost = {age: statistics.median(found[age] for found in rounds) for age in AGES}
    for age in AGES:
        ratio = round(cost[age] / cost[AGES[0]], 2)
        figure("age", "ms a step", cost[age], finished=age, ratio_to_10=ratio, **facts)
    ratio = cost[AGES[-1]] / cost[AGES[0]]
    figure("age", "step after 20,000 finished tasks / after 10", ratio, goal=FLAT, **facts)


def _timed(case: Case, clock: Clock) -> float:
    """The median of a few steps in a row, in milliseconds."""
    found = []
    for _ in range(TURNS):
        before = clock()
        case.step()
        found.append((clock() - before) * 1000)
        case.find_task()
    return statistics.median(found)


def beside_bare_sql(server: Server, size: int) -> None:
    """Ours, and the same statements alone, in turns."""
    place = server.empty()
    with offices.opened(place):
        case = Case(*offices.publish_loop(), case_file(size))
    copied = server.copy(place)
    ours, own, bare, counts = [], [], [], []
    clock = CLOCKS[server.name]
    with offices.opened(place), _replaying(place, copied) as replay, no_garbage():
        for _ in range(ROUNDS * TURNS):
            case.find_task()
            with recorded() as sent:
                began, cpu = clock(), time.process_time()
                case.step()
                ours.append((clock() - began) * 1000)
                own.append((time.process_time() - cpu) * 1000)
            began = clock()
            replay(sent)
            bare.append((clock() - began) * 1000)
            counts.append(len(verbs(sent)))
    facts = {"database": server.name, "data_bytes": size}
    cost, raw = statistics.median(ours), statistics.median(bare)
    figure("bare SQL", "ms a step", cost, **facts)
    figure("bare SQL", "ms of processor in it", statistics.median(own), **facts)
    figure("bare SQL", "ms of the bare SQL", raw, **facts)
    figure("bare SQL", "step / bare SQL", cost / raw, goal=TIMES_BARE, **facts)
    what = "statements a step, BEGIN and COMMIT apart"
    figure("bare SQL", what, max(counts), goal=ROUND_TRIPS, **facts)


@contextmanager
def _replaying(place: Place, copied: Place) -> Iterator[Callable[[list[Statement]], None]]:
    """Send statements to the copy through the plain driver, in one transaction."""
    url = copied.url or str(db.engine.url).replace(str(place.folder), str(copied.folder))
    engine = create_engine(url)
    connection = engine.raw_connection()
    cursor = connection.cursor()

    def replay(sent: list[Statement]) -> None:
        for text, given, many in sent:
            (cursor.executemany if many else cursor.execute)(text, given)
            if cursor.description:
                cursor.fetchall()
        connection.commit()

    yield replay
    connection.close()
    engine.dispose()


if __name__ == "__main__":
    main()
