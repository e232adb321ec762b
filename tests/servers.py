"""Real PostgreSQL and Redis for the tests: given, else started privately, else said missing.

TEST_DATABASE_URL and TEST_REDIS_URL name running servers. Without them, the installed
binaries are started in a temporary folder and stopped at the end. Where there are none,
the tests that need them skip and say so (`.ci/run` fails if one of them skipped).
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import pytest

_ports = count(os.getpid() * 211)
"""Each process counts from its own place, far from the one that tests beside it."""


def free_port() -> int:
    """A TCP port of the loopback interface that nobody uses, nor is about to.

    Below those that Linux gives to connections: none takes it between its choice and its use.
    """
    for number in _ports:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", 10_000 + number % 22_000))
            return probe.getsockname()[1]
    raise AssertionError


@contextmanager
def postgresql(*, durable: bool = True) -> Iterator[str]:
    """The URL of a PostgreSQL server's maintenance database; skips when there is none.

    One that is not durable may lose its last commits in a power cut, never in the death of
    a process: all that a test needs, and several times faster on a slow disk.
    """
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    binaries = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin"))) or [
        str(Path(found).parent) for found in [shutil.which("postgres")] if found
    ]
    if not binaries:
        pytest.skip("PostgreSQL is not installed and TEST_DATABASE_URL is not set")
    # Not under pytest's own folder: another run closes it to PostgreSQL's user.
    folder = tempfile.TemporaryDirectory(
        prefix="ebg-postgresql-", ignore_cleanup_errors=True
    )
    data, port = Path(folder.name) / "data", free_port()
    data.mkdir()
    as_user = _not_as_root(data)

    def run(program: str, *arguments: str) -> None:
        command = [*as_user, f"{binaries[-1]}/{program}", "-D", str(data), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")

    run("initdb", "-U", "ebg", "--auth=trust", "-E", "UTF8")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={data}"
    options += " -c max_connections=200"
    if not durable:
        options += " -c fsync=off -c full_page_writes=off"
    run("pg_ctl", "-o", options, "-w", "-l", f"{data}/log", "start")
    try:
        yield f"postgresql+psycopg://ebg@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "-m", "immediate", "stop")
        folder.cleanup()


def _not_as_root(data: Path) -> list[str]:
    """PostgreSQL refuses to run as root: how to run it as its own user, who owns `data`."""
    if os.getuid() != 0:
        return []
    shutil.chown(data, "postgres")
    data.parent.chmod(0o755)
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """The URL of a Redis server; skips when there is none."""
    if given := os.environ.get("TEST_REDIS_URL"):
        yield given
        return
    port = free_port()
    with redis_at(port, folder):
        yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def redis_at(port: int, folder: Path) -> "Iterator[subprocess.Popen[bytes]]":
    """A Redis server of this test's own, at a port, that it may kill; skips without one."""
    binary = shutil.which("redis-server")
    if binary is None:
        pytest.skip("Redis is not installed and TEST_REDIS_URL is not set")
    server = subprocess.Popen(
        [
            binary,
            "--port",
            str(port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--dir",
            str(folder),
        ],
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        yield server
    finally:
        server.terminate()
        server.wait()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"nothing listens on port {port}")
