"""Measures everything, and writes docs/benchmarks.md with its plot.

    python -m tests.bench        (make bench)

A bench that fails is told as not run; the others go on.
"""

import os
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from tests.bench import (
    bench_database,
    bench_diagrams,
    bench_signing,
    bench_steps,
    bench_workers,
)
from tests.bench.figures import calibrate, machine, not_run, told
from tests.bench.plot import plot

DOCS = Path(__file__).parents[2] / "docs"
INTRODUCTION = """\
# Benchmarks

`make bench` measures everything below again and rewrites this page: one JSON line a figure on
the standard output, the same figures here. The programs are in `tests/bench/`.

- **Ratios are taken within one run**, what is compared taking turns where it can, so that
  they hold from one machine to another. Milliseconds do not: compare them through the
  calibration loop, and mind the load of the machine. What happens within the process is timed
  by the processor's clock; what waits for a database, by the clock on the wall.
- **A step** is `engine.commands.tasks.complete`: lock and load the case, check access,
  complete the task, run on, save, write the inbox, the history and the journal, commit.
- **The bare SQL** is the same statements with the same parameters, recorded as the engine gives
  them to the driver, and given again by the plain driver (`sqlite3`, `psycopg`) to a copy of
  the database, in one transaction. On PostgreSQL it is sent both ways: together, as ours is,
  and one by one.
- **Commits are durable and waited for**, on both sides (SQLite: WAL, `synchronous=FULL`;
  PostgreSQL as it comes). The goal is held to the wall, where people wait; a slow disk flatters
  it, so the ratio of the processor's time alone stands beside it.
- **Remembered** says whether the case was still in the worker's memory from the step before;
  if not, its state is read and decoded.
- **Round trips** are counted on the wire, by a relay between the office and PostgreSQL: BEGIN,
  COMMIT, the ROLLBACK after a page's reading and the reading of who is acting are among them.
  Statements are counted where the driver gets them.
- **SpiffWorkflow** is 3.2.0 as it comes, with its own serializer, on the same diagram; its
  limits are lifted beyond 1,000 tasks (`lifted`), where it would stop working.
- **bpmn-engine and feelin** come from npm in exact versions (`tests/bench/node/`). A step of
  bpmn-engine goes from text to text: recover, resume, signal, take the state. It keeps
  no history of what is finished.
- The search of the catalogue of aids has a bench of its own, which takes longer:
  `python -m tests.bench.bench_aids`.
- A figure that misses its goal is told, here and under "Missed". Goals are those of the
  project; nothing is tuned to meet them.

"""


def main() -> None:
    before, load = calibrate(), os.getloadavg()[0]
    for bench in (
        bench_database,
        bench_steps,
        bench_diagrams,
        bench_workers,
        bench_signing,
    ):
        try:
            bench.main()
        except Exception as error:
            not_run(bench.__name__, repr(error)[:300])
    about = machine() | {
        "calibration loop, ms before and after": f"{before:.2f}, {calibrate():.2f}",
        "load average before and after": f"{load:.1f}, {os.getloadavg()[0]:.1f}",
        "day": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
    }
    (DOCS / "benchmarks.svg").write_text(_plot(told), encoding="utf-8")
    (DOCS / "benchmarks.md").write_text(_page(about, told), encoding="utf-8")


def _page(about: dict[str, Any], figures: list[dict[str, Any]]) -> str:
    lines = [INTRODUCTION + "## Where and when\n"]
    lines += [f"- {name}: {value}" for name, value in about.items()]
    missed = [f for f in figures if f.get("met") is False]
    lines += ["", "## Missed\n"]
    lines += [f"- {_told(f)}" for f in missed] or ["Nothing."]
    absent = [f for f in figures if f["what"] == "not run"]
    lines += [f"- not run: {f['bench']} ({f['why']})" for f in absent]
    lines += ["", "![Cost of a step as a case grows old](benchmarks.svg)", ""]
    measured = sorted((f for f in figures if "value" in f), key=lambda f: str(f["bench"]))
    for bench, several in groupby(measured, key=lambda f: f["bench"]):
        lines += [f"## {str(bench).capitalize()}\n", "| Figure | Of | Value | Goal |"]
        lines += ["|---|---|--:|---|", *map(_row, several), ""]
    return "\n".join(lines)


def _row(figure: dict[str, Any]) -> str:
    goal = f"{figure['goal']:g} {'✓' if figure['met'] else '✗'}" if "goal" in figure else ""
    cells = (figure["what"], _facts(figure), f"{figure['value']:g}", goal)
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def _facts(figure: dict[str, Any]) -> str:
    known = {"bench", "what", "value", "goal", "met"}
    return ", ".join(f"{k} {v}" for k, v in figure.items() if k not in known)


def _told(figure: dict[str, Any]) -> str:
    facts = _facts(figure)
    where = f" ({facts})" if facts else ""
    value, goal = figure["value"], figure["goal"]
    return f"{figure['bench']}: {figure['what']}{where}: {value:g}, goal {goal:g}"


def _plot(figures: list[dict[str, Any]]) -> str:
    lines: dict[str, list[tuple[float, float]]] = {}
    for figure in figures:
        if "finished" not in figure or not figure["what"].startswith("ms"):
            continue
        if figure.get("data_bytes", 1_000) != 1_000:
            continue
        name = figure["what"].removeprefix("ms by ")
        name = {
            "ours": "ours, in memory",
            "ms a step": f"ours, on {figure.get('database')}",
        }.get(name, name)
        lines.setdefault(name, []).append((figure["finished"], figure["value"]))
    return (
        plot("A step, in milliseconds (1 kB of data)", "finished tasks", lines)
        if lines
        else ""
    )


if __name__ == "__main__":
    main()
