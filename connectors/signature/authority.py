"""A certificate authority for demonstrations: keys made once, and DEMONSTRATION on all of them.

`<data>/signature/authority` keeps its keys, and those of the people and seals it knows, one
PEM file each. What it revoked is the sandbox's memory. It has no value but to show.
"""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import AuthorityInformationAccessOID as Access
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose
from cryptography.x509.oid import NameOID

from connectors.memory import Memory, memory

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
ADDRESS = "http://signature.sandbox"
ORGANISATION = "DEMONSTRATION e-Bourgogne"
TABLE = "CREATE TABLE IF NOT EXISTS revoked (serial TEXT PRIMARY KEY, at TEXT NOT NULL)"
STATEMENTS = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.3")
YEAR = timedelta(days=365)
_USAGES = [
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
]


@dataclass(frozen=True)
class Identity:
    """A private key, its certificate, and the certificates above it, root last."""

    key: PrivateKey
    certificate: x509.Certificate
    above: tuple[x509.Certificate, ...] = ()

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def chain(self) -> list[bytes]:
        return [one.public_bytes(Encoding.DER) for one in self.above]


@dataclass(frozen=True)
class Authority:
    """The authority kept in a folder; `clock` dates what it makes."""

    folder: Path
    clock: Callable[[], datetime]
    memory: Memory

    @property
    def root(self) -> Identity:
        return self._kept(
            "root", lambda: self._made("Racine", _curve(), None, 30, _ca=True)
        )

    @property
    def issuing(self) -> Identity:
        return self._kept(
            "issuing",
            lambda: self._made("Autorité émettrice", _curve(), self.root, 20, _ca=True),
            self.root,
        )

    @property
    def timestamping(self) -> Identity:
        """The unit that dates things, another one in the last year of its certificate."""
        return self._unit("timestamping", "Horodatage", Purpose.TIME_STAMPING)

    @property
    def responder(self) -> Identity:
        """Whoever answers whether a certificate is revoked."""
        return self._unit("responder", "Répondeur OCSP", Purpose.OCSP_SIGNING)

    def seal(self, name: str) -> Identity:
        """A server's seal, made the first time that it is asked for."""
        return self._issued(f"seal-{_file_name(name)}", f"Cachet {name}", _rsa)

    def person(self, person_id: str, name: str, email: str = "") -> Identity:
        """The certificate of a person, made the first time that it is asked for."""
        return self._issued(
            f"person-{_file_name(person_id + name)}",
            name,
            _rsa,
            usages=("content_commitment",),
            email=email,
        )

    def issue(
        self,
        name: str,
        *,
        usages: Sequence[str] = ("content_commitment",),
        purpose: x509.ObjectIdentifier | None = None,
        valid: tuple[datetime, datetime] | None = None,
        email: str = "",
        statements: bytes = b"",
    ) -> Identity:
        """A certificate that is not kept: of any validity and any usage.

        `statements` are those of qualified certificates (ETSI EN 319 412-5), in DER.
        """
        return self._made(
            name, _rsa(), self.issuing, 10, usages=usages, purpose=purpose, valid=valid,
            email=email, statements=statements,
        )  # fmt: skip

    def revoke(self, certificate: x509.Certificate) -> None:
        """Revoke a certificate from now on."""
        with self.memory.opened(TABLE) as db:
            db.execute(
                "INSERT OR IGNORE INTO revoked VALUES (?, ?)",
                [str(certificate.serial_number), self.clock().astimezone(UTC).isoformat()],
            )

    def revoked(self) -> dict[int, datetime]:
        """Since when each serial number is revoked."""
        with self.memory.opened(TABLE) as db:
            rows = db.execute("SELECT serial, at FROM revoked").fetchall()
        return {int(row["serial"]): datetime.fromisoformat(row["at"]) for row in rows}

    def _unit(self, file: str, name: str, purpose: x509.ObjectIdentifier) -> Identity:
        """The service that answers today: each serves until a year before its end."""
        now, number = self.clock(), 1
        while True:
            since = None if number == 1 else (now - timedelta(days=1), now + 10 * YEAR)
            kept = self._issued(
                file if number == 1 else f"{file}-{number}", name, _curve,
                purpose=purpose, valid=since,
            )  # fmt: skip
            if kept.certificate.not_valid_after_utc - now > YEAR:
                return kept
            number += 1

    def _issued(
        self,
        file: str,
        name: str,
        new_key: Callable[[], PrivateKey],
        *,
        usages: Sequence[str] = ("digital_signature",),
        purpose: x509.ObjectIdentifier | None = None,
        valid: tuple[datetime, datetime] | None = None,
        email: str = "",
    ) -> Identity:
        issuing = self.issuing
        return self._kept(
            file,
            lambda: self._made(
                name, new_key(), issuing, 10, usages=usages, purpose=purpose, valid=valid,
                email=email,
            ),
            issuing,
        )  # fmt: skip

    def _kept(
        self, name: str, make: Callable[[], Identity], issuer: Identity | None = None
    ) -> Identity:
        """The identity of that file, made if missing: of two that make it, one wins."""
        path = self.folder / f"{name}.pem"
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.NamedTemporaryFile(dir=self.folder, prefix=".") as new:
                made = make()
                new.write(
                    made.key.private_bytes(
                        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
                    )
                )
                new.write(made.certificate.public_bytes(Encoding.PEM))
                new.flush()
                with contextlib.suppress(FileExistsError):
                    os.link(new.name, path)
        key, certificate = _read(path)
        above = (issuer.certificate, *issuer.above) if issuer else ()
        return Identity(key, certificate, above)

    def _made(
        self,
        name: str,
        key: PrivateKey,
        issuer: Identity | None,
        years: int,
        *,
        usages: Sequence[str] = (),
        purpose: x509.ObjectIdentifier | None = None,
        valid: tuple[datetime, datetime] | None = None,
        email: str = "",
        statements: bytes = b"",
        _ca: bool = False,
    ) -> Identity:
        subject = _subject(name)
        # Independent tools live on the machine's clock, whatever ours says.
        since = min(self.clock(), datetime.now(UTC)) - timedelta(days=1)
        since, until = valid or (since, since + years * YEAR)
        usages = ("key_cert_sign", "crl_sign") if _ca else usages
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.certificate.subject if issuer else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(since)
            .not_valid_after(until)
            .add_extension(x509.BasicConstraints(ca=_ca, path_length=None), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
            .add_extension(
                x509.KeyUsage(**{one: one in usages for one in _USAGES}), critical=True
            )
        )
        if purpose:
            builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=True)
        if purpose == Purpose.OCSP_SIGNING:
            builder = builder.add_extension(x509.OCSPNoCheck(), critical=False)
        if email:
            names = x509.SubjectAlternativeName([x509.RFC822Name(email)])
            builder = builder.add_extension(names, critical=False)
        if statements:
            told = x509.UnrecognizedExtension(STATEMENTS, statements)
            builder = builder.add_extension(told, critical=False)
        if issuer:
            builder = _linked(builder, issuer, answers=bool(issuer.above))
        made = builder.sign(issuer.key if issuer else key, SHA256())
        above = (issuer.certificate, *issuer.above) if issuer else ()
        return Identity(key, made, above)


def authority(data: Path, clock: Callable[[], datetime]) -> Authority:
    """The demonstration authority of an installation."""
    return Authority(data / "signature" / "authority", clock, memory(data, "signature"))


def _linked(
    builder: x509.CertificateBuilder, issuer: Identity, *, answers: bool
) -> x509.CertificateBuilder:
    """With its issuer's key, and where revocation is told."""
    which = "issuing" if answers else "root"
    lists = x509.CRLDistributionPoints(
        [
            x509.DistributionPoint(
                [x509.UniformResourceIdentifier(f"{ADDRESS}/{which}.crl")], None, None, None
            )
        ]
    )
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
    builder = builder.add_extension(above, critical=False)
    builder = builder.add_extension(lists, critical=False)
    if not answers:
        return builder
    where = x509.UniformResourceIdentifier(f"{ADDRESS}/ocsp")
    told = x509.AuthorityInformationAccess([x509.AccessDescription(Access.OCSP, where)])
    return builder.add_extension(told, critical=False)


def _subject(name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "FR"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{name[:47]} DEMONSTRATION".strip()),
        ]
    )


def _curve() -> PrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _rsa() -> PrivateKey:
    # HELIOS and many readers of signatures know RSA alone.
    return rsa.generate_private_key(65537, 2048)


def _file_name(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@lru_cache(maxsize=512)
def _read(path: Path) -> tuple[PrivateKey, x509.Certificate]:
    """Kept: checking a key at each reading takes most of the time of a signature."""
    content = path.read_bytes()
    key = load_pem_private_key(content, None)
    assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    return key, x509.load_pem_x509_certificate(content)
