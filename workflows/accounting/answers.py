"""What the accountant answered to a PES: batch by batch, document by document.

Operations of the diagrams, kept apart from `operations.py` for their length.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine import clock
from engine.documents import Document
from engine.models import db
from engine.operations import operation
from workflows.accounting.models import (
    ACCEPTED,
    ACKNOWLEDGED,
    CLOSED,
    ERROR,
    REFUSED,
    REJECTED,
    TAKEN,
    WAITING,
    PaymentOrder,
    Pes,
    PesBatch,
    PesDocument,
)

Plain = dict[str, Any]
_ANSWERED = "pes_acknowledgement"


@operation
def acknowledgement_file(*, case: Plain, answer: Plain) -> Plain | None:
    """The acknowledgement that came with the last answer, as a stored file; None without."""
    found = db.session.scalars(
        select(Document)
        .where(Document.instance_id == UUID(case["id"]), Document.kind == _ANSWERED)
        .order_by(Document.created_at.desc(), Document.id.desc())
        .limit(1)
    ).one_or_none()
    if found is None or found.sha256 in _read_already(UUID(case["id"])):
        return None
    return {
        "sha256": found.sha256, "name": found.name, "media_type": found.media_type,
        "size": found.size,
    }  # fmt: skip


@operation
def record_acknowledgement(
    *,
    case: Plain,
    pes: Plain,
    answer: Plain,
    acknowledgement: Plain | None,
    file: Plain | None,
) -> Plain:
    """Write what the accountant took and refused: {status, id, batches, reasons}.

    Without a file, the service's own word decides: acknowledged, refused or error.
    """
    row = db.session.get_one(Pes, UUID(pes["id"]))
    row.answered_at = clock.now()
    row.acknowledgement_sha256 = file["sha256"] if file else None
    if acknowledgement is None:
        status = answer.get("status")
        row.state = status if status in {ACKNOWLEDGED, REFUSED, ERROR} else ERROR
        row.reasons = [answer["message"]] if answer.get("message") else []
        _spread(row, accepted=row.state == ACKNOWLEDGED)
    else:
        row.state = acknowledgement["status"]
        row.reasons = acknowledgement["reasons"]
        _record_batches(row, acknowledgement)
        _record_documents(row, acknowledgement)
    _free_name(row)
    _settle_orders(row)
    return _told(row)


@operation
def note_refusal(*, case: Plain, pes: Plain | None, reasons: list[str]) -> Plain:
    """Note that a PES could not leave, and why: {status: error, id, batches, reasons}."""
    row = db.session.get(Pes, UUID(pes["id"])) if pes else None
    if row is None:
        return {"status": ERROR, "id": "", "batches": [], "reasons": list(reasons or [])}
    row.state, row.reasons, row.answered_at = ERROR, list(reasons or []), clock.now()
    _free_name(row)
    _settle_orders(row)
    return _told(row)


@operation
def close_pes(*, case: Plain, pes: Plain | None, note: str | None = None) -> None:
    """Note that nothing more is sent of a PES refused, in whole or in part."""
    row = db.session.get(Pes, UUID(pes["id"])) if pes else None
    if row is None:
        return
    if note:
        row.reasons = [*row.reasons, f"Clos : {note}"]
    if row.state in {REFUSED, ERROR}:
        row.state = CLOSED


def _read_already(instance_id: UUID) -> set[str]:
    return set(
        db.session.scalars(
            select(Pes.acknowledgement_sha256).where(
                Pes.instance_id == instance_id, Pes.acknowledgement_sha256.is_not(None)
            )
        )
    )


def _batches_of(row: Pes) -> Sequence[PesBatch]:
    return db.session.scalars(
        select(PesBatch).where(PesBatch.pes_id == row.id).order_by(PesBatch.position)
    ).all()


def _spread(row: Pes, *, accepted: bool) -> None:
    for batch in _batches_of(row):
        batch.state = ACCEPTED if accepted else REFUSED


def _record_batches(row: Pes, acknowledgement: Plain) -> None:
    """A batch of which nothing is said has the fate of the file when it is refused whole."""
    said = {(one["number"], one["domain"]): one for one in acknowledgement["batches"]}
    by_number = {one["number"]: one for one in acknowledgement["batches"]}
    for batch in _batches_of(row):
        one = said.get((batch.number, batch.domain)) or by_number.get(batch.number)
        if one is None or (one["domain"] and one["domain"] != batch.domain):
            batch.state = {REFUSED: REFUSED, ACKNOWLEDGED: ACCEPTED}.get(row.state, WAITING)
        else:
            batch.state = ACCEPTED if one["accepted"] else REFUSED
            batch.reasons = one["reasons"]


def _record_documents(row: Pes, acknowledgement: Plain) -> None:
    said = {one["unique_id"]: one for one in acknowledgement["documents"]}
    documents = select(PesDocument).where(PesDocument.pes_id == row.id)
    for document in db.session.scalars(documents):
        one = said.get(document.unique_id)
        if one is not None:
            document.state = ACCEPTED if one["accepted"] else REFUSED
            document.reasons = one["reasons"]
        elif row.state == REFUSED:
            document.state = REFUSED


def _free_name(row: Pes) -> None:
    """A file that the accountant never took leaves its name to the corrected one."""
    if row.state == ERROR:
        row.sent_as = None


def _settle_orders(row: Pes) -> None:
    """Orders of a batch taken are over; those of a batch refused may go in another PES."""
    states = {batch.domain: batch for batch in _batches_of(row)}
    for order in db.session.scalars(
        select(PaymentOrder).where(PaymentOrder.pes_id == row.id)
    ):
        batch = states.get(order.kind)
        if row.state == ERROR or (batch is not None and batch.state == REFUSED):
            order.state = REJECTED
            order.reason = " ; ".join((batch.reasons if batch else []) or row.reasons)[:500]
        elif batch is not None and batch.state == ACCEPTED:
            order.state = TAKEN


def _told(row: Pes) -> Plain:
    """What the caller of a transmission is answered."""
    return {
        "status": row.state,
        "id": row.remote_id,
        "batches": [
            {
                "domain": one.domain, "year": one.year, "number": one.number,
                "amount": f"{one.amount:.2f}", "state": one.state,
                "reasons": one.reasons[:5],
            }
            for one in _batches_of(row)[:_TOLD]
        ],
        "reasons": row.reasons[:20],
    }  # fmt: skip


_TOLD = 100  # batches that process data carry; the rows hold them all
