"""Note that a company's data were taken out."""

from uuid import UUID

from engine import journal
from engine.access import Actor, require
from engine.directory import Organisation
from engine.transaction import lock, transaction


def company_exported(organisation_id: UUID, *, actor: Actor) -> None:
    """Note, before it begins, that an administrator exports a company. Raises Forbidden."""
    with transaction():
        require(actor, "manage", lock(Organisation, organisation_id))
        journal.write(
            f"organisation:{organisation_id}", "company_exported", by=actor.person_id
        )
