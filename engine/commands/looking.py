"""Reading what was kept of an exchange with a partner: it may hold personal data."""

from dataclasses import dataclass
from hashlib import sha512

from engine import journal
from engine.access import Actor, require
from engine.commands.operations import checked
from engine.errors import NotWaiting
from engine.exchanges import Exchange, canonical
from engine.models import ProcessInstance, db
from engine.transaction import lock, transaction

SENT, RECEIVED = "sent", "received"


@dataclass(frozen=True)
class Kept:
    """The bytes of one side of an exchange. `intact`: they bear the digest noted then."""

    content: bytes
    intact: bool


def read(exchange_id: int, side: str, *, actor: Actor, motive: str) -> Kept:
    """What was sent, or received; the case's journal says who read it, and why.

    Raises Forbidden, OperationRefused without a motive, NotWaiting when nothing is kept.
    """
    require(actor, "operate")
    motive = checked(motive)
    with transaction():
        exchange = db.session.get_one(Exchange, exchange_id)
        kept = of(exchange, side)
        if kept is None:
            raise NotWaiting
        case = lock(ProcessInstance, exchange.call.instance_id)
        detail = {"exchange": exchange_id, "side": side, "motive": motive}
        journal.write_for_case(case, "exchange_read", by=actor.person_id, detail=detail)
        return kept


def of(exchange: Exchange, side: str) -> Kept | None:
    """The bytes kept, None when the rules have let them go."""
    if side == SENT:
        return _kept(canonical(exchange.call.arguments), exchange.request_sha512)
    if exchange.response is None:
        return None
    return _kept(exchange.response.content, exchange.response_sha512 or "")


def _kept(content: bytes, digest: str) -> Kept:
    return Kept(content, sha512(content).hexdigest() == digest)
