"""Keys of the demonstration: one a person, made when they first sign, and a seal."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from connectors import Refused
from connectors.signature.authority import Authority, Identity, PrivateKey, authority

Plain = dict[str, Any]
WRONG_PIN = "0000"
"""The code that the demonstration refuses, to show what a refusal looks like."""


@dataclass(frozen=True)
class Demonstration:
    """A way to sign whose keys are those of the demonstration authority."""

    authority: Authority
    id: str
    label: str
    kind: Literal["demo", "seal"]
    quality: str
    needs: tuple[str, ...]

    def certificate(self, person: Plain | None) -> tuple[bytes, list[bytes]]:
        found = self._identity(person)
        return found.der, found.chain

    def sign(
        self, person: Plain | None, to_sign: list[Plain], pin: str | None = None
    ) -> dict[str, str]:
        if pin == WRONG_PIN and "pin" in self.needs:
            raise Refused(["Le code PIN est faux."], code="pin")
        key = self._identity(person).key
        return {
            str(one["id"]): base64.b64encode(
                signed(key, base64.b64decode(one["data"]))
            ).decode()
            for one in to_sign
        }

    def check(self) -> list[str]:
        return []

    def _identity(self, person: Plain | None) -> Identity:
        if person is None:
            return self.authority.seal(self.id)
        return self.authority.person(
            str(person["id"]), str(person["name"]), str(person.get("email") or "")
        )


def person(*, clock: Callable[[], datetime], data: Path) -> Demonstration:
    """Anybody's own key, kept by the server."""
    kept, label = authority(data, clock), "Signature de démonstration"
    return Demonstration(kept, "demo", label, "demo", "simple", ("pin",))


def seal(*, clock: Callable[[], datetime], data: Path) -> Demonstration:
    """The server's seal."""
    kept, label = authority(data, clock), "Cachet de démonstration"
    return Demonstration(kept, "demo", label, "seal", "seal", ())


def signed(key: PrivateKey, data: bytes) -> bytes:
    """The value of a signature over data."""
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), SHA256())
    return key.sign(data, ec.ECDSA(SHA256()))
