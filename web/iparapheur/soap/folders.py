"""The folders of a caller, by the identifier that it gave them or by ours."""

from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from engine.models import db
from web.api import folders, keyed
from web.api.problems import Problem
from workflows.parapheur.models import Folder


def known(identifier: str) -> Folder | None:
    """The folder that this key deposited under an identifier, or whose id it is."""
    asked: Any = select(Folder).where(
        Folder.organisation_id == keyed.key().organisation_id,
        Folder.origin == folders.origin(),
        Folder.external_id == identifier,
    )
    found = db.session.scalars(asked).first()
    try:
        return folders.mine(found.instance_id if found else UUID(identifier))
    except (ValueError, Problem):
        return None


def of(identifier: str) -> Folder:
    """The same. Raises Problem when there is none."""
    found = known(identifier.strip()) if identifier.strip() else None
    if found is None:
        sentence = _("Le dossier « %(name)s » est inconnu.", name=identifier[:200])
        raise Problem(404, "unknown", sentence)
    return found


def identifier(folder: Folder) -> str:
    """What the caller knows a folder by."""
    mine = folder.origin == folders.origin()
    return folder.external_id if mine and folder.external_id else str(folder.instance_id)
