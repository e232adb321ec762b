"""How a database says that it will read: what tests of plans share."""

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import event

from engine.models import db


def sent(act: Any) -> Iterator[tuple[str, Any]]:
    """The queries that an act sends."""
    heard: list[tuple[str, Any]] = []

    def hear(_c: Any, _k: Any, statement: str, values: Any, *_: Any) -> None:
        heard.append((statement, values))

    event.listen(db.engine, "before_cursor_execute", hear)
    try:
        act()
    finally:
        event.remove(db.engine, "before_cursor_execute", hear)
    return (one for one in heard if one[0].lstrip().upper().startswith(("SELECT", "WITH")))


def plan_of(statement: str, values: Any) -> str:
    """How a query that was sent is read."""
    sqlite = db.engine.dialect.name == "sqlite"
    explain = "EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN "
    rows = db.session.connection().exec_driver_sql(explain + statement, values)
    return "\n".join(str(row[-1]) for row in rows)


def whole(plan: str, tables: Collection[str]) -> list[str]:
    """Lines of a plan that read one of these tables from end to end."""
    return [
        line
        for line in plan.splitlines()
        if (line.startswith("SCAN ") and "INDEX" not in line and line.split()[1] in tables)
        or any(f"Seq Scan on {table}" in line for table in tables)
    ]
