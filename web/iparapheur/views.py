"""i-Parapheur 5's standard API: tenants, desks, types, folders by state, PREMIS, archives."""

from typing import Any
from uuid import UUID

from flask import Response, request
from flask_babel import gettext as _
from sqlalchemy import select

from connectors import StoredFile
from engine.models import db
from web.api import folder_files, folders, keyed, receiving
from web.api.folder_acts import put_away, withdrawn
from web.api.problems import Problem
from web.iparapheur import kinds, premis, steps, tasks
from web.iparapheur.addresses import (
    READ,
    WRITE,
    bp,
    desk_of,
    folder_of,
    json,
    tenant_of,
    wrong,
)
from web.iparapheur.telling import page, paged, states, told
from workflows.parapheur import deposit, proofs
from workflows.parapheur import premis as history
from workflows.parapheur.admission import DepositRefused, Given
from workflows.parapheur.models import (
    ANNEX,
    DRAFT,
    FINISHED,
    IN_PROGRESS,
    MAIN,
    REFUSED,
    Desk,
    Folder,
)

__all__ = ["bp", "tasks"]


@bp.get("")
@READ
def tenants() -> Response:
    """The one body of the key."""
    body = keyed.organisation()
    return page([{"id": str(body.id), "name": body.name}])


@bp.get("/<uuid:tenant>/desk")
@READ
def desks(tenant: UUID) -> Response:
    """The desks at which the key sits."""
    tenant_of(tenant)
    mine = folders.my_desks()
    asked = select(Desk).where(
        Desk.organisation_id == tenant, Desk.role.in_(mine), Desk.closed_at.is_(None)
    )
    return paged(asked.order_by(Desk.name, Desk.id), _named)


@bp.get("/<uuid:tenant>/types")
@READ
def types(tenant: UUID) -> Response:
    """The types of folders of the body."""
    tenant_of(tenant)
    return paged(kinds.types_of(tenant), _named)


@bp.get("/<uuid:tenant>/types/<uuid:type_id>/subtypes")
@READ
def subtypes(tenant: UUID, type_id: UUID) -> Response:
    """The subtypes of a type."""
    tenant_of(tenant)
    return paged(kinds.subtypes_of(tenant, type_id), _named)


@bp.get("/<uuid:tenant>/desk/<uuid:desk_id>/types/creation-allowed")
@READ
def types_to_create(tenant: UUID, desk_id: UUID) -> Response:
    """The types of which this desk may deposit something."""
    desk_of(tenant, desk_id)
    return types(tenant)


@bp.get("/<uuid:tenant>/desk/<uuid:desk_id>/types/<uuid:type_id>/subtypes/creation-allowed")
@READ
def subtypes_to_create(tenant: UUID, desk_id: UUID, type_id: UUID) -> Response:
    """The subtypes of which this desk may deposit folders."""
    desk = desk_of(tenant, desk_id)
    found = db.session.scalars(kinds.subtypes_of(tenant, type_id).limit(500))
    allowed = [one for one in found if desk.role in (one.deposit_roles or [desk.role])]
    return page([_named(one) for one in allowed])


@bp.post("/<uuid:tenant>/desk/<uuid:desk_id>/folder")
@WRITE
def createfolder_of(tenant: UUID, desk_id: UUID) -> Response:
    """Deposit a folder that a PREMIS part describes; with `auto_start=false`, as a draft.

    The parts `documents` come in the order of the PREMIS, and are known by their names.
    """
    desk = desk_of(tenant, desk_id)
    sent = request.files.get("folder")
    text = (
        sent.read(premis.LARGEST + 1) if sent else request.form.get("folder", "").encode()
    )
    described = premis.read(text)
    subtype = kinds.subtype_of(tenant, described.type, described.subtype)
    given = _given(described)
    try:
        made = deposit.deposit(
            actor=keyed.actor(),
            organisation_id=tenant,
            subtype_id=subtype.id,
            author_role=desk.role,
            title=described.name,
            files=given,
            metadata=kinds.typed(subtype, described.metadata),
            origin=folders.origin(),
            draft=not _starts(),
        )
    except DepositRefused as refused:
        raise Problem(422, "bad-values", errors=folders.faults(refused)) from None
    return json(told(db.session.get_one(Folder, made)), 201)


@bp.get(
    "/<uuid:tenant>/desk/<uuid:desk_id>/<any(DRAFT,PENDING,LATE,DELEGATED,FINISHED,REJECTED,RETRIEVABLE,DOWNSTREAM):state>"
)
@READ
def list_folders(tenant: UUID, desk_id: UUID, state: str) -> Response:
    """The folders of a desk in one of i-Parapheur's states."""
    desk = desk_of(tenant, desk_id)
    return states(desk, state, request.args.get("typeId"), request.args.get("subtypeId"))


@bp.get("/<uuid:tenant>/desk/<uuid:desk_id>/folder/<uuid:folder_id>/premis")
@READ
def folder_premis(tenant: UUID, desk_id: UUID, folder_id: UUID) -> Response:
    """A folder and its files, in PREMIS."""
    content = _premis(folder_of(tenant, desk_id, folder_id))
    return Response(content, mimetype="application/xml")


@bp.get("/<uuid:tenant>/desk/<uuid:desk_id>/folder/<uuid:folder_id>/zip")
@READ
def folder_zip(tenant: UUID, desk_id: UUID, folder_id: UUID) -> Response:
    """Every file of a folder, with its PREMIS."""
    folder = folder_of(tenant, desk_id, folder_id)
    name = f"i_Parapheur_internal_premis_{folder.instance_id}.xml"
    return folder_files.zipped(folder, {name: _premis(folder).encode()})


@bp.delete("/<uuid:tenant>/desk/<uuid:desk_id>/folder/<uuid:folder_id>")
@WRITE
def deletefolder_of(tenant: UUID, desk_id: UUID, folder_id: UUID) -> Response:
    """Give up a draft or a refused folder; put an ended one away, which stays in the book.

    As in i-Parapheur, one that circulates is not deleted.
    """
    folder = folder_of(tenant, desk_id, folder_id)
    if folder.state == IN_PROGRESS:
        raise Problem(
            409, "in-progress", _("Ce dossier circule : il ne peut pas être supprimé.")
        )
    if folder.state in {DRAFT, REFUSED}:
        withdrawn(folder, _("Retiré par l’application qui l’a déposé."))
    elif folder.state == FINISHED:
        put_away(folder)
    return Response(status=204)


def _starts() -> bool:
    """Whether the folder starts at once: so it does unless told otherwise. Raises Problem."""
    said = request.form.get("auto_start", request.args.get("auto_start", "true"))
    if said.lower() not in {"true", "false"}:
        raise wrong("/auto_start", _("auto_start : true ou false."))
    return said.lower() == "true"


def _premis(folder: Folder) -> str:
    """The history of a folder: its files, its acts, its signatures, and its tasks by id."""
    known = history.write(proofs.gather(folder.instance_id))
    return steps.with_tasks(known, folder)


def _given(described: premis.Described) -> list[Given]:
    """The documents sent, in the order in which the PREMIS names them. Raises Problem."""
    sent: dict[str, list[StoredFile]] = {}
    for upload in request.files.getlist("documents"):
        name = (upload.filename or "").replace("\\", "/").rpartition("/")[2]
        stored = receiving.stored(upload, "documents")
        folders.refuse_unfit(stored, "/documents")
        sent.setdefault(name, []).append(stored)
    named = described.files or [premis.DescribedFile(name, main=True) for name in sent]
    found = []
    for one in named:
        if not sent.get(one.name):
            sentence = _(
                "Le document « %(name)s » du PREMIS n’est pas joint.", name=one.name
            )
            raise wrong("/documents", sentence)
        found.append(Given(sent[one.name].pop(0), MAIN if one.main else ANNEX))
    if left := next((name for name, files in sent.items() if files), None):
        sentence = _("Le document « %(name)s » n’est pas dans le PREMIS.", name=left)
        raise wrong("/documents", sentence)
    return found


def _named(row: Any) -> dict[str, str]:
    return {"id": str(row.id), "name": row.name}
