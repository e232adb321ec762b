"""Puts a PES in the signature book: the one place of accounts that knows it."""

from dataclasses import dataclass
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from connectors import StoredFile
from engine.access import Forbidden, allowed
from engine.actors import Actor
from engine.directory import Organisation
from engine.models import db
from web.auth import current_actor
from workflows.accounting.models import Pes
from workflows.parapheur import rules
from workflows.parapheur.admission import DepositRefused, Given
from workflows.parapheur.deposit import deposit as deposit_folder
from workflows.parapheur.models import HELIOS, PES, Desk, FolderSubtype, FolderType


class Refused(Exception):
    """The signature book does not take this PES; the message says why."""


@dataclass(frozen=True)
class Choice:
    """A way in: a subtype of the book, from a desk of the person's."""

    id: str
    label: str


def subtypes(row: Pes) -> list[Choice]:
    """Where the person may deposit this PES; none without a desk or a type for accounts."""
    actor = current_actor()
    body = db.session.get_one(Organisation, row.organisation_id)
    if not allowed(actor, "use the book", body):
        return []
    found = db.session.scalars(
        select(FolderSubtype)
        .join(FolderType, FolderType.id == FolderSubtype.type_id)
        .where(
            FolderType.organisation_id == body.id,
            FolderType.protocol == HELIOS,
            FolderType.closed_at.is_(None),
            FolderSubtype.closed_at.is_(None),
        )
        .order_by(FolderSubtype.name)
        .limit(50)
    )
    return [
        Choice(f"{one.id}/{desk.role}", f"{one.type.name} – {one.name} ({desk.name})")
        for one in found
        for desk in _desks(actor, body.id, one)
    ]


def deposit(row: Pes, chosen: str, actor: Actor) -> UUID:
    """Deposit a PES, once; returns the folder's id. Raises Refused."""
    choice = next((one for one in subtypes(row) if one.id == chosen), None)
    if choice is None:
        raise Refused(_("Choisissez un sous-type du parapheur."))
    subtype_id, _slash, role = chosen.partition("/")
    file = StoredFile(row.sha256, row.file_name, "application/xml", row.size)
    try:
        return deposit_folder(
            actor=actor, organisation_id=row.organisation_id, subtype_id=UUID(subtype_id),
            author_role=role, title=f"PES {row.name}"[:300],
            files=[Given(file, title=row.name, format=PES)],
            external_id=f"pes:{row.id}", origin="accounting",
        )  # fmt: skip
    except DepositRefused as refused:
        raise Refused(str(refused)) from refused
    except Forbidden as forbidden:
        raise Refused(_("Ce bureau ne peut pas déposer ici.")) from forbidden


def _desks(actor: Actor, organisation_id: UUID, subtype: FolderSubtype) -> list[Desk]:
    mine = rules.desks_of(actor, organisation_id, subtype.scope)
    admitted = mine & set(subtype.deposit_roles) if subtype.deposit_roles else mine
    return list(
        db.session.scalars(
            select(Desk)
            .where(Desk.organisation_id == organisation_id, Desk.role.in_(admitted))
            .order_by(Desk.name)
        )
    )
