"""What is kept back from an invoice, taken back of the advance, and owed when one pays late.

Arithmetic alone: the figures of law come from the tables of the procedure.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

_CENT, _YEAR = Decimal("0.01"), 365
NOTHING = Decimal(0)


@dataclass(frozen=True)
class Standing:
    """Where a contract stands before an invoice, with taxes: what it is worth, what it paid."""

    worth: Decimal
    done: Decimal
    """The work ordered so far."""
    retained: Decimal
    advanced: Decimal
    recovered: Decimal


@dataclass(frozen=True)
class Kept:
    """What an invoice loses before it is paid."""

    retention: Decimal
    recovery: Decimal


def kept(
    total: Decimal, rate: Decimal, standing: Standing, *, since: Decimal, until: Decimal
) -> Kept:
    """The retention at `rate` %, and the part of the advance that this invoice gives back.

    The advance is given back from `since` % of the contract done to `until` %. Together they
    never pass the invoice.
    """
    retention = cents(total * rate / 100)
    done = (standing.done + total) / standing.worth * 100 if standing.worth else NOTHING
    share = min(Decimal(1), max(NOTHING, (done - since) / (until - since)))
    owed = max(NOTHING, cents(standing.advanced * share) - standing.recovered)
    return Kept(retention, min(owed, total - retention))


def interest(base: Decimal, rate: Decimal, due_on: date, paid_on: date) -> Decimal:
    """What is owed on `base` from the day after it was due to the day it is paid, included."""
    days = max(0, (paid_on - due_on).days)
    return cents(base * rate / 100 * days / _YEAR)


def new_due(received_on: date, remaining: int, days: int) -> date:
    """When a payment is due once what was missing came: `days`, or what remained if more."""
    return received_on + timedelta(days=max(days, remaining))


def split(net: Decimal, amount: Decimal, total: Decimal) -> tuple[Decimal, Decimal]:
    """A part of an invoice, without taxes and its taxes: in the proportion of the invoice."""
    taxes = cents((total - amount) * net / total) if total else NOTHING
    return net - taxes, taxes


def cents(value: Decimal) -> Decimal:
    """An amount to the cent, a half going up."""
    return value.quantize(_CENT, ROUND_HALF_UP)
