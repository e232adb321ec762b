"""The office that the storm falls upon: its settings, its people, no case."""

import csv
import os
from pathlib import Path

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import text

from engine.models import db
from tests.conftest import ROOT, close
from tests.servers import free_port
from web import demo
from web.app import create_app
from web.demo.people import COMPANIES
from web.demo.seed import DIRECTORY

OFFICERS = ("claire@region.demo", "paul@region.demo")
HEAD, COFUNDER = "helene@region.demo", "denis@cd21.demo"

SANDBOX_ADDRESSES = ("SANDBOX_URL", "SANDBOX_SMTP", "SANDBOX_CLAMD")

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
