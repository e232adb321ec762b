"""What may go wrong at a partner's, for practice: set by hand, or drawn at random.

The faults of a sandbox are kept in its memory file, so that every process meets them. Set
them in Python (`Faults.set`), over HTTP (`POST /<name>/faults` with the same names in JSON),
or for everybody with the setting `SANDBOX_FAULT_RATE`: 0.2 makes one call in five fail,
half of them after the partner has acted.
"""

import json
import random
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from http import HTTPStatus
from socket import SHUT_RDWR
from typing import TYPE_CHECKING, Any

from connectors.memory import Memory

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

TABLE = "CREATE TABLE IF NOT EXISTS fault (id INTEGER PRIMARY KEY, value TEXT NOT NULL)"

# Nobody needs a better dice than this one to rehearse failures.
_dice = random.Random()  # noqa: S311


@dataclass(frozen=True)
class Weather:
    """The faults in force. Rates are between 0 and 1, durations in seconds."""

    down: bool = False
    throttle: int = 0
    slow: float = 0.0
    ambiguous: float = 0.0
    error: float = 0.0
    refuse: str = ""


@dataclass(frozen=True)
class Fate:
    """What befalls one call: the weather, with its dice thrown."""

    down: bool
    throttle: int
    error: bool
    lost: bool
    slow: float
    refuse: str


@dataclass(frozen=True)
class Faults:
    """The faults of one sandbox."""

    memory: Memory
    rate: float = 0.0

    def set(self, **changes: Any) -> Weather:
        """Changes the named faults and leaves the others; refuses an unknown name."""
        if unknown := set(changes) - {field.name for field in fields(Weather)}:
            raise ValueError(f"panne inconnue : {', '.join(sorted(unknown))}")
        weather = replace(self.now(), **changes)
        self._keep(weather)
        return weather

    def clear(self) -> None:
        """Ends every fault that was set; those of the setting remain."""
        self._keep(None)

    def now(self) -> Weather:
        with self.memory.opened(TABLE) as db:
            row = db.execute("SELECT value FROM fault WHERE id = 1").fetchone()
        if row:
            return Weather(**json.loads(row["value"]))
        return Weather(ambiguous=self.rate / 2, error=self.rate / 2)

    def fate(self) -> Fate:
        """Draws what happens to the next call."""
        weather = self.now()
        throw = _dice.random()
        return Fate(
            down=weather.down,
            throttle=weather.throttle,
            error=throw < weather.error,
            lost=weather.error <= throw < weather.error + weather.ambiguous,
            slow=weather.slow,
            refuse=weather.refuse,
        )

    def _keep(self, weather: Weather | None) -> None:
        with self.memory.opened(TABLE) as db:
            db.execute("DELETE FROM fault")
            if weather:
                db.execute("INSERT INTO fault VALUES (1, ?)", [json.dumps(asdict(weather))])


class Dropped(Exception):
    """The sandbox hung up without answering, after acting."""


class TooSlow(Exception):
    """The caller's patience ended before the sandbox's answer."""


@dataclass(frozen=True)
class Faulty:
    """A WSGI application seen through its faults; `spared` paths are for people."""

    application: "WSGIApplication"
    faults: Faults
    spared: tuple[str, ...] = ("/",)

    def __call__(
        self, environ: "WSGIEnvironment", start: "StartResponse"
    ) -> Iterable[bytes]:
        path = environ.get("PATH_INFO") or "/"
        if path == "/faults":
            return self._faults(environ, start)
        if path in self.spared:
            return self.application(environ, start)
        fate = self.faults.fate()
        if fate.down:
            return _plain(start, HTTPStatus.SERVICE_UNAVAILABLE, "maintenance")
        if fate.throttle:
            return _plain(
                start, HTTPStatus.TOO_MANY_REQUESTS, "doucement", str(fate.throttle)
            )
        if fate.error:
            return _plain(start, HTTPStatus.INTERNAL_SERVER_ERROR, "erreur interne")
        environ["sandbox.refuse"] = fate.refuse
        answer = self.application(environ, start)
        _wait(environ, fate.slow)
        return _hang_up(environ) if fate.lost else answer

    def _faults(
        self, environ: "WSGIEnvironment", start: "StartResponse"
    ) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            size = int(environ.get("CONTENT_LENGTH") or 0)
            try:
                self.faults.set(**json.loads(environ["wsgi.input"].read(size)))
            except (ValueError, TypeError) as error:
                return _plain(start, HTTPStatus.BAD_REQUEST, str(error))
        return _plain(start, HTTPStatus.OK, json.dumps(asdict(self.faults.now())))


def refuse_of(environ: "WSGIEnvironment") -> str:
    """The reason for which this call must be refused, if any."""
    return str(environ.get("sandbox.refuse", ""))


def _plain(
    start: "StartResponse", status: HTTPStatus, text: str, wait: str = ""
) -> Iterable[bytes]:
    headers = [("Content-Type", "text/plain; charset=utf-8")]
    if wait:
        headers.append(("Retry-After", wait))
    start(f"{status.value} {status.phrase}", headers)
    return [text.encode()]


def _wait(environ: "WSGIEnvironment", seconds: float) -> None:
    """Waits; in memory, no longer than the caller does."""
    patience: float | None = environ.get("sandbox.patience")
    if patience is not None and seconds > patience:
        time.sleep(patience)
        raise TooSlow
    time.sleep(seconds)


def _hang_up(environ: "WSGIEnvironment") -> Iterable[bytes]:
    """Ends the connection without an answer, through the server's own socket if any."""
    connection = environ.get("werkzeug.socket")
    if connection is None:
        raise Dropped
    connection.shutdown(SHUT_RDWR)
    return []
