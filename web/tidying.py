"""Forgets what nobody needs any more: bytes no document points at, old messages and signals."""

from itertools import islice
from typing import Any

from sqlalchemy import delete, exists

from engine import clock, documents
from engine.commands import api_keys, digests, watching, webhooks
from engine.commands.suspension import awaited_by_suspended
from engine.documents import ORPHAN_AGE
from engine.models import Message, db
from engine.signals import Signal, SignalDelivery
from engine.transaction import transaction

AT_ONCE = 500


def tidy(storage: Any) -> dict[str, int]:
    """Remove orphan bytes older than a day, messages past their date, signals that have
    reached everybody, notices read half a year ago and what the API kept; how many of each.

    Bytes are young while a request that stored them may still be about to commit.
    """
    return {
        "orphans": _forget_orphans(storage),
        "messages": _forget_messages(),
        "signals": _forget_signals(),
        "presences": watching.forget(),
        "notices": digests.forget(),
        "api": api_keys.forget() + webhooks.forget(),
    }


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
                Message.expires_at < clock.now(), Message.id.not_in(awaited_by_suspended())
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
