"""Letters of the prefecture enter: each begins one case, in the body it was written to, once."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine import definitions, subscriptions
from engine.commands import beginnings
from engine.directory import Organisation
from engine.models import ProcessInstance, db
from engine.transaction import lock, transaction
from workflows.legality.acts import LETTER
from workflows.legality.models import LegalityLetter

RECEIVED = "legality.letter_received"
"""The message by which a letter begins its case."""


def receive(organisation_id: UUID, letter: Mapping[str, Any]) -> ProcessInstance | None:
    """Begin the case of a letter {id, kind, act_unique_id}; None when it has one already.

    A body that does not offer `legality.letter` lets its letters wait at the service.
    """
    with transaction() as after_commit:
        lock(Organisation, organisation_id)  # two collections of one body come one by one
        known = select(LegalityLetter.id).where(
            LegalityLetter.organisation_id == organisation_id,
            LegalityLetter.external_id == str(letter["id"])[:100],
        )
        offered = LETTER in subscriptions.keys_offered(organisation_id)
        if not offered or db.session.scalar(known) is not None:
            return None
        definition_id, start = definitions.start_messages()[RECEIVED]
        return beginnings.start(
            definition_id, start, after_commit,
            payload=dict(letter), detail={"letter": str(letter["id"])},
            body_id=organisation_id,
        )  # fmt: skip
    return None
