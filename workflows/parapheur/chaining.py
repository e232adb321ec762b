"""A folder that opens another when it is finished: the same files, another subtype."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from engine.actors import VISITOR, Actor, actor_for
from engine.models import db
from workflows.parapheur import admission, deposit, files, records, standings
from workflows.parapheur.admission import Given
from workflows.parapheur.models import Folder, FolderSubtype

Plain = dict[str, Any]


def next_of(folder: Folder, number: str) -> Plain | None:
    """What the chained folder begins with; None when the subtype is not chained."""
    subtype = db.session.get_one(FolderSubtype, folder.subtype_id)
    following = (
        db.session.get(FolderSubtype, subtype.chained_to) if subtype.chained_to else None
    )
    if following is None or following.closed_at:
        return None
    records.write(folder, "chained", None, detail={"subtype": str(following.id)})
    return {
        "procedure": standings.FOLDER,
        "after": str(folder.instance_id),
        "after_number": number,
        "subtype_id": str(following.id),
        "title": folder.title,
    }


def begin(case: Plain, said: Plain) -> Plain:
    """Enter a chained folder, with the files of the one that it follows as they are now.

    It is judged as any deposit is: what could not be deposited waits as a draft at its author's
    desk, which is told why.
    """
    before = db.session.get_one(Folder, UUID(said["after"]))
    subtype = db.session.get_one(FolderSubtype, UUID(said["subtype_id"]))
    asked = admission.Asked(
        actor=_author(before),
        organisation_id=before.organisation_id,
        subtype_id=subtype.id,
        author_role=before.author_role,
        title=before.title,
        files=_files(before),
        metadata=_shared(before, subtype),
        act=dict(before.details.get("act") or {}),
        external_id=None,
        origin=before.origin,
        visibility=None,
        chained_from=before.instance_id,
    )
    try:
        admission.checked_by_office(asked)
    except admission.DepositRefused as refused:
        asked = replace(asked, draft=True, note=str(refused))
    folder = deposit.entered(asked, subtype, UUID(case["id"]), case["number"])
    return deposit.described(folder, case["number"])


def _author(folder: Folder) -> Actor:
    return actor_for(folder.author_id) if folder.author_id else VISITOR


def _shared(before: Folder, subtype: FolderSubtype) -> Plain:
    """What was said of the first folder that the second asks too."""
    asked = {one["key"] for one in subtype.metadata_fields}
    said = before.details.get("metadata") or {}
    return {key: value for key, value in said.items() if key in asked}


def _files(folder: Folder) -> list[Given]:
    found = files.current(folder.instance_id)
    rank = {one.file.id: number for number, one in enumerate(found)}
    return [
        Given(
            one.stored(), one.file.kind, one.file.title,
            one.file.document_type, one.file.format, one.file.position_of_stamp or {},
            rank[one.file.signs_id] if one.file.signs_id else None,
        )
        for one in found
    ]  # fmt: skip
