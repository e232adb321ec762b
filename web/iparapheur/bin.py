"""The trash bin, for keys that keep the book: what applications have put away, and its way back.

Nothing is destroyed here before its term: the platform's rules of retention do that.
"""

from uuid import UUID

from flask import Blueprint, Response
from flask_babel import gettext as _
from sqlalchemy import select

from web.api import folder_files, folders, keyed
from web.api.problems import Problem
from web.iparapheur.addresses import READ, WRITE, keeper_of, shaped
from web.iparapheur.telling import paged, told
from workflows.parapheur import withdrawing
from workflows.parapheur.models import Folder

bp = Blueprint("iparapheur_bin", __name__, url_prefix="/api/standard/v1/admin/tenant")
shaped(bp)

FOLDER = "/<uuid:tenant>/trash-bin/<uuid:folder_id>"


@bp.get("/<uuid:tenant>/trash-bin")
@READ
def listed(tenant: UUID) -> Response:
    """The folders that applications have put away, the latest first."""
    keeper_of(tenant)
    asked = select(Folder).where(
        Folder.organisation_id == tenant, Folder.put_away_at.is_not(None)
    )
    latest = asked.order_by(Folder.put_away_at.desc(), Folder.instance_id.desc())
    return paged(latest, _plain)


@bp.get(f"{FOLDER}/zip")
@READ
def download(tenant: UUID, folder_id: UUID) -> Response:
    """Every file of one of them."""
    return folder_files.zipped(_one(tenant, folder_id))


@bp.put(f"{FOLDER}/restore")
@WRITE
def restore(tenant: UUID, folder_id: UUID) -> Response:
    """Have applications list one again."""
    withdrawing.bring_back(_one(tenant, folder_id).instance_id, actor=keyed.actor())
    return Response(status=204)


@bp.delete(FOLDER)
@WRITE
def destroy(tenant: UUID, folder_id: UUID) -> Response:
    """Refused: a folder is destroyed at the term that the rules of retention give it."""
    _one(tenant, folder_id)
    sentence = _(
        "Ce dossier est gardé jusqu’à son terme légal : les règles de conservation le "
        "détruiront alors."
    )
    raise Problem(409, "kept", sentence)


def _one(tenant: UUID, folder_id: UUID) -> Folder:
    keeper_of(tenant)
    found = folders.mine(folder_id)
    if found.put_away_at is None:
        raise Problem(404, "unknown")
    return found


def _plain(folder: Folder) -> dict[str, object]:
    return told(folder) | {"sentToTrashBinAt": folder.put_away_at}
