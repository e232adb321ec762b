"""What the subtypes of a body lack, with what only the server and other rooms know."""

from uuid import UUID

from engine.models import db
from web.partners import partner
from workflows.legality.models import LegalityAccount
from workflows.parapheur.readiness import Readiness


def of_body(organisation_id: UUID) -> Readiness:
    """The readiness of a body's subtypes: its seals, what it goes by at the prefecture."""
    settled = db.session.get(LegalityAccount, organisation_id) is not None
    guessed = () if settled else ("legality.transmission",)
    return Readiness(organisation_id, seals().keys(), guessed)


def seals() -> dict[str, str]:
    """The seals that may be put on the server, by name: what each is called."""
    signers = partner("signature").signers()
    return {one["id"]: one["label"] for one in signers if one["kind"] == "seal"}
