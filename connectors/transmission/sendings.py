"""What was sent under each key, so that nothing is sent twice.

Transmission services know no idempotency key: what was sent, and the number the service
gave it, is noted here before and after each sending. `<folder>/<digest of the key>.json` is
shared by all the machines that make remote calls.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from connectors import Misconfigured, Refused, Retryable

Facts = dict[str, Any]
TRIED_AGAIN = "tried_again"


@dataclass(frozen=True)
class Sendings:
    """The notes of one service; `find(facts)` asks the service what became of a sending."""

    folder: Path
    clock: Callable[[], datetime]
    find: Callable[[Facts], str | None]

    def once(self, key: str, facts: Facts, send: Callable[[], str]) -> str:
        """The number of what goes under `key`: sent now, unless it already was.

        Raises what `send` raises; after a lost answer the service is asked first.
        """
        if (known := self.number(key)) is not None:
            return known
        begun = {**facts, "attempted_at": self.clock().isoformat()}
        if not self._begin(key, begun):
            self._write(key, {**(self._read(key) or begun), TRIED_AGAIN: True})
        try:
            number = send()
        except Refused:
            # A lost sending that arrived meanwhile, or another worker's that arrives at this
            # very moment, makes this one a duplicate.
            if self._tried_again(key) and (late := self.number(key)) is not None:
                return late
            self.forget(key)
            raise
        except (Retryable, Misconfigured):
            if not self._tried_again(key):  # nothing was taken, now or before
                self.forget(key)
            raise
        self._note(key, number)
        return number

    def number(self, key: str) -> str | None:
        """The number given to what went under `key`; None when it never arrived."""
        facts = self._read(key)
        if facts is None:
            return None
        if facts.get("given"):
            return str(facts["given"])
        found = self.find(facts)
        if found is not None:
            self._note(key, found)
        return found

    def noted(self, key: str) -> bool:
        """Whether something went under `key`, without asking the service."""
        return bool((self._read(key) or {}).get("given"))

    def forget(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)

    def _note(self, key: str, number: str) -> None:
        self._write(key, {**(self._read(key) or {}), "given": number})

    def _tried_again(self, key: str) -> bool:
        note = self._read(key) or {}
        return TRIED_AGAIN in note or "given" in note

    def _read(self, key: str) -> Facts | None:
        try:
            facts: Facts = json.loads(self._path(key).read_bytes())
        except FileNotFoundError:
            return None
        return facts

    def _begin(self, key: str, facts: Facts) -> bool:
        """Note a first attempt; False when there is one already."""
        made = self._made(facts)
        try:
            self._path(key).hardlink_to(made)
        except FileExistsError:
            return False
        finally:
            made.unlink()
        return True

    def _write(self, key: str, facts: Facts) -> None:
        self._made(facts).replace(self._path(key))

    def _made(self, facts: Facts) -> Path:
        """A note under a name of its own: it is there whole, or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.folder, suffix=".new")
        with os.fdopen(handle, "w") as file:
            json.dump(facts, file)
            file.flush()
            os.fsync(handle)
        return Path(name)

    def _path(self, key: str) -> Path:
        return self.folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"
