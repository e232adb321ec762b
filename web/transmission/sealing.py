"""The secrets of accounts: drawn here, kept sealed under the office's own key.

S²LOW's nonce scheme asks for a hash of the password and a number: the password itself must be
known, so it cannot be kept as a hash (docs/decisions/0032). It is never a person's.
"""

import hashlib
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import current_app

_NONCE = 12
_ABOUT = b"transmission account"


def new_secret() -> str:
    """A secret that nobody will guess."""
    return secrets.token_urlsafe(24)


def seal(secret: str) -> bytes:
    """The secret as the database keeps it."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + _cipher().encrypt(nonce, secret.encode(), _ABOUT)


def unseal(sealed: bytes) -> str | None:
    """The secret; None when the office's key has changed since."""
    try:
        return _cipher().decrypt(sealed[:_NONCE], sealed[_NONCE:], _ABOUT).decode()
    except InvalidTag:
        return None


def _cipher() -> AESGCM:
    key = f"{current_app.config['SECRET_KEY']}:transmission".encode()
    return AESGCM(hashlib.sha256(key).digest())
