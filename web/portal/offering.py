"""With which body one files, when several offer the same procedure."""

from flask import request

from engine import subscriptions
from engine.directory import Organisation, resolve
from engine.documents import Draft
from engine.models import ProcessDefinition, db
from engine.subscriptions import Offer
from web.branding import hosts
from web.typed import text


def bodies(definition: ProcessDefinition) -> list[Organisation]:
    """Those that offer a procedure; under the host of one of them, that one alone."""
    found = [offer.body for offer in subscriptions.offers(definition)]
    look = hosts.look()
    here = [body for body in found if look and body.id == look.organisation_id]
    return here or found


def chosen(definition: ProcessDefinition) -> Organisation | None:
    """The one that the address names, or the only one; None while one has to choose."""
    found = bodies(definition)
    named = resolve(text(request.values, "collectivite"))
    if named is not None and named.id in {body.id for body in found}:
        return named
    return found[0] if len(found) == 1 else None


def reference(body: Organisation) -> str:
    """How an address names a body."""
    return body.slug or str(body.id)


def of_draft(draft: Draft) -> Offer:
    """What a draft will be filed with: its body may have given the procedure up meanwhile."""
    definition = db.session.get_one(ProcessDefinition, draft.definition_id)
    owner = draft.body_id or definition.owner_id
    return Offer(definition, db.session.get_one(Organisation, owner))
