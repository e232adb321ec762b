"""Signing in and out, passwords, and the second factor: Flask-Security's views, our routes.

Only what is listed here exists. A view that writes runs in one transaction; its letters
leave after the commit.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext
from flask_login import current_user
from flask_security import recovery_codes, views

from engine import directory
from engine.directory import ADMINISTRATOR, APPLICANT, OPERATOR, Organisation
from engine.transaction import transaction
from web import called, limits
from web.auth.guards import public, signed_in

bp = Blueprint("security", __name__)

_PLATFORM_ROLES = {
    APPLICANT: lazy_gettext("Demandeur"),
    ADMINISTRATOR: lazy_gettext("Gère qui agit pour elle"),
    OPERATOR: lazy_gettext("Exploitant de la plateforme"),
}
"""The roles that no diagram names, or that several would name otherwise."""

View = Callable[..., ResponseReturnValue]


def writes(view: View) -> View:
    """Run the submissions of a view in one transaction."""

    @wraps(view)
    def within(**arguments: Any) -> ResponseReturnValue:
        if request.method != "POST":
            return view(**arguments)
        with transaction() as after_commit:
            g.after_commit = after_commit
            try:
                return view(**arguments)
            finally:
                del g.after_commit

    return within


# rule, endpoint, view, guard, methods
_BOTH = ["GET", "POST"]
_ROUTES: list[tuple[str, str, View, Callable[[View], View], list[str]]] = [
    ("/connexion", "login", views.login, public, _BOTH),
    ("/deconnexion", "logout", views.logout, public, ["POST"]),
    ("/connexion/confirmer", "verify", views.verify, signed_in, _BOTH),
    ("/connexion/code", "two_factor_token_validation",
     writes(views.two_factor_token_validation), public, _BOTH),
    ("/connexion/code-de-secours", "mf_recovery",
     writes(recovery_codes.mf_recovery), public, _BOTH),
    ("/mot-de-passe/oublie", "forgot_password", views.forgot_password, public, _BOTH),
    ("/mot-de-passe/oublie/<token>", "reset_password",
     writes(views.reset_password), public, _BOTH),
    ("/compte/mot-de-passe", "change_password",
     writes(views.change_password), signed_in, _BOTH),
    ("/compte/double-authentification", "two_factor_setup",
     writes(views.two_factor_setup), signed_in, _BOTH),
    ("/compte/double-authentification/<token>", "two_factor_setup_validate",
     writes(views.two_factor_setup_validate), signed_in, ["POST"]),
    ("/compte/codes-de-secours", "mf_recovery_codes",
     writes(recovery_codes.mf_recovery_codes), signed_in, _BOTH),
]  # fmt: skip

# How many submissions are allowed, by machine and by account.
_LIMITS = {
    "login": [("20 per minute", limits.address), ("10 per 15 minutes", limits.email)],
    "verify": [("10 per 15 minutes", limits.address)],
    "two_factor_token_validation": [("10 per 15 minutes", limits.address)],
    "mf_recovery": [("10 per 15 minutes", limits.address)],
    "forgot_password": [("20 per hour", limits.address), ("5 per hour", limits.email)],
    "reset_password": [("20 per hour", limits.address)],
    "change_password": [("20 per hour", limits.address)],
}


def _declare(
    rule: str, endpoint: str, view: View, guarded: Any, methods: list[str]
) -> None:
    @wraps(view)
    def ours(**arguments: Any) -> ResponseReturnValue:
        return view(**arguments)

    limited = ours
    for allowed, by in _LIMITS.get(endpoint, []):
        limited = limits.post(limited, allowed, by=by)
    bp.add_url_rule(rule, endpoint, guarded(limited), methods=methods)


for _route in _ROUTES:
    _declare(*_route)


@bp.before_request
def _forms_only() -> None:
    """Flask-Security would also read JSON, which our limits do not."""
    if request.is_json:
        abort(415)


@bp.get("/compte")
@signed_in
def account() -> ResponseReturnValue:
    """My account: who I am, how I sign in, for whom I act."""
    held: dict[Organisation, list[str]] = {}
    holdings = directory.holdings_of(current_user.person_id)
    bodies = {one.organisation_id for one in holdings}
    names = {**called.roles(bodies), **_PLATFORM_ROLES}
    for holding in holdings:
        role = str(names.get(holding.role, holding.role))
        service = f" ({holding.service.name})" if holding.service else ""
        held.setdefault(holding.organisation, []).append(role + service)
    return render_template("auth/account.html", account=current_user, held=held)


@bp.get("/connexion/telephone-perdu", endpoint="two_factor_rescue")
@public
def lost_phone() -> ResponseReturnValue:
    """Where Flask-Security sends who has lost their phone: to the recovery codes."""
    return redirect(url_for("security.mf_recovery"))
