"""What agents do to an act outside its tasks: transmit one, cancel it, take it off the register."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from engine import clock, definitions, journal, subscriptions
from engine.access import Actor, require
from engine.commands import cases, messages
from engine.errors import EngineError
from engine.models import ProcessInstance
from engine.transaction import lock, transaction
from workflows.legality import register
from workflows.legality.models import ACKNOWLEDGED, HIDDEN, LegalityAct

TRANSMISSION, WATCH, LETTER = "legality.transmission", "legality.watch", "legality.letter"
PROCEDURES = (TRANSMISSION, WATCH, LETTER)
"""What a body must offer to have its acts transmitted and followed."""

CANCEL = "legality.cancel"
"""The message by which an act is cancelled; its correlation is the act's id."""


class NotOffered(EngineError):
    """This body does not offer the procedures by which acts are transmitted."""


class TooLate(EngineError):
    """This act is not at a point where that may be done."""


def missing(organisation_id: UUID) -> list[str]:
    """The procedures that a body must still offer before it transmits acts."""
    offered = subscriptions.keys_offered(organisation_id)
    return [key for key in PROCEDURES if key not in offered]


def transmit(
    act: Mapping[str, Any],
    files: Sequence[Mapping[str, Any]],
    *,
    organisation_id: UUID,
    actor: Actor,
) -> ProcessInstance:
    """Start the transmission of an act that is signed already.

    Raises Forbidden, NotOffered.
    """
    if missing(organisation_id):
        raise NotOffered
    return cases.start(
        definitions.latest(TRANSMISSION).id,
        {"act": dict(act), "files": [dict(one) for one in files], "folder": None},
        actor=actor,
        body_id=organisation_id,
    )


def cancel(act_id: UUID, *, actor: Actor, reason: str) -> None:
    """Ask the prefecture to cancel an act it has acknowledged. Raises Forbidden, TooLate."""
    act = register.act_by_id(act_id)
    require(actor, "transmit", act)
    if act.state != ACKNOWLEDGED or not messages.awaited(CANCEL, str(act_id)):
        raise TooLate
    messages.receive(
        CANCEL, str(act_id), {"reason": reason[:2000]}, by=actor.person_id, keep_for=None
    )


def withdraw(act_id: UUID, *, actor: Actor, reason: str) -> None:
    """Take an act off the public register at once; it stays enforceable. Raises Forbidden."""
    with transaction():
        act = lock(LegalityAct, act_id)
        require(actor, "transmit", act)
        act.shown_on = None
        register.settle(act)
        _write(act, "act_withdrawn", actor, reason)


def show(act_id: UUID, *, actor: Actor) -> None:
    """Put an act back in the public register. Raises Forbidden, TooLate."""
    with transaction():
        act = lock(LegalityAct, act_id)
        require(actor, "transmit", act)
        if act.enforceable_on is None or act.version == HIDDEN:
            raise TooLate
        act.shown_on = clock.today()
        register.settle(act)
        _write(act, "act_shown", actor, "")


def _write(act: LegalityAct, action: str, actor: Actor, reason: str) -> None:
    journal.write(
        f"act:{act.id}", action, by=actor.person_id, detail={"reason": reason[:2000]}
    )
