"""Invoices of contracts: received, certified or suspended, settled, ordered once.

Operations of the diagram `accounting.invoice`. Each takes and returns plain values; what a
person can cure is Refused with its reasons, which the diagram catches.
"""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from connectors import Refused, StoredFile
from engine import clock, documents
from engine.models import ProcessInstance, db
from engine.operations import operation
from engine.transaction import lock
from workflows.accounting import contracts, reading, settling
from workflows.accounting.contract_models import (
    ADVANCE,
    INVOICE,
    RECEIVED,
    REJECTED,
    RELEASE,
    SUSPENDED,
    Contract,
    Invoice,
)

Plain = dict[str, Any]
KINDS = frozenset({INVOICE, ADVANCE, RELEASE})


@operation
def enter_invoice(*, case: Plain, invoice: Plain, rules: Plain) -> Plain:
    """Enter a demand for payment on the day it was received, and say when it is due.

    Raises Refused for a contract that the body does not have, an amount that is none, or a
    number that the same holder already gave.
    """
    instance = db.session.get_one(ProcessInstance, UUID(case["id"]))
    body = instance.organisation_id
    contract = contracts.numbered(body, str(invoice.get("contract") or ""))
    if contract is not None:  # two agents never enter one number at the same time
        held = select(Contract.id).where(
            Contract.organisation_id == body, Contract.siret == contract.siret
        )
        db.session.execute(held.order_by(Contract.id).with_for_update())
    said, wrong = read(invoice, contract)
    if contract is None or wrong:
        raise Refused(list(wrong.values()), code="refused")
    row = Invoice(
        organisation_id=body, instance_id=instance.id, delay_from=said["received_on"],
        due_on=said["received_on"] + timedelta(days=int(rules["days"])), **said,
    )  # fmt: skip
    db.session.add(row)
    _file(invoice.get("files") or [], instance)
    db.session.flush()
    return _entry(row, rules)


def read(invoice: Plain, contract: Contract | None) -> tuple[Plain, dict[str, str]]:
    """The columns of an invoice, and what is wrong with what was said, by field."""
    number = " ".join(str(invoice.get("number") or "").split()).upper()
    amount, total = (
        reading.euros(invoice.get("amount")),
        reading.euros(invoice.get("total")),
    )
    received_on = _day(invoice.get("received_on"))
    kind = str(invoice.get("kind") or INVOICE)
    wrong = {}
    if contract is None:
        wrong["contract"] = (
            f"Marché « {invoice.get('contract')} » : il n’est pas au registre."
        )
    if kind not in KINDS:
        wrong["kind"] = (
            "Ce qui est demandé : une facture, une avance, une retenue restituée."
        )
    if not 0 < len(number) <= _NUMBER:
        wrong["number"] = f"Numéro de facture : écrivez de 1 à {_NUMBER} caractères."
    elif contract is not None and (first := _first(contract, number)) is not None:
        wrong["number"] = _already(first)
    if received_on is None or received_on > clock.today():
        wrong["received_on"] = "Reçue le : écrivez une date passée, ou celle du jour."
    if amount is None or not 0 < amount < reading.LARGEST:
        wrong["amount"] = "Montant hors taxes : écrivez un nombre positif d’euros."
    if total is None or total < (amount or 0) or total >= reading.LARGEST:
        wrong["total"] = (
            "Montant toutes taxes comprises : il est au moins égal au hors taxes."
        )
    return {
        "contract_id": contract and contract.id, "siret": contract and contract.siret,
        "number": number, "kind": kind, "amount": amount, "total": total,
        "received_on": received_on,
        "chorus": " ".join(str(invoice.get("chorus") or "").split())[:30],
    }, wrong  # fmt: skip


@operation
def suspend_invoice(*, case: Plain, entry: Plain, reason: str) -> Plain:
    """Stop the delay of payment, the day its holder is told what is missing."""
    row = _of(entry)
    row.state, row.suspended_on = SUSPENDED, clock.today()
    row.suspensions, row.reason = row.suspensions + 1, _cut(reason)
    return {
        **entry,
        "suspended_on": row.suspended_on.isoformat(),
        "suspensions": row.suspensions,
    }


@operation
def resume_invoice(*, case: Plain, entry: Plain, received_on: str, rules: Plain) -> Plain:
    """Open a new delay from the day on which all that was missing came."""
    row = _of(entry)
    came = _day(received_on) or clock.today()
    began = row.suspended_on or came
    came = min(max(came, began), clock.today())
    remaining = max(0, (row.due_on - began).days)
    row.due_on = settling.new_due(came, remaining, int(rules["new_days"]))
    row.delay_from, row.suspended_on, row.state, row.reason = came, None, RECEIVED, ""
    return _entry(row, rules)


@operation
def reject_invoice(*, case: Plain, entry: Plain | None, reason: str) -> None:
    """Send a demand back to its holder: it pays nothing, and its number is free again."""
    if entry is not None:
        row = _of(entry)
        row.state, row.reason = REJECTED, _cut(reason)


def _file(files: list[Plain], instance: ProcessInstance) -> None:
    """Put the invoice among the documents of its case, where it is not there by its form."""
    known = {one.sha256 for one in documents.of_case(instance.id)}
    for one in files:
        if one["sha256"] not in known:
            known.add(one["sha256"])
            file = StoredFile(
                one["sha256"], one["name"], one.get("media_type") or "application/pdf",
                int(one.get("size") or 0),
            )  # fmt: skip
            documents.add(
                file, kind="invoice", title=one["name"], origin="office", audience=documents.OFFICE,
                instance_id=instance.id, by=instance.started_by,
            )  # fmt: skip


def _entry(row: Invoice, rules: Plain) -> Plain:
    contract = db.session.get_one(Contract, row.contract_id)
    stands = contracts.standing(contract)
    return {
        "id": str(row.id), "due_on": row.due_on.isoformat(),
        "order_by": (row.due_on - timedelta(days=int(rules["accountant_days"]))).isoformat(),
        "late_from": (row.due_on + timedelta(days=1)).isoformat(),
        "suspended_on": None, "suspensions": row.suspensions,
        "number": row.number, "total": float(row.total),
        "contract": {
            "id": str(contract.id), "number": contract.number, "subject": contract.subject,
            "holder": contract.holder["name"], "total": float(contract.total),
            "remaining": float(contract.total - stands.done),
        },
    }  # fmt: skip


def _first(contract: Contract, number: str) -> Invoice | None:
    """The invoice of the same holder that already bears this number, in any contract."""
    return db.session.scalars(
        select(Invoice)
        .where(
            Invoice.organisation_id == contract.organisation_id,
            Invoice.siret == contract.siret,
            Invoice.number == number,
            Invoice.state != REJECTED,
        )
        .limit(1)
    ).one_or_none()


def _already(first: Invoice) -> str:
    case = db.session.get_one(ProcessInstance, first.instance_id)
    return (
        f"Facture {first.number} de {first.contract.holder['name']} : déjà reçue le "
        f"{first.received_on:%d/%m/%Y}, dossier {case.number}, marché {first.contract.number}."
    )


def _of(entry: Plain) -> Invoice:
    return lock(Invoice, UUID(entry["id"]))


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(str(text or "")[:10])
    except ValueError:
        return None


def _cut(reason: str) -> str:
    return " ".join(str(reason or "").split())[:_REASON]


_NUMBER, _REASON = 50, 500
