"""One event process and a crowd of open pages: what it holds, and how soon they hear a commit.

    python -m tests.prove.live [--pages 500]

A real Redis, `python -m web.events`, an office whose commands commit and tell, and as many
connections as asked, read by one thread of this process. Each page has a token of its own
that names its reader, one of ten baskets, and the one case that they all look at.
"""

import argparse
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from engine import wake
from engine.commands import cases
from tests import servers
from tests.conftest import ROOT, build, close, environment
from tests.events import Crowd, Events, running
from tests.office import open_office
from tests.prove import report
from tests.prove.checks import Check
from tests.web.test_news import begun

ALLOWED_MEMORY, ALLOWED_DELAY = 100, 1.0
"""Megabytes of the process, and seconds from a commit to every page."""
SIGNALS = 40


@dataclass(frozen=True)
class Seen:
    """What a run showed: megabytes at rest and after, seconds for each signal."""

    pages: int
    joined: float
    empty: float
    resident: float
    after: float
    last: Sequence[float]
    middle: Sequence[float]
    heard: Sequence[int]
    one: int
    back: float

    @property
    def checks(self) -> list[Check]:
        """What must hold."""
        return [
            Check("pages that heard each commit", self.pages, min(self.heard)),
            Check("pages that heard a signal of one person", 1, self.one),
            _most("slowest page, in seconds", ALLOWED_DELAY, max(self.last)),
            _most("memory, in MB", ALLOWED_MEMORY, max(self.resident, self.after)),
        ]


def _most(what: str, allowed: float, found: float) -> Check:
    """A check that holds when what is found is no more than what is allowed."""
    said = f"{allowed:g} at most"
    return Check(what, said, said if found <= allowed else f"{found:.2f}")


@contextmanager
def listening(events: Events, pages: int, case: str) -> Iterator[tuple[Crowd, float]]:
    """The crowd, and the seconds it took to join."""
    crowd, began = Crowd(), time.perf_counter()
    for number in range(pages):
        crowd.join(events, [f"person:{number}", case, f"basket:region:{number % 10}"])
        if number % 50 == 0:
            crowd.hear("never said", 1, 0)
    time.sleep(2)
    crowd.hear("never said", 1, 0.5)
    try:
        yield crowd, time.perf_counter() - began - 2.5
    finally:
        crowd.leave()


def run(pages: int) -> Seen:
    """Let them join, commit, and count who hears."""
    with (
        tempfile.TemporaryDirectory() as name,
        servers.redis(Path(name)) as url,
        running(url) as events,
    ):
        data = Path(name) / "office"
        app = build(environment(data, REDIS_URL=url, EBG_EVENTS=events.url))
        with app.app_context():
            seen = _seen(events, pages)
        wake.pages_by(None)
        close(app)
        return seen


def _seen(events: Events, pages: int) -> Seen:
    office = open_office()
    case = begun(office).id
    empty = events.resident
    with listening(events, pages, wake.case(case)) as (crowd, joined):
        resident, times = events.resident, []
        for _ in range(SIGNALS):
            cases.write_message(case, "Bonjour", actor=office.applicant)
            times.append(crowd.hear(f"data: {wake.case(case)}", pages, 5))
        wake.for_change(["person:7"])
        one = len(crowd.hear("data: person:7", 2, 2))
        after = events.resident
    heard = [len(told) for told in times]
    last, middle = [max(t) for t in times], [statistics.median(t) for t in times]
    back = _back(events)
    return Seen(pages, joined, empty, resident, after, last, middle, heard, one, back)


def _back(events: Events) -> float:
    """Megabytes once everybody has left."""
    time.sleep(1)
    return events.resident


def table(seen: Seen) -> str:
    """The run in Markdown."""
    held = "every check holds" if all(one.holds for one in seen.checks) else "NOT ALL HOLD"
    rows = {
        "pages that listen": seen.pages,
        "seconds to join, one after another": f"{seen.joined:.1f}",
        "memory without anybody, MB": f"{seen.empty:.0f}",
        "memory with all of them, MB": f"{seen.resident:.0f}",
        f"memory after {len(seen.last)} signals to all, MB": f"{seen.after:.0f}",
        "memory once they have left, MB": f"{seen.back:.0f}",
        "from the commit to half of the pages, median, ms": _ms(
            statistics.median(seen.middle)
        ),
        "from the commit to the last page, median, ms": _ms(statistics.median(seen.last)),
        "from the commit to the last page, worst, ms": _ms(max(seen.last)),
    }
    title = f"{seen.pages} pages that listen to one event process"
    about = (
        f"`python -m tests.prove.live --pages {seen.pages}`: a commit of a real command, "
        "passed on by Redis, heard by all. The times begin once the command has returned. "
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, shared by the pages, the "
        f"office, Redis and the event process. Python {platform.python_version()}."
    )
    lines = [
        f"# {title}, {datetime.now(UTC):%Y-%m-%d}: {held}",
        "",
        about,
        "",
        *report.checked(seen.checks),
        "",
        "| figure | |",
        "|---|---|",
        *(f"| {what} | {found} |" for what, found in rows.items()),
        "",
    ]
    return "\n".join(lines)


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.0f}"


def main() -> int:
    """Run and keep the dated page."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pages", type=int, default=500)
    parser.add_argument("--evidence", type=Path, default=ROOT / "docs" / "evidence")
    asked = parser.parse_args()
    seen = run(asked.pages)
    page = table(seen)
    print(page)
    asked.evidence.mkdir(parents=True, exist_ok=True)
    (asked.evidence / f"{datetime.now(UTC):%Y-%m-%d}-live.md").write_text(page)
    return 0 if all(one.holds for one in seen.checks) else 1


if __name__ == "__main__":
    sys.exit(main())
