"""Invoices of contracts: listed by the last day on which to pay them, and received."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from connectors import ConnectorError, Refused
from engine import clock, definitions
from engine.access import Forbidden
from engine.commands import cases
from engine.models import db
from web.accounting import words
from web.accounting.frame import body_id, page
from web.auth import current_actor, guard
from web.paging import bounded
from web.receiving import reference, store
from web.typed import clean, page_number, text
from workflows.accounting import invoices
from workflows.accounting.contract_models import ORDERED, REJECTED, Contract, Invoice
from workflows.accounting.contracts import PROCEDURE
from workflows.accounting.paying import lateness

bp = Blueprint("invoices", __name__, url_prefix="/comptabilite")
PER_PAGE = 25
LARGEST = 20 * 1024 * 1024
WAITING = tuple(one for one in words.INVOICES if one not in {ORDERED, REJECTED})


@bp.get("/factures/")
@guard("keep accounts")
def index() -> ResponseReturnValue:
    """Those that wait, the first due first; or those of one state."""
    state = text(request.args, "etat")
    states = [state] if state in words.INVOICES else WAITING
    order = (Invoice.due_on, Invoice.id)
    branches = [
        select(Invoice.id)
        .where(Invoice.organisation_id == body_id(), Invoice.state == one)
        .order_by(*order)
        for one in states
    ]
    rows = bounded(
        branches, select(Invoice).order_by(*order), id=Invoice.id,
        page=page_number(), per_page=PER_PAGE,
    )  # fmt: skip
    return page(
        "invoices.html", page=rows, state=state, lateness=lateness, today=clock.today()
    )


@bp.get("/marches/<uuid:contract_id>/facture")
@guard("see", Contract, "contract_id")
def new(contract_id: UUID) -> ResponseReturnValue:
    """Ask what an invoice says."""
    today = clock.today().isoformat()
    return _form(contract_id, {"kind": "invoice", "received_on": today}, {})


@bp.post("/marches/<uuid:contract_id>/facture")
@guard("see", Contract, "contract_id")
def create(contract_id: UUID) -> ResponseReturnValue:
    """Enter it and start its payment."""
    typed = clean(request.form)
    contract = db.session.get_one(Contract, contract_id)
    body = contract.organisation_id
    values: dict[str, Any] = {
        **{name: typed.get(name) or None for name in ("kind", "number", "chorus", "received_on")},
        "contract": contract.number, "amount": typed.get("amount"), "total": typed.get("total"),
    }  # fmt: skip
    said, wrong = invoices.read(values, contract)
    kept, problem = _received()
    if problem:
        wrong["files"] = problem
    if wrong:
        return _form(contract_id, typed, wrong), 422
    amounts = {name: float(said[name]) for name in ("amount", "total")}
    try:
        started = cases.start(
            definitions.latest(PROCEDURE).id, {**values, **amounts, "files": kept},
            actor=current_actor(), body_id=body,
        )  # fmt: skip
    except (definitions.UnknownProcedure, Forbidden):
        told = _(
            "La démarche « Paiement d’une facture de marché » n’est pas offerte ici : demandez-la à votre administrateur."
        )
        return _form(contract_id, typed, {"": told}), 422
    flash(
        _("La facture est inscrite : le service qui a commandé en est averti."), "success"
    )
    return redirect(url_for("cases.show", case_id=started.id))


def _received() -> tuple[list[dict[str, Any]], str]:
    """The files of the invoice, kept, and why one was refused."""
    sent = [one for one in request.files.getlist("files")[:5] if one.filename]
    if not sent:
        return [], _("Facture : joignez son fichier.")
    try:
        kept = [reference(store(one, LARGEST, machines=True)) for one in sent]
    except Refused as refused:
        return [], str(refused)
    except ConnectorError:
        return [], _("Un fichier n’a pas pu être vérifié : réessayez bientôt.")
    finally:
        db.session.rollback()
    return kept, ""


def _form(contract_id: UUID, typed: Mapping[str, str], problems: Mapping[str, str]) -> str:
    contract = db.session.get_one(Contract, contract_id)
    return page("invoice_new.html", contract=contract, typed=typed, problems=problems)
