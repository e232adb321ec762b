"""Seals and closing timestamps: which files go to the signature connector, what comes back.

Operations of the circuits, kept apart from `operations.py` for their length.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine.models import db
from engine.operations import operation
from workflows.parapheur import files, records
from workflows.parapheur.files import Current
from workflows.parapheur.models import (
    DETACHED,
    FileSignature,
    Folder,
    FolderAct,
    FolderSubtype,
)

Plain = dict[str, Any]


@operation
def files_to_seal(*, case: Plain, folder: Plain) -> Plain:
    """The main files of a folder and the seal of its subtype: {documents, seal}.

    Raises ValueError when its subtype names no seal.
    """
    row = db.session.get_one(Folder, UUID(folder["id"]))
    subtype = db.session.get_one(FolderSubtype, row.subtype_id)
    if not subtype.seal:
        raise ValueError(
            f"Le sous-type « {subtype.name} » n’a pas de cachet : choisissez-le dans la "
            "typologie, puis relancez."
        )
    stamp = {"lines": [f"Cachet – dossier {folder['number']}"]}
    documents = [
        _document(
            one, field=f"Cachet{case['number']}", stamp=stamp if _shown(row) else None
        )
        for one in files.to_sign(row.instance_id)
    ]
    return {"documents": documents, "seal": subtype.seal}


@operation
def record_sealed(*, case: Plain, folder: Plain, sealed: Plain) -> None:
    """Keep the sealed files as new versions; what they were stays."""
    _record(folder, sealed, "sealed")


@operation
def files_to_close(*, case: Plain, folder: Plain) -> Plain:
    """The signed files of a folder, to be timestamped for long: {documents}."""
    row = db.session.get_one(Folder, UUID(folder["id"]))
    current = files.current(row.instance_id)
    beside = {one.file.signs_id: one for one in current if one.file.kind == DETACHED}
    return {
        "documents": [
            _document(one, signature=beside.get(one.file.id))
            for one in current
            if _signed(one) or one.file.id in beside
        ]
    }


@operation
def files_to_strengthen(*, case: Plain, folder: Plain) -> Plain:
    """What a timestamp did not reach when the circuit closed: {documents}, none when all is."""
    last = db.session.scalars(
        select(FolderAct)
        .where(FolderAct.instance_id == UUID(case["id"]), FolderAct.kind == "closed")
        .order_by(FolderAct.seq.desc())
        .limit(1)
    ).first()
    if last is None or last.detail.get("complete", True):
        return {"documents": []}
    found: Plain = files_to_close(case=case, folder=folder)
    return found


@operation
def record_closed(*, case: Plain, folder: Plain, closed: Plain) -> None:
    """Keep the timestamped files; a level that could not be reached today is said."""
    _record(folder, closed, "closed", complete=closed.get("complete", True))


def _record(folder: Plain, made: Plain, kind: str, **detail: Any) -> None:
    row = records.locked(UUID(folder["id"]))
    act = records.write(row, kind, None, detail=detail)
    digests = files.take_signed(row, made.get("files") or [], act)
    act.detail = {**detail, "digests": digests}


def _signed(one: Current) -> bool:
    """Whether a signature or a seal is in this version."""
    found = db.session.query(FileSignature.id).filter_by(version_id=one.version.id).first()
    return found is not None


def _shown(folder: Folder) -> bool:
    return bool(folder.subtype.type.visible)


def _document(one: Current, **more: Any) -> Plain:
    found = one.described()
    kept = {k: found[k] for k in ("id", "sha256", "name", "media_type", "format")}
    signature = more.pop("signature", None)
    if signature is not None:
        kept["signature_sha256"] = signature.sha256
    return kept | {name: value for name, value in more.items() if value is not None}
