"""Tells webhooks what is due, from the workers: several addresses at once, each in its turn."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

import orjson
import structlog
from flask import Flask

from connectors.webhooks import Answer, Sender, new_secret_of
from engine import clock
from engine.commands import webhooks as commands
from engine.commands.webhooks import Due
from engine.directory import COMPANY

log = structlog.get_logger()

AT_ONCE = 8
"""Addresses told at the same time: a slow one keeps one thread, and no other address waits
longer than its patience.
"""


def deliver(app: Flask, sender: Sender) -> int:
    """Tell what is due; how many events were told, well or not."""
    with app.app_context():
        due = commands.take(AT_ONCE)
    if not due:
        return 0
    by_address = [list(some) for _, some in groupby(due, lambda one: one.webhook_id)]
    with ThreadPoolExecutor(len(by_address)) as pool:
        for told in pool.map(lambda some: _tell(app, sender, some), by_address):
            with app.app_context():
                for one, answer in told:
                    commands.settle(one, answer.code, answer.error)
    return len(due)


def _tell(app: Flask, sender: Sender, due: Iterable[Due]) -> list[tuple[Due, Answer]]:
    """One address's events, in their order; after a failure the others wait as well."""
    told: list[tuple[Due, Answer]] = []
    for one in due:
        if told and told[-1][1].error:
            answer = Answer(None, told[-1][1].error)
        else:
            answer = _send(app, sender, one)
        log.info("webhook", kind=one.type, code=answer.code, told=not answer.error)
        told.append((one, answer))
    return told


def _send(app: Flask, sender: Sender, one: Due) -> Answer:
    key = app.config["SECRET_KEY"]
    return sender.send(
        one.url,
        event_id=str(one.event_id),
        timestamp=int(clock.now().timestamp()),
        body=body(one, app.extensions["settings"].public_url),
        secrets=[new_secret_of(key, one.webhook_id, g) for g in one.generations],
    )


def body(one: Due, public: str) -> bytes:
    """What an event says: its kind, its moment, what it is about and where to read it."""
    told = dict(one.data)
    if case := told.get("case_id"):
        kind = "requests" if one.organisation_kind == COMPANY else "cases"
        told["url"] = f"{public}/api/v1/{kind}/{case}"
    elif folder := told.get("folder_id"):
        told["url"] = f"{public}/api/v1/folders/{folder}"
    return orjson.dumps({"type": one.type, "timestamp": one.at.isoformat(), "data": told})
