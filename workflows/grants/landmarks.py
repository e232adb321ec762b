"""A grant request's legal clock, the steps that decide it, and the one that asks for documents."""

from types import MappingProxyType
from uuid import UUID

from engine.models import db
from workflows.grants.models import GrantApplication
from workflows.landmarks import LegalClock

DECISIONS = frozenset({"check_admissibility", "propose", "decide"})

ASKS = MappingProxyType({"document": "check_admissibility"})
"""Only there does an ask suspend the clock (CRPA, art. L114-5 and L114-5-1)."""


def clock_of(instance_id: UUID) -> LegalClock | None:
    """Two months of silence are a rejection (CRPA, art. L231-4, 3°)."""
    request = db.session.get(GrantApplication, instance_id)
    if request is None or request.outcome is not None or request.rejection_on is None:
        return None
    return LegalClock(
        effect="rejection",
        on=request.rejection_on,
        basis="CRPA, art. L231-4, 3°",
        received_on=request.received_on,
        suspended_on=request.suspended_on,
        suspended_until=request.suspended_until,
        awaited="pièce indispensable attendue de l’entreprise (CRPA, art. L114-5)",
    )
