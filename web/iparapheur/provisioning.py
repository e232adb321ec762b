"""i-Parapheur's provisioning, read alone, for keys that keep the book.

Desks, types, subtypes and metadata are told as they are. They are changed on the pages of the
book, where what depends on them is looked at; circuits are procedures, published by two.
"""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response
from flask_babel import gettext as _
from sqlalchemy import select

from engine.access import require
from web.api import keyed
from web.api.problems import Problem
from web.iparapheur.addresses import READ, WRITE, shaped, tenant_of
from web.iparapheur.telling import page, paged
from workflows.parapheur.models import Desk, FolderSubtype, FolderType

bp = Blueprint(
    "iparapheur_provisioning", __name__, url_prefix="/api/provisioning/v1/admin/tenant"
)
shaped(bp)


@bp.get("")
@READ
def tenants() -> Response:
    """The one body of the key."""
    body = keyed.organisation()
    _keeper(body.id)
    return page([{"id": str(body.id), "name": body.name}])


@bp.get("/<uuid:tenant>/desk")
@READ
def desks(tenant: UUID) -> Response:
    """The desks of the body."""
    _keeper(tenant)
    asked = select(Desk).where(Desk.organisation_id == tenant, Desk.closed_at.is_(None))
    return paged(asked.order_by(Desk.name, Desk.id), _desk)


@bp.get("/<uuid:tenant>/typology/type")
@READ
def types(tenant: UUID) -> Response:
    """The types of folders of the body."""
    _keeper(tenant)
    asked = select(FolderType).where(
        FolderType.organisation_id == tenant, FolderType.closed_at.is_(None)
    )
    return paged(asked.order_by(FolderType.name, FolderType.id), _type)


@bp.get("/<uuid:tenant>/typology/type/<uuid:type_id>/subtype")
@READ
def subtypes(tenant: UUID, type_id: UUID) -> Response:
    """The subtypes of a type, with the metadata that they ask."""
    _keeper(tenant)
    asked = (
        select(FolderSubtype)
        .join(FolderType, FolderType.id == FolderSubtype.type_id)
        .where(
            FolderType.organisation_id == tenant,
            FolderSubtype.type_id == type_id,
            FolderSubtype.closed_at.is_(None),
        )
    )
    return paged(asked.order_by(FolderSubtype.name, FolderSubtype.id), _subtype)


@bp.route("/<uuid:tenant>/<path:what>", methods=["POST", "PUT", "PATCH", "DELETE"])
@WRITE
def not_offered(tenant: UUID, what: str) -> Response:
    """Refused: the book is set up on its own pages."""
    _keeper(tenant)
    sentence = _(
        "Bureaux, types, sous-types et circuits se règlent dans les pages du parapheur, à "
        "l’adresse /parapheur/typologie."
    )
    raise Problem(409, "not-offered", sentence)


def _keeper(tenant: UUID) -> None:
    tenant_of(tenant)
    require(keyed.actor(), "keep the book", keyed.organisation())


def _desk(one: Desk) -> dict[str, Any]:
    return {
        "id": one.id, "name": one.name, "shortName": one.role, "description": one.title,
        "parentDeskId": one.parent_id,
    }  # fmt: skip


def _type(one: FolderType) -> dict[str, Any]:
    return {
        "id": one.id, "name": one.name, "description": one.slug,
        "protocol": one.protocol.upper(), "signatureFormat": one.format.upper(),
        "signatureVisible": one.visible, "signatureLocation": one.place,
    }  # fmt: skip


def _subtype(one: FolderSubtype) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "description": one.slug,
        "creationWorkflowId": one.creation_circuit,
        "validationWorkflowId": one.circuit,
        "subtypeMetadataList": [
            {
                "metadata": {"key": it["key"], "name": it.get("label") or it["key"],
                             "type": str(it.get("kind", "text")).upper()},
                "mandatory": "deposit" in it.get("required_at", ()),
                "defaultValue": it.get("default"),
            }
            for it in one.metadata_fields
        ],
    }  # fmt: skip
