"""Keys that the server itself holds: seals in a PKCS#12 file or a security module (PKCS#11),
and key files of people, opened with the password that they type.
"""

import base64
import threading
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from connectors import Misconfigured, Refused
from connectors.signature.desktop.signeur.keys import (
    Certificate,
    KeyFile,
    KeyRefused,
    Keys,
    Token,
)

Plain = dict[str, Any]

_modules = threading.Lock()
"""A module knows one login at a time for the whole process."""


@dataclass
class Seal:
    """A key of the body or of the platform, used without anyone typing anything."""

    id: str
    label: str
    secret: str
    file: Path | None = None
    module: str = ""
    token: str = ""
    kind: Literal["seal"] = "seal"
    quality: str = "seal"
    needs: tuple[str, ...] = ()
    _keys: Keys | None = None

    def certificate(self, person: Plain | None = None) -> tuple[bytes, list[bytes]]:
        """Its certificate and those above it, in DER. Raises Misconfigured."""
        held = self._held()
        return held.der, list(held.chain)

    def sign(
        self, person: Plain | None, to_sign: list[Plain], pin: str | None = None
    ) -> dict[str, str]:
        """Sign each entry; id → value in base64. Raises Misconfigured."""
        with _modules if self.module else nullcontext():
            return signed(self._opened(), self._held(), to_sign, self.secret, Misconfigured)

    def check(self) -> list[str]:
        """What is wrong with this key, in French."""
        try:
            self._held()
        except Misconfigured as error:
            return [str(error)]
        return []

    def _held(self) -> Certificate:
        try:
            found = self._opened().certificates()
        except KeyRefused as error:
            raise Misconfigured(f"Cachet « {self.id} » : {error}") from error
        if not found:
            raise Misconfigured(f"Cachet « {self.id} » : aucun certificat pour signer.")
        return found[0]

    def _opened(self) -> Keys:
        if self._keys is None:
            try:
                self._keys = (
                    Token(self.module, self.token)
                    if self.module
                    else KeyFile(self.file or Path(), self.secret, keep=True)
                )
            except KeyRefused as error:
                raise Misconfigured(f"Cachet « {self.id} » : {error}") from error
        return self._keys


@dataclass(frozen=True)
class KeyFiles:
    """A folder of key files of people, `<e-mail>.p12`, opened with their own password."""

    folder: Path
    id: str = "fichier"
    label: str = "Clé confiée au serveur"
    kind: Literal["remote"] = "remote"
    quality: str = "advanced"
    needs: tuple[str, ...] = ("pin",)

    def certificate(self, person: Plain | None) -> tuple[bytes, list[bytes]]:
        """Raises Refused: the certificate is in the file, closed until the password comes."""
        path = self._path(person).with_suffix(".pem")
        try:
            from cryptography import x509
            from cryptography.hazmat.primitives.serialization import Encoding

            read = x509.load_pem_x509_certificates(path.read_bytes())
        except (OSError, ValueError):
            raise Refused(
                ["Vous n’avez pas de clé de signature sur le serveur."],
                code="no_certificate",
            ) from None
        own, *chain = (one.public_bytes(Encoding.DER) for one in read)
        return own, chain

    def sign(
        self, person: Plain | None, to_sign: list[Plain], pin: str | None = None
    ) -> dict[str, str]:
        """Sign each entry with the person's key. Raises Refused for a wrong password."""
        try:
            keys = KeyFile(self._path(person), pin or "", keep=True)
        except KeyRefused as error:
            raise Refused([str(error)], code="pin") from error
        return signed(keys, keys.certificates()[0], to_sign, pin or "", Refused)

    def check(self) -> list[str]:
        """What is wrong with the folder, in French."""
        there = self.folder.is_dir()
        return [] if there else [f"Signature : le dossier {self.folder} n’existe pas."]

    def _path(self, person: Plain | None) -> Path:
        name = str((person or {}).get("email") or "").casefold()
        if not name or "/" in name or name.startswith("."):
            raise Refused(
                ["Vous n’avez pas d’adresse électronique."], code="no_certificate"
            )
        return self.folder / f"{name}.p12"


def signed(
    keys: Keys, held: Certificate, to_sign: list[Plain], secret: str, error: type[Exception]
) -> dict[str, str]:
    """The value of each entry, in base64. Raises `error` when the key refuses."""
    payloads = [base64.b64decode(one["data"]) for one in to_sign]
    try:
        values = keys.sign(held, payloads, secret)
    except KeyRefused as refusal:
        raise (
            error([str(refusal)]) if error is Refused else error(str(refusal))
        ) from refusal
    named = zip(to_sign, values, strict=True)
    return {str(one["id"]): base64.b64encode(value).decode() for one, value in named}


def seals(settings: Mapping[str, str]) -> list[Seal]:
    """The seals set up: SIGNATURE_SEALS (name=path, …) and SIGNATURE_PKCS11_MODULE."""
    found = []
    for pair in filter(None, (settings.get("SIGNATURE_SEALS") or "").split(",")):
        name, _, path = pair.strip().partition("=")
        secret = _secret(settings, f"SIGNATURE_SEAL_{name.upper().replace('-', '_')}")
        found.append(Seal(name, f"Cachet {name}", secret, file=Path(path)))
    if module := settings.get("SIGNATURE_PKCS11_MODULE"):
        name = settings.get("SIGNATURE_PKCS11_SEAL") or "hsm"
        found.append(
            Seal(
                name, f"Cachet {name}", _secret(settings, "SIGNATURE_PKCS11"),
                module=module, token=settings.get("SIGNATURE_PKCS11_TOKEN") or "",
            )
        )  # fmt: skip
    return found


def _secret(settings: Mapping[str, str], name: str) -> str:
    """`<name>_PASSWORD`, or the first line of the file that `<name>_PASSWORD_FILE` names."""
    if path := settings.get(f"{name}_PASSWORD_FILE"):
        return Path(path).read_text().splitlines()[0]
    return (
        settings.get(f"{name}_PASSWORD") or settings.get("SIGNATURE_SEALS_PASSWORD") or ""
    )
