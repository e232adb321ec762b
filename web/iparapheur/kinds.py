"""Types and subtypes as i-Parapheur's callers name them, and what they say of a folder."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import Select, func, select

from engine.models import db
from web.iparapheur.addresses import wrong
from workflows.parapheur.metadata import BOOLEAN
from workflows.parapheur.models import FolderSubtype, FolderType

_TRUTHS = {"true": True, "1": True, "oui": True, "false": False, "0": False, "non": False}


def subtype_of(body: UUID, kind: str, subtype: str) -> FolderSubtype:
    """A subtype by its id or its name, as those of its type. Raises Problem."""
    found = db.session.scalars(
        select(FolderSubtype)
        .join(FolderType, FolderType.id == FolderSubtype.type_id)
        .where(
            FolderType.organisation_id == body,
            named(FolderType, kind),
            named(FolderSubtype, subtype),
        )
        .limit(2)
    ).all()
    if len(found) != 1:
        raise wrong("/folder", _("Ce type ou ce sous-type n’existe pas dans ce parapheur."))
    return found[0]


def named(kind: Any, said: str) -> Any:
    """That a type, or a subtype, is the one said: by its id, its name or its short name."""
    try:
        return kind.id == UUID(said)
    except ValueError:
        return (func.lower(kind.name) == said.lower()) | (kind.slug == said)


def typed(subtype: FolderSubtype, said: Mapping[str, str]) -> dict[str, Any]:
    """What callers write as texts, as the subtype knows it: yes and no are no texts."""
    truths = {it["key"] for it in subtype.metadata_fields if it.get("kind") == BOOLEAN}
    return {
        key: _TRUTHS.get(value.strip().lower(), value) if key in truths else value
        for key, value in said.items()
    }


def types_of(tenant: UUID) -> Select[Any]:
    """The types of folders of a body, by name."""
    asked = select(FolderType).where(
        FolderType.organisation_id == tenant, FolderType.closed_at.is_(None)
    )
    return asked.order_by(FolderType.name, FolderType.id)


def subtypes_of(tenant: UUID, type_id: UUID) -> Select[Any]:
    """The subtypes of a type of a body, by name."""
    asked = (
        select(FolderSubtype)
        .join(FolderType, FolderType.id == FolderSubtype.type_id)
        .where(
            FolderType.organisation_id == tenant,
            FolderSubtype.type_id == type_id,
            FolderSubtype.closed_at.is_(None),
        )
    )
    return asked.order_by(FolderSubtype.name, FolderSubtype.id)
