"""The event process as the tests start it, and pages that listen to it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector

import httpx
import pytest

from tests.conftest import ROOT
from tests.servers import free_port
from web.news import tokens

SECRET = "only for tests"
ORIGIN = "http://localhost"


@dataclass(frozen=True)
class Events:
    """Where it listens, and its process."""

    port: int
    process: "subprocess.Popen[bytes]"

    @property
    def url(self) -> str:
        """What EBG_EVENTS says."""
        return f"http://127.0.0.1:{self.port}/evenements"

    @property
    def resident(self) -> float:
        """Megabytes of memory that it holds."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(one for one in status.splitlines() if one.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    def healthy(self) -> bool:
        """Whether it answers, and hears Redis."""
        try:
            answer = httpx.get(f"http://127.0.0.1:{self.port}/healthz", trust_env=False)
        except httpx.HTTPError:
            return False
        return answer.status_code == 200

    def wait(self, *, healthy: bool = True, seconds: float = 60) -> None:
        """Until it is healthy, or no longer."""
        deadline = time.monotonic() + seconds
        while self.healthy() is not healthy:
            if time.monotonic() > deadline:
                pytest.fail(f"the event process is not {'' if healthy else 'un'}healthy")
            time.sleep(0.05)


@contextmanager
def running(redis_url: str, *, origin: str = ORIGIN, port: int = 0) -> Iterator[Events]:
    """One event process, until the end."""
    port = port or free_port()
    environment = {
        "PATH": os.environ["PATH"], "REDIS_URL": redis_url, "SECRET_KEY": SECRET,
        "PUBLIC_URL": origin,
    }  # fmt: skip
    command = [sys.executable, "-m", "web.events", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        found = Events(port, process)
        found.wait()
        yield found
    finally:
        process.terminate()
        process.wait(60)


@dataclass
class Crowd:
    """Pages that listen, all read by this one thread."""

    sockets: list[socket.socket] = field(default_factory=list)
    selector: DefaultSelector = field(default_factory=DefaultSelector)

    def join(self, events: Events, channels: Sequence[str]) -> None:
        """One more page."""
        made = ask(events, tokens.sign(SECRET, channels))
        made.setblocking(False)
        self.sockets.append(made)
        self.selector.register(made, EVENT_READ, bytearray())

    def hear(self, sentence: str, number: int, seconds: float) -> list[float]:
        """When each of so many pages had this line, in seconds from now; fewer if late."""
        began, heard, wanted = time.monotonic(), [], f"{sentence}\n".encode()
        while len(heard) < number and time.monotonic() - began < seconds:
            for key, _ in self.selector.select(0.1):
                received: bytearray = key.data
                received += key.fileobj.recv(65_536)  # type: ignore[union-attr]
                if wanted in received:
                    received.clear()
                    heard.append(time.monotonic() - began)
        return heard

    def leave(self) -> None:
        """Close every page."""
        self.selector.close()
        for one in self.sockets:
            one.close()


def ask(events: Events, token: str, origin: str = ORIGIN) -> socket.socket:
    """A connection that has asked to listen."""
    made = socket.create_connection(("127.0.0.1", events.port), timeout=60)
    made.sendall(
        f"GET /evenements?jeton={token} HTTP/1.1\r\nHost: x\r\nOrigin: {origin}\r\n\r\n".encode()
    )
    return made


def status(connection: socket.socket) -> int:
    """The status of the answer."""
    with connection:
        return int(connection.recv(4096).split()[1])
