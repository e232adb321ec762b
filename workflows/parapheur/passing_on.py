"""What leaves the book: reminders, mails, transmissions to the State, the archive.

Operations of the circuits, kept apart from `operations.py` for their length.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine import clock, definitions, directory, feel
from engine.directory import Organisation
from engine.journal import JournalEntry
from engine.models import ProcessInstance, db
from engine.operations import operation
from workflows.parapheur import announcing, files, records, reminding
from workflows.parapheur.models import DETACHED, REFUSED, Folder

Plain = dict[str, Any]
BYPASSED = "bypassed"
ACCEPTED = frozenset({"acknowledged", "partial"})


@operation
def remind(*, case: Plain, step: str) -> None:
    """Tell again the desks at which a step waits that a folder is there."""
    reminding.again(UUID(case["id"]), step)


@operation
def files_to_send(*, case: Plain, folder: Plain) -> Plain:
    """What a transmission takes: {act, files}, each file with its detached signature."""
    row = db.session.get_one(Folder, UUID(folder["id"]))
    announcing.transmitted(row)
    current = files.current(row.instance_id)
    beside = {one.file.signs_id: one for one in current if one.file.kind == DETACHED}
    sent = []
    for one in current:
        if one.file.kind == DETACHED:
            continue
        signature = beside.get(one.file.id)
        said = one.described()
        said["signature_sha256"] = signature.sha256 if signature else None
        sent.append(said)
    return {"act": row.details.get("act") or {}, "files": sent}


@operation
def record_transmission(*, case: Plain, folder: Plain, transmission: Plain) -> Plain:
    """Note what the State answered: {refused, reasons}; a refusal goes back to the author."""
    row = records.locked(UUID(folder["id"]))
    status = str((transmission or {}).get("status") or "error")
    reasons = [str(one) for one in (transmission or {}).get("reasons") or []]
    accepted = status in ACCEPTED or status == BYPASSED
    kept = ("id", "unique_id", "received_on", "status", "batches")
    detail = {k: transmission[k] for k in kept if transmission and k in transmission}
    if not accepted:
        row.state = REFUSED
        row.refused_for = " ; ".join(reasons) or f"Transmission : {status}"
    if status != BYPASSED:  # whoever did it has said so
        kind = "acknowledged" if accepted else "transmitted"
        records.write(row, kind, None, note=" ; ".join(reasons), detail=detail)
    return {"refused": not accepted, "reasons": reasons}


@operation
def archive_manifest(*, case: Plain, folder: Plain) -> Plain:
    """What goes to the archive, as `archiving.deposit` takes it: files and chained acts."""
    row = db.session.get_one(Folder, UUID(folder["id"]))
    instance = db.session.get_one(ProcessInstance, row.instance_id)
    body = db.session.get_one(Organisation, row.organisation_id)
    entries = db.session.scalars(
        select(JournalEntry)
        .where(JournalEntry.chain == f"folder:{row.instance_id}")
        .order_by(JournalEntry.seq)
    )
    return {
        "number": instance.number,
        "title": row.title,
        "procedure": instance.key,
        "organisation": directory.describe(body),
        "opened_at": row.deposited_at.isoformat(),
        "closed_at": clock.now().isoformat(),
        "documents": [
            {
                "sha256": one.sha256,
                "name": one.version.document.name,
                "media_type": one.version.document.media_type,
                "size": one.version.document.size,
                "title": one.file.title,
                "kind": one.file.kind,
                "created_at": one.version.made_at.isoformat(),
            }
            for one in files.every(row.instance_id)
        ],
        "journal": [
            {"at": e.at.isoformat(), "action": e.action, "digest": e.digest}
            for e in entries
        ],
        **_retention(row, instance),
    }


def _retention(row: Folder, instance: ProcessInstance) -> Plain:
    """What the table of the folder's own version says of its kind and of its day."""
    day = row.deposited_at.astimezone(clock.PARIS).date()
    known = {
        "protocol": row.subtype.type.protocol,
        "deposited_on": day.isoformat(),
    }
    found: Plain | None = feel.plain(
        definitions.decide(instance.definition_id, "retention", known)
    )
    if found is None:
        raise ValueError(
            "La table « Conservation des dossiers » ne dit rien de ce dossier : "
            "complétez-la, puis relancez."
        )
    return found


@operation
def record_archived(*, case: Plain, folder: Plain, archived: Plain) -> None:
    """Note that the archive has it."""
    row = records.locked(UUID(folder["id"]))
    said = (archived or {}).get("message_identifier")
    records.write(row, "archived", None, detail={"message": said} if said else {})
