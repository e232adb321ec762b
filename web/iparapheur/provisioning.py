"""i-Parapheur's provisioning, read alone, for keys that keep the book.

Desks, types, subtypes and metadata are told as they are. They are changed on the pages of the
book, where what depends on them is looked at; circuits are procedures, published by two.
"""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response
from flask_babel import gettext as _
from sqlalchemy import select

from web.api import keyed
from web.api.problems import Problem
from web.iparapheur import kinds
from web.iparapheur.addresses import READ, WRITE, keeper_of, shaped
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
    keeper_of(body.id)
    return page([{"id": str(body.id), "name": body.name}])


@bp.get("/<uuid:tenant>/desk")
@READ
def desks(tenant: UUID) -> Response:
    """The desks of the body."""
    keeper_of(tenant)
    asked = select(Desk).where(Desk.organisation_id == tenant, Desk.closed_at.is_(None))
    return paged(asked.order_by(Desk.name, Desk.id), _desk)


@bp.get("/<uuid:tenant>/typology/type")
@READ
def types(tenant: UUID) -> Response:
    """The types of folders of the body."""
    keeper_of(tenant)
    return paged(kinds.types_of(tenant), _type)


@bp.get("/<uuid:tenant>/typology/type/<uuid:type_id>/subtype")
@READ
def subtypes(tenant: UUID, type_id: UUID) -> Response:
    """The subtypes of a type, with the metadata that they ask."""
    keeper_of(tenant)
    return paged(kinds.subtypes_of(tenant, type_id), _subtype)


@bp.route("/<uuid:tenant>/<path:what>", methods=["POST", "PUT", "PATCH", "DELETE"])
@WRITE
def not_offered(tenant: UUID, what: str) -> Response:
    """Refused: the book is set up on its own pages."""
    keeper_of(tenant)
    sentence = _(
        "Bureaux, types, sous-types et circuits se règlent dans les pages du parapheur, à "
        "l’adresse /parapheur/typologie."
    )
    raise Problem(409, "not-offered", sentence)


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
