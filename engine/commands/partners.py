"""What an operator sets about a partner: pause, breaker, and calls a minute.

A partner with a rate has an allowance that fills with time: a call takes one from it, and
waits when there is none. However the workers share the calls, no minute holds more than
the rate. The allowance is a column of the partner's row, under its lock.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from engine import clock, journal
from engine.access import Actor, require
from engine.errors import OperationRefused
from engine.exchanges import Partner
from engine.models import db
from engine.transaction import lock, transaction

MOST = 60_000
"""Calls a minute that may be written down."""


def pause(name: str, *, actor: Actor, motive: str = "") -> None:
    """Make no call to this partner until `resume`. Raises Forbidden."""
    require(actor, "operate")
    with transaction():
        locked(name).paused_at = clock.now()
        _write(name, "partner_paused", actor, motive)


def resume(name: str, *, actor: Actor, motive: str = "") -> None:
    """Let calls flow again, and forget that the partner was broken. Raises Forbidden."""
    require(actor, "operate")
    with transaction():
        partner = locked(name)
        partner.paused_at = partner.broken_at = partner.reason = None
        _write(name, "partner_resumed", actor, motive)


def set_rate(name: str, rate: int | None, *, actor: Actor, motive: str = "") -> None:
    """Say how many calls a minute a partner takes at most; None: as many as there are.

    Raises Forbidden, OperationRefused for a number that makes no sense.
    """
    require(actor, "operate")
    if rate is not None and not 1 <= rate <= MOST:
        raise OperationRefused(f"Le débit va de 1 à {MOST} appels par minute.")
    with transaction():
        partner = locked(name)
        partner.rate, partner.allowance, partner.counted_at = rate, 0.0, clock.now()
        _write(name, "partner_rate_set", actor, motive, rate=rate)


def rehearse(name: str, faults: dict[str, Any], *, actor: Actor, motive: str) -> None:
    """Write in the journal that a sandbox was told to behave so. Raises Forbidden."""
    require(actor, "operate")
    with transaction():
        _write(name, "partner_rehearsed", actor, motive, faults=faults)


def _write(name: str, action: str, actor: Actor, motive: str, **more: Any) -> None:
    detail = {"motive": motive, **more}
    journal.write(f"partner:{name}", action, by=actor.person_id, detail=detail)


def break_(name: str, reason: str) -> None:
    """Stop every call, in the open transaction: the partner's settings are wrong."""
    partner = locked(name)
    partner.broken_at = partner.broken_at or clock.now()
    partner.reason = reason
    journal.write(f"partner:{name}", "partner_broken", by=None)


def takes(name: str, now: datetime) -> bool:
    """Whether a call may be made now, in the open transaction; it is then counted."""
    partner = db.session.get(Partner, name)
    if partner is None:
        return True
    if partner.paused_at or partner.broken_at:
        return False
    if partner.rate is None:
        return True
    partner = lock(Partner, name)
    partner.allowance, partner.counted_at = _available(partner, now), now
    if partner.allowance < 1:
        return False
    partner.allowance -= 1
    return True


def limits(now: datetime) -> dict[str, int]:
    """The partners that do not take every call, and how many they take at this moment."""
    return {
        partner.name: 0
        if partner.paused_at or partner.broken_at
        else int(_available(partner, now))
        for partner in db.session.scalars(select(Partner))
        if partner.paused_at or partner.broken_at or partner.rate is not None
    }


def locked(name: str) -> Partner:
    """A partner's row, made if need be, ours until the commit."""
    if db.session.get(Partner, name) is None:
        db.session.add(Partner(name=name))
        db.session.flush()
    return lock(Partner, name)


def _available(partner: Partner, now: datetime) -> float:
    rate = partner.rate or 0
    elapsed = now - partner.counted_at if partner.counted_at else timedelta()
    filled = partner.allowance + elapsed.total_seconds() * _per_second(rate)
    return min(filled, float(_at_once(rate)))


def _at_once(rate: int) -> int:
    """Two seconds' worth of calls may be made together, since workers look every second."""
    return max(1, rate // 30)


def _per_second(rate: int) -> float:
    """What is made together is taken from the minute, so that no minute exceeds the rate."""
    return (rate - _at_once(rate) + 1) / 60
