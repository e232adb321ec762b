"""The register of contracts: listed, searched, entered; a contract with its invoices."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Select, select

from engine import clock
from engine.models import db
from web.accounting.frame import body_id, page
from web.auth import current_actor, guard
from web.paging import bounded
from web.typed import clean, page_number, text
from workflows.accounting import contracts
from workflows.accounting.contract_models import Contract, Invoice
from workflows.accounting.contracts import ContractRefused
from workflows.accounting.paying import lateness
from workflows.words import fold

bp = Blueprint("contracts", __name__, url_prefix="/comptabilite/marches")
PER_PAGE = 25
_HOLDER = ("name", "siret", "iban", "bic", "kind", "first_name", "civility")
_ADDRESS = ("line1", "line2", "postal_code", "city")
_LAST = "\uffff"


@bp.get("/")
@guard("keep accounts")
def index() -> ResponseReturnValue:
    """The latest first; those whose number, holder or SIRET begins with what is sought."""
    sought = text(request.args, "q")[:100]
    order = (Contract.created_at.desc(), Contract.id)
    rows = bounded(
        [one.order_by(*order) for one in _sought(body_id(), sought)],
        select(Contract).order_by(*order), id=Contract.id,
        page=page_number(), per_page=PER_PAGE,
    )  # fmt: skip
    return page("contracts.html", page=rows, sought=sought)


def _sought(body: UUID, sought: str) -> list[Select[Any]]:
    """One query an index: a range of it reads no more than what begins so."""
    found = select(Contract.id).where(Contract.organisation_id == body)
    if not sought:
        return [found]
    digits = sought.replace(" ", "")
    starts = [(Contract.number, sought), (Contract.name, fold(sought))]
    if digits.isascii() and digits.isdigit():
        starts.append((Contract.siret, digits))
    return [
        found.where(column >= start, column < start + _LAST, column.startswith(start, autoescape=True))
        for column, start in starts
    ]  # fmt: skip


@bp.get("/nouveau")
@guard("keep accounts")
def new() -> ResponseReturnValue:
    """Ask what is known of a contract."""
    return _form({"kind": "company"}, {})


@bp.post("/nouveau")
@guard("keep accounts")
def create() -> ResponseReturnValue:
    """Enter it."""
    typed = clean(request.form)
    holder = {name: typed.get(name, "") for name in _HOLDER}
    holder["address"] = {name: typed.get(name, "") for name in _ADDRESS}  # type: ignore[assignment]
    try:
        contract = contracts.add(
            {**typed, "holder": holder}, organisation_id=body_id(), actor=current_actor()
        )
    except ContractRefused as refused:
        return _form(typed, refused.errors), 422
    flash(_("Le marché est au registre."), "success")
    return redirect(url_for(".show", contract_id=contract))


@bp.get("/<uuid:contract_id>")
@guard("see", Contract, "contract_id")
def show(contract_id: UUID) -> ResponseReturnValue:
    """Who holds it, what it has paid, its invoices."""
    row = db.session.get_one(Contract, contract_id)
    order = (Invoice.received_on.desc(), Invoice.id)
    rows = bounded(
        [select(Invoice.id).where(Invoice.contract_id == row.id).order_by(*order)],
        select(Invoice).order_by(*order), id=Invoice.id,
        page=page_number(), per_page=PER_PAGE,
    )  # fmt: skip
    return page(
        "contract.html", contract=row, standing=contracts.standing(row), page=rows,
        lateness=lateness, today=clock.today(),
    )  # fmt: skip


def _form(typed: Mapping[str, str], problems: Mapping[str, str]) -> str:
    return page("contract_new.html", typed=typed, problems=problems)
