"""Real processes, killed without warning and started again at once by a supervisor.

The supervisor does what systemd does: it waits for the main process of a service to end,
kills what that process leaves behind, and starts it again.
"""

import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

AGAIN = 0.2
"""Seconds before a service that has just ended is started again."""


@dataclass
class Service:
    """A command that must always run; `starts` says how often it had to be started."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    starts: int = 0
    process: subprocess.Popen[bytes] | None = None
    stopping: bool = False
    guard: threading.Thread | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        """Run the command, for ever."""
        self._launch()
        self.guard = threading.Thread(target=self._watch, daemon=True)
        self.guard.start()

    def stop(self) -> None:
        """End the service, and everything it may have left behind, as it has lived."""
        with self.lock:
            self.stopping = True
            self._clear()
        if self.guard:
            self.guard.join()

    def pids(self) -> list[tuple[str, int]]:
        """What can be struck now: the main process and its children, each with its kind."""
        if self.process is None or self.process.poll() is not None:
            return []
        main = self.process.pid
        inner = [(f"{self.name} (child)", child) for child in _children(main)]
        return [(self.name, main), *inner]

    def _launch(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=dict(self.environment),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.starts += 1

    def _clear(self) -> None:
        """Kill the main process and all that it has started."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def _watch(self) -> None:
        while not self.stopping:
            self.process.wait()
            time.sleep(AGAIN)
            with self.lock:
                self._clear()
                if not self.stopping:
                    self._launch()


def strike(services: Sequence[Service], dice: random.Random) -> str:
    """Kill -9 one process, any; returns its kind, or nothing if none was there to kill."""
    alive = [one for service in services for one in service.pids()]
    if not alive:
        return ""
    kind, pid = dice.choice(alive)
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return ""
    return kind


def _children(pid: int) -> list[int]:
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(child) for child in listed.split()]
