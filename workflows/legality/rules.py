"""Who sees the acts of a body, and who transmits, publishes and cancels them."""

from collections.abc import Callable
from typing import Any

from engine import access
from engine.access import Actor
from engine.directory import HEAD_OF_SERVICE, Organisation
from workflows.legality.models import LEGALITY_OFFICER, LegalityAct, LegalityLetter

READERS = (LEGALITY_OFFICER, HEAD_OF_SERVICE)
"""Who reads the register of acts of a body, with its letters."""

BOOK_KEEPER = "parapheur_administrator"
"""Who sets up the signature book of a body; its acts too."""


def _transmits(actor: Actor, body: Organisation) -> bool:
    return actor.holds(body.id, LEGALITY_OFFICER)


def _reads(actor: Actor, body: Organisation) -> bool:
    return any(actor.holds(body.id, role) for role in READERS)


def _issued(actor: Actor, act: LegalityAct) -> bool:
    """The desk that issued an act follows it, and answers for it."""
    return bool(act.desk) and actor.holds(act.organisation_id, act.desk)


def _sets_up(actor: Actor, body: Organisation) -> bool:
    return _transmits(actor, body) or actor.holds(body.id, BOOK_KEEPER)


def bodies(actor: Actor) -> list[Any]:
    """The ids of the bodies whose acts this person reads."""
    return sorted({one for role in READERS for one in actor.organisations(role)})


RULES: dict[tuple[type, str], Callable[[Actor, Any], bool]] = {
    (Organisation, "read acts"): _reads,
    (Organisation, "transmit acts"): _transmits,
    (Organisation, "set up acts"): _sets_up,
    (LegalityAct, "see"): lambda a, act: _reads(a, act.organisation) or _issued(a, act),
    (LegalityAct, "transmit"): lambda a, act: _transmits(a, act.organisation),
    (LegalityLetter, "see"): lambda a, letter: any(
        a.holds(letter.organisation_id, role) for role in (*READERS, letter.role)
    ),
    (type(None), "read acts"): lambda a, _: bool(bodies(a)),
    (type(None), "transmit acts"): lambda a, _: bool(a.organisations(LEGALITY_OFFICER)),
    (type(None), "set up acts"): lambda a, _: bool(
        a.organisations(LEGALITY_OFFICER) or a.organisations(BOOK_KEEPER)
    ),
}

access.add_rules(RULES)
