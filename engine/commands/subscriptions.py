"""Give a procedure to a body, take it away, and set what the body decides for it.

Cases filed while the body offered it stay its own, and run to their end.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from engine import clock, definitions, subscriptions
from engine.access import Actor, require
from engine.commands import people
from engine.directory import PLATFORM, Organisation
from engine.errors import DirectoryRefused
from engine.models import db
from engine.subscriptions import ProcedureParameters, ProcedureSubscription
from engine.transaction import lock, transaction


def subscribe(organisation_id: UUID, key: str, *, actor: Actor) -> None:
    """Have a body offer a procedure that another one publishes.

    Its contact is set from what is known of the body, unless it set it before. Raises
    Forbidden, UnknownProcedure, DirectoryRefused for its own procedure or a closed body.
    """
    require(actor, "operate")
    with transaction():
        body = lock(Organisation, organisation_id)
        require(actor, "administer", body)
        definition = definitions.latest(key)
        if definition.owner_id == body.id:
            raise DirectoryRefused("key", "own")
        if body.closed_at is not None or body.kind == PLATFORM:
            raise DirectoryRefused("key", "closed")
        held = db.session.get(ProcedureSubscription, (key, body.id))
        if held is None:
            held = ProcedureSubscription(key=key, organisation_id=body.id)
            db.session.add(held)
        elif held.until is None:
            return
        held.since, held.until, held.by = clock.now(), None, actor.person_id
        if db.session.get(ProcedureParameters, (key, body.id)) is None:
            db.session.add(
                ProcedureParameters(
                    key=key, organisation_id=body.id, values={"contact": _contact(body)}
                )
            )
        people.tell(body.id, "procedure_given", actor.person_id, procedure=key)


def _contact(body: Organisation) -> dict[str, str]:
    known = {"address": body.address, "email": body.email, "phone": body.phone}
    return {"service": body.name, **{k: v for k, v in known.items() if v}}


def give_up(organisation_id: UUID, key: str, *, actor: Actor) -> None:
    """Stop a body from offering another's procedure. Raises Forbidden, DirectoryRefused."""
    require(actor, "operate")
    with transaction():
        body = lock(Organisation, organisation_id)
        require(actor, "administer", body)
        held = db.session.get(ProcedureSubscription, (key, organisation_id))
        if held is None or held.until is not None:
            raise DirectoryRefused("key", "over")
        held.until = clock.now()
        people.tell(organisation_id, "procedure_ended", actor.person_id, procedure=key)


def set_parameters(
    organisation_id: UUID, key: str, values: Mapping[str, Any], *, actor: Actor
) -> None:
    """Set what a body decides for a procedure that it offers: new cases take it.

    Raises Forbidden, DirectoryRefused when it does not offer it.
    """
    with transaction():
        body = lock(Organisation, organisation_id)
        require(actor, "administer", body)
        if key not in subscriptions.keys_offered(organisation_id):
            raise DirectoryRefused("key", "over")
        row = db.session.get(ProcedureParameters, (key, organisation_id))
        if row is None:
            row = ProcedureParameters(key=key, organisation_id=organisation_id)
            db.session.add(row)
        row.values = dict(values)
        people.tell(organisation_id, "parameters_set", actor.person_id, procedure=key)
