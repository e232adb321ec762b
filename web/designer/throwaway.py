"""Throwaway offices: a process plays a story and dies, and the next one is already waiting.

A process is started ahead, so that its imports are done while the designer reads; it plays
one request, then ends. Its environment holds nothing of ours, its limits are the operating
system's (`throwaway_child`), and it is killed when it takes too long.
"""

import atexit
import base64
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import structlog

from engine import operations

log = structlog.get_logger()

ROOT = Path(__file__).parent.parent.parent
LONGEST = 60.0
"""Seconds for one story. The grants procedure takes 0.26 s of processor to open its office and
0.37 s to its end, twelve steps later, once its process waits; 0.9 s more when none does. On the
machine that measured it, ten million turns of `x += 1` take 0.37 s. What ends a diagram without
an end is the limit of its processor (`throwaway_child`): a busy machine is not its fault."""
LONGEST_OF_ALL = 120.0
LARGEST_ANSWER = 4 * 1024**2


class TrialStopped(Exception):
    """A trial went beyond its limits and was stopped."""


@dataclass
class Waiting:
    """A process that waits for its request, and the folder that it may write to."""

    process: subprocess.Popen[bytes]
    folder: tempfile.TemporaryDirectory[str]

    @classmethod
    def start(cls) -> "Waiting":
        """Start one; it imports what it needs while nobody waits for it."""
        folder = tempfile.TemporaryDirectory(prefix="essai-")
        process = subprocess.Popen(  # noqa: S603  our own module, in our own folder
            [sys.executable, "-m", "web.designer.throwaway_child", folder.name],
            cwd=ROOT,
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONHASHSEED": "0"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        return cls(process, folder)

    def ask(self, request: bytes, seconds: float) -> bytes:
        """Give it its request; what it had answered when it ended, or was stopped."""
        try:
            answer = self.process.communicate(request, timeout=seconds)[0]
        except subprocess.TimeoutExpired as late:
            log.warning("trial_stopped", seconds=seconds)
            return late.stdout or b""
        else:
            if self.process.returncode:
                log.warning("trial_ended", code=self.process.returncode)
            return answer
        finally:
            self.end()

    def end(self) -> None:
        """Stop it, whatever it does."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        self.folder.cleanup()


_lock = threading.Lock()
_at_once = threading.BoundedSemaphore(2)
"""How many trials this process lets run together: the others wait their turn."""
_spare: list[Waiting] = []


def _take() -> Waiting:
    """The one that waits if it still does, else a new one."""
    with _lock:
        found = _spare.pop() if _spare else None
    if found is not None and found.process.poll() is not None:
        found.end()
        found = None
    return found or Waiting.start()


def _prepare() -> None:
    with _lock:
        if not _spare:
            _spare.append(Waiting.start())


@atexit.register
def stop() -> None:
    """Let go of the process that waits."""
    with _lock:
        while _spare:
            _spare.pop().end()


def show(
    setting: Mapping[str, Any], steps: Sequence[Any], *, since: str, sandbox: str = ""
) -> dict[str, Any]:
    """Where a trial stands after these steps; `sandbox` asks what it answers to a call.

    Raises TrialStopped.
    """
    asked = {"stories": [steps], "show": True, "since": since, "sandbox": sandbox}
    found = _asked(setting, asked, LONGEST)
    if not found:
        raise TrialStopped
    return found[0]


def play(
    setting: Mapping[str, Any], stories: Sequence[Sequence[Any]]
) -> list[dict[str, Any]]:
    """What came of each story, in order; fewer than asked when there was no time for all."""
    return _asked(setting, {"stories": stories}, LONGEST_OF_ALL)


def _asked(
    setting: Mapping[str, Any], asked: Mapping[str, Any], seconds: float
) -> list[dict[str, Any]]:
    files = {n: base64.b64encode(c).decode() for n, c in setting["files"].items()}
    request = orjson.dumps(
        {
            **asked,
            "setting": {**setting, "files": files},
            "remote_calls": operations.remote_catalogue(),
        }
    )
    if not _at_once.acquire(timeout=seconds):
        return []
    try:
        answer = _take().ask(request, seconds)
    finally:
        _at_once.release()
    _prepare()
    if len(answer) > LARGEST_ANSWER:
        return []
    return [
        orjson.loads(line)
        for line in answer.splitlines(keepends=True)
        if line.endswith(b"\n")
    ]
