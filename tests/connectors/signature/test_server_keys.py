"""Seals and keys that the server holds, and whose a certificate is."""

import base64
import hashlib
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding

from connectors import Misconfigured, Refused
from connectors.signature import certificates
from connectors.signature.signers import owners, server
from tests.connectors.signature import keys

MARIE = {"id": "1", "name": "Marie Présidente", "email": "marie@region.demo"}
CONTENTS = {f"doc-{n}": f"attributs {n}".encode() for n in range(3)}


def entries():
    return [
        {
            "id": name,
            "data": base64.b64encode(content).decode(),
            "digest": base64.b64encode(hashlib.sha256(content).digest()).decode(),
        }
        for name, content in CONTENTS.items()
    ]


def fits(values, key):
    assert set(values) == set(CONTENTS)
    for name, content in CONTENTS.items():
        key.certificate.public_key().verify(
            base64.b64decode(values[name]), content, padding.PKCS1v15(), hashes.SHA256()
        )


@pytest.fixture(scope="module")
def authority():
    return keys.authority()


def test_a_seal_in_a_file_signs_with_the_password_of_the_settings(authority, tmp_path):
    held = authority.issue("Cachet de la Région")
    (tmp_path / "region.p12").write_bytes(held.p12("secret"))
    (tmp_path / "password").write_text("secret\n")
    settings = {"SIGNATURE_SEALS": f"region-bfc={tmp_path / 'region.p12'}"}
    by_file = settings | {
        "SIGNATURE_SEAL_REGION_BFC_PASSWORD_FILE": str(tmp_path / "password")
    }
    for given in (settings | {"SIGNATURE_SEAL_REGION_BFC_PASSWORD": "secret"}, by_file):
        (seal,) = server.seals(given)
        assert seal.check() == []
        assert seal.certificate() == (held.der, [held.issuer.public_bytes(Encoding.DER)])
        fits(seal.sign(None, entries()), held)
    (wrong,) = server.seals(settings | {"SIGNATURE_SEALS_PASSWORD": "faux"})
    assert "Mot de passe incorrect" in wrong.check()[0]
    (absent,) = server.seals({"SIGNATURE_SEALS": "x=/nulle/part.p12"})
    with pytest.raises(Misconfigured, match="ne se lit pas"):
        absent.sign(None, entries())


def test_a_seal_in_a_security_module_signs_with_its_pin(authority, tmp_path):
    held = authority.issue("Cachet du module")
    keys.softhsm(tmp_path, ("hsm-cachet", held))
    settings = {
        "SIGNATURE_PKCS11_MODULE": str(keys.SOFTHSM), "SIGNATURE_PKCS11_TOKEN": "hsm-cachet",
        "SIGNATURE_PKCS11_PASSWORD": keys.PIN,
    }  # fmt: skip
    (seal,) = server.seals(settings)
    assert seal.check() == [] and seal.certificate()[0] == held.der
    fits(seal.sign(None, entries()), held)
    (wrong,) = server.seals(settings | {"SIGNATURE_PKCS11_PASSWORD": "0001"})
    with pytest.raises(Misconfigured, match="Code PIN incorrect"):
        wrong.sign(None, entries())
    (absent,) = server.seals(settings | {"SIGNATURE_PKCS11_TOKEN": "autre"})
    assert "Aucun support" in absent.check()[0]


def test_a_person_opens_their_own_file_alone(authority, tmp_path):
    held = authority.issue("Marie Présidente", email="marie@region.demo")
    (tmp_path / "marie@region.demo.p12").write_bytes(held.p12("à moi"))
    (tmp_path / "marie@region.demo.pem").write_bytes(
        held.certificate.public_bytes(Encoding.PEM)
    )
    files = server.KeyFiles(tmp_path)
    assert files.check() == [] and files.certificate(MARIE)[0] == held.der
    fits(files.sign(MARIE, entries(), "à moi"), held)
    with pytest.raises(Refused, match="Mot de passe incorrect"):
        files.sign(MARIE, entries(), "autre")
    for email in ("victor@region.demo", "../marie@region.demo", ".", ""):
        with pytest.raises(Refused):
            files.certificate(MARIE | {"email": email})


def test_a_certificate_is_compared_with_the_agent_and_with_the_day(authority):
    now = datetime.now(UTC)
    own = authority.issue("MARIE Anne PRESIDENTE", email="marie@perso.example").der
    assert owners.belongs(own, MARIE)
    assert owners.belongs(authority.issue("M. P.", email="Marie@Region.demo").der, MARIE)
    for name, email in (
        ("Victor Président", "victor@region.demo"), ("Marie", ""), ("", "x@region.demo"),
    ):  # fmt: skip
        assert not owners.belongs(authority.issue(name or "X", email=email).der, MARIE)
    assert not owners.belongs(own, {"name": "Marie", "email": ""}), (
        "a first name is not enough"
    )
    certificates.check(certificates.loaded(own), now)
    for wrong, reason in (
        (authority.issue("Marie Présidente", days=(-20, -1)), "a expiré"),
        (authority.issue("Marie Présidente", days=(1, 20)), "pas encore valable"),
        (authority.issue("Marie Présidente", signs=False), "pas fait pour signer"),
    ):
        with pytest.raises(Refused, match=reason):
            certificates.check(certificates.loaded(wrong.der), now)
    for nonsense in (b"", b"pas un certificat", own[:-1]):
        with pytest.raises(Refused, match="illisible"):
            owners.told(nonsense)
    assert owners.told(own)["sha256"] == hashlib.sha256(own).hexdigest()
