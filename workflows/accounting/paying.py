"""An invoice is settled and ordered: what is kept back, what is owed for lateness, once.

Operations of the diagram `accounting.invoice`, beside `invoices.py` for its length.
"""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from connectors import Refused
from engine import clock
from engine.models import ProcessInstance, db
from engine.operations import operation
from engine.transaction import lock
from workflows.accounting import contracts, orders, reading, settling
from workflows.accounting.contract_models import (
    ADVANCE,
    CERTIFIED,
    INVOICE,
    ORDERED,
    RELEASE,
    Contract,
    Invoice,
)
from workflows.accounting.models import EXPENSE
from workflows.accounting.orders import OrderRefused
from workflows.accounting.settling import NOTHING, Standing

Plain = dict[str, Any]
ON_CONTRACT = "09"
"""A payment order of a contract, to the accountant (TypPce)."""
_NATURES = {ADVANCE: "14", RELEASE: "12"}


@operation
def prepare_settlement(*, case: Plain, entry: Plain, rules: Plain, rate: float) -> Plain:
    """What the accountant is offered to pay: {retention, recovery, interest, indemnity, …}."""
    row = lock(Invoice, UUID(entry["id"]))
    row.state = CERTIFIED
    contract = db.session.get_one(Contract, row.contract_id)
    stands = contracts.standing(contract)
    kept = settling.Kept(NOTHING, NOTHING)
    if row.kind == INVOICE:
        kept = settling.kept(
            row.total, contract.retention, stands,
            since=_number(rules["recovery_from"]), until=_number(rules["recovery_until"]),
        )  # fmt: skip
    late = row.due_on < clock.today()
    owed = settling.interest(
        row.total - kept.retention, _number(rate), row.due_on, clock.today()
    )
    return {
        "retention": float(kept.retention), "recovery": float(kept.recovery),
        "interest": float(owed), "indemnity": float(rules["indemnity"]) if late else 0.0,
        "late_days": max(0, (clock.today() - row.due_on).days), "rate": float(rate),
        "interest_account": "",
        "remaining": float(_room(row, contract, stands)),
        "subject": f"Marché {contract.number}, facture {row.number} : {contract.subject}"[:100],
    }  # fmt: skip


@operation
def order_invoice(
    *,
    case: Plain,
    entry: Plain,
    settlement: Plain,
    rules: Plain,
    rate: float = 0,
    documents: list[Plain] | None = None,
) -> Plain:
    """Register the payment order of an invoice, and that of its lateness: {reference, net}.

    Asked twice, it orders once. Raises Refused when the contract has not so much left, or the
    settlement keeps back more than the law or the invoice allows.
    """
    row = lock(Invoice, UUID(entry["id"]))
    contract = lock(Contract, row.contract_id)
    instance = db.session.get_one(ProcessInstance, UUID(case["id"]))
    paid = _Settled.of(settlement, row)
    said = _Said(settlement, documents or [], _delay(row, rules, rate))
    if row.state != ORDERED:
        # A refusal that the diagram catches keeps what was written: all is judged before.
        if wrong := _wrong(row, contract, paid, rules) + _unpayable(paid, settlement):
            raise Refused(wrong, code="refused")
        try:
            order = _ordered(instance, row, contract, paid, said)
        except OrderRefused as refused:
            raise Refused(list(refused.errors.values()), code="refused") from refused
        row.state, row.order_id, row.ordered_on = ORDERED, order, clock.today()
        row.retained, row.recovered = paid.retention, paid.recovery
        row.interest = paid.interest + paid.indemnity
    return {"id": str(row.order_id), "reference": instance.number, "net": float(paid.net)}


@dataclass(frozen=True)
class _Settled:
    """What the accountant decided, with taxes."""

    retention: Decimal
    recovery: Decimal
    interest: Decimal
    indemnity: Decimal
    net: Decimal

    @classmethod
    def of(cls, settlement: Plain, row: Invoice) -> "_Settled":
        names = ("retention", "recovery", "interest", "indemnity")
        retention, recovery, interest, indemnity = (
            reading.euros(settlement.get(name) or 0) or NOTHING for name in names
        )
        net = row.total - retention - recovery
        return cls(retention, recovery, interest, indemnity, net)


@dataclass(frozen=True)
class _Said:
    """What goes in the order besides amounts."""

    settlement: Plain
    documents: list[Plain]
    delay: Plain


def _wrong(row: Invoice, contract: Contract, paid: _Settled, rules: Plain) -> list[str]:
    stands = contracts.standing(contract)
    room, wrong = _room(row, contract, stands), []
    if min(paid.retention, paid.recovery, paid.interest, paid.indemnity) < 0:
        wrong.append("Retenue, avance, intérêts : aucun montant n’est négatif.")
    if row.total > room:
        wrong.append(
            f"{_WHY[row.kind]} : il reste {_said(room)}, {_said(row.total)} demandés."
        )
    most = settling.cents(contract.total * _number(rules["retention_ceiling"]) / 100)
    if row.kind == INVOICE and stands.retained + paid.retention > most:
        wrong.append(f"Retenue de garantie : {_said(most)} au plus sur ce marché.")
    if paid.recovery > stands.advanced - stands.recovered:
        left = stands.advanced - stands.recovered
        wrong.append(f"Avance à récupérer : {_said(left)} au plus.")
    if row.kind != INVOICE and (paid.retention or paid.recovery):
        wrong.append("Retenue et avance : rien n’est retenu ici.")
    if paid.net <= 0:
        wrong.append("Montant à payer : il ne reste rien après les retenues.")
    return wrong


def _unpayable(paid: _Settled, settlement: Plain) -> list[str]:
    """What is missing to pay the lateness."""
    account = str(settlement.get("interest_account") or "").strip()
    known = re.fullmatch(r"\d{1,12}", account, re.ASCII)
    return (
        []
        if known or not paid.interest + paid.indemnity
        else [f"Intérêts : {reading.ACCOUNT}"]
    )


_WHY = {
    INVOICE: "Montant du marché dépassé", ADVANCE: "Avance du marché dépassée",
    RELEASE: "Retenue du marché dépassée",
}  # fmt: skip


def _room(row: Invoice, contract: Contract, stands: Standing) -> Decimal:
    """How much a demand of this kind may still ask of the contract."""
    return {
        INVOICE: contract.total - stands.done,
        ADVANCE: contract.advance - stands.advanced,
        RELEASE: stands.retained,
    }[row.kind]


def _ordered(
    instance: ProcessInstance,
    row: Invoice,
    contract: Contract,
    paid: _Settled,
    said: "_Said",
) -> UUID:
    net, taxes = settling.split(paid.net, row.amount, row.total)
    common = {"kind": EXPENSE, "third_party": contract.holder, "contract": contract.number}
    particulars = {
        "type": ON_CONTRACT, "invoice": row.number,
        "invoice_amount": f"{row.amount:.2f}" if net != row.amount else "",
        "delay": said.delay,
        **({"nature": _NATURES[row.kind]} if row.kind in _NATURES else {}),
    }  # fmt: skip
    order = orders.register(
        {
            **common, "subject": said.settlement.get("subject"), "amount": str(net),
            "vat": str(taxes), "account": contract.account, "function": contract.function,
            "particulars": particulars,
            "documents": orders.joined(said.documents, instance.number),
        },
        organisation_id=row.organisation_id, reference=instance.number,
        instance_id=instance.id,
    )  # fmt: skip
    if owed := paid.interest + paid.indemnity:
        reference = f"{instance.number}/interets"
        orders.register(
            {
                **common, "amount": str(owed), "account": said.settlement.get("interest_account"),
                "subject": f"Intérêts moratoires, marché {contract.number}, facture {row.number}"[:100],
                "particulars": {"invoice": row.number},
                "documents": orders.joined(said.documents, reference),
            },
            organisation_id=row.organisation_id, reference=reference,
            instance_id=instance.id,
        )  # fmt: skip
    return order.id


def _delay(row: Invoice, rules: Plain, rate: float) -> Plain:
    return {
        "from": row.delay_from.isoformat(), "until": row.due_on.isoformat(),
        "days": int(rules["days"]), "rate": f"{_number(rate):.2f}" if rate else "",
    }  # fmt: skip


def _number(value: Any) -> Decimal:
    return Decimal(str(value))


def _said(amount: Decimal) -> str:
    return f"{amount:,.2f} €".replace(",", "\u202f").replace(".", ",")


def lateness(row: Invoice, today: date) -> int:
    """How many days past its last one an invoice still waits; 0 while it is in time."""
    waits = row.state not in {ORDERED, "rejected"} and row.suspended_on is None
    return max(0, (today - row.due_on).days) if waits else 0
