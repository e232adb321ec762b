"""The one place that commits, for every room.

    with transaction() as after_commit:
        case = lock(ProcessInstance, case_id)
        ...
        after_commit.append(wake)

Transactions never nest. What must be told outside is told after the commit; if the
telling fails, it is logged and swallowed, since the database already holds the fact.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import InvalidatePoolError

from engine import rows, wake
from engine.columns import Base
from engine.errors import Busy
from engine.models import db
from engine.spiff.errors import Abort

log = structlog.get_logger()

Row = TypeVar("Row", bound=Base)

AfterCommit = list[Callable[[], object]]

SNAPSHOT, NEWEST = "REPEATABLE READ", "READ COMMITTED"
"""On PostgreSQL a page reads the office as it stood at one moment, or a task that is closed
meanwhile is open here and gone there; a command reads what others committed while it waited
for a lock. SQLite does both by itself."""

TRUSTED = 1.0
"""Seconds for which a connection just used is held to be alive."""

CONTENDED = {"55P03", "40P01", "40001", "SQLITE_BUSY"}
"""How the databases say that a lock was not had: too long a wait, a deadlock, a conflict."""


class NestedTransaction(RuntimeError):
    """A command was called from within another one."""


@contextmanager
def transaction() -> Iterator[AfterCommit]:
    """Commit everything done within, or nothing of it.

    Raises NestedTransaction when another one is open in this context, Busy when a lock that
    it needs was not had in the time that the database allows.
    """
    if rows.opened.get() is not None:
        raise NestedTransaction
    after_commit: AfterCommit = []
    db.session.rollback()  # what a view has read so far is stale from here on
    try:
        opened = rows.Transaction(_connection())
        with _current(opened):
            yield after_commit
        db.session.flush()
        rows.send(opened)
        db.session.commit()
    except BaseException as failure:
        db.session.rollback()
        lost = failure.__cause__ if isinstance(failure, Abort) else failure
        if _contended(lost):
            raise Busy from lost
        if lost is not None and lost is not failure:
            raise lost from None
        raise
    if opened.signals:
        after_commit.append(partial(wake.for_change, opened.signals))
    for action in after_commit:
        try:
            action()
        except Exception:
            log.exception("after_commit_failed")


def _connection() -> Connection:
    sqlite = db.session.get_bind().dialect.name == "sqlite"
    options = {"writing": True} if sqlite else {"isolation_level": NEWEST}
    return db.session.connection(execution_options=options)


@contextmanager
def _current(opened: rows.Transaction) -> Iterator[None]:
    token = rows.opened.set(opened)
    try:
        yield
    finally:
        rows.opened.reset(token)


def _contended(failure: BaseException | None) -> bool:
    said = getattr(failure, "orig", failure)  # the driver's own, or SQLAlchemy's around it
    code = getattr(said, "sqlstate", None) or getattr(said, "sqlite_errorname", None)
    return code in CONTENDED


def lock(row_type: type[Row], row_id: Any) -> Row:
    """The row as it is in the database now, ours until the commit.

    Without `populate_existing` a row already read by the session would keep its old
    values under the new lock, and two parallel branches would overwrite each other.
    Only this row is locked, not those that are read along with it. Raises NoResultFound
    when there is no such row.
    """
    return db.session.get_one(
        row_type, row_id, with_for_update={"of": row_type}, populate_existing=True
    )


def assert_no_transaction() -> None:
    """Refuse to make the database wait for a partner."""
    db.session.rollback()
    if rows.opened.get() is not None:
        raise NestedTransaction


@event.listens_for(Engine, "connect")
def _sqlite_pragmas(connection: Any, _record: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.isolation_level = None  # transactions begin as we say, below
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")  # a commit outlives a power cut
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA busy_timeout=30000")


@event.listens_for(Engine, "checkin")
def _note_use(_connection: Any, record: Any) -> None:
    record.info["left"] = time.monotonic()


@event.listens_for(Engine, "checkout")
def _ask_whether_alive(connection: Any, record: Any, _proxy: Any) -> None:
    """A server that restarted is noticed here; asking at each use would double the waits."""
    left = record.info.get("left", time.monotonic())
    if hasattr(connection, "pgconn") and time.monotonic() - left > TRUSTED:
        try:
            connection.autocommit = True
            connection.execute("SELECT 1")
            connection.autocommit = False
        except connection.Error as gone:
            raise InvalidatePoolError from gone


@event.listens_for(Engine, "begin")
def _sqlite_begin(connection: Connection) -> None:
    """Take SQLite's write lock at the start: upgrading a read lock later can deadlock."""
    if connection.dialect.name == "sqlite":
        writing = connection.get_execution_options().get("writing")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
