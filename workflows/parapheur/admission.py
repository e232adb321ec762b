"""What is asked of a deposit, and whether the book takes it: field by field."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from connectors import StoredFile
from engine.actors import Actor
from engine.errors import EngineError
from engine.models import db
from workflows.parapheur import metadata as said
from workflows.parapheur import rules
from workflows.parapheur.checks import checked_files
from workflows.parapheur.models import MAIN, Desk, FolderSubtype
from workflows.parapheur.readiness import Readiness

LONGEST_TITLE = 300
LONGEST_ID = 200


class DepositRefused(EngineError):
    """This folder cannot be deposited: `errors` says for each field what to put right."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)


@dataclass(frozen=True)
class Given:
    """A file as it is deposited, its bytes stored already.

    `signs` is the rank of the file that a detached signature signs; `stamp` is where the
    visible signature goes: {page, x, y, width, height}.
    """

    file: StoredFile
    kind: str = MAIN
    title: str = ""
    document_type: str = ""
    format: str = ""
    stamp: Mapping[str, Any] = field(default_factory=dict)
    signs: int | None = None


@dataclass(frozen=True)
class Asked:
    """A deposit, as it is asked for."""

    actor: Actor
    organisation_id: UUID
    subtype_id: UUID
    author_role: str
    title: str
    files: list[Given]
    metadata: dict[str, Any]
    act: dict[str, Any]
    external_id: str | None
    origin: str
    visibility: str | None
    chained_from: UUID | None = None
    draft: bool = False
    note: str = ""
    private_note: str = ""
    due_on: date | None = None


def checked(asked: Asked) -> FolderSubtype:
    """The subtype, once everything about the folder is right. Raises DepositRefused."""
    return _judged(asked, lambda subtype: _desk_error(asked, subtype))


def checked_by_procedure(asked: Asked) -> FolderSubtype:
    """The same of a folder that a procedure opens for a desk, at which nobody need sit.

    Raises DepositRefused.
    """
    return _judged(asked, lambda _subtype: _closed_error(asked))


def checked_by_office(asked: Asked) -> FolderSubtype:
    """The same of a folder that the office opens after another, for the desk of that one.

    Raises DepositRefused.
    """
    return _judged(asked, lambda _subtype: {})


def _judged(
    asked: Asked, desk_error: Callable[[FolderSubtype], dict[str, str]]
) -> FolderSubtype:
    subtype = db.session.get(FolderSubtype, asked.subtype_id)
    if subtype is None or subtype.type.organisation_id != asked.organisation_id:
        raise DepositRefused({"subtype": "Choisissez un sous-type de cet organisme."})
    errors: dict[str, str] = {}
    if why := closed(subtype, asked.organisation_id, _foreseen(asked, subtype)):
        errors["subtype"] = why
    errors |= desk_error(subtype)
    if not asked.title:
        errors["title"] = "Donnez un titre au dossier."
    elif len(asked.title) > LONGEST_TITLE:
        errors["title"] = f"Titre : {LONGEST_TITLE} caractères au plus."
    if asked.external_id and len(asked.external_id) > LONGEST_ID:
        errors["external_id"] = f"Identifiant externe : {LONGEST_ID} caractères au plus."
    when = said.DRAFT if asked.draft else said.DEPOSIT
    errors |= said.errors(subtype, asked.metadata, when)
    errors |= checked_files(subtype.type, asked.files)
    if errors:
        raise DepositRefused(errors)
    return subtype


def closed(subtype: FolderSubtype, organisation_id: UUID, folder: Mapping[str, Any]) -> str:
    """Why no folder like this one goes on its circuits today, in a sentence; nothing if it may.

    `folder` is what diagrams know of it: the gate of every way in, whoever opens it.
    """
    if subtype.closed_at or subtype.type.closed_at:
        return f"Le sous-type « {subtype.name} » n’est plus utilisé."
    if not (subtype.circuit or subtype.selection):
        return f"Le sous-type « {subtype.name} » n’a pas encore de circuit."
    return Readiness(organisation_id).refusal(subtype, dict(folder))


def _foreseen(asked: Asked, subtype: FolderSubtype) -> dict[str, Any]:
    """The folder as the table that chooses its circuits will know it."""
    return {
        **of_subtype(subtype),
        "title": asked.title,
        "organisation": str(asked.organisation_id),
        "author": asked.author_role,
        "round": 1,
        "metadata": said.completed(subtype, asked.metadata),
        "act": asked.act,
    }


def _desk(asked: Asked) -> Desk | None:
    """The open desk in whose name a folder is deposited."""
    desk = db.session.scalars(
        select(Desk).where(
            Desk.organisation_id == asked.organisation_id, Desk.role == asked.author_role
        )
    ).first()
    return None if desk is None or desk.closed_at else desk


def _closed_error(asked: Asked) -> dict[str, str]:
    return {} if _desk(asked) else {"desk": "Ce bureau n’est plus ouvert."}


def _desk_error(asked: Asked, subtype: FolderSubtype) -> dict[str, str]:
    mine = rules.desks_of(asked.actor, asked.organisation_id, subtype.scope)
    desk = _desk(asked)
    if desk is None or asked.author_role not in mine:
        return {"desk": "Choisissez un bureau où vous siégez."}
    if subtype.deposit_roles and asked.author_role not in subtype.deposit_roles:
        return {
            "desk": f"Le bureau « {desk.name} » ne dépose pas de dossiers "
            f"« {subtype.name} »."
        }
    return {}


def of_subtype(subtype: FolderSubtype) -> dict[str, Any]:
    """What the diagrams of a folder are told of its subtype."""
    return {
        "type": subtype.type.slug,
        "subtype": subtype.slug,
        "scope": subtype.scope,
        "protocol": subtype.type.protocol,
        "seal": subtype.seal,
    }
