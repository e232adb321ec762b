"""The workers: dramatiq on Redis when there is one, the same actors in-process when not.

Redis only wakes: it may be emptied or lost at any moment. The sweep, a thread in every
worker, finds what is due in the database; when the queue cannot be reached, it does the
work itself.
"""

import os
import socket
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import dramatiq
import structlog
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import Middleware, Retries
from flask import Flask

from connectors.webhooks import Sender
from engine import clock, marks, outbox, wake
from engine.sweep import sweep
from web import tidying
from web.accounting.fetching import collect as collect_returns
from web.api.delivering import deliver as tell_webhooks
from web.auth.company import complete_waiting
from web.legality.collecting import collect as collect_letters
from web.news.post import post
from web.parapheur.finishing import finish
from web.transmission import collecting
from workflows.parapheur import lasting, reminding

log = structlog.get_logger()

EVERY = 1.0
"""Seconds between two sweeps."""

POST_EVERY = 2.0
"""Seconds between two looks at the letters that are owed."""

SIGN_EVERY = 0.5
"""Seconds between two looks at the lots of signatures: somebody waits before their page."""

HOOKS_EVERY = 1.0
"""Seconds between two looks at what webhooks are to be told."""

COLLECT_EVERY = 60.0
"""Seconds between two looks at what is due: letters of the prefecture, returns of PES."""

REMIND_EVERY = 300.0
"""Seconds between two looks at the folders of the book whose desks are to be reminded."""

MONTH = timedelta(days=31)
RENEW_EVERY = 600.0
"""Seconds between two looks at the signed files whose timestamp comes to its end."""

TIDY_EVERY = 3600.0
"""Seconds between two tidyings."""


class Workers:
    """The actors of one application, and the threads that serve them in this process."""

    def __init__(self, app: Flask, redis_url: str = "") -> None:
        self.app = app
        self.broker = _broker(redis_url)
        self._stop = threading.Event()
        self._due = threading.Event()
        self._threads: list[threading.Thread] = []
        self._worker: dramatiq.Worker | None = None
        self._name = f"{marks.WORKER}{socket.gethostname()[:60]}:{os.getpid()}"
        self._last_beat = 0.0
        deliver = dramatiq.actor(broker=self.broker, actor_name="deliver", max_retries=0)
        self._deliver = deliver(self._run)
        wake.by(call=self.tell, sweep=self._due.set)

    def tell(self, call_id: UUID) -> None:
        """Have some worker make this call; raises when the queue cannot be reached."""
        self._deliver.send(str(call_id))

    def start(self, threads: int = 4) -> None:
        """Serve the queue and sweep, in threads of this process."""
        self._worker = dramatiq.Worker(self.broker, worker_threads=threads)
        self._worker.start()
        self._serve("sweep", self._sweep_for_ever)
        for name, every, work in self._rounds():
            self._serve(name, self._for_ever, name, every, work)

    def _rounds(self) -> list[tuple[str, float, Callable[[], Any]]]:
        """What is looked at now and then, each in a thread of its own: one is slow, or waits
        for a partner, and holds up no other. A round that answers true has more to do.
        """
        hooks = Sender(inside=self.app.extensions["settings"].webhooks_inside)
        return [
            ("tidy", TIDY_EVERY, self._tidy),
            ("post", POST_EVERY, lambda: post(self.app)),
            ("webhooks", HOOKS_EVERY, lambda: tell_webhooks(self.app, hooks)),
            ("signing", SIGN_EVERY, lambda: finish(self.app)),
            ("letters", COLLECT_EVERY, lambda: collect_letters(self.app)),
            ("returns", COLLECT_EVERY, lambda: collect_returns(self.app)),
            ("renewal", RENEW_EVERY, self._renew),
            ("reminders", REMIND_EVERY, self._remind),
            ("members", collecting.EVERY, self._serve_members),
        ]

    def _serve(self, name: str, work: Callable[..., None], *given: Any) -> None:
        thread = threading.Thread(target=work, name=name, args=given, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _for_ever(self, name: str, every: float, work: Callable[[], Any]) -> None:
        while not self._stop.wait(every):
            try:
                while work() and not self._stop.is_set():
                    pass
            except Exception:  # what is owed is in the database: the next round may succeed
                log.exception("round_failed", round=name)

    def stop(self) -> None:
        """Finish what is being done and stop."""
        self._stop.set()
        self._due.set()
        for thread in self._threads:
            thread.join()
        if self._worker:
            self._worker.stop()
        self.broker.close()
        if self._last_beat:
            with self.app.app_context():
                marks.forget(self._name)

    def wait(self) -> None:
        """Wait until stopped."""
        self._stop.wait()

    def _run(self, call_id: str) -> None:
        with self.app.app_context():
            outbox.deliver(UUID(call_id), self.app.extensions["partners"])

    def _tell_or_do(self, call_id: UUID) -> None:
        try:
            self.tell(call_id)
        except Exception:  # the queue is lost: the work is not
            log.warning("queue_unreachable", exc_info=True)
            outbox.deliver(call_id, self.app.extensions["partners"])

    def _sweep_for_ever(self) -> None:
        while not self._stop.is_set():
            self._due.clear()
            try:
                with self.app.app_context():
                    found = sweep(self._tell_or_do)
                    self._tick_sandboxes()
                    self._beat(found)
            except Exception:  # whatever it was, the next sweep may succeed
                log.exception("sweep_failed")
            self._due.wait(EVERY)

    def _beat(self, found: int) -> None:
        """Say now and then that this worker is alive, and that its sweep has been made."""
        if time.monotonic() - self._last_beat >= marks.BEAT.total_seconds():
            marks.note(self._name, swept=found, queue=type(self.broker).__name__)
            self._last_beat = time.monotonic()

    def _tidy(self) -> None:
        with self.app.app_context():
            partners = self.app.extensions["partners"]
            tidying.tidy(partners["storage"])
            tidying.seal_journal(partners["timestamp"])
            complete_waiting()

    def _remind(self) -> int:
        with self.app.app_context():
            return reminding.remind_due()

    def _renew(self) -> int:
        with self.app.app_context():
            months = self.app.extensions["settings"].renew_months
            return lasting.renew(clock.now() + months * MONTH)

    def _serve_members(self) -> None:
        """What the State answers to the members of a transmission service."""
        with self.app.app_context():
            collecting.collect(self.app)

    def _tick_sandboxes(self) -> None:
        """Let sandboxes of this process answer what they were asked."""
        for partner in self.app.extensions["partners"].values():
            tick = getattr(partner, "tick", None)
            if tick is not None:
                tick()


def _broker(redis_url: str) -> dramatiq.Broker:
    """Messages are wakes, nothing is retried nor timed here: the database sees to both.

    Dramatiq's own time limit is a thread that never ends, for each broker, and would stop a
    step anywhere.
    """
    middleware: list[Middleware] = [Retries()]
    if not redis_url:
        return StubBroker(middleware=middleware)
    # The defaults leave a killed worker's messages unattended for minutes.
    return RedisBroker(  # type: ignore[no-untyped-call]
        url=redis_url, middleware=middleware,
        heartbeat_timeout=10_000, maintenance_chance=200_000,
    )  # fmt: skip
