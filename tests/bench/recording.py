"""What the drivers are asked to send, seen where `sqlite3` and `psycopg` receive it.

Whoever imports this module before connecting sees every statement, whatever wrote it: the
session, or `engine.rows` past it. How often the wire is waited for is another matter, seen by
`tests.bench.wire`.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Engine, event

Statement = tuple[str, Any, bool]
"""Its text, its parameters as the driver gets them, and whether they are several rows."""

_recording: list[list[Statement]] = []


def _keep(text: Any, given: Any, *, many: bool) -> None:
    for sent in _recording:
        sent.append((str(text), given, many))


class _SqliteCursor(sqlite3.Cursor):
    def execute(self, text: str, given: Any = (), /) -> Any:
        _keep(text, given, many=False)
        return super().execute(text, given)

    def executemany(self, text: str, given: Any, /) -> Any:
        _keep(text, given, many=True)
        return super().executemany(text, given)


class _SqliteConnection(sqlite3.Connection):
    def cursor(self, factory: Any = _SqliteCursor) -> Any:
        return super().cursor(factory)

    def execute(self, text: str, given: Any = (), /) -> Any:
        return self.cursor().execute(text, given)


class _PsycopgCursor(psycopg.Cursor[Any]):
    def execute(self, query: Any, params: Any = None, **more: Any) -> Any:
        _keep(query, params, many=False)
        return super().execute(query, params, **more)

    def executemany(self, query: Any, params_seq: Any, **more: Any) -> None:
        _keep(query, params_seq, many=True)
        super().executemany(query, params_seq, **more)


@event.listens_for(Engine, "do_connect")
def _watched(dialect: Any, _record: Any, _given: Any, settings: dict[str, Any]) -> None:
    if dialect.name == "sqlite":
        settings["factory"] = _SqliteConnection
    else:
        settings["cursor_factory"] = _PsycopgCursor


@contextmanager
def recorded() -> Iterator[list[Statement]]:
    """Every statement sent meanwhile, by any connection opened since this was imported."""
    sent: list[Statement] = []
    _recording.append(sent)
    try:
        yield sent
    finally:
        _recording.remove(sent)


def verbs(sent: list[Statement]) -> list[str]:
    """What each statement does to which table, BEGIN and COMMIT left out: "INSERT history"."""
    words = [text.replace('"', "").split() for text, _, _ in sent]
    return [
        f"{w[0]} {w[w.index(_PLACE[w[0]]) + 1]}"
        for w in words
        if _PLACE.get(w[0], "no table") in w
    ]


_PLACE = {"SELECT": "FROM", "INSERT": "INTO", "UPDATE": "UPDATE", "DELETE": "FROM"}
