"""The addresses by which a caller tries its connection."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from engine.models import db
from web.auth import public
from web.security import csrf
from web.transmission.admitting import account, account_only, agent_of, new_nonce
from web.transmission.latin import ko, ok
from workflows.relay.models import TransmissionAccount

bp = Blueprint("transmission_door", __name__)
csrf.exempt(bp)


@bp.get("/api/test-connexion.php")
@account_only
def test() -> ResponseReturnValue:
    """Say that the account is known."""
    return ok("Connexion réussie")


@bp.get("/api/test-rgs.php")
@account_only
def personal() -> ResponseReturnValue:
    """Say whether the call comes with the certificate of one of the body's agents."""
    return ok() if agent_of(account()) else ko("Aucun certificat n'est présenté")


@bp.get("/api/info-connexion.php")
@account_only
def who() -> ResponseReturnValue:
    """Which account this is, and of which body."""
    found = account()
    return jsonify(
        user_info={"login": found.login, "id": found.login, "status": "1"},
        authority_info={
            "id": int(found.siren),
            "name": found.organisation.name,
            "siren": found.siren,
            "department": found.department,
            "district": found.district,
            "authority_type_id": found.nature,
            "status": "1",
        },
    )


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
