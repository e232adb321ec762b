"""The budgets of a body, as the accountant knows them."""

from collections.abc import Mapping
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.models import db
from web.accounting.frame import body_id, page
from web.auth import current_actor, guard
from web.typed import clean
from workflows.accounting import budgets
from workflows.accounting.budgets import BudgetRefused
from workflows.accounting.models import Budget

bp = Blueprint("budgets", __name__, url_prefix="/comptabilite/budgets")
_NAMES = ("label", "siret", "post", "code", "number")


@bp.get("/")
@guard("keep accounts")
def index() -> ResponseReturnValue:
    """The open ones."""
    return page("budgets.html", budgets=budgets.of(body_id()))


@bp.get("/nouveau")
@guard("keep accounts")
def new() -> ResponseReturnValue:
    """Ask what the accountant's office says of one."""
    return page("budget.html", budget=None, typed={"number": "00"}, problems={})


@bp.post("/nouveau")
@guard("keep accounts")
def create() -> ResponseReturnValue:
    """Enter it."""
    return _write(None, body_id())


@bp.get("/<uuid:budget_id>")
@guard("see", Budget, "budget_id")
def edit(budget_id: UUID) -> ResponseReturnValue:
    """What is known of one."""
    row = db.session.get_one(Budget, budget_id)
    typed = {name: getattr(row, name) for name in _NAMES}
    return page("budget.html", budget=row, typed=typed, problems={})


@bp.post("/<uuid:budget_id>")
@guard("see", Budget, "budget_id")
def save(budget_id: UUID) -> ResponseReturnValue:
    """Correct it."""
    return _write(budget_id, db.session.get_one(Budget, budget_id).organisation_id)


def _write(budget_id: UUID | None, organisation_id: UUID) -> ResponseReturnValue:
    typed: Mapping[str, str] = clean(request.form)
    try:
        budgets.write(
            typed,
            organisation_id=organisation_id,
            budget_id=budget_id,
            actor=current_actor(),
        )
    except BudgetRefused as refused:
        row = db.session.get(Budget, budget_id) if budget_id else None
        return page("budget.html", budget=row, typed=typed, problems=refused.errors), 422
    flash(_("Le budget est enregistré."), "success")
    return redirect(url_for(".index"))
