"""Seals and closing timestamps: which files go to the signature connector, what comes back.

Operations of the circuits, kept apart from `operations.py` for their length.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine import clock
from engine.models import db
from engine.operations import operation
from workflows.parapheur import files, records
from workflows.parapheur.models import (
    Folder,
    FolderAct,
    FolderSubtype,
)
from workflows.parapheur.signatures import borne

Plain = dict[str, Any]
A_DAY, ASKED_FOR = timedelta(days=1), timedelta(days=30)
"""How long a level that was missed is asked for, once a day."""


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
        one.to_close(field=f"Cachet{case['number']}", stamp=stamp if _shown(row) else None)
        for one in files.to_sign(row.instance_id)
    ]
    return {"documents": documents, "seal": subtype.seal}


@operation
def record_sealed(*, case: Plain, folder: Plain, sealed: Plain) -> None:
    """Keep the sealed files as new versions; what they were stays."""
    _record(folder, sealed, "sealed")


@operation
def files_to_close(*, case: Plain, folder: Plain) -> Plain:
    """The files of a folder that may be signed, to be timestamped for long: {documents}."""
    row = db.session.get_one(Folder, UUID(folder["id"]))
    current = files.current(row.instance_id)
    every = {one.file.id for one in current}
    return {"documents": files.to_close(current, every, borne(every))}


@operation
def files_to_strengthen(*, case: Plain, folder: Plain) -> Plain:
    """What a timestamp did not reach when the circuit closed: {documents}, none when all is.

    None either once it was asked for long enough: the files are renewed later, as those whose
    proof comes to its end.
    """
    last = _last_closed(UUID(case["id"]))
    if last is None or last.detail.get("complete", True) or _given_up(last):
        return {"documents": []}
    found: Plain = files_to_close(case=case, folder=folder)
    return found


@operation
def record_closed(*, case: Plain, folder: Plain, closed: Plain) -> None:
    """Keep the timestamped files; a level that could not be reached today is said.

    It is said once: asked again by the folder itself, what is not whole changes nothing until
    the last time.
    """
    complete = closed.get("complete", True)
    last = _last_closed(UUID(folder["id"])) if case["id"] == folder["id"] else None
    if complete or last is None:
        _record(folder, closed, "closed", complete=complete)
    elif _given_up(last, A_DAY):
        _record(folder, closed, "closed", complete=False, given_up=True)


def _last_closed(folder_id: UUID) -> FolderAct | None:
    return db.session.scalars(
        select(FolderAct)
        .where(FolderAct.instance_id == folder_id, FolderAct.kind == "closed")
        .order_by(FolderAct.seq.desc())
        .limit(1)
    ).first()


def _given_up(last: FolderAct, margin: timedelta = timedelta()) -> bool:
    """Whether what was missed at a closing has been asked for long enough."""
    return bool(last.detail.get("given_up")) or clock.now() + margin > last.at + ASKED_FOR


def _record(folder: Plain, made: Plain, kind: str, **detail: Any) -> None:
    row = records.locked(UUID(folder["id"]))
    act = records.write(row, kind, None, detail=detail)
    digests = files.take_signed(row, made.get("files") or [], act)
    act.detail = {**detail, "digests": digests}


def _shown(folder: Folder) -> bool:
    return bool(folder.subtype.type.visible)
