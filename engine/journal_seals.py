"""The daily seal of the journal: all of a day's entries, dated by a timestamp authority.

The digest of a day covers every entry of every chain written that day (UTC), in their order.
Its token is an act of the journal itself, which the next day's seal covers: whoever would
rewrite the past must forge an authority's tokens as well.
"""

import base64
import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import func, select

from connectors import ConnectorError
from engine import clock, journal
from engine.journal import JournalEntry
from engine.models import db
from engine.transaction import transaction

CHAIN, ACTION = "journal:seals", "journal_sealed"
MARGIN = timedelta(hours=1)
"""After its end, before a day is sealed: what was written at midnight has been committed."""

Token = Callable[[bytes], bytes]
"""A SHA-256 → the token of an authority. Raises ConnectorError."""
Proved = Callable[[bytes, bytes], datetime]
"""A token, a SHA-256 → the moment proved. Raises ConnectorError."""


def seal(token: Token) -> int:
    """Seal each day that ended and is not sealed yet; how many. Raises ConnectorError."""
    sealed = 0
    while (day := _due()) is not None:
        number, digest = digest_of(day)
        dated = base64.b64encode(token(digest)).decode()
        with transaction():
            journal.turn(CHAIN)
            if _due() == day:  # nobody else did it meanwhile
                detail = {"day": day.isoformat(), "entries": number, "token": dated}
                detail["digest"] = digest.hex()
                journal.write(CHAIN, ACTION, by=None, detail=detail)
                sealed += 1
    return sealed


def digest_of(day: date) -> tuple[int, bytes]:
    """How many entries a day has, and the SHA-256 of their places and digests."""
    since = datetime.combine(day, time(), UTC)
    entry = JournalEntry
    rows = db.session.execute(
        select(entry.chain, entry.seq, entry.digest)
        .where(entry.at >= since, entry.at < since + timedelta(days=1))
        .order_by(entry.at, entry.chain, entry.seq)
        .execution_options(yield_per=5000)
    )
    number, digest = 0, hashlib.sha256(day.isoformat().encode())
    for chain, seq, said in rows:
        digest.update(f"\n{chain} {seq} {said}".encode())
        number += 1
    return number, digest.digest()


def verify(proved: Proved) -> Iterator[str]:
    """Say in one sentence each thing that is wrong with the seals; nothing if whole."""
    previous: date | None = None
    for entry in db.session.scalars(
        select(JournalEntry)
        .where(JournalEntry.chain == CHAIN, JournalEntry.action == ACTION)
        .order_by(JournalEntry.seq)
    ):
        told, where = entry.detail, f"{CHAIN}: entry {entry.seq}"
        day = date.fromisoformat(told["day"])
        if previous and day <= previous:
            yield f"{where} seals {day} after {previous}"
        previous = day
        number, digest = digest_of(day)
        if (number, digest.hex()) != (told["entries"], told["digest"]):
            yield f"{where}: {day} had {told['entries']} entries when it was sealed and they changed"
        try:
            at = proved(base64.b64decode(told["token"]), bytes.fromhex(told["digest"]))
        except ConnectorError as error:
            yield f"{where}: the token of {day} proves nothing ({error})"
        else:
            if abs(at - entry.at) > timedelta(days=1):
                yield f"{where}: {day} was sealed on {at:%Y-%m-%d}, not when it says"


def _due() -> date | None:
    """The first day with entries that ended and is not sealed."""
    last = journal.latest(CHAIN, 1)
    after = date.fromisoformat(last[0].detail["day"]) if last else None
    first = select(func.min(JournalEntry.at)).where(JournalEntry.chain != CHAIN)
    if after:
        first = first.where(
            JournalEntry.at >= datetime.combine(after, time(), UTC) + timedelta(days=1)
        )
    found = db.session.scalar(first)
    if found is None:
        return None
    day: date = found.astimezone(UTC).date()
    ended = datetime.combine(day, time(), UTC) + timedelta(days=1)
    return day if ended + MARGIN <= clock.now() else None
