"""Keep documents in a company's vault, replace them, remove them, file them again."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import update

from connectors import StoredFile
from engine import clock, journal, vault
from engine.access import Actor, require
from engine.commands import drafts
from engine.directory import Organisation
from engine.documents import Document, Draft
from engine.errors import EngineError
from engine.models import db
from engine.transaction import lock, transaction
from engine.vault import VaultDocument


class VaultFull(EngineError):
    """The company keeps as many documents as it may."""


class NotInVault(EngineError):
    """This document was replaced or removed meanwhile."""


class WrongDates(EngineError):
    """A document cannot expire before the day on which it was made."""


@dataclass(frozen=True)
class Label:
    """What a company says of a document."""

    kind: str
    title: str
    issued_on: date | None = None
    expires_on: date | None = None


def add(
    organisation_id: UUID, file: StoredFile, label: Label, *, actor: Actor
) -> VaultDocument:
    """Keep a stored file in a company's vault.

    Raises Forbidden, VaultFull, WrongDates.
    """
    with transaction():
        company = lock(Organisation, organisation_id)
        require(actor, "keep", company)
        return _keep(company, file, label, actor)


def replace(
    document_id: UUID, file: StoredFile, label: Label, *, actor: Actor
) -> VaultDocument:
    """Put a new version in the place of a document, which is kept as history.

    Raises Forbidden, NotInVault, VaultFull, WrongDates.
    """
    with transaction():
        company = lock(Organisation, _company_of(document_id))
        earlier = lock(VaultDocument, document_id)
        require(actor, "keep", company)
        if not earlier.stands:
            raise NotInVault
        made = _keep(company, file, label, actor, series_id=earlier.series_id)
        earlier.replaced_by = made.id
        return made


def remove(document_id: UUID, *, actor: Actor) -> None:
    """Remove a document with all its versions; where it was filed, it stays.

    Raises Forbidden, NotInVault.
    """
    with transaction():
        document = lock(VaultDocument, document_id)
        require(actor, "use", document)
        if not document.stands:
            raise NotInVault
        db.session.execute(
            update(VaultDocument)
            .where(VaultDocument.series_id == document.series_id)
            .values(removed_at=clock.now())
        )
        _tell(document.organisation_id, "vault_removed", document, actor)


def keep(document_id: UUID, label: Label, *, actor: Actor) -> VaultDocument:
    """Keep a document of one of the company's requests in its vault; nothing is copied.

    The same bytes under the same kind are kept once. Raises Forbidden, VaultFull, WrongDates.
    """
    with transaction():
        document = db.session.get_one(Document, document_id)
        require(actor, "read", document)
        case = document.instance
        if case is None or case.applicant_id is None:
            raise NotInVault
        company = lock(Organisation, case.applicant_id)
        require(actor, "keep", company)
        same = vault.standing(company.id, label.kind).where(
            VaultDocument.sha256 == document.sha256
        )
        held = db.session.scalars(same).first()
        if held is not None:
            return held
        file = StoredFile(
            document.sha256, document.name, document.media_type, document.size
        )
        return _keep(company, file, label, actor)


def attach(
    draft_id: UUID,
    document_id: UUID,
    *,
    kind: str,
    title: str,
    actor: Actor,
    reserved: bool = False,
) -> tuple[Document, VaultDocument]:
    """Join a document of the vault to a draft of the same company, as if it were uploaded.

    Raises Forbidden, NotInVault, DraftFull.
    """
    with transaction():
        kept = lock(VaultDocument, document_id)
        require(actor, "use", kept)
        draft = lock(Draft, draft_id)
        if not kept.stands or draft.organisation_id != kept.organisation_id:
            raise NotInVault
        joined = drafts.join(
            draft, kept.file, kind=kind, title=title, actor=actor, reserved=reserved,
            expires_on=kept.expires_on,
        )  # fmt: skip
        return joined, kept


def _keep(
    company: Organisation,
    file: StoredFile,
    label: Label,
    actor: Actor,
    series_id: UUID | None = None,
) -> VaultDocument:
    """One version more; the lock on the company orders those who add."""
    if label.issued_on and label.expires_on and label.expires_on < label.issued_on:
        raise WrongDates
    if vault.count(company.id) >= vault.MOST:
        raise VaultFull
    made_id = uuid4()
    made = VaultDocument(
        id=made_id,
        series_id=series_id or made_id,
        organisation_id=company.id,
        kind=label.kind if label.kind in vault.kinds() else vault.OTHER,
        title=label.title[:300],
        name=file.name,
        sha256=file.sha256,
        size=file.size,
        media_type=file.media_type,
        issued_on=label.issued_on,
        expires_on=label.expires_on,
        added_by=actor.person_id,
        added_at=clock.now(),
    )
    db.session.add(made)
    _tell(company.id, "vault_replaced" if series_id else "vault_added", made, actor)
    return made


def _company_of(document_id: UUID) -> UUID:
    return db.session.get_one(VaultDocument, document_id).organisation_id


def _tell(company: UUID, act: str, document: VaultDocument, actor: Actor) -> None:
    journal.write(
        f"organisation:{company}",
        act,
        by=actor.person_id,
        detail={"document": str(document.id), "kind": document.kind},
    )
