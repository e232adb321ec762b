"""Who calls: an account, by HTTP Basic, by a hash of its secret and a nonce, or by its
client certificate, which a trusted proxy has verified and passes on.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from datetime import timedelta

from flask import abort, current_app, g, request
from itsdangerous import BadSignature, Signer
from limits import parse
from sqlalchemy import select

from engine import clock
from engine.models import db
from web.auth.guards import Guard, View, declare
from web.limits import address, limiter
from web.transmission import sealing
from web.transmission.latin import ko
from workflows.relay import accounts
from workflows.relay.models import TransmissionAccount

CERTIFICATE = "org.s2low.forward-x509-identification"
FAILED = "Échec de l'authentification"
FAILURES, CALLS, NONCES = "20 per minute", "1200 per minute", "300 per minute"
NONCE_SECONDS = 300
_DRAWN = 32
_NOTED_EVERY = timedelta(hours=1)


def account_only(view: View) -> View:
    """Only for an account that shows who it is."""
    return declare(view, Guard(check=_admit))


def account() -> TransmissionAccount:
    """The account of this request."""
    found: TransmissionAccount = g.transmission_account
    return found


def new_nonce() -> str:
    """A number to prove a secret with, once, in the minutes that come."""
    _count(NONCES, f"nonces:{address()}")
    moment = f"{int(clock.now().timestamp()):x}"
    return _signer().sign(f"{secrets.token_hex(16)}{moment}").decode()


def _signer() -> Signer:
    return Signer(current_app.config["SECRET_KEY"], salt="transmission nonce")


def _good(nonce: str) -> bool:
    """Whether we gave this number, in the last minutes, and it was not used; it is now."""
    try:
        value = _signer().unsign(nonce).decode()
        age = clock.now().timestamp() - int(value[_DRAWN:], 16)
    except (BadSignature, ValueError):
        return False
    return 0 <= age + 1 <= NONCE_SECONDS and accounts.take_nonce(value, NONCE_SECONDS)


def _admit() -> None:
    _hold_back()
    found = _by_nonce() if "nounce" in request.args else _by_password()
    if found is None or found.organisation.closed_at is not None:
        _count(FAILURES, f"failures:{address()}")
        answer = ko(FAILED, 401)
        answer.headers["WWW-Authenticate"] = 'Basic realm="teletransmission"'
        abort(answer)
    _count(CALLS, f"account:{found.id}")
    g.transmission_account = found
    if found.last_used_at is None or found.last_used_at < clock.now() - _NOTED_EVERY:
        accounts.used(found.id)
        g.transmission_account = db.session.get_one(TransmissionAccount, found.id)


def _by_nonce() -> TransmissionAccount | None:
    value, login = request.args["nounce"], request.args.get("login", "")
    given = request.args.get("hash", "")
    found = _named(login)
    secret = sealing.unseal(found.secret) if found else None
    proof = hashlib.sha256(f"{secret}:{value}".encode()).hexdigest()
    right = hmac.compare_digest(given.encode(), proof.encode()) and secret is not None
    if found is None or not right or not (_presents(found) or agent_of(found)):
        return None
    return found if _good(value) else None


def by_nonce() -> bool:
    """Whether this address was made by who has the secret: nobody else's link does that."""
    return "nounce" in request.args


def agent_of(found: TransmissionAccount) -> TransmissionAccount | None:
    """The account of the body, this one or another, whose own certificate comes with the call.

    An application makes the link, an agent follows it with the certificate of their own.
    """
    digest = _fingerprint()
    if digest is None:
        return None
    wanted = select(TransmissionAccount).where(
        TransmissionAccount.certificate == digest,
        TransmissionAccount.organisation_id == found.organisation_id,
        TransmissionAccount.closed_at.is_(None),
    )
    return db.session.scalars(wanted.order_by(TransmissionAccount.login).limit(1)).first()


def _by_password() -> TransmissionAccount | None:
    given = request.authorization
    if given is None or given.type != "basic":
        return _by_certificate()
    found = _named(given.username or "")
    secret = sealing.unseal(found.secret) if found else None
    typed = (given.password or "").encode()
    right = hmac.compare_digest(typed, (secret or "").encode()) and secret
    return found if right and _presents(found) else None


def _named(login: str) -> TransmissionAccount | None:
    wanted = select(TransmissionAccount).where(
        TransmissionAccount.login == login, TransmissionAccount.closed_at.is_(None)
    )
    return db.session.scalars(wanted).first()


def _presents(found: TransmissionAccount | None) -> bool:
    """Whether the certificate that an account must come with is there."""
    return found is not None and found.certificate in {None, _fingerprint()}


def _by_certificate() -> TransmissionAccount | None:
    """The account of a certificate that serves one alone."""
    digest = _fingerprint()
    if digest is None:
        return None
    wanted = select(TransmissionAccount).where(
        TransmissionAccount.certificate == digest, TransmissionAccount.closed_at.is_(None)
    )
    found = db.session.scalars(wanted.limit(2)).all()
    return found[0] if len(found) == 1 else None


def _fingerprint() -> str | None:
    """The SHA-256 of the client's certificate; without a trusted proxy nobody vouches for it."""
    given = request.headers.get(CERTIFICATE)
    if not given or not current_app.extensions["settings"].proxies:
        return None
    try:
        return hashlib.sha256(base64.b64decode(given, validate=True)).hexdigest()
    except (binascii.Error, ValueError):
        return None


def _hold_back() -> None:
    """Refuse who has failed too often, without looking at what they send."""
    if limiter.enabled and not limiter.limiter.test(
        parse(FAILURES), f"failures:{address()}"
    ):
        _too_many()


def _count(rate: str, who: str) -> None:
    if limiter.enabled and not limiter.limiter.hit(parse(rate), who):
        _too_many()


def _too_many() -> None:
    answer = ko("Trop de demandes. Réessayez dans une minute.", 429)
    answer.headers["Retry-After"] = "60"
    abort(answer)
