"""What the procedure `parapheur.evidence` asks: compose what proves a folder, then keep it.

Operations, kept apart from `operations.py` for their length.
"""

from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select

from connectors import StoredFile
from engine.models import db
from engine.operations import operation
from workflows.parapheur import files, premis, proofs, records
from workflows.parapheur.models import EVIDENCE, PADES, Folder, FolderAct, FolderFile

Plain = dict[str, Any]

AFTER = frozenset({"proven", "archived", "finished"})
"""Acts that say nothing new of a record made before them."""


@operation
def evidence_wanted(*, case: Plain, folder: Plain) -> bool:
    """Whether something happened to a folder since its record was made, if it was."""
    kinds = db.session.scalars(
        select(FolderAct.kind)
        .where(FolderAct.instance_id == UUID(folder["id"]))
        .order_by(FolderAct.seq)
    ).all()
    if "proven" not in kinds:
        return True
    since = kinds[len(kinds) - 1 - kinds[::-1].index("proven") :]
    return any(kind not in AFTER for kind in since)


@operation
def compose_evidence(*, case: Plain, folder: Plain) -> Plain:
    """Tell a folder's facts three times: {record, premis, report, seal}.

    The record is what `rendering.recap` takes; the two others are texts.
    """
    gathered = proofs.gather(UUID(folder["id"]))
    return {
        "record": proofs.record(gathered),
        "premis": premis.write(gathered),
        "report": orjson.dumps(
            proofs.report(gathered), option=orjson.OPT_INDENT_2
        ).decode(),
        "seal": gathered.folder.subtype.seal or "",
    }


@operation
def to_seal(*, case: Plain, record: Plain) -> list[Plain]:
    """The record just drawn, as `signature.seal` takes it."""
    kept = {k: record[k] for k in ("sha256", "name", "media_type", "size")}
    return [kept | {"id": "record", "format": PADES, "field": "Cachet", "stamp": None}]


@operation
def record_evidence(
    *,
    case: Plain,
    folder: Plain,
    made: list[Plain | None],
    sealed: Plain | None,
    closed: Plain | None = None,
) -> None:
    """Keep the proofs among the files of a folder; a new version of those made before.

    `made` is [record, PREMIS, report] as the renderer gave them, none for what stays as it
    was; `sealed`, what the seal made of the record: none when no seal could be put, which the
    act says; `closed`, the same under a timestamp.
    """
    row = records.locked(UUID(folder["id"]))
    detail = {"sealed": bool(sealed)} if made[0] else {}
    act = records.write(row, "proven", None, detail=detail)
    sealed_files = _under_both(sealed, closed)
    titles = (proofs.RECORD, "Historique PREMIS", "Rapport de validation")
    for title, file in zip(titles, made, strict=True):
        if file:
            _keep(row, title, file, act)
    if sealed_files:
        known = _proof(row, titles[0])
        files.take_signed(row, [{**sealed_files[0], "id": str(known.id)}], act)


def _under_both(sealed: Plain | None, closed: Plain | None) -> list[Plain]:
    """The sealed record as it was closed, with the facts of its seal and of its timestamp."""
    found = list((sealed or {}).get("files") or [])
    last = {one["id"]: one for one in (closed or {}).get("files") or []}
    return [
        {
            **one,
            "file": last.get(one["id"], one)["file"],
            "signatures": [
                *(one.get("signatures") or []),
                *(last.get(one["id"], {}).get("signatures") or []),
            ],
        }
        for one in found
    ]


def _keep(folder: Folder, title: str, file: Plain, act: FolderAct) -> None:
    stored = StoredFile(file["sha256"], file["name"], file["media_type"], int(file["size"]))
    before = _proofs(folder, title)
    if before:
        files.new_version(folder, before[0], stored, act=act)
        return
    last = db.session.scalars(
        select(FolderFile.position).where(FolderFile.instance_id == folder.instance_id)
    )
    position = 1 + max(last, default=0)
    form = PADES if file["media_type"] == "application/pdf" else ""
    files.add(folder, position, stored, act=act, kind=EVIDENCE, title=title, format=form)


def _proof(folder: Folder, title: str) -> FolderFile:
    return _proofs(folder, title)[0]


def _proofs(folder: Folder, title: str) -> list[FolderFile]:
    asked = select(FolderFile).where(
        FolderFile.instance_id == folder.instance_id,
        FolderFile.kind == EVIDENCE,
        FolderFile.title == title,
    )
    return list(db.session.scalars(asked))
