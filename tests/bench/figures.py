"""A figure is one JSON line on the standard output, kept for the report.

    figure("step", "milliseconds", 0.42, database="sqlite", finished=1000)

`goal` is what the figure is held to; `met` says whether it is. Nothing here decides what to
do about a figure that misses its goal: it is told like the others.
"""

import gc
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

told: list[dict[str, Any]] = []


def figure(
    bench: str, what: str, value: float, *, goal: float | None = None, **facts: Any
) -> None:
    """Tell one figure; with a goal, it should not be above it."""
    line: dict[str, Any] = {"bench": bench, "what": what, "value": _short(value), **facts}
    if goal is not None:
        line |= {"goal": goal, "met": bool(value <= goal)}
    _tell(line)


def at_least(bench: str, what: str, value: float, *, goal: float, **facts: Any) -> None:
    """Tell a figure that should not be under its goal."""
    line = {"bench": bench, "what": what, "value": _short(value), **facts}
    _tell(line | {"goal": goal, "met": bool(value >= goal)})


def not_run(bench: str, why: str) -> None:
    """Tell what could not be measured here, and why."""
    _tell({"bench": bench, "what": "not run", "why": why})


def _tell(line: dict[str, Any]) -> None:
    told.append(line)
    print(json.dumps(line, ensure_ascii=False), flush=True)


def _short(value: float) -> float:
    return float(f"{value:.3g}") if abs(value) < 1000 else round(value)


def milliseconds(act: Callable[[], object], times: int) -> float:
    """The median duration of an act, of the processor's time."""
    return statistics.median(durations(act, times))


def durations(
    act: Callable[[], object],
    times: int,
    clock: Callable[[], float] = time.process_time,
) -> list[float]:
    """How long each repetition took, in milliseconds, the collector of garbage at rest.

    By the processor's clock unless told otherwise: a busy machine interrupts a long act more
    than a short one, and would bend their ratio.
    """
    found = []
    with no_garbage():
        for _ in range(times):
            before = clock()
            act()
            found.append((clock() - before) * 1000)
    return found


@contextmanager
def no_garbage() -> Iterator[None]:
    """Collect now, and not while something is measured."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def calibrate() -> float:
    """Milliseconds of a fixed loop in pure Python: compare machines by it, and moments."""

    def loop() -> int:
        total = 0
        for number in range(100_000):
            total += number * number % 7
        return total

    return milliseconds(loop, 15)


def machine() -> dict[str, Any]:
    """Where these figures were taken."""
    processor = platform.processor() or platform.machine()
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as lines:
            names = [
                line.split(":", 1)[1].strip() for line in lines if "model name" in line
            ]
        processor = f"{len(names)} × {names[0]}" if names else processor
    except OSError:
        pass
    return {"processor": processor, "python": sys.version.split()[0]}
