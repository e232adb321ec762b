"""The CMS of a signature: the attributes that are signed, and the envelope around them."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from asn1crypto import algos, cms, core, tsp, x509
from asn1crypto.algos import SignedDigestAlgorithm
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_der_x509_certificate
from pyhanko.sign.validation.generic_cms import extract_certs_for_validation

from connectors import Refused

SHA256_ALGORITHM = algos.DigestAlgorithm({"algorithm": "sha256"})
_DIGEST = bytes(32)
"""Stands for the digest of a content in what is written once for a lot."""


def signed_attributes(
    digest: bytes, certificate: bytes, *, signed_at: datetime | None = None
) -> bytes:
    """What is signed of a content, in DER: its digest, and the certificate used.

    PAdES writes the moment in the PDF itself, CAdES here.
    """
    head, tail = _around(certificate, signed_at)
    return head + digest + tail


@lru_cache(maxsize=64)
def _around(certificate: bytes, signed_at: datetime | None) -> tuple[bytes, bytes]:
    """The attributes before and after the digest: a hundred documents share the rest.

    DER sorts attributes by their first bytes, which are not those of the digest.
    """
    told = [
        ("content_type", "data"),
        ("message_digest", _DIGEST),
        (
            "cms_algorithm_protection",
            cms.CMSAlgorithmProtection(
                {
                    "digest_algorithm": SHA256_ALGORITHM,
                    "signature_algorithm": mechanism(certificate),
                }
            ),
        ),
        (
            "signing_certificate_v2",
            tsp.SigningCertificateV2(
                {"certs": [{"cert_hash": hashlib.sha256(certificate).digest()}]}
            ),
        ),
    ]
    if signed_at:
        told.append(("signing_time", cms.Time({"utc_time": core.UTCTime(signed_at)})))
    content: bytes = cms.CMSAttributes([_attribute(*one) for one in told]).dump()
    head, _, tail = content.partition(_DIGEST)
    return head, tail


def mechanism(certificate: bytes) -> SignedDigestAlgorithm:
    """How the key of a certificate signs. Raises Refused for another kind of key."""
    key = load_der_x509_certificate(certificate).public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return SignedDigestAlgorithm({"algorithm": "sha256_rsa"})
    if isinstance(key, ec.EllipticCurvePublicKey):
        return SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"})
    raise Refused(["Le certificat porte une clé qui n’est ni RSA ni à courbe elliptique."])


def verify(certificate: bytes, data: bytes, value: bytes) -> bytes:
    """The value as it is written, once checked against the certificate. Raises Refused."""
    key = load_der_x509_certificate(certificate).public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(value, data, padding.PKCS1v15(), SHA256())
            return value
        if isinstance(key, ec.EllipticCurvePublicKey):
            value = _as_der(value, key.key_size)
            key.verify(value, data, ec.ECDSA(SHA256()))
            return value
    except (InvalidSignature, ValueError) as error:
        raise Refused(
            ["La signature reçue ne correspond pas au certificat annoncé."], code="value"
        ) from error
    raise Refused(["Le certificat porte une clé qui n’est ni RSA ni à courbe elliptique."])


def enveloped(
    attributes: bytes,
    value: bytes,
    certificate: bytes,
    chain: Sequence[bytes],
    token: bytes | None = None,
) -> bytes:
    """The detached CMS that carries a signature and its certificates, without the root.

    With a timestamp token over the SHA-256 of the signature's value, its level is B-T.
    """
    signing = x509.Certificate.load(certificate)
    above = map(x509.Certificate.load, _below_root(tuple(chain)))
    info = {
        "version": "v1",
        "sid": {
            "issuer_and_serial_number": {
                "issuer": signing.issuer,
                "serial_number": signing.serial_number,
            }
        },
        "digest_algorithm": SHA256_ALGORITHM,
        "signature_algorithm": mechanism(certificate),
        "signed_attrs": cms.CMSAttributes.load(attributes),
        "signature": value,
    }
    if token:
        dated = _attribute("signature_time_stamp_token", cms.ContentInfo.load(token))
        info["unsigned_attrs"] = cms.CMSAttributes([dated])
    signed = {
        "version": "v1",
        "digest_algorithms": [SHA256_ALGORITHM],
        "encap_content_info": {"content_type": "data"},
        "certificates": [signing, *above],
        "signer_infos": [info],
    }
    content: bytes = cms.ContentInfo(
        {"content_type": "signed_data", "content": cms.SignedData(signed)}
    ).dump()
    return content


@lru_cache(maxsize=64)
def _below_root(chain: tuple[bytes, ...]) -> list[bytes]:
    """Those that nobody is supposed to have: comparing names takes its time."""
    return [one for one in chain if x509.Certificate.load(one).self_signed == "no"]


def people(content: bytes) -> tuple[bytes, list[bytes]]:
    """The certificate that signed a CMS or a token, and those that came with it, in DER."""
    known = extract_certs_for_validation(cms.ContentInfo.load(content)["content"])
    return known.signer_cert.dump(), [one.dump() for one in known.other_certs]


def _as_der(value: bytes, key_size: int) -> bytes:
    """An ECDSA value as CMS writes it: cards and browsers give r and s side by side."""
    half = (key_size + 7) // 8
    if len(value) == 2 * half and not _is_der(value):
        r, s = value[:half], value[half:]
        return utils.encode_dss_signature(int.from_bytes(r), int.from_bytes(s))
    return value


def _is_der(value: bytes) -> bool:
    try:
        utils.decode_dss_signature(value)
    except ValueError:
        return False
    return True


def _attribute(name: str, value: Any) -> cms.CMSAttribute:
    return cms.CMSAttribute({"type": name, "values": [value]})
