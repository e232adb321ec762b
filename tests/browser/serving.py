"""A real office for browsers: gunicorn and its in-process workers on a fresh data folder.

Unless told otherwise everybody of the demonstration is there, and nothing has been filed
yet. Partners answer fast.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask

from connectors import mail
from tests.conftest import ROOT, build, close, environment
from tests.servers import free_port
from web import demo
from web.demo.people import PASSWORD

PARTNERS = {
    "OSEO_AUTO_ANSWER_SECONDS": "2",
    "ARCHIVING_SANDBOX_ACK_SECONDS": "1",
    "ARCHIVING_SANDBOX_REPLY_SECONDS": "2",
}


@dataclass(frozen=True)
class Served:
    """Where the office answers, and where it keeps everything."""

    url: str
    data: Path

    def mails_to(self, address: str) -> list[dict[str, Any]]:
        """The letters that the mail sandbox kept for somebody, the latest first."""
        return [m for m in mail.messages({}, self.data) if address in m["to"]]


def nothing_filed(app: Flask) -> None:
    """Everybody of the demonstration, and an empty office."""
    demo.seed(app, cases=False)


@contextmanager
def office(
    data: Path, furnish: Callable[[Flask], object] = nothing_filed, **more: str
) -> Iterator[Served]:
    """The office as `furnish` left it, served until the end; its log must tell of no error."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    variables = environment(data, PUBLIC_URL=url, **PARTNERS, **more)
    app = build(variables)
    with app.app_context():
        furnish(app)
    close(app)
    log = data / "gunicorn.log"
    with log.open("wb") as output:
        server = _gunicorn(port, variables, output)
        try:
            _wait_for(url, log)
            yield Served(url, data)
        finally:
            server.terminate()
            server.wait(60)
    wrong = [line for line in log.read_text().splitlines() if '"level": "error"' in line]
    assert not wrong, "\n".join(wrong)


def _gunicorn(
    port: int, variables: Mapping[str, str], output: Any
) -> "subprocess.Popen[bytes]":
    command = [
        sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", "1",
        "--threads", "16", "--worker-class", "gthread", "--log-level", "warning", "web.wsgi:app",
    ]  # fmt: skip
    path = {"PATH": os.environ["PATH"]}
    return subprocess.Popen(
        command, cwd=ROOT, env={**path, **variables}, stdout=output, stderr=output
    )


def _wait_for(url: str, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            httpx.get(f"{url}/healthz", trust_env=False).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"the office does not answer:\n{log.read_text()[-3000:]}")


__all__ = ["PASSWORD", "Served", "office"]
