"""Payment orders: registered by other procedures or typed by hand, put together in a PES."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from engine import clock, journal
from engine.access import require
from engine.actors import Actor
from engine.directory import Organisation
from engine.errors import EngineError
from engine.models import db
from engine.transaction import lock, transaction
from workflows.accounting import reading
from workflows.accounting.contract_models import REJECTED as INVOICE_REJECTED
from workflows.accounting.contract_models import Invoice
from workflows.accounting.models import (
    DROPPED,
    EXPENSE,
    IN_PES,
    READY,
    REJECTED,
    REVENUE,
    TAKEN,
    Budget,
    PaymentOrder,
    Series,
)

Plain = dict[str, Any]
MOST = 200
"""Orders that one PES takes: a batch larger than that is split by accountants too."""


class OrderRefused(EngineError):
    """This order says too little: `errors` says for each field what to put right."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)


@dataclass(frozen=True)
class Chosen:
    """Orders numbered and ready to be built: what `helios.build` takes."""

    orders: list[Plain]
    header: Plain
    ids: list[UUID]
    budget: UUID


def register(
    values: Plain,
    *,
    organisation_id: UUID,
    reference: str,
    instance_id: UUID | None = None,
) -> PaymentOrder:
    """Enter an order in the open transaction; a reference known gives the order it has.

    Raises OrderRefused.
    """
    known = db.session.scalars(
        select(PaymentOrder).where(
            PaymentOrder.organisation_id == organisation_id,
            PaymentOrder.reference == reference,
        )
    ).one_or_none()
    if known is not None:
        return known
    said, errors = reading.read(values)
    if errors:
        raise OrderRefused(errors)
    order = PaymentOrder(
        organisation_id=organisation_id,
        reference=reference,
        instance_id=instance_id,
        particulars=values.get("particulars"),
        **said,
    )
    db.session.add(order)
    db.session.flush()
    return order


def add(values: Plain, *, organisation_id: UUID, reference: str, actor: Actor) -> UUID:
    """Enter an order typed by an accountant. Raises Forbidden, OrderRefused."""
    require(actor, "keep accounts", db.session.get_one(Organisation, organisation_id))
    with transaction():
        order = register(values, organisation_id=organisation_id, reference=reference)
        detail = {"order": str(order.id), "amount": str(order.amount)}
        journal.write(
            f"accounting:{organisation_id}", "payment_order_added",
            by=actor.person_id, detail=detail,
        )  # fmt: skip
        return order.id


def drop(order_id: UUID, *, actor: Actor) -> None:
    """Give up an order that is in no PES under way. Raises Forbidden, OrderRefused."""
    with transaction():
        order = lock(PaymentOrder, order_id)
        require(actor, "see", order)
        if order.state not in {READY, REJECTED}:
            raise OrderRefused({"state": "Ce mandat est déjà dans un PES."})
        order.state = DROPPED
        _free_invoice(order.id)
        journal.write(
            f"accounting:{order.organisation_id}", "payment_order_dropped",
            by=actor.person_id, detail={"order": str(order.id)},
        )  # fmt: skip


def _free_invoice(order_id: UUID) -> None:
    """What an order dropped would have paid may be asked for again."""
    for invoice in db.session.scalars(
        select(Invoice).where(Invoice.order_id == order_id)
    ):  # fmt: skip
        invoice.state, invoice.reason = INVOICE_REJECTED, "Mandat abandonné."


def choose(ids: Sequence[UUID], *, budget_id: UUID, name: str = "", actor: Actor) -> Chosen:
    """Number orders in a budget, for a PES to be built of them.

    The numbers are taken for good, as the accountant wants them in sequence; an order keeps
    its own when it goes again. Raises Forbidden, OrderRefused.
    """
    with transaction():
        budget = lock(Budget, budget_id)
        require(actor, "see", budget)
        orders = list(
            db.session.scalars(
                select(PaymentOrder)
                .where(PaymentOrder.id.in_(list(ids)[:MOST]))
                .order_by(PaymentOrder.created_at, PaymentOrder.id)
                .with_for_update(of=PaymentOrder)
            )
        )
        _check_chosen(orders, budget, len(set(ids)))
        today = clock.today()
        for order in orders:
            order.budget_id, order.year = budget.id, today.year
        for kind in (EXPENSE, REVENUE):
            new = [one for one in orders if one.kind == kind and one.number is None]
            first = take(budget, f"{kind}:{today.year}:piece", len(new)) if new else 0
            for number, order in enumerate(new, first):
                order.number = number
        kinds = [kind for kind in (EXPENSE, REVENUE) if any(o.kind == kind for o in orders)]
        batches = {kind: _batch(budget, kind, today.year, orders) for kind in kinds}
        return Chosen(
            [plain(order) for order in orders],
            _header(budget, today, batches, name),
            [order.id for order in orders],
            budget.id,
        )


def put(chosen: Sequence[UUID], pes_id: UUID) -> None:
    """Note, in the open transaction, in which PES orders went."""
    for order in db.session.scalars(
        select(PaymentOrder).where(PaymentOrder.id.in_(chosen))
    ):
        order.pes_id, order.state, order.reason = pes_id, IN_PES, ""


def pass_on(from_pes: UUID, to_pes: UUID, state: str) -> None:
    """Let the orders of a PES that stand so go on in the one that replaces it."""
    for order in db.session.scalars(
        select(PaymentOrder).where(
            PaymentOrder.pes_id == from_pes, PaymentOrder.state == state
        )
    ):
        order.pes_id, order.state, order.reason = to_pes, IN_PES, ""


def take(budget: Budget, name: str, count: int = 1) -> int:
    """The first of the next `count` numbers of a series of a budget the caller has locked."""
    series = db.session.get(Series, (budget.id, name))
    if series is None:
        series = Series(budget_id=budget.id, name=name, last=0)
        db.session.add(series)
    first = series.last + 1
    series.last += count
    db.session.flush()
    return first


def joined(documents: Sequence[Plain], reference: str) -> list[Plain]:
    """Documents with the identifiers under which the accountant will know them.

    An identifier serves once for ever: what two orders of a case join has two.
    """
    start = "".join(one for one in reference if one.isascii() and one.isalnum())[-27:]
    return [
        {
            "unique_id": f"EBG{start}{one['sha256'][:20]}".upper(),
            "name": one["name"],
            "media_type": one.get("media_type") or "application/pdf",
            "sha256": one["sha256"],
        }
        for one in documents
    ]


def plain(order: PaymentOrder) -> Plain:
    """An order as `helios.build` takes it."""
    return {
        "kind": order.kind,
        "number": order.number,
        "subject": order.subject,
        "amount": f"{order.amount:.2f}",
        "vat": f"{order.vat:.2f}" if order.vat else "",
        "account": order.account,
        "function": order.function,
        "contract": order.contract,
        "third_party": order.third_party,
        "documents": order.documents,
        "nature": INVESTMENT if order.account[:1] in _CAPITAL else RUNNING,
        **(order.particulars or {}),
    }


RUNNING, INVESTMENT = "01", "02"
"""What an expense is to the accountant (NatPce), by the class of its account."""
_CAPITAL = ("1", "2")


def _check_chosen(orders: Sequence[PaymentOrder], budget: Budget, asked: int) -> None:
    if not orders:
        raise OrderRefused({"orders": "Choisissez au moins un mandat ou un titre."})
    if asked > MOST:
        raise OrderRefused({"orders": f"Choisissez {MOST} mandats au plus à la fois."})
    if any(order.organisation_id != budget.organisation_id for order in orders):
        raise OrderRefused({"orders": "Ces mandats sont d’une autre collectivité."})
    if any(order.state not in {READY, REJECTED} for order in orders):
        raise OrderRefused({"orders": "L’un de ces mandats est déjà dans un PES."})
    if any(order.number and order.budget_id != budget.id for order in orders):
        raise OrderRefused(
            {"budget": "L’un de ces mandats porte déjà un numéro d’un autre budget."}
        )


def _batch(budget: Budget, kind: str, year: int, orders: Sequence[PaymentOrder]) -> Plain:
    """The batch of one kind: its number, and what the year's batches make with it."""
    before = db.session.scalar(
        select(func.coalesce(func.sum(PaymentOrder.amount), 0)).where(
            PaymentOrder.budget_id == budget.id,
            PaymentOrder.kind == kind,
            PaymentOrder.year == year,
            PaymentOrder.state.in_((IN_PES, TAKEN)),
        )
    )
    total = sum((order.amount for order in orders if order.kind == kind), Decimal(0))
    return {
        "year": year,
        "number": take(budget, f"{kind}:{year}:batch"),
        "annual_total": f"{Decimal(before or 0) + total:.2f}",
    }


def _header(budget: Budget, today: date, batches: Plain, name: str) -> Plain:
    number = take(budget, f"file:{today.isoformat()}")
    given = name or f"EBG-{budget.code}-{budget.number}-{today:%Y%m%d}-{number:03d}"
    return {
        "name": given, "type": "PESALR2", "date": today.isoformat(),
        "post": budget.post, "siret": budget.siret, "code": budget.code,
        "budget": budget.number, "label": budget.label, "batches": batches,
    }  # fmt: skip
