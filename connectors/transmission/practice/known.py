"""Who calls the sandbox: any SIREN is a login, and the password is `sandbox`."""

import hashlib
import hmac
import re
import secrets

from flask import Request

from connectors.transmission.practice.held import Held

PASSWORD = "sandbox"  # noqa: S105  a sandbox's, known to all


def caller(held: Held, request: Request) -> str | None:
    """The SIREN of who calls; None for a stranger."""
    if "nounce" in request.args:
        return _by_nonce(held, request)
    given = request.authorization
    if given is None or given.type != "basic" or given.password != PASSWORD:
        return None
    return _siren(given.username)


def nonce(held: Held, siren: str) -> str:
    """A number to be used once."""
    value = secrets.token_hex(16)
    with held.opened() as db:
        db.execute("INSERT INTO nonce VALUES (?, ?)", [value, siren])
    return value


def _by_nonce(held: Held, request: Request) -> str | None:
    value, login = request.args["nounce"], request.args.get("login", "")
    proof = hashlib.sha256(f"{PASSWORD}:{value}".encode()).hexdigest()
    with held.opened() as db:
        known = db.execute(
            "DELETE FROM nonce WHERE value = ? AND login = ? RETURNING 1", [value, login]
        ).fetchone()
    right = hmac.compare_digest(request.args.get("hash", "").encode(), proof.encode())
    return _siren(login) if known and right else None


def _siren(login: str | None) -> str | None:
    return login if login and re.fullmatch(r"[0-9]{9}", login) else None
