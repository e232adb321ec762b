"""Remote signatures at a trust service provider: the Cloud Signature Consortium's API, v2.

credentials/list, credentials/info    the person's certificate
credentials/authorize                 the PIN, for these hashes and no others
signatures/signHash                   their signatures
"""

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import httpx

from connectors import ConnectorError, Misconfigured, Refused, sandboxes
from connectors.signature.signers import live
from connectors.wire import Unreadable, call, json_object, text_field

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

Plain = dict[str, Any]
PARTNER = "Signature à distance"
SHA256 = "2.16.840.1.101.3.4.2.1"
_ALGORITHMS = {
    "RSA": "1.2.840.113549.1.1.11",
    "EC": "1.2.840.10045.4.3.2",
}
_REFUSALS = {
    "invalid_pin": ("Code PIN incorrect.", "pin"),
    "locked": ("Certificat bloqué après trop de codes PIN incorrects.", "locked"),
}


@dataclass(frozen=True)
class Credential:
    """A key of somebody at the provider; `most` signatures by authorisation."""

    id: str
    certificates: tuple[bytes, ...]
    algorithm: str
    most: int


@dataclass(frozen=True)
class Remote:
    """The provider's service, asked in the name of the office for one of its agents."""

    http: httpx.Client
    label: str = "Signature à distance"
    quality: str = "advanced"
    id: str = "csc"
    kind: Literal["remote"] = "remote"

    @property
    def needs(self) -> tuple[str, ...]:
        """What the person types."""
        return ("pin",)

    def certificate(self, person: Plain | None) -> tuple[bytes, list[bytes]]:
        """The person's certificate and those above it, in DER. Raises Refused."""
        own, *chain = self._credential(person).certificates
        return own, chain

    def sign(
        self, person: Plain | None, to_sign: list[Plain], pin: str | None = None
    ) -> dict[str, str]:
        """Sign each digest, in one authorisation or as few as the provider allows.

        Raises Refused for a wrong PIN, or a certificate locked or suspended.
        """
        credential = self._credential(person)
        values: dict[str, str] = {}
        for part in _slices(to_sign, credential.most):
            digests = [str(one["digest"]) for one in part]
            authorised = self._authorised(credential, digests, pin)
            values |= dict(zip((str(one["id"]) for one in part), authorised, strict=True))
        return values

    def check(self) -> list[str]:
        """Ask the service who it is; alter nothing."""
        try:
            self._ask("info", {})
        except ConnectorError as error:
            return [str(error)]
        return []

    def _credential(self, person: Plain | None) -> Credential:
        who = person or {}
        asked = {"userID": who.get("email", ""), "clientData": who.get("name", "")}
        listed = self._ask("credentials/list", asked).get("credentialIDs")
        if not isinstance(listed, list) or not listed:
            raise Refused(
                ["Vous n’avez pas de certificat chez ce prestataire."],
                code="no_certificate",
            )
        wanted = {"credentialID": listed[0], "certificates": "chain", "certInfo": True}
        told = self._ask("credentials/info", wanted)
        try:
            kept = tuple(base64.b64decode(one) for one in told["cert"]["certificates"])
            status, algorithms = told["cert"].get("status", "valid"), told["key"]["algo"]
            enabled, most = told["key"]["status"] == "enabled", int(told["multisign"])
            kind = next(
                kind for kind, oid in _ALGORITHMS.items()
                if {oid, "1.2.840.113549.1.1.1" if kind == "RSA" else oid} & set(algorithms)
            )  # fmt: skip
        except (KeyError, TypeError, ValueError, StopIteration, binascii.Error) as error:
            raise Unreadable(f"{PARTNER} : description de certificat illisible.") from error
        if status != "valid" or not enabled or not kept:
            reason = {"expired": "expiré", "revoked": "révoqué"}.get(status, "suspendu")
            raise Refused(
                [f"Votre certificat est {reason} chez le prestataire."], code=status
            )
        return Credential(str(listed[0]), kept, _ALGORITHMS[kind], max(most, 1))

    def _authorised(
        self, credential: Credential, digests: list[str], pin: str | None
    ) -> list[str]:
        asked = {
            "credentialID": credential.id,
            "numSignatures": len(digests),
            "hashes": digests,
            "hashAlgorithmOID": SHA256,
            "authData": [{"id": "PIN", "value": pin or ""}],
        }
        sad = text_field(self._ask("credentials/authorize", asked), "SAD", partner=PARTNER)
        answer = self._ask(
            "signatures/signHash",
            {
                "credentialID": credential.id,
                "SAD": sad,
                "hashes": digests,
                "hashAlgorithmOID": SHA256,
                "signAlgo": credential.algorithm,
            },
        )
        values = answer.get("signatures")
        if not isinstance(values, list) or len(values) != len(digests):
            raise Unreadable(f"{PARTNER} : il manque des signatures dans la réponse.")
        return [str(value) for value in values]

    def _ask(self, path: str, body: Plain) -> Plain:
        """Nothing is done twice that matters: a signature whose answer was lost is asked again."""
        answer = call(
            self.http, "POST", f"csc/v2/{path}", partner=PARTNER, acts=False,
            expected={400}, json=body,
        )  # fmt: skip
        told = json_object(answer, partner=PARTNER)
        if answer.status_code != httpx.codes.BAD_REQUEST:
            return told
        said = str(told.get("error_description") or told.get("error") or "demande refusée")
        sentence, code = _REFUSALS.get(
            str(told.get("error")), (f"{PARTNER} : {said}", "refused")
        )
        raise Refused([sentence], code=code)


def connect(
    settings: Mapping[str, str], *, clock: Callable[[], datetime], data: Path
) -> Remote | None:
    """The provider that CSC_URL names, else the demonstration's while nobody is trusted.

    None when there is neither. Raises Misconfigured for an unknown quality.
    """
    label = settings.get("CSC_LABEL") or "Signature à distance"
    if url := settings.get("CSC_URL"):
        http = httpx.Client(
            base_url=url.rstrip("/").removesuffix("/csc/v2"),
            headers={"Authorization": f"Bearer {settings.get('CSC_TOKEN', '')}"},
            timeout=float(settings.get("CSC_TIMEOUT") or 30),
        )
        quality = settings.get("CSC_QUALITY") or "advanced"
        if quality not in {"simple", "advanced", "qualified"}:
            raise Misconfigured("CSC_QUALITY : simple, advanced ou qualified.")
        return Remote(http, label, quality)
    if live(settings):
        return None

    def practice() -> "WSGIApplication":
        from connectors.signature import sandbox

        return sandbox.application(data, settings, clock)

    http = sandboxes.client(
        settings, "signature", practice, headers={"Authorization": "Bearer sandbox"},
    )  # fmt: skip
    return Remote(http, "Signature à distance (démonstration)", "simple")


def _slices(values: list[Plain], size: int) -> Iterator[list[Plain]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
