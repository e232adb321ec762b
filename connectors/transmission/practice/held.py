"""What the sandbox holds, and its clock: messages, files, PES, and what is to happen."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from connectors.memory import Memory, memory
from connectors.sandboxes import Clock, Settings, moment

TABLES = (
    """CREATE TABLE IF NOT EXISTS message (
        id INTEGER PRIMARY KEY AUTOINCREMENT, siren TEXT NOT NULL, type INTEGER NOT NULL,
        nature INTEGER NOT NULL, number TEXT NOT NULL, decided_on TEXT NOT NULL,
        subject TEXT NOT NULL, matter TEXT NOT NULL, paper INTEGER NOT NULL,
        unique_id TEXT NOT NULL, status INTEGER NOT NULL, said TEXT NOT NULL DEFAULT '',
        flux BLOB, related INTEGER, answer TEXT, dated TEXT NOT NULL DEFAULT '',
        is_read INTEGER NOT NULL DEFAULT 0, submitted_at TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS by_number ON message (siren, number)",
    """CREATE TABLE IF NOT EXISTS file (
        id INTEGER PRIMARY KEY AUTOINCREMENT, message INTEGER NOT NULL, name TEXT NOT NULL,
        posted TEXT NOT NULL, media_type TEXT NOT NULL, content BLOB NOT NULL,
        signature BLOB, code TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS by_message ON file (message)",
    """CREATE TABLE IF NOT EXISTS pes (
        id INTEGER PRIMARY KEY AUTOINCREMENT, siren TEXT NOT NULL, filename TEXT NOT NULL,
        sha1 TEXT NOT NULL UNIQUE, content BLOB NOT NULL, name TEXT NOT NULL DEFAULT '',
        collectivity TEXT NOT NULL DEFAULT '', status INTEGER NOT NULL,
        said TEXT NOT NULL DEFAULT '', acquit BLOB, submitted_at TEXT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS pes_return (
        id INTEGER PRIMARY KEY AUTOINCREMENT, siren TEXT NOT NULL, name TEXT NOT NULL,
        content BLOB NOT NULL, dated TEXT NOT NULL, is_read INTEGER NOT NULL DEFAULT 0)""",
    """CREATE TABLE IF NOT EXISTS event (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, kind TEXT NOT NULL,
        subject INTEGER NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS by_time ON event (at, id)",
    "CREATE TABLE IF NOT EXISTS nonce (value TEXT PRIMARY KEY, login TEXT NOT NULL)",
    """CREATE TABLE IF NOT EXISTS pastell (
        id TEXT PRIMARY KEY, entity INTEGER NOT NULL, flux TEXT NOT NULL,
        fields TEXT NOT NULL, action TEXT NOT NULL, message INTEGER, created_at TEXT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS pastell_file (
        document TEXT NOT NULL, field TEXT NOT NULL, rank INTEGER NOT NULL,
        name TEXT NOT NULL, content BLOB NOT NULL, PRIMARY KEY (document, field, rank))""",
)
NUMBER = re.compile(r"([A-Z0-9][A-Z0-9_]{0,13})?[A-Z0-9]")
ABBREVIATIONS = {1: "DE", 2: "AR", 3: "AI", 4: "CC", 5: "BF", 6: "AU"}
DEPARTMENT, DISTRICT = "021", "1"
PARIS = ZoneInfo("Europe/Paris")


@dataclass(frozen=True)
class Held:
    """The sandbox's memory, with the office's clock and how quickly the State answers."""

    memory: Memory
    clock: Clock
    delay: timedelta
    letter_delay: timedelta

    @contextmanager
    def opened(self) -> Iterator[sqlite3.Connection]:
        with self.memory.opened(*TABLES) as db:
            yield db

    def now(self) -> str:
        return moment(self.clock())


def held(data: Path, settings: Settings, clock: Clock) -> Held:
    """The memory of this sandbox."""
    return Held(
        memory(data, "transmission"),
        clock,
        _seconds(settings, "TRANSMISSION_SANDBOX_SECONDS", 4),
        _seconds(settings, "TRANSMISSION_SANDBOX_LETTER_SECONDS", 6),
    )


def plan(db: sqlite3.Connection, at: str, kind: str, subject: int) -> None:
    """Something that will happen at a moment."""
    db.execute(
        "INSERT INTO event (at, kind, subject) VALUES (?, ?, ?)", [at, kind, subject]
    )


def later(at: str, delay: timedelta) -> str:
    return moment(datetime.fromisoformat(at) + delay)


def day(at: str) -> str:
    """The day of a moment, where the prefecture is."""
    return datetime.fromisoformat(at).astimezone(PARIS).date().isoformat()


def one(db: sqlite3.Connection, table: str, number: Any) -> sqlite3.Row | None:
    """A row by its number; None where there is none."""
    if not str(number).isdigit():
        return None
    row: sqlite3.Row | None = db.execute(
        f"SELECT * FROM {table} WHERE id = ?", [int(number)]
    ).fetchone()
    return row


def identifier(siren: str, decided_on: str, number: str, nature: int) -> str:
    """What the ministry calls an act."""
    compact = decided_on.replace("-", "")
    return f"{DEPARTMENT}-{siren}-{compact}-{number}-{ABBREVIATIONS[nature]}"


def _seconds(settings: Settings, name: str, default: float) -> timedelta:
    return timedelta(seconds=float(settings.get(name) or default))
