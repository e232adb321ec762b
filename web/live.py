"""Tells the event process what changed, through Redis, after each commit.

A command neither waits for it nor fails by it: channels are put in a queue, and a thread of
this process passes them on. What cannot be passed on is forgotten, since every page asks
again by itself.
"""

import os
import queue
import threading
import time
from collections.abc import Collection, Iterable
from uuid import UUID

import redis
import structlog
from flask import Flask
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import select

from engine import wake
from engine.models import db
from engine.notices import Notice

log = structlog.get_logger()

CHANNEL = "ebg-signals"
"""The one Redis channel: each message is names of ours, one a line."""

WAITING = 10_000
"""Commits whose channels may wait; beyond, they are forgotten."""

AT_ONCE = 500
PATIENCE, REST = 0.5, 5.0
"""Seconds that Redis has to answer, and for which it is left alone when it did not."""

_TOLD = wake.told("")


def init_app(app: Flask) -> None:
    """Pass on what changes, when there are a Redis and an event process."""
    settings = app.extensions["settings"]
    heard = settings.redis_url and settings.events
    wake.pages_by(Publisher(app, settings.redis_url).tell if heard else None)


class Publisher:
    """The queue and the thread of one process; a fork begins its own."""

    def __init__(self, app: Flask, url: str) -> None:
        self._app = app
        self._redis = redis.Redis.from_url(
            url,
            socket_timeout=PATIENCE,
            socket_connect_timeout=PATIENCE,
            retry=Retry(NoBackoff(), 0),
        )
        self._process = 0
        self._starting = threading.Lock()
        self._queue: queue.SimpleQueue[Collection[str]] = queue.SimpleQueue()
        self._rests_until = 0.0
        self._lost = False

    def tell(self, channels: Collection[str]) -> None:
        """Have these told; returns at once."""
        if self._process != os.getpid():
            self._start()
        if self._queue.qsize() < WAITING:
            self._queue.put(channels)

    def _start(self) -> None:
        with self._starting:
            if self._process != os.getpid():
                self._queue = queue.SimpleQueue()
                threading.Thread(target=self._run, name="signals", daemon=True).start()
                self._process = os.getpid()

    def _run(self) -> None:
        while True:
            names = set(self._queue.get())
            while len(names) < AT_ONCE and not self._queue.empty():
                names.update(self._queue.get())
            if time.monotonic() < self._rests_until:
                continue
            try:
                self._publish(names)
                self._lost = False
            except Exception as failure:  # pages ask again by themselves
                self._rests_until = time.monotonic() + REST
                if not self._lost:
                    log.warning("signals_not_passed_on", error=type(failure).__name__)
                self._lost = True

    def _publish(self, names: set[str]) -> None:
        told = {name for name in names if name.startswith(_TOLD)}
        channels = (names - told) | self._people(told)
        if channels:
            self._redis.publish(CHANNEL, "\n".join(sorted(channels)))

    def _people(self, told: Iterable[str]) -> set[str]:
        """The channels of those to whom these facts were told."""
        ids = [UUID(name.removeprefix(_TOLD)) for name in told]
        if not ids:
            return set()
        with self._app.app_context():
            people = select(Notice.person_id).where(Notice.id.in_(ids)).distinct()
            return {wake.person(one) for one in db.session.scalars(people)}
