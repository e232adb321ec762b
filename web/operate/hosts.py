"""The host names that bodies ask for: an operator activates those that are routed to us."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.brands import BrandHost
from engine.commands import brands
from engine.models import db
from web.auth import current_actor, guard
from web.branding import hosts
from web.paging import whole

bp = Blueprint("host_names", __name__, url_prefix="/exploitation/adresses")

PER_PAGE = 50


@bp.get("/")
@guard("operate")
def index() -> ResponseReturnValue:
    """Those that wait first, then those in service."""
    page = whole(
        db.select(BrandHost).order_by(BrandHost.status.desc(), BrandHost.asked_at), PER_PAGE
    )
    return render_template("operate/hosts.html", page=page)


@bp.post("/<uuid:host_id>/<any(activer, arreter):act>")
@guard("operate")
def decide(host_id: UUID, act: str) -> ResponseReturnValue:
    """Put a host name in service, or stop it."""
    brands.decide_host(host_id, active=act == "activer", actor=current_actor())
    hosts.forget()
    flash(
        _("L’adresse est en service : dans la minute, toutes les pages le savent.")
        if act == "activer"
        else _("L’adresse est arrêtée."),
        "success",
    )
    return redirect(url_for(".index"))
