"""A provider of remote signatures for demonstrations, on the Cloud Signature Consortium's
routes: real RSA keys of the demonstration authority, the PIN 123456, three tries.

An authorisation is for its own hashes, once, for five minutes.
"""

import base64
import hmac
import json
import secrets
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from werkzeug.wrappers import Request, Response

from connectors.signature.authority import Authority, Identity

PIN = "123456"
TRIES = 3
LOCKED_FOR = timedelta(minutes=15)
LASTS = timedelta(minutes=5)
MULTISIGN = 500
TOKEN = "Bearer sandbox"  # noqa: S105 - a sandbox's, known to all
PREFIX = "/csc/v2/"
RSA, RSA_SHA256 = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.11"
SHA256_OID = "2.16.840.1.101.3.4.2.1"
TABLES = (
    "CREATE TABLE IF NOT EXISTS csc_user (id TEXT PRIMARY KEY, name TEXT)",
    "CREATE TABLE IF NOT EXISTS csc_tries (id TEXT PRIMARY KEY, wrong INTEGER, at TEXT)",
    "CREATE TABLE IF NOT EXISTS csc_sad (sad TEXT PRIMARY KEY, id TEXT, hashes TEXT, until TEXT)",
)
Body = dict[str, Any]


class Problem(Exception):
    """What the provider refuses, in its own code."""

    def __init__(self, code: str, text: str = "") -> None:
        super().__init__(text or code)
        self.code = code


def answer(kept: Authority, request: Request) -> Response:
    """The answer to a request under `/csc/v2/`."""
    if request.headers.get("Authorization") != TOKEN:
        return _json({"error": "access_denied"}, HTTPStatus.UNAUTHORIZED)
    verb = _VERBS.get(request.path.removeprefix(PREFIX))
    if verb is None or request.method != "POST":
        return _json({"error": "not_found"}, HTTPStatus.NOT_FOUND)
    body = request.get_json(silent=True)
    try:
        if not isinstance(body, dict):
            raise Problem("invalid_request", "The body is not a JSON object")
        return _json(verb(kept, body))
    except Problem as problem:
        told = {"error": problem.code, "error_description": str(problem)}
        return _json(told, HTTPStatus.BAD_REQUEST)


def _info(kept: Authority, body: Body) -> Body:
    return {
        "specs": "2.0.0.2", "name": "Prestataire d’essai", "region": "FR", "lang": "fr",
        "authType": ["external"], "methods": sorted(_VERBS),
    }  # fmt: skip


def _list(kept: Authority, body: Body) -> Body:
    user = str(body.get("userID") or "")
    if "@" not in user or user.startswith("sans-certificat"):
        return {"credentialIDs": []}
    name = str(body.get("clientData") or user)
    with kept.memory.opened(*TABLES) as db:
        db.execute("INSERT OR IGNORE INTO csc_user VALUES (?, ?)", [user, name])
    return {"credentialIDs": [user]}


def _described(kept: Authority, body: Body) -> Body:
    held = _held(kept, body)
    serial = held.certificate.serial_number
    certificates = [base64.b64encode(one).decode() for one in (held.der, *held.chain)]
    return {
        "key": {"status": "enabled", "algo": [RSA, RSA_SHA256], "len": 2048},
        "cert": {
            "status": "revoked" if serial in kept.revoked() else "valid",
            "certificates": certificates,
        },
        "auth": {
            "mode": "explicit",
            "objects": [{"type": "Password", "id": "PIN", "format": "N", "label": "PIN"}],
        },
        "SCAL": "2",
        "multisign": MULTISIGN,
    }


def _authorize(kept: Authority, body: Body) -> Body:
    _held(kept, body)
    name, hashes = str(body["credentialID"]), _hashes(body)
    if body.get("numSignatures") != len(hashes) or len(hashes) > MULTISIGN:
        raise Problem("invalid_request", "numSignatures does not fit the hashes")
    given = {one.get("id"): one.get("value") for one in body.get("authData") or []}
    _check_pin(kept, name, str(given.get("PIN") or ""))
    sad, until = secrets.token_urlsafe(24), _now(kept) + LASTS
    with kept.memory.opened(*TABLES) as db:
        row = [sad, name, json.dumps(hashes), until.isoformat()]
        db.execute("INSERT INTO csc_sad VALUES (?, ?, ?, ?)", row)
    return {"SAD": sad, "expiresIn": int(LASTS.total_seconds())}


def _check_pin(kept: Authority, name: str, given: str) -> None:
    now = _now(kept)
    with kept.memory.opened(*TABLES) as db:
        row = db.execute("SELECT wrong, at FROM csc_tries WHERE id = ?", [name]).fetchone()
        wrong = row["wrong"] if row else 0
        if wrong >= TRIES and now < datetime.fromisoformat(row["at"]) + LOCKED_FOR:
            refused = "locked"
        elif hmac.compare_digest(given.encode(), PIN.encode()):
            db.execute("DELETE FROM csc_tries WHERE id = ?", [name])
            return
        else:
            wrong = wrong % TRIES + 1
            refused = "locked" if wrong == TRIES else "invalid_pin"
            db.execute(
                "INSERT OR REPLACE INTO csc_tries VALUES (?, ?, ?)",
                [name, wrong, now.isoformat()],
            )
    raise Problem(refused)


def _sign(kept: Authority, body: Body) -> Body:
    held, hashes = _held(kept, body), _hashes(body)
    if body.get("signAlgo") not in {RSA, RSA_SHA256}:
        raise Problem("invalid_request", "Unknown signAlgo")
    with kept.memory.opened(*TABLES) as db:
        sad = str(body.get("SAD") or "")
        row = db.execute("SELECT * FROM csc_sad WHERE sad = ?", [sad]).fetchone()
        db.execute("DELETE FROM csc_sad WHERE sad = ?", [sad])
    fits = row and row["id"] == body["credentialID"] and json.loads(row["hashes"]) == hashes
    if not fits or datetime.fromisoformat(row["until"]) < _now(kept):
        raise Problem("invalid_request", "Invalid SAD")
    key = held.key
    assert isinstance(key, rsa.RSAPrivateKey)
    return {
        "signatures": [
            base64.b64encode(
                key.sign(base64.b64decode(one), padding.PKCS1v15(), Prehashed(SHA256()))
            ).decode()
            for one in hashes
        ]
    }


_VERBS = {
    "info": _info,
    "credentials/list": _list,
    "credentials/info": _described,
    "credentials/authorize": _authorize,
    "signatures/signHash": _sign,
}


def _held(kept: Authority, body: Body) -> Identity:
    name = str(body.get("credentialID") or "")
    with kept.memory.opened(*TABLES) as db:
        row = db.execute("SELECT name FROM csc_user WHERE id = ?", [name]).fetchone()
    if row is None:
        raise Problem("invalid_request", "Invalid parameter credentialID")
    return kept.person(f"csc:{name}", row["name"], name)


def _hashes(body: Body) -> list[str]:
    hashes = body.get("hashes")
    if body.get("hashAlgorithmOID") != SHA256_OID or not isinstance(hashes, list):
        raise Problem("invalid_request", "Hashes by SHA-256 are expected")
    try:
        sizes = {len(base64.b64decode(one, validate=True)) for one in hashes}
    except (TypeError, ValueError):
        sizes = set()
    if sizes != {SHA256.digest_size}:
        raise Problem("invalid_request", "Invalid parameter hashes")
    return hashes


def _now(kept: Authority) -> datetime:
    return kept.clock().astimezone(UTC)


def _json(value: Body, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return Response(json.dumps(value), status, mimetype="application/json")
