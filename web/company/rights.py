"""What each person of a company may do, until when, and who decided it."""

from datetime import date
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import clock
from engine.commands import membership
from engine.directory import COMPANY, Organisation
from engine.models import db
from forms.dates import read_date
from forms.numbers import Wrong
from web.auth import current_actor, forget_actor, guard
from web.auth.company import LAST_ADMINISTRATOR
from web.company import acts
from web.typed import page_number

bp = Blueprint("rights", __name__, url_prefix="/entreprises")


@bp.post("/<uuid:organisation_id>/personnes/<uuid:person_id>/droits")
@guard("manage", Organisation, "organisation_id")
def change(organisation_id: UUID, person_id: UUID) -> ResponseReturnValue:
    """Say what a member may do, and until when."""
    _company(organisation_id)
    roles = set(request.form.getlist("role")) & set(membership.ROLES)
    typed = request.form.get("until", "").strip()
    try:
        until = date.fromisoformat(read_date(typed)) if typed else None
    except Wrong as wrong:
        flash(_("Dernier jour : %(cure)s.", cure=wrong), "danger")
        return _back(organisation_id)
    if not roles:
        flash(_("Droits : cochez-en un au moins, ou retirez cette personne."), "danger")
        return _back(organisation_id)
    if until is not None and until < clock.today():
        flash(_("Dernier jour : cette date est passée."), "danger")
        return _back(organisation_id)
    try:
        membership.set_rights(
            organisation_id, person_id, roles, until=until, actor=current_actor()
        )
    except membership.NotPossible:
        flash(LAST_ADMINISTRATOR, "danger")
        return _back(organisation_id)
    forget_actor()
    flash(_("Les droits sont changés."), "success")
    return _back(organisation_id)


@bp.get("/<uuid:organisation_id>/historique")
@guard("manage", Organisation, "organisation_id")
def history(organisation_id: UUID) -> ResponseReturnValue:
    """Who did what in the company, the latest first."""
    company = _company(organisation_id)
    page, told = acts.page(organisation_id, page_number())
    return render_template("company/history.html", company=company, page=page, acts=told)


def _company(organisation_id: UUID) -> Organisation:
    company = db.session.get_one(Organisation, organisation_id)
    if company.kind != COMPANY:
        abort(404)
    return company


def _back(organisation_id: UUID) -> ResponseReturnValue:
    return redirect(url_for("company.show", organisation_id=organisation_id))
