"""What the relay's diagrams ask: take a transmission up, note that it left or did not."""

from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from engine.documents import Document
from engine.models import db
from engine.operations import operation
from workflows.relay import keeping
from workflows.relay.models import (
    PES,
    Status,
    Transmission,
    TransmissionAccount,
    TransmissionFile,
)

__all__ = ["left", "refused", "take_up"]

Plain = dict[str, Any]
_ANSWERED = {"1-1", "3-3", "3-4", "4-3", "4-4", "6-1", "7-1", PES}
_RECEIPTS = {"3-2", "4-2"}


@operation
def take_up(*, case: Plain, id: int) -> Plain:  # noqa: A002  the protocol's own word
    """Take a deposited transmission into this case, with its documents.

    Returns {id, body, message, files, day, serial, answered}, as the State's doors ask.
    """
    row = db.session.get_one(Transmission, int(id))
    account = db.session.get_one(TransmissionAccount, row.account_id)
    row.instance_id = UUID(case["id"])
    files = keeping.files_of(row)
    ids = [one for file in files for one in (file.document_id, file.signature_id) if one]
    db.session.execute(
        update(Document).where(Document.id.in_(ids)).values(instance_id=row.instance_id),
        execution_options={"synchronize_session": False},
    )
    keeping.turn(row, Status.WAITING)
    return {
        "id": row.id,
        "title": row.number or row.unique_id or row.code,
        "body": account.body,
        "message": {
            "code": row.code, "number": row.number, "subject": row.subject,
            "act_id": row.unique_id, **row.details,
        },
        "files": [_file(one) for one in files],
        "day": row.envelope_on.isoformat() if row.envelope_on else None,
        "serial": row.envelope_serial,
        "answered": row.code in _ANSWERED,
    }  # fmt: skip


def _file(file: TransmissionFile) -> Plain:
    signed = file.signature.sha256 if file.signature else None
    return {
        **keeping.plain(file.document),
        "document_type": file.document_type or None,
        "signature_sha256": signed,
    }


@operation
def left(*, case: Plain, id: int, sending: Plain) -> None:  # noqa: A002
    """Note that a transmission has left, and how the State knows its files."""
    row = db.session.get_one(Transmission, int(id))
    if row.code == PES:
        row.envelope = str(sending.get("name") or "")[:100]
    else:
        row.envelope = str(sending["envelope"])[:100]
        for file, named in zip(keeping.files_of(row), sending["files"], strict=True):
            file.name = named["name"][:255]
        _add_message(row, case, str(sending["message"]))
    if row.status == Status.WAITING:  # an answer may have come first
        final = row.code not in _ANSWERED
        keeping.turn(row, Status.ACKNOWLEDGED if final else Status.TRANSMITTED)
    if row.code in _RECEIPTS and row.related_id:
        letter = db.session.get_one(Transmission, row.related_id)
        keeping.turn(letter, Status.RECEIPT_SENT)


def _add_message(row: Transmission, case: Plain, name: str) -> None:
    """The message itself is the first of the files, as callers expect."""
    written = db.session.scalars(
        select(Document)
        .where(Document.instance_id == UUID(case["id"]), Document.kind == "actes_message")
        .order_by(Document.created_at.desc())
        .limit(1)
    ).first()
    if written is not None:
        db.session.add(
            TransmissionFile(
                transmission_id=row.id, rank=0, name=name[:255], document_id=written.id
            )
        )


@operation
def refused(*, id: int, reasons: list[str]) -> None:  # noqa: A002
    """Note that the State's door would not take a transmission, and why."""
    row = db.session.get_one(Transmission, int(id))
    keeping.turn(row, Status.ERROR, " ".join(reasons)[:2000])
