"""Note that somebody took a case, a company's data or the journal out of the office."""

from collections.abc import Mapping
from uuid import UUID

from engine import journal
from engine.access import Actor, require
from engine.directory import Organisation
from engine.models import ProcessInstance
from engine.transaction import lock, transaction


def note(instance_id: UUID, what: str, *, actor: Actor, notes: bool = False) -> None:
    """Journal the export of a case by somebody who sees it. Raises Forbidden.

    `what` is pdf or zip; private `notes` are for those who handle the case.
    """
    with transaction():
        instance = lock(ProcessInstance, instance_id)
        require(actor, "handle" if notes else "see", instance)
        detail = {"what": what, "notes": notes}
        journal.write_for_case(instance, "case_exported", by=actor.person_id, detail=detail)


def company_exported(organisation_id: UUID, *, actor: Actor) -> None:
    """Note, before it begins, that an administrator exports a company. Raises Forbidden."""
    with transaction():
        require(actor, "manage", lock(Organisation, organisation_id))
        journal.write(
            f"organisation:{organisation_id}", "company_exported", by=actor.person_id
        )


def note_journal(asked: Mapping[str, str], form: str, *, actor: Actor) -> None:
    """Note, before it begins, that an operator takes acts of the journal. Raises Forbidden."""
    require(actor, "operate")
    with transaction():
        detail = {"asked": dict(asked), "format": form}
        journal.write("journal", "journal_exported", by=actor.person_id, detail=detail)
