"""Keys of this machine: those of a token or a card (PKCS#11), those of a file (PKCS#12)."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12


class KeyRefused(Exception):
    """The key cannot be used; the message, in French, says why and what to do."""


@dataclass(frozen=True)
class Certificate:
    """A certificate whose key is here. `key_id` and `token_id` name it to whoever asks."""

    token_id: str
    key_id: str
    der: bytes
    chain: tuple[bytes, ...] = ()

    @property
    def read(self) -> x509.Certificate:
        """The certificate itself."""
        return x509.load_der_x509_certificate(self.der)

    @property
    def name(self) -> str:
        """Whose it is, as people would say."""
        names = self.read.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        return str(names[0].value) if names else self.read.subject.rfc4514_string()

    @property
    def algorithm(self) -> str:
        """`RSA` or `ECDSA`."""
        return "RSA" if isinstance(self.read.public_key(), rsa.RSAPublicKey) else "ECDSA"


class Keys(Protocol):
    """Where keys are."""

    needs: str
    """What must be typed to use one: « code PIN » or « mot de passe »."""

    def certificates(self) -> list[Certificate]:
        """Those that may sign."""

    def sign(
        self, certificate: Certificate, payloads: Sequence[bytes], pin: str
    ) -> list[bytes]:
        """Sign each with SHA-256, all with one PIN. Raises KeyRefused."""


class Token:
    """The keys of a token, a card or a security module, through its PKCS#11 library."""

    needs = "code PIN"

    def __init__(self, module: str, label: str = "") -> None:
        self.module, self.label = module, label
        self._alone = threading.Lock()  # whoever looks may start the library anew

    def certificates(self) -> list[Certificate]:
        """Those of every token present that have a key beside them and may sign."""
        import pkcs11

        try:
            with self._alone:
                found = [one for token in self._tokens() for one in _held(token)]
        except pkcs11.PKCS11Error as error:
            raise KeyRefused(
                f"Le support ne se lit pas ({type(error).__name__})."
            ) from error
        issuers = {one.read.subject: one.der for one in found}
        return [_chained(one, issuers) for one in found if may_sign(one.read)]

    def sign(
        self, certificate: Certificate, payloads: Sequence[bytes], pin: str
    ) -> list[bytes]:
        """Sign each with SHA-256, in one session. Raises KeyRefused."""
        import pkcs11

        with self._alone, self._opened(certificate.token_id, pin) as session:
            try:
                key = session.get_key(
                    object_class=pkcs11.ObjectClass.PRIVATE_KEY,
                    id=bytes.fromhex(certificate.key_id),
                )
            except (pkcs11.NoSuchKey, pkcs11.MultipleObjectsReturned):
                raise KeyRefused(
                    "La clé de ce certificat n’est pas sur ce support."
                ) from None
            return [_signed(key, payload) for payload in payloads]

    def _tokens(self) -> list[Any]:
        """Those present. A library may know only those that it saw as it started: when it
        finds none, or fails, it starts anew.
        """
        import pkcs11

        try:
            library = pkcs11.lib(self.module)
            there = self._seen(library)
            if not there:
                library.reinitialize()
                there = self._seen(library)
        except (pkcs11.PKCS11Error, RuntimeError) as error:
            why = str(error) or type(error).__name__
            raise KeyRefused(f"Le pilote {self.module} ne s’ouvre pas ({why}).") from error
        if not there:
            raise KeyRefused("Aucun support de signature : insérez la clé ou la carte.")
        return there

    def _seen(self, library: Any) -> list[Any]:
        import pkcs11

        try:
            found = library.get_tokens(token_flags=pkcs11.TokenFlag.TOKEN_INITIALIZED)
            return [one for one in found if self.label in {"", str(one.label).strip()}]
        except pkcs11.PKCS11Error:
            return []  # one was pulled out: looked for again

    @contextmanager
    def _opened(self, name: str, pin: str) -> Iterator[Any]:
        import pkcs11

        token = next((one for one in self._tokens() if _name(one) == name), None)
        if token is None:
            raise KeyRefused("Le support de ce certificat n’est plus là : insérez-le.")
        try:
            with token.open(user_pin=pin) as session:
                yield session
        except (
            pkcs11.PinIncorrect,
            pkcs11.PinInvalid,
            pkcs11.PinLenRange,
            pkcs11.ArgumentsBad,
        ):
            raise KeyRefused("Code PIN incorrect.") from None
        except pkcs11.PinLocked:
            raise KeyRefused("Support bloqué après trop de codes PIN incorrects.") from None
        except pkcs11.PKCS11Error as error:
            raise KeyRefused(
                f"Le support a refusé de signer ({type(error).__name__})."
            ) from error


class KeyFile:
    """The key of a PKCS#12 file. Its certificate is read once, with the password.

    The key itself is read at each signing, unless it is to be kept.
    """

    needs = "mot de passe"

    def __init__(self, path: Path, password: str, *, keep: bool = False) -> None:
        self.path = path
        key, own, others = self._read(password)
        self._key = key if keep else None
        chain = tuple(one.certificate.public_bytes(Encoding.DER) for one in others)
        self._certificate = Certificate(
            path.name, "1", own.public_bytes(Encoding.DER), chain
        )

    def certificates(self) -> list[Certificate]:
        """The file's own."""
        return [self._certificate] if may_sign(self._certificate.read) else []

    def sign(
        self, certificate: Certificate, payloads: Sequence[bytes], pin: str
    ) -> list[bytes]:
        """Sign each with SHA-256. Raises KeyRefused."""
        key = self._key or self._read(pin)[0]
        if isinstance(key, rsa.RSAPrivateKey):
            return [key.sign(one, padding.PKCS1v15(), hashes.SHA256()) for one in payloads]
        return [key.sign(one, ec.ECDSA(hashes.SHA256())) for one in payloads]

    def _read(self, password: str) -> tuple[Any, x509.Certificate, list[Any]]:
        try:
            opened = pkcs12.load_pkcs12(self.path.read_bytes(), password.encode())
        except OSError as error:
            raise KeyRefused(
                f"Le fichier {self.path} ne se lit pas ({error.strerror})."
            ) from error
        except ValueError:
            raise KeyRefused(
                "Mot de passe incorrect, ou fichier qui n’est pas un PKCS#12."
            ) from None
        signs = isinstance(opened.key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
        if opened.cert is None or not signs:
            raise KeyRefused("Ce fichier ne contient pas une clé et son certificat.")
        return opened.key, opened.cert.certificate, opened.additional_certs


def may_sign(certificate: x509.Certificate) -> bool:
    """Whether a certificate is a person's or a seal's, meant for signing."""
    try:
        if certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
    except x509.ExtensionNotFound:
        pass
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return usage.digital_signature or usage.content_commitment


def _name(token: Any) -> str:
    """What tells a token from another: cards of one maker often bear the same label."""
    serial = bytes(token.serial).decode("latin-1").strip()
    return f"{str(token.label).strip()} {serial}".strip()


def _held(token: Any) -> Iterator[Certificate]:
    """The certificates of one token, of authorities too."""
    import pkcs11

    with token.open() as session:
        for held in session.get_objects(
            {pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE}
        ):
            key_id = bytes(held[pkcs11.Attribute.ID]).hex()
            yield Certificate(_name(token), key_id, bytes(held[pkcs11.Attribute.VALUE]))


def _chained(one: Certificate, issuers: dict[x509.Name, bytes]) -> Certificate:
    chain: list[bytes] = []
    at = one.read
    while at.issuer != at.subject and (issuer := issuers.get(at.issuer)) not in {
        None,
        *chain,
    }:
        chain.append(issuer)  # type: ignore[arg-type]
        at = x509.load_der_x509_certificate(chain[-1])
    return Certificate(one.token_id, one.key_id, one.der, tuple(chain))


def _signed(key: Any, payload: bytes) -> bytes:
    import pkcs11
    from pkcs11.util.ec import encode_ecdsa_signature

    if key.key_type == pkcs11.KeyType.RSA:
        return bytes(key.sign(payload, mechanism=pkcs11.Mechanism.SHA256_RSA_PKCS))
    digest = hashes.Hash(hashes.SHA256())
    digest.update(payload)
    raw = key.sign(digest.finalize(), mechanism=pkcs11.Mechanism.ECDSA)
    return bytes(encode_ecdsa_signature(raw))
