"""The register of a body's public contracts, written on a page or by a procedure."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute

from connectors import Refused
from engine import clock, definitions, journal
from engine.access import require
from engine.actors import Actor
from engine.directory import Organisation
from engine.errors import EngineError
from engine.models import ProcessInstance, db
from engine.operations import operation
from engine.transaction import lock, transaction
from forms.identifiers import read_siret
from forms.numbers import Wrong
from workflows.accounting import reading
from workflows.accounting.contract_models import (
    ADVANCE,
    INVOICE,
    ORDERED,
    RELEASE,
    Contract,
    Invoice,
)
from workflows.accounting.settling import NOTHING, Standing
from workflows.words import fold

Plain = dict[str, Any]
PROCEDURE = "accounting.invoice"
_NUMBER, _SUBJECT = 30, 160


class ContractRefused(EngineError):
    """This contract says too little: `errors` says for each field what to put right."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)


def add(values: Plain, *, organisation_id: UUID, actor: Actor) -> UUID:
    """Enter a contract typed by an accountant. Raises Forbidden, ContractRefused."""
    require(actor, "keep accounts", db.session.get_one(Organisation, organisation_id))
    with transaction():
        row = _entered(values, organisation_id=organisation_id)
        journal.write(
            f"accounting:{organisation_id}", "contract_added", by=actor.person_id,
            detail={"contract": str(row.id), "number": row.number, "total": str(row.total)},
        )  # fmt: skip
        return row.id


@operation
def register_contract(
    *,
    case: Plain,
    number: str,
    subject: str,
    holder: Plain,
    account: str,
    amount: float,
    total: float,
    starts_on: str,
    ends_on: str,
    function: str = "",
    advance: float = 0,
    retention: float = 0,
) -> Plain:
    """Register a contract of the body of the case, so that its invoices are paid: {id, number}.

    The same case and number register it once. `holder` is {name, siret, iban, address: {line2,
    postal_code, city}, …}; `total` and `advance` are with taxes, `retention` is a percentage.
    Raises Refused when the contract says too little, or its number is another's.
    """
    instance = db.session.get_one(ProcessInstance, UUID(case["id"]))
    known = numbered(instance.organisation_id, number)
    if known is None or known.instance_id != instance.id:
        values = {
            "number": number, "subject": subject, "holder": holder, "account": account,
            "function": function, "amount": amount, "total": total, "advance": advance,
            "retention": retention, "starts_on": starts_on, "ends_on": ends_on,
        }  # fmt: skip
        try:
            known = _entered(
                values, organisation_id=instance.organisation_id, instance_id=instance.id
            )
        except ContractRefused as refused:
            raise Refused(list(refused.errors.values()), code="refused") from refused
    return {"id": str(known.id), "number": known.number}


def numbered(organisation_id: UUID, number: str) -> Contract | None:
    """The contract of a body that has this number."""
    return db.session.scalars(
        select(Contract).where(
            Contract.organisation_id == organisation_id,
            Contract.number == " ".join(str(number).split()),
        )
    ).one_or_none()


def standing(contract: Contract) -> Standing:
    """What the invoices of a contract have ordered so far."""

    def ordered(column: InstrumentedAttribute[Decimal], *kinds: str) -> Decimal:
        found = db.session.scalar(
            select(func.sum(column)).where(
                Invoice.contract_id == contract.id,
                Invoice.state == ORDERED,
                Invoice.kind.in_(kinds),
            )
        )
        return Decimal(found or 0)

    return Standing(
        worth=contract.total,
        done=ordered(Invoice.total, INVOICE),
        retained=ordered(Invoice.retained, INVOICE) - ordered(Invoice.total, RELEASE),
        advanced=ordered(Invoice.total, ADVANCE),
        recovered=ordered(Invoice.recovered, INVOICE),
    )


def rules(day: date) -> Plain | None:
    """The figures of law that hold on a day; None where no body pays contracts here."""
    try:
        version = definitions.latest(PROCEDURE)
    except definitions.UnknownProcedure:
        return None
    found: Plain = definitions.decide(
        version.id, "payment_rules", {"invoice": {"received_on": day.isoformat()}}
    )
    return found


def read(values: Plain) -> tuple[Plain, dict[str, str]]:
    """The columns of a contract, and what is wrong with what was said, by field."""
    errors: dict[str, str] = {}
    said = {
        name: " ".join(str(values.get(name) or "").split())
        for name in ("number", "subject")
    }
    if not 0 < len(said["number"]) <= _NUMBER:
        errors["number"] = f"Numéro du marché : écrivez de 1 à {_NUMBER} caractères."
    if not 0 < len(said["subject"]) <= _SUBJECT:
        errors["subject"] = f"Objet : écrivez de 1 à {_SUBJECT} caractères."
    holder = _holder(values.get("holder") or {}, errors)
    return {
        **said, **reading.posting(values, errors), **_amounts(values, errors),
        **_days(values, errors), "holder": holder,
        "siret": holder["siret"], "name": fold(holder["name"])[: len(holder["name"])],
    }, errors  # fmt: skip


def _entered(
    values: Plain, *, organisation_id: UUID, instance_id: UUID | None = None
) -> Contract:
    lock(Organisation, organisation_id)  # one number is entered once
    said, errors = read(values)
    if "number" not in errors and numbered(organisation_id, said["number"]) is not None:
        errors["number"] = f"Numéro du marché : « {said['number']} » est déjà au registre."
    if errors:
        raise ContractRefused(errors)
    row = Contract(organisation_id=organisation_id, instance_id=instance_id, **said)
    db.session.add(row)
    db.session.flush()
    return row


def _holder(given: Plain, errors: dict[str, str]) -> Plain:
    holder = reading.third_party(given, errors)
    if "siret" not in errors:
        try:
            holder["siret"] = read_siret(holder["siret"])
        except Wrong as wrong:
            errors["siret"] = f"SIRET : {wrong}."
    if not holder["iban"] and "iban" not in errors:
        errors["iban"] = "IBAN : écrivez celui du titulaire, il est payé par virement."
    return holder


def _amounts(values: Plain, errors: dict[str, str]) -> Plain:
    amount, total = reading.euros(values.get("amount")), reading.euros(values.get("total"))
    advance = reading.euros(values.get("advance") or "0")
    if amount is None or not 0 < amount < reading.LARGEST:
        errors["amount"] = "Montant hors taxes : écrivez un nombre positif d’euros."
    if total is None or not 0 < total < reading.LARGEST or total < (amount or NOTHING):
        errors["total"] = (
            "Montant toutes taxes comprises : écrivez un montant au moins égal au hors taxes."
        )
    if advance is None or not 0 <= advance <= (total or NOTHING):
        errors["advance"] = "Avance : écrivez un montant d’euros, au plus celui du marché."
    return {
        "amount": amount, "total": total, "advance": advance,
        "retention": _retention(values.get("retention"), errors),
    }  # fmt: skip


def _retention(given: Any, errors: dict[str, str]) -> Decimal | None:
    figures = rules(clock.today()) or {}
    most = Decimal(str(figures.get("retention_ceiling", 100)))
    try:
        found = Decimal(str(given or "0").replace(",", ".").replace("%", "").strip())
        usable = found.is_finite() and 0 <= found <= most and found == round(found, 2)
    except InvalidOperation:
        found, usable = NOTHING, False
    if not usable:
        article = figures.get("retention_article", "")
        errors["retention"] = (
            f"Retenue de garantie : {most:f} % au plus ({article})."
            if article
            else "Retenue de garantie : écrivez un pourcentage, par exemple 5."
        )
    return found


def _days(values: Plain, errors: dict[str, str]) -> Plain:
    found: dict[str, date | None] = {}
    for name, label in (("starts_on", "Début"), ("ends_on", "Fin")):
        try:
            found[name] = date.fromisoformat(str(values.get(name) or ""))
        except ValueError:
            found[name] = None
            errors[name] = f"{label} : choisissez une date."
    starts_on, ends_on = found["starts_on"], found["ends_on"]
    if starts_on and ends_on and ends_on < starts_on:
        errors["ends_on"] = "Fin : elle ne peut pas précéder le début."
    return found
