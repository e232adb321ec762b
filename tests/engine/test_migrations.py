"""The migrations make exactly the tables that the models say, on both databases."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import DateTime, NullPool, create_engine, inspect, text
from sqlalchemy.types import TypeEngine

from engine.columns import UtcDateTime
from engine.models import db
from tests.conftest import close, environment
from web.app import create_app


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def migrated(request: pytest.FixtureRequest, tmp_path: Path) -> Flask:
    """An application whose database was empty, then upgraded."""
    more = {}
    if request.param == "postgresql":
        more["DATABASE_URL"] = request.getfixturevalue("postgresql")
        _empty(more["DATABASE_URL"])
    app = create_app(environment(tmp_path, **more))
    result = app.test_cli_runner().invoke(args=["db", "upgrade"])
    assert result.exit_code == 0, result.output
    request.addfinalizer(lambda: close(app))
    return app


def _empty(url: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))


def _same(
    _context: object, _found: object, _wanted: object, found: TypeEngine, wanted: TypeEngine
) -> bool | None:
    """Our own type of moments is stored as a timestamp; the rest is Alembic's affair."""
    if isinstance(wanted, UtcDateTime):
        return not isinstance(found, DateTime)
    return None


def test_an_empty_database_becomes_what_the_models_say(migrated: Flask) -> None:
    with migrated.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": _same})
        assert compare_metadata(context, db.metadata) == []
        partial = {
            index.name: str(where)
            for table in db.metadata.tables.values()
            for index in table.indexes
            for where in [index.dialect_options[db.engine.dialect.name].get("where")]
            if where is not None
        }
        kept = {
            index["name"]: index.get("dialect_options", {}).get(
                f"{db.engine.dialect.name}_where"
            )
            for table in inspect(connection).get_table_names()
            for index in inspect(connection).get_indexes(table)
        }
        assert {name for name in partial if kept.get(name) is None} == set()


def test_an_upgrade_made_twice_changes_nothing(migrated: Flask) -> None:
    with migrated.app_context(), db.engine.connect() as connection:
        before = set(inspect(connection).get_table_names())
    result = migrated.test_cli_runner().invoke(args=["db", "upgrade"])
    assert result.exit_code == 0, result.output
    with migrated.app_context(), db.engine.connect() as connection:
        assert set(inspect(connection).get_table_names()) == before


def test_an_upgraded_database_works(migrated: Flask) -> None:
    answer = migrated.test_client().get("/readyz")
    assert (answer.status_code, answer.json["status"]) == (200, "ok")
