"""Keys and certificates of a small authority of the tests, in files and in SoftHSM."""

import os
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from cryptography.x509.oid import NameOID

SOFTHSM = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "4321"
NOW = datetime.now(UTC)


@dataclass(frozen=True)
class Key:
    """A private key and its certificate."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate
    issuer: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    def p12(self, password: str) -> bytes:
        sealed = serialization.BestAvailableEncryption(password.encode())
        return pkcs12.serialize_key_and_certificates(
            b"cle", self.key, self.certificate, [self.issuer], sealed
        )


@dataclass(frozen=True)
class Authority:
    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    def issue(
        self,
        name: str,
        *,
        email: str = "",
        days: tuple[int, int] = (-10, 365),
        signs: bool = True,
    ) -> Key:
        """A key of somebody, valid from and to so many days from now."""
        key = rsa.generate_private_key(65537, 2048)
        subject = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
        made = (
            x509.CertificateBuilder()
            .subject_name(x509.Name(subject))
            .issuer_name(self.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW + timedelta(days=days[0]))
            .not_valid_after(NOW + timedelta(days=days[1]))
            .add_extension(_usage(signs), critical=True)
        )
        if email:
            names = x509.SubjectAlternativeName([x509.RFC822Name(email)])
            made = made.add_extension(names, critical=False)
        return Key(key, made.sign(self.key, hashes.SHA256()), self.certificate)


def authority() -> Authority:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Autorité des tests")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=100))
        .not_valid_after(NOW + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )
    return Authority(key, made.sign(key, hashes.SHA256()))


def _usage(signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signs, content_commitment=signs, key_encipherment=not signs,
        data_encipherment=False, key_agreement=False, key_cert_sign=False, crl_sign=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def softhsm(folder: Path, *held: tuple[str, Key]) -> None:
    """Tokens of SoftHSM for this process and those it starts, each with one key and its PIN."""
    if not SOFTHSM.exists():
        pytest.skip("SoftHSM is not installed")
    (folder / "tokens").mkdir(parents=True, exist_ok=True)
    settings = folder / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(settings)
    for label, key in held:
        _token(folder, label, key)


def _token(folder: Path, label: str, held: Key) -> None:
    import pkcs11
    from pkcs11.util.x509 import decode_x509_certificate

    pem = folder / f"{label}.pem"
    pem.write_bytes(
        held.key.private_bytes(
            Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    tool = ["softhsm2-util", "--pin", PIN, "--label", label]
    for step in (
        ["--init-token", "--free", "--so-pin", "0000"],
        ["--import", str(pem), "--token", label, "--id", "01"],
    ):
        subprocess.run([*tool, *step], check=True, capture_output=True)
    library = pkcs11.lib(str(SOFTHSM))
    library.reinitialize()
    with library.get_token(token_label=label).open(rw=True, user_pin=PIN) as session:
        described = decode_x509_certificate(held.der)
        described[pkcs11.Attribute.TOKEN] = True
        described[pkcs11.Attribute.ID] = b"\x01"
        described[pkcs11.Attribute.LABEL] = label
        session.create_object(described)
