"""Certificates, keys and small PES with which the tests sign."""

import subprocess
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from connectors.signature.xml_signatures import Style, Words, finish, prepare_pes

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
WORDS = Words(
    NOW, city="Besançon", postal_code="25000", country="France", role="Présidente"
)
PES = """<?xml version="1.0" encoding="ISO-8859-1"?>
<!-- né ailleurs --><n:PES_Aller xmlns:n="http://www.minefi.gouv.fr/cp/helios/pes_v2/Rev0/aller" Id="P1">
 <Enveloppe><Parametres><Version V="2"/><TypFic V="PESALR2"/><NomFic V="Essai &#8364;"/></Parametres>
  <Emetteur><Sigle V="é"/><Adresse V='a'/></Emetteur></Enveloppe>
 <EnTetePES><DteStr V="2026-11-23"/><IdPost V="021000"/><IdColl V="20005372600022"/><CodCol V="400"/><CodBud V="00"/></EnTetePES>
 <PES_DepenseAller><EnTeteDepense><IdVer V="2"/></EnTeteDepense>
  <Bordereau Id="B1"><BlocBordereau><Exer V="2026"/><IdBord V="1"/></BlocBordereau><Piece>vélo</Piece>
  </Bordereau   >
  <Bordereau Id="B2"><BlocBordereau><Exer V="2026"/><IdBord V="2"/></BlocBordereau></Bordereau>
 </PES_DepenseAller>\r
</n:PES_Aller>
<!-- fin -->
""".encode("latin-1")


@cache
def key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def certificate(start=NOW - timedelta(days=30), end=NOW + timedelta(days=365)):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Marie Présidente, “RSA”")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key().public_key())
        .serial_number(0x7FFFFFFFFFFFFFFFFFFFFFFF)
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key(), hashes.SHA256())
    )


def values(drafts):
    return {
        name: key().sign(signed, PKCS1v15(), hashes.SHA256())
        for name, signed in drafts.items()
    }


def signed_pes(content=PES, version="1.1.1", words=WORDS, signer=None):
    signer = signer or certificate()
    drafts, state = prepare_pes(
        content, certificate=signer, words=words, style=Style(version)
    )
    return finish(content, state, values(drafts), certificate=signer)[0]


def xmlsec1(content, folder, *ids):
    """What xmlsec1 says of the first signature of a file, or of that with a given Id."""
    (folder / "ca.pem").write_bytes(certificate().public_bytes(Encoding.PEM))
    (folder / "signed.xml").write_bytes(content)
    options = ["--trusted-pem", "ca.pem", "--enabled-key-data", "x509"]
    options += ["--verification-time", f"{NOW:%Y-%m-%d %H:%M:%S}"]
    for name in ("Bordereau", "SignedProperties", "PES_Aller", "Signature"):
        options += ["--id-attr:Id", name]
    for one in ids:
        options += ["--node-id", one]
    done = subprocess.run(
        ["xmlsec1", "--verify", *options, "signed.xml"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode == 0, done.stdout + done.stderr
