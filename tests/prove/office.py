"""The office that the storm falls upon: its settings, its people, no case."""

import csv
import itertools
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import select, text

from engine.commands import publishing
from engine.directory import Organisation
from engine.models import db
from tests.conftest import ROOT, close
from tests.prove.processes import Service
from tests.servers import free_port
from web import demo
from web.app import create_app
from web.demo.people import COMPANIES, REGION
from web.demo.seed import CONTACT, DIRECTORY, PROCEDURE

OFFICERS = ("claire@region.demo", "paul@region.demo")
HEAD, COFUNDER = "helene@region.demo", "denis@cd21.demo"

SANDBOX_ADDRESSES = ("SANDBOX_URL", "SANDBOX_SMTP", "SANDBOX_CLAMD")
SANDBOX_OPTIONS = ("--port", "--smtp-port", "--clamd-port")

LEASE = 10
"""Seconds after which a dead worker's call is made by another one."""
PATIENCE = 15
"""Seconds at most between two tries: a run of bad luck must not outlast the proof."""


def environment(data: Path, **more: str) -> dict[str, str]:
    """The settings of every process of the office."""
    address = f"127.0.0.1:{free_port()}"
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "EBG_DATA": str(data),
        "EBG_DEMO": "1",
        "EBG_CALL_LEASE": str(LEASE),
        "EBG_LONGEST_WAIT": str(PATIENCE),
        "PUBLIC_URL": f"http://{address}",
        "SANDBOX_URL": f"http://127.0.0.1:{free_port()}",
        "SANDBOX_SMTP": f"127.0.0.1:{free_port()}",
        "SANDBOX_CLAMD": f"127.0.0.1:{free_port()}",
        "SANDBOX_FAULT_RATE": "0.2",
        "OSEO_AUTO_ANSWER_SECONDS": "1",
        "ARCHIVING_SANDBOX_ACK_SECONDS": "1",
        "ARCHIVING_SANDBOX_REPLY_SECONDS": "2",
        **more,
    }


def seed(settings: dict[str, str]) -> None:
    """Make the tables, enter everybody and publish."""
    app = create_app(settings)
    with app.app_context():
        upgrade(str(ROOT / "engine/migrations"))
        demo.seed(app, cases=False)
        # The lives told end once an aid is granted: its payment is not waited for.
        region = select(Organisation.id).where(Organisation.slug == REGION)
        publishing.set_parameters(
            PROCEDURE, db.session.scalars(region).one(), {"contact": CONTACT}, by=None
        )
    close(app)


def companies() -> list[dict[str, str]]:
    """The companies that have an account: siret, name, naf, email."""
    with DIRECTORY.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["active"] == "A"]
    return [
        {
            "siret": row["siret"],
            "name": row["name"].title(),
            "naf": row["naf"],
            "email": f"{row['name'].split()[0].lower()}@entreprise.demo",
        }
        for row in rows[:COMPANIES]
    ]


def database(app: Flask) -> str:
    """The database's name and version."""
    with app.app_context():
        dialect = db.engine.dialect.name
        question = (
            "SELECT sqlite_version()" if dialect == "sqlite" else "SHOW server_version"
        )
        return f"{dialect} {db.session.scalar(text(question))}"


@contextmanager
def running(
    environment: dict[str, str], folder: Path, web: int, workers: int
) -> Iterator[list[Service]]:
    """Every process of the office once it serves; gives those that may be killed.

    `web` is how many processes gunicorn has; without `workers`, work is done in them.
    """

    def service(name: str, *command: str) -> Service:
        module = [sys.executable, "-m", *command]
        return Service(name, module, environment, folder / f"{name}.log")

    ports = [environment[name].rpartition(":")[2] for name in SANDBOX_ADDRESSES]
    options = itertools.chain(*zip(SANDBOX_OPTIONS, ports, strict=True))
    partners = service("partners", "flask", "--app", "web.app", "sandbox", *options)
    bind = environment["PUBLIC_URL"].removeprefix("http://")
    killed = [
        service(
            "web", "gunicorn", "--bind", bind, "--workers", str(web), "--threads", "16",
            "--worker-class", "gthread", "--access-logfile", "/dev/null",
            "--log-level", "warning", "web.wsgi:app",
        ),
        *(
            service(f"worker {n}", "flask", "--app", "web.app", "worker")
            for n in range(1, workers + 1)
        ),
    ]  # fmt: skip
    everything = [partners, *killed]
    for one in everything:
        one.start()
    try:
        _wait_for(environment["PUBLIC_URL"])
        yield killed
    finally:
        for one in reversed(everything):
            one.stop()


def _wait_for(address: str) -> None:
    until = time.monotonic() + 240
    while time.monotonic() < until:
        try:
            if httpx.get(f"{address}/readyz", trust_env=False).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise TimeoutError(f"{address} does not serve")
