"""The addresses by which a caller tries its connection."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from engine.models import db
from web.auth import public
from web.security import csrf
from web.transmission.admitting import account, account_only, new_nonce
from web.transmission.latin import ok
from workflows.relay.models import TransmissionAccount

bp = Blueprint("transmission_door", __name__)
csrf.exempt(bp)


@bp.get("/api/test-connexion.php")
@account_only
def test() -> ResponseReturnValue:
    """Say that the account is known."""
    return ok("Connexion réussie")


@bp.get("/api/get-nounce.php")
@public
def nonce() -> ResponseReturnValue:
    """A number to be used once; spelt as S²LOW spells it."""
    return jsonify(nounce=new_nonce())


@bp.get("/admin/users/api-list-login.php")
@account_only
def logins() -> ResponseReturnValue:
    """The logins of the body's accounts, one a line."""
    named = select(TransmissionAccount.login).where(
        TransmissionAccount.organisation_id == account().organisation_id,
        TransmissionAccount.closed_at.is_(None),
    )
    return ok(*sorted(db.session.scalars(named)))
