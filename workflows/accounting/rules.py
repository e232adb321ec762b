"""Who keeps the accounts of a body, and what bytes its rows point at."""

from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import select

from engine import access, documents
from engine.actors import Actor
from engine.directory import Organisation
from engine.models import db
from workflows.accounting.contract_models import Contract, Invoice
from workflows.accounting.models import Budget, PaymentOrder, Pes, PesReturn

ACCOUNTANT = "accountant"
"""The role of those who prepare payment orders and follow PES in a body."""


def keeps(actor: Actor, organisation_id: object) -> bool:
    """Whether somebody keeps the accounts of a body, for themselves or in another's place."""
    return any(
        role.organisation_id == organisation_id and role.name == ACCOUNTANT
        for role in actor.roles
    )


RULES: dict[tuple[type, str], Callable[[Actor, Any], bool]] = {
    (type(None), "keep accounts"): lambda a, _: any(r.name == ACCOUNTANT for r in a.roles),
    (Organisation, "keep accounts"): lambda a, o: keeps(a, o.id),
    **{
        (kind, "see"): lambda a, row: keeps(a, row.organisation_id)
        for kind in (Budget, Contract, Invoice, PaymentOrder, Pes, PesReturn)
    },
}
access.add_rules(RULES)


def kept(digests: Collection[str]) -> set[str]:
    """Those of these digests that a PES, its acknowledgement or a return holds."""
    found = set[str]()
    for column in (Pes.sha256, Pes.acknowledgement_sha256, PesReturn.sha256):
        found |= set(db.session.scalars(select(column).where(column.in_(digests))))
    return found | _in_orders(digests)


def _in_orders(digests: Collection[str]) -> set[str]:
    """Documents of orders that are not gone yet: those gone are in their PES."""
    waiting = select(PaymentOrder.documents).where(
        PaymentOrder.state.in_(("ready", "rejected"))
    )
    listed = {
        one["sha256"] for documents in db.session.scalars(waiting) for one in documents
    }
    return listed & set(digests)


documents.kept_by(kept)
