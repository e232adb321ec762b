"""Hostile expressions for as long as one likes: no crash, no hang, no escape.

    python -m tests.prove.fuzz --minutes 60 [--seed N]     writes docs/evidence/<date>-fuzz.md
    python -m tests.prove.fuzz --seed N --only 1234        plays one case again

A process of its own evaluates, under limits of the system; this one watches it. A
finding is: an exception that is not a FeelError, a process that dies, an expression over
its bound of time or memory, a result that is not plain data, or Python opening a file,
a connection or a program, importing or compiling anything.
"""

import argparse
import json
import resource
import select
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

from engine import decisions, feel
from tests.prove import expressions

SECONDS = 5.0
MEGABYTES = 400
_ADDRESS_SPACE = 2 * 1024**3
_SILENCE = 60
_TABLES = 0.03
_CELLS = 0.2
EVIDENCE = Path(__file__).parents[2] / "docs" / "evidence"
CONTEXT: dict[str, Any] = {
    "n": 3,
    "s": "texte de la demande",
    "b": True,
    "d": "2026-11-21",
    "t": 0.1,
    "m": -(2**63),
    "nul": None,
    "liste": [1, 2, 2, None, "a", [3]],
    "rows": [{"a": n, "montant_ht": n / 10, "poste": "conseil"} for n in range(20)],
    "deep": [[[[[[[[{"a": {"b": {"c": 1}}}]]]]]]]],
    "big": list(range(3000)),
}


@dataclass
class Score:
    """What a run of the fuzzer saw."""

    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: list[tuple[float, int]] = field(default_factory=list)
    memory: int = 0
    findings: list[tuple[int, str]] = field(default_factory=list)

    def add(self, number: int, outcome: str, seconds: float, megabytes: int) -> None:
        """Count one case; `megabytes` is the most its process ever held."""
        self.outcomes[outcome.partition(":")[0]] += 1
        self.slowest = sorted([*self.slowest, (seconds, number)], reverse=True)[:10]
        self.memory = max(self.memory, megabytes)
        if outcome.startswith("finding"):
            self.findings.append((number, outcome))
        elif seconds > SECONDS:
            self.findings.append((number, f"finding: {seconds:.1f} s of computing"))


def case(seed: int, number: int) -> tuple[str, str | bytes]:
    """The kind and the text of a case: the same for ever."""
    random = Random(f"{seed}-{number}")
    way = random.random()
    if way < _TABLES:
        return "table", expressions.table(random)
    kind = "cell" if way < _CELLS else "expression"
    return kind, expressions.expression(random)


def play(kind: str, text: str | bytes) -> str:
    """What became of one case, in a word."""
    try:
        value = _value(kind, text)
    except decisions.DecisionRefused:
        return "refused"
    except feel.FeelError as error:
        assert str(error)
        return type(error).__name__
    json.dumps(value)
    return "null" if value is None else "value"


def _value(kind: str, text: str | bytes) -> Any:
    if isinstance(text, bytes):
        compiled = decisions.compile(text)
        return [decisions.evaluate(compiled, one, CONTEXT) for one in compiled]
    if kind == "cell":
        return feel.compile_unary(text).matches(CONTEXT["n"], CONTEXT)
    return feel.plain(feel.compile(text).evaluate(CONTEXT))


# -- the process that evaluates -----------------------------------------------------------


def work(seed: int, first: int) -> None:
    """Play cases for ever, one line of JSON each; limits of the system stand behind."""
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    escapes: list[str] = []
    for number in range(100):
        play(*case(0, number))  # load what is loaded once: time zones, holidays
    sys.addaudithook(lambda event, args: _watch(escapes, event, args))
    number = first
    while True:
        kind, text = case(seed, number)
        escapes.append("on")
        started = time.process_time()
        outcome = _told(kind, text)
        seconds = time.process_time() - started
        if len(escapes) > 1:
            outcome = f"finding: escape, {escapes[1]}"
        escapes.clear()
        held = _held()
        if held > MEGABYTES:
            outcome = f"finding: {held} MB"
        print(json.dumps([number, outcome, round(seconds, 4), held]), flush=True)
        number += 1


def _held() -> int:
    """The most memory this process has held, in MB.

    Not `ru_maxrss`: a program inherits there what its parent held when it was started.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def _told(kind: str, text: str | bytes) -> str:
    try:
        return play(kind, text)
    except Exception as error:
        return f"finding: {type(error).__name__}: {error}"[:300]


def _watch(escapes: list[str], event: str, args: tuple[Any, ...]) -> None:
    """Note what an expression must never make Python do; time zones may be read."""
    if not escapes or event.startswith(("object.", "sys._getframe", "gc.", "cpython.")):
        return
    if any("zoneinfo" in str(one) or "tzdata" in str(one) for one in args):
        return
    if event.split(".", maxsplit=1)[0] in _FORBIDDEN:
        escapes.append(f"{event} {args}"[:200])


_FORBIDDEN = frozenset(
    [
        "open",
        "import",
        "compile",
        "exec",
        "os",
        "subprocess",
        "socket",
        "shutil",
        "ctypes",
        "code",
        "marshal",
        "pickle",
        "urllib",
        "http",
        "smtplib",
        "ftplib",
        "tempfile",
        "glob",
        "pathlib",
    ]
)


# -- the process that watches -------------------------------------------------------------


def run(seed: int, seconds: float) -> Score:
    """Fuzz for so long; a worker that dies or falls silent is a finding, and replaced."""
    score, first, end = Score(), 0, time.monotonic() + seconds
    while time.monotonic() < end:
        with _start(seed, first) as worker:
            try:
                first = _follow(worker, score, first, end)
            finally:
                worker.kill()
    return score


def _start(seed: int, first: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.prove.fuzz", "--work", f"{first}"]
    return subprocess.Popen(
        [*command, "--seed", f"{seed}"],
        stdout=subprocess.PIPE,
        bufsize=0,  # what is read is what `select` saw
        cwd=Path(__file__).parents[2],
    )


def _follow(worker: subprocess.Popen[bytes], score: Score, first: int, end: float) -> int:
    """Read what the worker says until the end, or its own; the next number to play."""
    assert worker.stdout is not None
    number: int = first
    while time.monotonic() < end:
        ready, _, _ = select.select([worker.stdout], [], [], _SILENCE)
        line = worker.stdout.readline() if ready else b""
        if not line:
            why = f"nothing for {_SILENCE} s"
            if ready:
                why = f"the process died ({worker.wait()})"
            score.add(number, f"finding: {why}", 0, 0)
            return number + 1
        number, outcome, seconds, megabytes = json.loads(line)
        score.add(number, outcome, seconds, megabytes)
        number += 1
        if megabytes > MEGABYTES:
            return number  # a new process measures anew
    return number


def report(score: Score, seed: int, minutes: float) -> str:
    """The evidence, in Markdown."""
    total = score.outcomes.total()
    what = (
        f"{datetime.now(UTC):%Y-%m-%d}, seed {seed}, {minutes:g} minutes: {total:,} cases, "
        "grown from the grammar, or from the TCK's expressions and tables, disfigured."
    )
    found = (
        f"Findings: **{len(score.findings)}**. Bounds: {SECONDS:g} s of computing a case, "
        f"and {MEGABYTES} MB for the process, which held {score.memory} MB at most."
    )
    again = f"`python -m tests.prove.fuzz --seed {seed} --only <case>`"
    lines = [
        "# Hostile expressions",
        "",
        what,
        "",
        found,
        "",
        "| Outcome | Cases |",
        "|---|---:|",
        *(f"| {name} | {count:,} |" for name, count in score.outcomes.most_common()),
        "",
        f"The slowest; each is played again with {again}:",
        "",
        "| Case | Seconds | Begins |",
        "|---:|---:|---|",
        *(_row(seed, number, f"{spent:.2f}") for spent, number in score.slowest),
    ]
    if score.findings:
        lines += ["", "| Case | Finding | Begins |", "|---:|---|---|"]
        lines += [_row(seed, number, what) for number, what in score.findings[:100]]
    return "\n".join(lines) + "\n"


def _row(seed: int, number: int, what: str) -> str:
    kind, text = case(seed, number)
    shown = "a file" if isinstance(text, bytes) else ascii(text[:70]).replace("|", "\\|")
    return f"| {number} | {what} | {kind} `{shown.replace('`', ' ')}` |"


def main() -> int:
    """The command; 1 when there is a finding."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(10**6))
    parser.add_argument("--only", type=int)
    parser.add_argument("--work", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work is not None:
        work(asked.seed, asked.work)
    if asked.only is not None:
        kind, text = case(asked.seed, asked.only)
        print(kind, text, play(kind, text), sep="\n")
        return 0
    print(f"seed {asked.seed}", flush=True)
    score = run(asked.seed, 60 * asked.minutes)
    EVIDENCE.mkdir(parents=True, exist_ok=True)
    file = EVIDENCE / f"{datetime.now(UTC):%Y-%m-%d}-fuzz.md"
    file.write_text(report(score, asked.seed, asked.minutes))
    print(f"{score.outcomes.total()} cases, {len(score.findings)} findings: {file}")
    return bool(score.findings)


if __name__ == "__main__":
    sys.exit(main())
