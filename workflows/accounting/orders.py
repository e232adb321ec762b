"""Payment orders: registered by other procedures or typed by hand, put together in a PES."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from stdnum.iban import is_valid as iban_is_valid

from engine import clock, journal
from engine.access import require
from engine.actors import Actor
from engine.directory import Organisation
from engine.errors import EngineError
from engine.models import db
from engine.transaction import lock, transaction
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
    said, errors = read(values)
    if errors:
        raise OrderRefused(errors)
    order = PaymentOrder(
        organisation_id=organisation_id,
        reference=reference,
        instance_id=instance_id,
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
        journal.write(
            f"accounting:{order.organisation_id}", "payment_order_dropped",
            by=actor.person_id, detail={"order": str(order.id)},
        )  # fmt: skip


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
            if order.number is None:
                order.number = take(budget, f"{order.kind}:{order.year}:piece")
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


def take(budget: Budget, name: str) -> int:
    """The next number of a series of a budget that the caller has locked."""
    series = db.session.get(Series, (budget.id, name))
    if series is None:
        series = Series(budget_id=budget.id, name=name, last=0)
        db.session.add(series)
    series.last += 1
    db.session.flush()
    return series.last


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
    }


def read(values: Plain) -> tuple[Plain, dict[str, str]]:
    """The columns of an order, and what is wrong with what was said, by field."""
    errors: dict[str, str] = {}
    amount = _euros(values.get("amount"))
    vat = _euros(values.get("vat") or "0")
    if amount is None or amount <= 0 or amount >= _LARGEST:
        errors["amount"] = (
            "Montant : écrivez un nombre positif d’euros, par exemple 1 250,00."
        )
    if vat is None or vat < 0 or vat >= _LARGEST:
        errors["vat"] = "TVA : écrivez un nombre d’euros, ou laissez vide."
    kind = values.get("kind")
    if kind not in {EXPENSE, REVENUE}:
        errors["kind"] = "Sens : choisissez une dépense ou une recette."
    subject = " ".join(str(values.get("subject") or "").split())
    if not 0 < len(subject) <= _SUBJECT:
        errors["subject"] = f"Objet : écrivez de 1 à {_SUBJECT} caractères."
    account = str(values.get("account") or "").strip()
    if not re.fullmatch(r"\d{1,12}", account, re.ASCII):
        errors["account"] = "Compte : écrivez de 1 à 12 chiffres, par exemple 20421."
    function = str(values.get("function") or "").strip()
    if not re.fullmatch(r"[0-9A-Za-z-]{0,10}", function):
        errors["function"] = "Fonction : 10 lettres ou chiffres au plus."
    contract = str(values.get("contract") or "").strip()
    if len(contract) > _CONTRACT:
        errors["contract"] = f"Marché : {_CONTRACT} caractères au plus."
    party = _third_party(values.get("third_party") or {}, errors)
    return {
        "kind": kind, "year": clock.today().year, "subject": subject,
        "amount": amount, "vat": vat, "account": account, "function": function,
        "contract": contract, "third_party": party,
        "documents": list(values.get("documents") or []),
    }, errors  # fmt: skip


_SUBJECT, _CONTRACT, _LARGEST = 100, 30, Decimal(10) ** 12
_PARTY = {"name": 38, "line1": 38, "line2": 38, "city": 38, "reference": 30}


def _third_party(given: Plain, errors: dict[str, str]) -> Plain:
    address = given.get("address") or {}
    said = {
        name: " ".join(str(source.get(name) or "").split())
        for source, names in (
            (given, ("name", "first_name", "siret", "iban", "bic", "reference")),
            (address, ("line1", "line2", "postal_code", "city")),
        )
        for name in names
    }
    siret = said["siret"].replace(" ", "")
    iban = said["iban"].replace(" ", "").upper()
    if not said["name"]:
        errors["name"] = "Tiers : écrivez son nom ou sa raison sociale."
    if siret and not re.fullmatch(r"\d{14}", siret, re.ASCII):
        errors["siret"] = "SIRET : écrivez ses 14 chiffres, ou laissez vide."
    if iban and not iban_is_valid(iban):
        errors["iban"] = "IBAN : vérifiez-le, sa clé n’est pas juste."
    if not said["line2"]:
        errors["line2"] = "Voie : écrivez le numéro et la rue du tiers."
    if not said["city"]:
        errors["city"] = "Ville : écrivez celle du tiers."
    if not re.fullmatch(r"\d{5}", said["postal_code"], re.ASCII):
        errors["postal_code"] = "Code postal : écrivez ses 5 chiffres."
    for name, most in _PARTY.items():
        if len(said[name]) > most:
            errors[name] = f"Tiers : {most} caractères au plus pour cette ligne."
    return {
        "name": said["name"], "first_name": said["first_name"], "siret": siret,
        "reference": said["reference"], "iban": iban, "bic": said["bic"].upper(),
        "category": str(given.get("category") or "50"),
        "legal_nature": str(given.get("legal_nature") or "03"),
        "address": {
            "line1": said["line1"], "line2": said["line2"],
            "postal_code": said["postal_code"], "city": said["city"],
        },
    }  # fmt: skip


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


def _euros(value: Any) -> Decimal | None:
    text = re.sub(r"[\s\u00a0\u202f€]", "", str(value if value is not None else ""))
    try:
        found = Decimal(text.replace(",", "."))
    except InvalidOperation:
        return None
    return found if found.is_finite() and found == round(found, 2) else None
