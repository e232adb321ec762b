"""Who reads and writes procedures: the part of `engine.access` that is about designers.

A body's designers write its procedures; its legal officers read them, and either lets out
what a colleague asked to publish.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from engine.actors import Actor
from engine.directory import PLATFORM, PROCESS_DESIGNER, Organisation
from engine.models import ProcessDefinition, ProcessInstance, db
from engine.procedure_drafts import ProcedureDraft, PublicationRequest


def _writes(actor: Actor, owner_id: UUID) -> bool:
    return actor.holds(owner_id, PROCESS_DESIGNER)


def _reads(actor: Actor, owner_id: UUID) -> bool:
    return owner_id in actor.designs


def _reads_version(actor: Actor, definition: ProcessDefinition) -> bool:
    """Those of one's body, and the platform's, which any body may copy."""
    if _reads(actor, definition.owner_id):
        return True
    owner = db.session.get_one(Organisation, definition.owner_id)
    return owner.kind == PLATFORM and bool(actor.designs)


def _decides(actor: Actor, asked: PublicationRequest) -> bool:
    """A second person of the body: never the one who asked."""
    return _reads(actor, asked.owner_id) and actor.person_id != asked.asked_by


def _takes_back(actor: Actor, asked: PublicationRequest) -> bool:
    return _writes(actor, asked.owner_id)


def _migrates(actor: Actor, case: ProcessInstance) -> bool:
    """Its own procedure's cases; one that was locked does not hold its definition."""
    followed = db.session.get_one(ProcessDefinition, case.definition_id)
    return _writes(actor, followed.owner_id)


RULES: dict[tuple[type, str], Callable[[Actor, Any], bool]] = {
    (type(None), "design"): lambda a, _: bool(a.designs),
    (type(None), "write procedures"): lambda a, _: bool(a.organisations(PROCESS_DESIGNER)),
    (Organisation, "design"): lambda a, o: _writes(a, o.id),
    (ProcessDefinition, "read"): _reads_version,
    (ProcessDefinition, "design"): lambda a, d: _writes(a, d.owner_id),
    (ProcessInstance, "migrate"): _migrates,
    (ProcedureDraft, "see"): lambda a, d: _reads(a, d.owner_id),
    (ProcedureDraft, "edit"): lambda a, d: _writes(a, d.owner_id),
    (PublicationRequest, "see"): lambda a, r: _reads(a, r.owner_id),
    (PublicationRequest, "decide"): _decides,
    (PublicationRequest, "take back"): _takes_back,
}
