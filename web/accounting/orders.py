"""Payment orders: listed, typed, chosen to make a PES."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from connectors import ConnectorError, Refused, StoredFile
from engine.models import db
from web.accounting import words
from web.accounting.frame import body_id, examined, page
from web.auth import current_actor, guard
from web.paging import bounded
from web.partners import partner
from web.receiving import store
from web.typed import clean, page_number, text
from workflows.accounting import budgets, files, orders
from workflows.accounting.models import READY, PaymentOrder
from workflows.accounting.orders import OrderRefused

bp = Blueprint("payment_orders", __name__, url_prefix="/comptabilite/mandats")
PER_PAGE = 50
LARGEST = 20 * 1024 * 1024
_PARTY = ("name", "first_name", "siret", "iban", "bic", "category", "legal_nature")
_ADDRESS = ("line1", "line2", "postal_code", "city")


@bp.get("/")
@guard("keep accounts")
def index() -> ResponseReturnValue:
    """Orders, those that wait first; chosen ones make a PES."""
    return _list({}, set())


@bp.post("/")
@guard("keep accounts")
def build() -> ResponseReturnValue:
    """Make a PES of the orders chosen."""
    ids = [found for one in request.form.getlist("mandat") if (found := _uuid(one))]
    budget = _uuid(text(request.form, "budget"))
    if budget is None or budget not in {one.id for one in budgets.of(body_id())}:
        return _list({"budget": _("Budget : choisissez-en un.")}, set(ids)), 422
    try:
        chosen = orders.choose(ids, budget_id=budget, actor=current_actor())
        made = partner("helios").build(
            orders=chosen.orders, header=chosen.header, key=str(uuid4())
        )
    except OrderRefused as refused:
        return _list(refused.errors, set(ids)), 422
    except Refused as refused:
        return _list({"orders": str(refused)}, set(ids)), 422
    file = StoredFile(**made.value["file"])
    pes = files.keep(
        file, examined(file.sha256), organisation_id=body_id(), actor=current_actor(),
        made_of=chosen.ids,
    )  # fmt: skip
    flash(_("Le PES est prêt : vérifiez-le, puis faites-le signer."), "success")
    return redirect(url_for("pes.show", pes_id=pes))


@bp.get("/nouveau")
@guard("keep accounts")
def new() -> ResponseReturnValue:
    """Ask what is known of an order."""
    return _form({"kind": "expense", "category": "50", "legal_nature": "03"}, {})


@bp.post("/nouveau")
@guard("keep accounts")
def create() -> ResponseReturnValue:
    """Enter it, with its supporting documents."""
    typed = clean(request.form)
    joined, problem = _documents()
    try:
        if problem:
            _, errors = orders.read(_values(typed, []))
            raise OrderRefused({**errors, "documents": problem})
        orders.add(
            _values(typed, joined),
            organisation_id=body_id(), actor=current_actor(),
            reference=f"SAISIE/{_uuid(typed.get('reference', '')) or uuid4()}",
        )  # fmt: skip
    except OrderRefused as refused:
        return _form(typed, refused.errors), 422
    flash(_("Le mandat est enregistré."), "success")
    return redirect(url_for(".index"))


@bp.post("/<uuid:order_id>/abandon")
@guard("see", PaymentOrder, "order_id")
def drop(order_id: UUID) -> ResponseReturnValue:
    """Give it up."""
    try:
        orders.drop(order_id, actor=current_actor())
    except OrderRefused as refused:
        flash(str(refused), "danger")
    else:
        flash(_("Le mandat est abandonné."), "success")
    return redirect(url_for(".index"))


def _list(problems: Mapping[str, str], chosen: set[UUID]) -> str:
    body, state = body_id(), text(request.args, "etat") or READY
    found = select(PaymentOrder.id).where(PaymentOrder.organisation_id == body)
    order = (PaymentOrder.created_at.desc(), PaymentOrder.id)
    if state in words.ORDERS:
        found = found.where(PaymentOrder.state == state)
    rows = bounded(
        [found.order_by(*order)], select(PaymentOrder).order_by(*order),
        id=PaymentOrder.id, page=page_number(), per_page=PER_PAGE,
    )  # fmt: skip
    return page(
        "orders.html", page=rows, state=state, chosen=chosen, problems=problems,
        budgets=budgets.of(body), most=orders.MOST,
        budget=text(request.form, "budget"),
    )  # fmt: skip


def _form(typed: Mapping[str, str], problems: Mapping[str, str]) -> str:
    reference = typed.get("reference") or str(uuid4())
    return page(
        "order_new.html", typed={**typed, "reference": reference}, problems=problems
    )


def _values(typed: Mapping[str, str], joined: list[dict[str, Any]]) -> dict[str, Any]:
    party = {name: typed.get(name, "") for name in _PARTY}
    address = {name: typed.get(name, "") for name in _ADDRESS}
    return {
        **{name: typed.get(name, "") for name in
           ("kind", "subject", "amount", "vat", "account", "function", "contract")},
        "third_party": {**party, "address": address},
        "documents": joined,
    }  # fmt: skip


def _documents() -> tuple[list[dict[str, Any]], str]:
    """The supporting documents sent, stored, and why one was refused."""
    joined: list[dict[str, Any]] = []
    for upload in request.files.getlist("documents")[:20]:
        if not upload.filename:
            continue
        try:
            file = store(upload, LARGEST)
        except Refused as refused:
            return joined, str(refused)
        except ConnectorError:
            return joined, _("Un fichier n’a pas pu être vérifié : réessayez bientôt.")
        joined.append(
            {
                "unique_id": f"EBG{uuid4().hex}".upper(), "name": file.name,
                "media_type": file.media_type, "sha256": file.sha256,
            }
        )  # fmt: skip
    db.session.rollback()
    return joined, ""


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
