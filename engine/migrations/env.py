"""Alembic's entry: migrates the database of the application that calls it."""

from typing import Any, Literal

from alembic import context
from flask import current_app

from engine.columns import UtcDateTime

database = current_app.extensions["migrate"].db


def render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """A migration stands alone: our own column type is written as what it stores."""
    return "sa.DateTime(timezone=True)" if isinstance(item, UtcDateTime) else False


def run() -> None:
    """Bring the schema forward, on a live database."""
    with database.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=database.metadata,
            render_item=render,
            **current_app.extensions["migrate"].configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


run()
