"""What the subtypes of a body lack, with what only the server knows: the seals it holds."""

from uuid import UUID

from web.partners import partner
from workflows.parapheur.readiness import Readiness


def of_body(organisation_id: UUID) -> Readiness:
    """The readiness of a body's subtypes, seals included."""
    return Readiness(organisation_id, frozenset(seals()))


def seals() -> dict[str, str]:
    """The seals that may be put on the server, by name: what each is called."""
    signers = partner("signature").signers()
    return {one["id"]: one["label"] for one in signers if one["kind"] == "seal"}
