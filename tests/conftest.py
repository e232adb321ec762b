"""What every test stands on: an office on an empty database, embedded or real."""

import gc
import os
import sqlite3
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import NullPool, StaticPool, create_engine, inspect, text

from engine.columns import Base
from engine.models import db
from tests import servers
from web.app import create_app
from web.worker import Workers

# The same examples at each run, so that a failure is of the change; EBG_RANDOM=1 draws others.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("same", patient, derandomize=True)
settings.register_profile("random", patient)
settings.load_profile("random" if os.environ.get("EBG_RANDOM") else "same")

ROOT = Path(__file__).parent.parent
REFERENCE = Path(os.environ.get("EBG_REFERENCE_DATA", ROOT.parent / "shared" / "data"))


def reference(path: str) -> Path:
    """An official schema or real sample; the test skips where there is none."""
    found = REFERENCE / path
    if not found.exists():
        pytest.skip(f"reference data {path} is not here (EBG_REFERENCE_DATA)")
    return found


class Failures:
    """Says at once what failed: a run stopped before its end has told it all the same."""

    def __init__(self, terminal: pytest.TerminalReporter) -> None:
        self.terminal = terminal

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.terminal.write_line(f"\n{report.nodeid} ({report.when})")
            self.terminal.write_line(report.longreprtext[-2000:])


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None:
        config.pluginmanager.register(Failures(terminal))


def pytest_collection_finish() -> None:
    """What collecting made stays to the end: do not look through it at each collection."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    with servers.postgresql(durable=False) as url:
        yield url


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with servers.redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: str) -> str:
    """The name of a database with every table, to copy from: much faster than making it."""
    _run(postgresql_server, "CREATE DATABASE ebg_template")
    engine = create_engine(_database(postgresql_server, "ebg_template"), poolclass=NullPool)
    Base.metadata.create_all(engine)
    return "ebg_template"


@pytest.fixture
def postgresql(postgresql_server: str, postgresql_template: str) -> Iterator[str]:
    """The URL of a PostgreSQL database of this test's own, its tables empty."""
    name = f"ebg_{uuid4().hex}"
    _run(postgresql_server, f'CREATE DATABASE "{name}" TEMPLATE {postgresql_template}')
    yield _database(postgresql_server, name)
    _run(postgresql_server, f'DROP DATABASE "{name}" WITH (FORCE)')


def _database(server: str, name: str) -> str:
    return server.rsplit("/", 1)[0] + "/" + name


def _run(server: str, statement: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(statement))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def database_url(request: pytest.FixtureRequest) -> str:
    """Each database in turn: the embedded default, and the real one."""
    return "" if request.param == "sqlite" else request.getfixturevalue("postgresql")


def environment(data: Path, **more: str) -> dict[str, str]:
    """The environment of an office kept under `data`, that depends on nothing else."""
    return {
        "EBG_DATA": str(data),
        "EBG_CLOCK": "movable",
        "SECRET_KEY": "only for tests",
        "PUBLIC_URL": "http://localhost",
        **more,
    }


# Thousands of offices are opened: each page is compiled once for all of them.
COMPILED_PAGES = FileSystemBytecodeCache()


def build(env: dict[str, str]) -> Flask:
    """An application on its database's empty tables, with nobody to wake."""
    app = create_app(env)
    app.config["TESTING"] = True
    app.jinja_env.bytecode_cache = COMPILED_PAGES
    with app.app_context():
        _furnish()
    Workers(app)
    return app


def _furnish() -> None:
    """Give a new database its tables; those of SQLite are made once a process, then copied."""
    if inspect(db.engine).has_table("organisation"):
        return
    if db.engine.dialect.name != "sqlite":
        db.create_all()
        return
    with db.engine.connect() as connection:
        _empty_tables().backup(connection.connection.driver_connection)


@cache
def _empty_tables() -> sqlite3.Connection:
    kept = sqlite3.connect(":memory:", check_same_thread=False)
    engine = create_engine("sqlite://", creator=lambda: kept, poolclass=StaticPool)
    Base.metadata.create_all(engine)
    return kept


def close(app: Flask) -> None:
    """Let go of what the application holds."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    """An office on SQLite, its application context pushed."""
    app = build(environment(tmp_path))
    with app.app_context():
        yield app
    close(app)


@pytest.fixture
def either_app(tmp_path: Path, database_url: str) -> Iterator[Flask]:
    """An office on SQLite, then on PostgreSQL."""
    app = build(environment(tmp_path, DATABASE_URL=database_url))
    with app.app_context():
        yield app
    close(app)
