"""PES of a body: made of orders, brought from elsewhere, put in the signature book, sent."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from connectors import StoredFile
from engine import journal, notices, told
from engine.access import require
from engine.actors import Actor
from engine.directory import Organisation
from engine.errors import EngineError
from engine.models import db
from engine.transaction import lock, transaction
from workflows.accounting import orders
from workflows.accounting.models import (
    EXPENSE,
    MADE,
    SIGNING,
    Budget,
    Pes,
    PesBatch,
    PesDocument,
    PesReturn,
)
from workflows.accounting.rules import ACCOUNTANT

Plain = dict[str, Any]


class PesUnavailable(EngineError):
    """This PES is already under way."""


def keep(
    file: StoredFile,
    examined: Plain,
    *,
    organisation_id: UUID,
    actor: Actor,
    made_of: Sequence[UUID] = (),
    replaces_id: UUID | None = None,
) -> UUID:
    """Enter a PES that was examined: built of orders here, or brought by an accountant.

    Raises Forbidden.
    """
    require(actor, "keep accounts", db.session.get_one(Organisation, organisation_id))
    with transaction():
        row = entered(file, organisation_id=organisation_id, by=actor.person_id)
        row.replaces_id = replaces_id
        describe(row, examined)
        orders.put(made_of, row.id)
        journal.write(
            f"accounting:{organisation_id}", "pes_made",
            by=actor.person_id, detail={"pes": str(row.id), "sha256": file.sha256},
        )  # fmt: skip
        return row.id


def entered(file: StoredFile, *, organisation_id: UUID, by: UUID | None) -> Pes:
    """A new row for a file, in the open transaction."""
    row = Pes(
        organisation_id=organisation_id, name=file.name[:120], file_name=file.name[:255],
        sha256=file.sha256, size=file.size, created_by=by, state=MADE, reasons=[],
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return row


def describe(row: Pes, examined: Plain) -> None:
    """Write what a PES holds, in the open transaction; said again, it replaces."""
    header = examined["header"]
    row.name = (header.get("name") or row.name)[:120]
    row.code = (header.get("code") or "")[:3]
    row.official_check = examined["schema"]
    for kind in (PesBatch, PesDocument):
        for old in db.session.scalars(select(kind).where(kind.pes_id == row.id)):
            db.session.delete(old)
    db.session.flush()
    row.expenses = row.revenues = Decimal(0)
    for position, batch in enumerate(examined["batches"]):
        amount = _euros(batch["amount"])
        if batch["domain"] == EXPENSE:
            row.expenses += amount
        else:
            row.revenues += amount
        pieces = batch["pieces"]
        db.session.add(
            PesBatch(
                pes_id=row.id, position=position, domain=batch["domain"],
                year=batch["year"][:4], number=batch["number"][:10], amount=amount,
                pieces=pieces if isinstance(pieces, int) else len(pieces), reasons=[],
            )
        )  # fmt: skip
    for position, one in enumerate(examined["documents"]):
        db.session.add(
            PesDocument(
                pes_id=row.id, organisation_id=row.organisation_id, position=position,
                unique_id=one["unique_id"][:50], name=one["name"][:200], reasons=[],
            )
        )  # fmt: skip
    db.session.flush()


def put_in_book(pes_id: UUID, folder_id: UUID, *, actor: Actor) -> None:
    """Note in which folder of the signature book a PES is to be signed.

    Raises Forbidden, PesUnavailable.
    """
    with transaction():
        row = lock(Pes, pes_id)
        require(actor, "see", row)
        if row.state != MADE or row.folder_id not in {None, folder_id}:
            raise PesUnavailable
        row.state, row.folder_id = SIGNING, folder_id
        journal.write(
            f"accounting:{row.organisation_id}", "pes_put_in_book",
            by=actor.person_id, detail={"pes": str(row.id), "folder": str(folder_id)},
        )  # fmt: skip


def used_before(organisation_id: UUID, code: str, name: str) -> bool:
    """Whether the accountant was already sent a file of that name for that collectivity."""
    found = db.session.scalar(
        select(Pes.id).where(
            Pes.organisation_id == organisation_id, Pes.sent_as == sent_as(code, name)
        )
    )
    return found is not None


def sent_as(code: str, name: str) -> str:
    """The name under which the accountant knows a file."""
    return f"{code} {name}"[:130]


def known_returns(organisation_id: UUID, ids: Sequence[str]) -> set[str]:
    """Those of these returns that were received."""
    return set(
        db.session.scalars(
            select(PesReturn.remote_id).where(
                PesReturn.organisation_id == organisation_id, PesReturn.remote_id.in_(ids)
            )
        )
    )


def receive_return(
    remote_id: str, file: StoredFile, found: Plain, *, organisation_id: UUID
) -> UUID:
    """Enter a return read, once for the service's identifier; nobody need have asked.

    The accountants of the body are told of the pieces that it rejects.
    """
    with transaction():
        known = db.session.scalars(
            select(PesReturn).where(
                PesReturn.organisation_id == organisation_id,
                PesReturn.remote_id == remote_id,
            )
        ).one_or_none()
        if known is not None:
            return known.id
        pieces = found["pieces"]
        row = PesReturn(
            organisation_id=organisation_id, remote_id=remote_id, sha256=file.sha256,
            name=(found["header"].get("name") or file.name)[:200], pieces=len(pieces),
            rejected=sum(one["state"] == "Rejetée" for one in pieces),
            dated=_day(found["header"].get("date")),
        )  # fmt: skip
        db.session.add(row)
        db.session.flush()
        if row.rejected:
            told.tell(
                notices.ASSIGNED, told.holders(organisation_id, ACCOUNTANT), by=None,
                detail={"task": f"Pièces rejetées par le comptable : {row.name}"},
            )  # fmt: skip
        return row.id


def bodies_with_accounts() -> list[UUID]:
    """The bodies that have an open budget: the accountant may write to them."""
    return list(
        db.session.scalars(
            select(Budget.organisation_id)
            .where(Budget.closed_at.is_(None))
            .distinct()
            .order_by(Budget.organisation_id)
        )
    )


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _euros(text: str) -> Decimal:
    """An amount as examined; nothing for what is none, which the checks say."""
    try:
        found = Decimal(text)
    except (ArithmeticError, ValueError):
        return Decimal(0)
    return found if found.is_finite() and abs(found) < _LARGEST else Decimal(0)


_LARGEST = Decimal(10) ** 12
