"""What the platform does for itself every hour: forget what nobody needs any more, have the
journal read again, count the figures.

Bytes no document points at, messages past their date and signals that have reached everybody
go at once; all that is kept for a while goes by the rules of `engine.retention`.
"""

from datetime import timedelta
from itertools import islice
from typing import Any

import structlog
from flask import current_app
from sqlalchemy import delete, exists

from connectors import ConnectorError
from engine import chores as chore
from engine import clock, documents, journal_seals, marks, retention
from engine.commands import api_keys, chores, eliminating, webhooks
from engine.commands.suspension import awaited_by_suspended
from engine.documents import ORPHAN_AGE
from engine.models import Message, db
from engine.signals import Signal, SignalDelivery
from engine.transaction import transaction
from web.parapheur import pictures
from workflows.parapheur import concluding

log = structlog.get_logger()

AT_ONCE = 500

VERIFIED_EVERY = timedelta(hours=23, minutes=30)
"""How often the whole journal is read again; a little under a day, to fall in each one."""

COUNTED_EVERY = timedelta(minutes=55)
RULED_EVERY = timedelta(minutes=55)


def tidy(storage: Any) -> dict[str, int]:
    """Remove orphan bytes older than a day, messages past their date, signals that have
    reached everybody and what the API kept; ask for the chores that are due. How many of
    each were removed.

    Bytes are young while a request that stored them may still be about to commit.
    """
    removed = {
        "orphans": _forget_orphans(storage),
        "messages": _forget_messages(),
        "signals": _forget_signals(),
        "api": api_keys.forget() + webhooks.forget(),
        "signing": concluding.forget(),
        "pictures": pictures.forget(current_app.extensions["settings"].data),
    }
    plan()
    marks.bury()
    marks.note("tidying", **removed)
    return removed


def seal_journal(timestamp: Any) -> int:
    """Have each day of the journal that ended dated; how many were.

    An authority that is silent is asked again in an hour.
    """
    try:
        return journal_seals.seal(lambda digest: bytes(timestamp.token(digest=digest)))
    except ConnectorError as error:
        log.warning("journal_not_sealed", problem=str(error))
        return 0
    finally:
        db.session.rollback()


def plan() -> None:
    """Ask for what the platform does by itself: the workers do it, slice after slice."""
    chores.plan(chore.JOURNAL, every=VERIFIED_EVERY)
    chores.plan(chore.FIGURES, every=COUNTED_EVERY)
    for rule in retention.in_force():
        kind = eliminating.kind_of(rule)
        if rule.automatic and kind is not None and kind.count(rule):
            chores.plan(chore.RETENTION, rule.subject, every=RULED_EVERY)


def _forget_orphans(storage: Any) -> int:
    before = clock.now() - ORPHAN_AGE
    old = (digest for digest, moment in storage.stored() if moment < before)
    removed: int = storage.forget_unfinished(before)
    while some := list(islice(old, AT_ONCE)):
        orphans = documents.unreferenced(some)
        db.session.rollback()
        removed += sum(storage.delete(digest) for digest in orphans)
    return removed


def _forget_messages() -> int:
    with transaction():
        done = db.session.execute(
            delete(Message).where(
                Message.expires_at < clock.now(),
                Message.id.not_in(awaited_by_suspended()),
                retention.not_held(Message.instance_id),
            )
        )
        return int(done.rowcount)  # type: ignore[attr-defined]


def _forget_signals() -> int:
    with transaction():
        left = exists().where(SignalDelivery.signal_id == Signal.id)
        done = db.session.execute(
            delete(Signal).where(Signal.spread_at.is_not(None), ~left)
        )
        return int(done.rowcount)  # type: ignore[attr-defined]
