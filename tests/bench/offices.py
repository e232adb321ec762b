"""An office to measure, on each database, with one long-lived kind of case."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import NullPool, create_engine, select, text

from engine.commands import cases, publishing, tasks
from engine.commands.step import step
from engine.models import ProcessDefinition, UserTask, db
from engine.spiff.model import compile_model
from engine.transaction import lock
from tests import servers
from tests.bench.diagrams import LOOP
from tests.bench.figures import not_run
from tests.conftest import build, close, environment
from tests.engine.spiff.drawing import document, process
from tests.office import Office, open_office


@dataclass(frozen=True)
class Place:
    """Where one office keeps its files and its database (none: SQLite, in the files)."""

    folder: Path
    url: str = ""


@dataclass(frozen=True)
class Server:
    """A database to measure. `admin` is PostgreSQL's maintenance database."""

    name: str
    folder: Path
    admin: str = ""

    def empty(self) -> Place:
        """A place for a new office."""
        name = f"ebg_bench_{uuid4().hex[:12]}"
        if self.admin:
            self._run(f'CREATE DATABASE "{name}"')
        return self._place(name)

    def copy(self, place: Place) -> Place:
        """A second office that begins as the first stands; the first must be closed."""
        name = f"{place.folder.name}_copy_{uuid4().hex[:6]}"
        shutil.copytree(place.folder, self.folder / name)
        if self.admin:
            self._run(f'CREATE DATABASE "{name}" TEMPLATE "{place.folder.name}"')
        return self._place(name)

    def drop(self) -> None:
        """Forget every place."""
        for folder in self.folder.iterdir() if self.admin else ():
            self._run(f'DROP DATABASE IF EXISTS "{folder.name}" WITH (FORCE)')

    def _place(self, name: str) -> Place:
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        return Place(
            folder, self.admin.rsplit("/", 1)[0] + "/" + name if self.admin else ""
        )

    def _run(self, statement: str) -> None:
        engine = create_engine(self.admin, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            connection.execute(text(statement))


@contextmanager
def sqlite() -> Iterator[Server]:
    """SQLite, in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="ebg-bench-") as folder:
        yield Server("sqlite", Path(folder))


@contextmanager
def databases() -> Iterator[list[Server]]:
    """SQLite, and PostgreSQL where it can be had."""
    with sqlite() as embedded, ExitStack() as stack:
        found = [embedded]
        try:
            admin = stack.enter_context(servers.postgresql())
        except pytest.skip.Exception as missing:
            not_run("postgresql", str(missing))
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="ebg-bench-"))
            found.append(Server("postgresql", Path(folder), admin))
            stack.callback(found[-1].drop)
        yield found


@contextmanager
def opened(place: Place) -> Iterator[Flask]:
    """The office of a place, made if it is not yet; nobody works in it but the caller."""
    app = build(environment(place.folder, DATABASE_URL=place.url))
    with app.app_context():
        yield app
    close(app)


def publish_loop() -> tuple[Office, UUID]:
    """People, and a published version of LOOP; returns its id."""
    office = open_office()
    contents = {"process.bpmn": document(process(*LOOP))}
    publishing.publish(
        "p", contents, compile_model(contents, "p"), sha256="0" * 64, owner_id=office.region
    )
    return office, db.session.scalars(select(ProcessDefinition.id)).one()


class Case:
    """One case of LOOP, completed again and again by its officer."""

    def __init__(self, office: Office, definition: UUID, data: dict[str, Any]) -> None:
        self.officer = office.officer
        started = cases.start(
            definition, data, actor=office.applicant, applicant_id=office.company
        )
        self.id = started.id
        self.find_task()

    def step(self) -> None:
        """Load, complete, run, save, commit."""
        tasks.complete(self.task, {"again": True}, actor=self.officer)

    def find_task(self) -> None:
        """Find the task to complete next: what the inbox does, outside of the step."""
        self.task = db.session.scalars(
            select(UserTask.id).where(
                UserTask.instance_id == self.id, UserTask.status == "open"
            )
        ).one()
        db.session.rollback()

    def grow(self, wanted: int) -> None:
        """Complete until that many finished tasks are in the history, a hundred at a time.

        Only the last task of a hundred has a row in the inbox; all are in the history.
        """
        grown = 0
        while grown < wanted:
            with step(self.id, "task_completed") as (instance, process):
                lock(UserTask, self.task).status = "completed"
                for _ in range(min(100, 1 + (wanted - grown) // 3)):
                    (task,) = process.user_tasks()
                    process.complete(task.task_id, {"again": True})
            grown = instance.history_seq
            db.session.rollback()
            self.find_task()
