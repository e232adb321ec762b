"""What a run showed, as tables to print and to keep."""

import json
import os
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.prove.checks import Check
from tests.prove.people import Tally
from tests.prove.story import Life

HEADING = """# Storm, {day}

`make prove` (`python -m tests.prove.storm`): kill -9 of web and workers at random moments
while cases live at once, with partners that fail one call in five (half before acting, half
after), and Redis emptied on the way. Sandboxes, people and processes are real ones talking
over the loopback interface; `tests/prove/` says how. A check that does not hold is shown as
such.

Machine: {machine}. Python {python}.
"""


@dataclass(frozen=True)
class Report:
    """One run: what was checked, what was counted."""

    plan: Any
    seconds: float
    database: str
    starts: Mapping[str, int]
    checks: Sequence[Check]
    figures: Mapping[str, int]
    tally: Tally
    lives: Sequence[Life]

    @property
    def holds(self) -> bool:
        """Whether every check holds."""
        return all(one.holds for one in self.checks)

    def failures(self) -> list[str]:
        """Each check that does not hold, in a sentence."""
        return [
            f"{one.what}: expected {one.expected}, found {one.found}"
            for one in self.checks
            if not one.holds
        ]

    def table(self) -> str:
        """The run in Markdown."""
        return "\n".join([self._title(), *self._rows()])

    def _title(self) -> str:
        redis = " + Redis" if self.plan.database == "postgresql" else ", embedded workers"
        held = "every check holds" if self.holds else "NOT EVERY CHECK HOLDS"
        return (
            f"## {self.database}{redis}: {held}\n\n"
            f"{self.plan.cases} cases at once, {self.plan.kills} kills planned, "
            f"{self.seconds / 60:.1f} minutes, seed {self.plan.seed}. Load of the machine over "
            f"the last quarter of an hour: {os.getloadavg()[2]:.0f} for {os.cpu_count()} "
            "cores, which this run may have shared with other work.\n"
        )

    def _rows(self) -> list[str]:
        told = {
            **{f"killed: {k}": n for k, n in self.tally.starting("killed: ").items()},
            **{f"starts of {k}": n for k, n in self.starts.items()},
            "requests of people": self.tally["requests"],
            "forms sent": self.tally["sent"],
            "forms whose answer was lost, then looked at again": self.tally["looked again"],
            **{f"connections {k}": n for k, n in self.tally.starting("broken: ").items()},
            **{f"answers HTTP {k}": n for k, n in self.tally.starting("HTTP ").items()},
            "sessions lost": self.tally["signed out"],
            **self.figures,
        }
        return [
            *checked(self.checks), "",
            "| figure | |", "|---|---|", *(f"| {k} | {n} |" for k, n in told.items()), "",
        ]  # fmt: skip


def checked(checks: Sequence[Check]) -> list[str]:
    """The checks as the lines of a table."""
    return [
        "| check | expected | found | holds |",
        "|---|---|---|---|",
        *(
            f"| {one.what} | {_short(one.expected)} | {_short(one.found)} |"
            f" {'yes' if one.holds else '**NO**'} |"
            for one in checks
        ),
    ]


def errors(folder: Path) -> dict[str, int]:
    """The errors that the office's processes logged, by what they say."""
    found: Counter[str] = Counter()
    for log in folder.glob("*.log"):
        for line in log.read_text(errors="replace").splitlines():
            if line.startswith("{") and '"level": "error"' in line:
                entry = json.loads(line)
                last = str(entry.get("exception", "")).strip().rpartition("\n")[2]
                said = f"{entry['event'].partition(chr(10))[0]} {last}".replace("|", "/")
                found[f"error logged by {log.stem}: {said}"[:160]] += 1
    return dict(found)


def keep(seen: Report, folder: Path) -> Path:
    """Write the dated page of a run."""
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    heading = HEADING.format(day=day, machine=_machine(), python=platform.python_version())
    page = folder / f"{day}-storm-{seen.plan.database}.md"
    folder.mkdir(parents=True, exist_ok=True)
    page.write_text(f"{heading}\n{seen.table()}")
    return page


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GB"
    )


def _short(value: Any) -> str:
    if isinstance(value, list):
        shown = "; ".join(map(str, value[:5])) or "none"
        shown = (
            f"{len(value)}: {shown}" if len(value) > 5 else shown
        )  # a table stays a table
        return shown.replace("|", "\\|")[:300]
    return str(value)
