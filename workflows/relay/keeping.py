"""Small acts on the rows of a transmission, within whoever's transaction."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import func, select

from connectors import StoredFile
from engine import clock, documents, wake
from engine.directory import Organisation
from engine.documents import OFFICE, Document
from engine.models import Message, db
from engine.transaction import AfterCommit
from workflows.relay.models import (
    PES,
    Status,
    Transmission,
    TransmissionEvent,
    TransmissionFile,
)

Plain = dict[str, Any]
KEPT_FOR = timedelta(days=3650)
POSTED, PES_POSTED, ANSWER = "relay.posted", "relay.pes_posted", "relay.answer"
"""Messages that start a case, and the one that it waits for."""


def turn(row: Transmission, status: Status, message: str = "") -> None:
    """Give a transmission another status, and note when and why."""
    row.status, row.message, row.changed_at = int(status), message, clock.now()
    noted = TransmissionEvent(
        transmission_id=row.id, at=row.changed_at, status=int(status), message=message
    )
    db.session.add(noted)


def post(row: Transmission, after_commit: AfterCommit, message: str = "") -> None:
    """Have a transmission leave: an envelope of the day for an act, and a case to see to it.

    The body's row must be locked: serials are given one after the other.
    """
    if row.code != PES:
        row.envelope_on = clock.today()
        row.envelope_serial = _serial(row.organisation_id, row.envelope_on)
    turn(row, Status.POSTED, message)
    tell(PES_POSTED if row.code == PES else POSTED, row.id, {"id": row.id})
    after_commit.append(wake.for_sweep)


def _serial(organisation_id: Any, day: date) -> int:
    last = select(func.max(Transmission.envelope_serial)).where(
        Transmission.organisation_id == organisation_id, Transmission.envelope_on == day
    )
    return (db.session.scalar(last) or 0) + 1


def tell(name: str, transmission_id: int, payload: Plain) -> None:
    """Keep a message for the case of a transmission, or the one that it will start."""
    now = clock.now()
    message = Message(
        id=uuid4(),
        name=name,
        correlation=str(transmission_id),
        payload=payload,
        received_at=now,
        expires_at=now + KEPT_FOR,
    )
    db.session.add(message)


def document(file: StoredFile, row: Transmission, kind: str, title: str) -> Document:
    """Record a stored file, in the case of its transmission when there is one."""
    kept = documents.add(
        file,
        kind=kind,
        title=title[:300],
        origin="partner",
        instance_id=row.instance_id,
        audience=OFFICE,
    )
    db.session.flush()
    return kept


def add_file(
    row: Transmission,
    rank: int,
    file: StoredFile,
    *,
    name: str = "",
    document_type: str = "",
    signature: StoredFile | None = None,
) -> TransmissionFile:
    """Add a file to a transmission; its name at the State's comes when it leaves."""
    title = "Document transmis" if rank else "Message"
    kept = document(file, row, "transmission_file", title)
    signed = document(signature, row, "signature", "Signature") if signature else None
    added = TransmissionFile(
        transmission_id=row.id,
        rank=rank,
        name=(name or file.name)[:255],
        posted_name=file.name[:255],
        document_type=document_type,
        document_id=kept.id,
        signature_id=signed.id if signed else None,
    )
    db.session.add(added)
    return added


def files_of(row: Transmission) -> list[TransmissionFile]:
    """The files of a transmission, its message first."""
    return list(
        db.session.scalars(
            select(TransmissionFile)
            .where(TransmissionFile.transmission_id == row.id)
            .order_by(TransmissionFile.rank, TransmissionFile.id)
        )
    )


def plain(file: Document) -> Plain:
    """A document as the connectors are told of it."""
    return {
        "sha256": file.sha256,
        "name": file.name,
        "media_type": file.media_type,
        "size": file.size,
    }


def stored(said: Plain) -> StoredFile:
    """A file as the connectors told of it."""
    return StoredFile(said["sha256"], said["name"], said["media_type"], said["size"])


def locked_body(organisation_id: Any) -> Organisation:
    """The body, ours until the commit: what it deposits is numbered in turn."""
    return db.session.get_one(
        Organisation, organisation_id, with_for_update=True, populate_existing=True
    )
