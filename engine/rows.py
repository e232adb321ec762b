"""Rows without the session: what a command reads under its lock, and writes at its commit.

    task, instance = rows.locked((UserTask, ProcessInstance), LOCKED, task_id=task_id)
    task.status = "completed"          # written at the commit
    rows.insert(History, [{…}, {…}])   # and so is everything else

The session keeps books that cost a step ten times its SQL. Here a statement is compiled once
and given to the driver; what is written waits for the end of the transaction and is sent in
one go with the COMMIT. So a query never sees what was written here in the same transaction.
A row has its table's class and belongs to no session: what was not read with it raises
DetachedInstanceError instead of being fetched behind one's back.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, Select, bindparam, inspect, select
from sqlalchemy import insert as insert_into
from sqlalchemy import update as update_of
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.sql import ClauseElement

from engine.columns import Base

Values = Mapping[str, Any]


@dataclass
class Transaction:
    """The one that is open: its connection, the rows it holds, what it will write, and who
    is to be told that something changed.
    """

    connection: Connection
    held: list[Base] = field(default_factory=list)
    writes: list[tuple[ClauseElement, Sequence[Values]]] = field(default_factory=list)
    signals: set[str] = field(default_factory=set)


opened: ContextVar[Transaction | None] = ContextVar("transaction", default=None)


class LockedTwice(RuntimeError):
    """One row in two objects of a transaction: the second would undo the first."""


def _opened() -> Transaction:
    transaction = opened.get()
    if transaction is None:
        raise LookupError("Rows are read and written within a transaction.")
    return transaction


# Reading


def columns(*kinds: type[Base]) -> list[Any]:
    """The columns of these tables, but those left aside for `fill` (deferred)."""
    return [column for kind in kinds for column in _read_columns(kind).values()]


@cache
def _read_columns(kind: type[Base]) -> dict[str, Any]:
    return {a.key: a.columns[0] for a in inspect(kind).column_attrs if not a.deferred}


def ask(*questions: tuple[Select[Any], Values]) -> list[list[tuple[Any, ...]]]:
    """The rows that answer each question, in one round trip on PostgreSQL.

    They are asked in their order: the second sees what committed while the first waited.
    """
    connection = _opened().connection
    sent = [(_compiled(q, connection.dialect), given) for q, given in questions]
    driver: Any = connection.connection.driver_connection
    with _together(driver):
        cursors = [driver.execute(text.sql, text.bound(given)) for text, given in sent]
    return [
        [text.row(row) for row in cursor.fetchall()]
        for (text, _), cursor in zip(sent, cursors, strict=True)
    ]


def locked(kinds: Sequence[type[Base]], statement: Select[Any], **given: Any) -> list[Any]:
    """The one row that a locking statement finds, ours until the commit, one object a kind.

    The statement selects `columns(*kinds)`. Raises NoResultFound.
    """
    return held(kinds, ask((statement, given))[0])


def held(kinds: Sequence[type[Base]], found: Sequence[tuple[Any, ...]]) -> list[Any]:
    """The objects of the one row found under a lock. Raises NoResultFound, LockedTwice."""
    if not found:
        raise NoResultFound("No row was found when one was required")
    values, already = iter(found[0]), _opened().held
    objects = [_object(kind, values) for kind in kinds]
    if {inspect(row).key for row in objects} & {inspect(row).key for row in already}:
        raise LockedTwice
    already.extend(objects)
    return objects


def _object(kind: type[Base], values: Any) -> Base:
    made: Base = inspect(kind).class_manager.new_instance()
    vars(made).update(zip(_read_columns(kind), values, strict=False))
    make_transient_to_detached(made)
    return made


def fill(row: Base, name: str) -> None:
    """Read a column that was left aside when the row was."""
    statement = _column(type(row), name)
    (found,) = ask((statement, {"id": row.id}))  # type: ignore[attr-defined]
    set_committed_value(row, name, found[0][0])


@cache
def _column(kind: type[Base], name: str) -> Select[Any]:
    table: Any = kind.__table__
    return select(table.c[name]).where(table.c.id == bindparam("id"))


# Writing


def write(statement: ClauseElement, many: Sequence[Values]) -> None:
    """Run a statement at the commit, once for each of these; the calls keep their order."""
    if many:
        _opened().writes.append((statement, many))


def insert(kind: type[Base], many: Sequence[Values]) -> None:
    """Insert rows at the commit; a column that is not said takes its default."""
    defaults = _defaults(kind)
    write(_insertion(kind), [_completed(row, defaults) for row in many])


def signal(*channels: str) -> None:
    """Have those who listen there told, once this is committed (see `engine.wake`)."""
    _opened().signals.update(channels)


def send(transaction: Transaction) -> None:
    """Write everything; on PostgreSQL it is committed too, in the same round trip."""
    changes = [
        (_change(type(row), frozenset(found)), [{**found, **_key(row)}])
        for row in transaction.held
        if (found := _changes(row))
    ]
    writes = [*transaction.writes, *changes]
    if not writes:
        return
    dialect = transaction.connection.dialect
    driver: Any = transaction.connection.connection.driver_connection
    with _together(driver) as together:
        for statement, many in writes:
            text = _compiled(statement, dialect)
            driver.cursor().executemany(text.sql, [text.bound(given) for given in many])
        if together:
            driver.execute("COMMIT")


def _together(driver: Any) -> AbstractContextManager[Any]:
    """On PostgreSQL, statements sent without waiting for the answer to each."""
    return driver.pipeline() if hasattr(driver, "pipeline") else nullcontext()


def _changes(row: Base) -> dict[str, Any]:
    before, now = inspect(row).committed_state, vars(row)
    return {name: now[name] for name, was in before.items() if now[name] != was}


def _key(row: Base) -> dict[str, Any]:
    return {f"key_{c.name}": getattr(row, c.name) for c in inspect(type(row)).primary_key}


@cache
def _insertion(kind: type[Base]) -> ClauseElement:
    table: Any = kind.__table__
    return insert_into(table).values({c.name: bindparam(c.name) for c in table.c})


@cache
def _change(kind: type[Base], names: frozenset[str]) -> ClauseElement:
    table: Any = kind.__table__
    changed: dict[str, Any] = {name: bindparam(name) for name in sorted(names)}
    which = [column == bindparam(f"key_{column.name}") for column in table.primary_key]
    return update_of(table).where(*which).values(changed)


@cache
def _defaults(kind: type[Base]) -> dict[str, Callable[[], Any]]:
    table: Any = kind.__table__
    return {c.name: _default(c.default) for c in table.c}


def _default(default: Any) -> Callable[[], Any]:
    if default is None:
        return lambda: None
    return lambda: default.arg(None) if default.is_callable else default.arg


def _completed(row: Values, defaults: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    return {
        name: row[name] if name in row else default() for name, default in defaults.items()
    }


# Compiling


@dataclass(frozen=True)
class _Text:
    """A statement as the driver takes it, with what converts its values and its rows."""

    sql: str
    positions: tuple[str, ...] | None
    constants: Values
    binders: Mapping[str, Any]
    readers: Sequence[Any]

    def bound(self, given: Values) -> Any:
        known = {**self.constants, **given} if self.constants else given
        values = {
            name: convert(known[name]) if convert else known[name]
            for name, convert in self.binders.items()
        }
        return values if self.positions is None else [values[n] for n in self.positions]

    def row(self, values: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(
            convert(value) if convert else value
            for convert, value in zip(self.readers, values, strict=True)
        )


_known: dict[tuple[str, ClauseElement], _Text] = {}


def _compiled(statement: ClauseElement, dialect: Dialect) -> _Text:
    """Compiled once for each kind of database: statements are constants."""
    key = (dialect.name, statement)
    if key not in _known:
        _known[key] = _compile(statement, dialect)
    return _known[key]


def _compile(statement: ClauseElement, dialect: Dialect) -> _Text:
    compiled: Any = statement.compile(dialect=dialect)
    selected = getattr(statement, "selected_columns", ())
    return _Text(
        sql=str(compiled),
        positions=tuple(compiled.positiontup) if compiled.positional else None,
        constants={n: b.value for n, b in compiled.binds.items() if not b.required},
        binders={
            name: bound.type.dialect_impl(dialect).bind_processor(dialect)
            for name, bound in compiled.binds.items()
        },
        readers=[
            column.type.dialect_impl(dialect).result_processor(dialect, None)
            for column in selected
        ],
    )
