"""What a sandbox remembers: one SQLite file a partner, shared by every process."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Memory:
    """The file of one sandbox. Tables are made where they are missing, at each opening:
    somebody may empty the folder while we run.
    """

    path: Path

    @contextmanager
    def opened(self, *tables: str) -> Iterator[sqlite3.Connection]:
        """One transaction, alone to write; rows answer to their columns' names."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self.path, timeout=30, isolation_level=None)) as db:
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA synchronous = OFF")  # a rehearsal may be lost with the power
            db.execute("BEGIN IMMEDIATE")
            try:
                for table in tables:
                    db.execute(table)
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")


def memory(data: Path, name: str) -> Memory:
    """The memory of the sandbox `name`: `<data>/sandboxes/<name>.sqlite`."""
    return Memory(data / "sandboxes" / f"{name}.sqlite")
