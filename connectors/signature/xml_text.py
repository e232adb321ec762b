"""Writes the text of an XAdES signature, in ASCII so that it fits any document.

The text is inserted in a document whose other bytes do not change. Everything signed is
canonicalised exclusively, so that it has the same digest alone and in its place.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from connectors.xml_reading import DS

EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = f"{DS}enveloped-signature"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
# Version → namespace, type of the reference to the signed properties.
XADES = {
    version: (f"http://uri.etsi.org/01903/v{version}#", f"{kind}SignedProperties")
    for version, kind in (
        ("1.1.1", "http://uri.etsi.org/01903/v1.1.1#"),
        ("1.2.2", "http://uri.etsi.org/01903/v1.2.2#"),
        ("1.3.2", "http://uri.etsi.org/01903#"),
    )
}


@dataclass(frozen=True)
class Policy:
    """The signature policy that a signature says it follows (EPES)."""

    identifier: str
    description: str
    sha256: str  # in base64
    address: str


@dataclass(frozen=True)
class Words:
    """What the signer says: when, where and in which capacity; all but the time may miss."""

    signed_at: datetime
    city: str = ""
    postal_code: str = ""
    country: str = ""
    role: str = ""


@dataclass(frozen=True)
class Target:
    """What is signed: `uri` as written, its digest, whether the signature is within it."""

    uri: str
    digest: bytes
    enveloped: bool
    media_type: str = ""


@dataclass(frozen=True)
class Draft:
    """A signature that waits for its value: text before and after it, and what to sign."""

    head: str
    tail: str
    to_sign: bytes


def draft(
    target: Target,
    *,
    name: str,
    certificate: x509.Certificate,
    words: Words,
    version: str,
    policy: Policy | None = None,
    chain: Sequence[bytes] = (),
) -> Draft:
    """The signature `name` over a target, all but its value; `chain` is carried along."""
    namespace, kind = XADES[version]
    properties = _properties(name, target, certificate, words, version, policy)
    info = _signed_info(target, name, kind, _digest(properties, namespace))
    carried = "".join(
        f"<ds:X509Certificate>{_base64(der)}</ds:X509Certificate>"
        for der in (certificate.public_bytes(Encoding.DER), *chain)
    )
    head = (
        f'<ds:Signature xmlns:ds="{DS}" Id={_quoted(name)}>{info}'
        f"<ds:SignatureValue Id={_quoted(name + '_SV')}>"
    )
    tail = (
        f"</ds:SignatureValue><ds:KeyInfo><ds:X509Data>{carried}"
        "</ds:X509Data></ds:KeyInfo><ds:Object>"
        f'<xad:QualifyingProperties xmlns:xad="{namespace}" Target={_quoted("#" + name)}>'
        f"{properties}</xad:QualifyingProperties></ds:Object></ds:Signature>"
    )
    return Draft(head, tail, canonical(_alone(info, namespace)))


def value_element(name: str, value: bytes) -> bytes:
    """The canonical bytes of a signature's value: what its timestamp covers."""
    text = f"<ds:SignatureValue Id={_quoted(name + '_SV')}>{_base64(value)}</ds:SignatureValue>"
    return canonical(_alone(text, XADES["1.3.2"][0]))


def unsigned(token: bytes) -> str:
    """The property that carries a timestamp over the signature's value."""
    return (
        "<xad:UnsignedProperties><xad:UnsignedSignatureProperties><xad:SignatureTimeStamp>"
        f'<ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"></ds:CanonicalizationMethod>'
        f"<xad:EncapsulatedTimeStamp>{_base64(token)}</xad:EncapsulatedTimeStamp>"
        "</xad:SignatureTimeStamp></xad:UnsignedSignatureProperties></xad:UnsignedProperties>"
    )


def canonical(element: etree._Element, *, prefixes: list[str] | None = None) -> bytes:
    """The exclusive canonical form of an element."""
    return bytes(
        etree.tostring(
            element,
            method="c14n",
            exclusive=True,
            with_comments=False,
            inclusive_ns_prefixes=prefixes,
        )
    )


def _signed_info(target: Target, name: str, kind: str, properties: bytes) -> str:
    transforms = [EXCLUSIVE]
    content = (
        _reference(target.uri, [ENVELOPED, EXCLUSIVE], target.digest)
        if target.enveloped
        else _reference(target.uri, [], target.digest, f" Id={_quoted(name + '_REF')}")
    )
    said = _reference(f"#{name}_SP", transforms, properties, f' Type="{kind}"')
    return (
        f'<ds:SignedInfo><ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}">'
        f'</ds:CanonicalizationMethod><ds:SignatureMethod Algorithm="{RSA_SHA256}">'
        f"</ds:SignatureMethod>{content}{said}</ds:SignedInfo>"
    )


def _reference(uri: str, transforms: list[str], digest: bytes, attributes: str = "") -> str:
    listed = "".join(
        f'<ds:Transform Algorithm="{one}"></ds:Transform>' for one in transforms
    )
    listed = f"<ds:Transforms>{listed}</ds:Transforms>" if transforms else ""
    return (
        f"<ds:Reference{attributes} URI={_quoted(uri)}>{listed}"
        f'<ds:DigestMethod Algorithm="{SHA256}"></ds:DigestMethod>'
        f"<ds:DigestValue>{_base64(digest)}</ds:DigestValue></ds:Reference>"
    )


def _properties(
    name: str,
    target: Target,
    certificate: x509.Certificate,
    words: Words,
    version: str,
    policy: Policy | None,
) -> str:
    # The digests of XAdES are its own elements before 1.3.2, those of XMLDSIG since.
    prefix = "ds" if version == "1.3.2" else "xad"
    moment = words.signed_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    of_content = "" if target.enveloped else _described(name, target.media_type)
    return (
        f"<xad:SignedProperties Id={_quoted(name + '_SP')}><xad:SignedSignatureProperties>"
        f"<xad:SigningTime>{moment}</xad:SigningTime>{_certificate(certificate, prefix)}"
        f"{_policy(policy, prefix)}{_place(words)}{_role(words.role)}"
        f"</xad:SignedSignatureProperties>{of_content}</xad:SignedProperties>"
    )


def _certificate(certificate: x509.Certificate, prefix: str) -> str:
    digest = hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest()
    issuer = _ascii(certificate.issuer.rfc4514_string())
    return (
        f"<xad:SigningCertificate><xad:Cert><xad:CertDigest>{_hash(digest, prefix)}"
        f"</xad:CertDigest><xad:IssuerSerial><ds:X509IssuerName>{issuer}</ds:X509IssuerName>"
        f"<ds:X509SerialNumber>{certificate.serial_number}</ds:X509SerialNumber>"
        "</xad:IssuerSerial></xad:Cert></xad:SigningCertificate>"
    )


def _policy(policy: Policy | None, prefix: str) -> str:
    if policy is None:
        return ""
    digest = base64.b64decode(policy.sha256)
    return (
        "<xad:SignaturePolicyIdentifier><xad:SignaturePolicyId><xad:SigPolicyId>"
        f"<xad:Identifier>{_ascii(policy.identifier)}</xad:Identifier>"
        f"<xad:Description>{_ascii(policy.description)}</xad:Description></xad:SigPolicyId>"
        f"<xad:SigPolicyHash>{_hash(digest, prefix)}</xad:SigPolicyHash>"
        f"<xad:SigPolicyQualifiers><xad:SigPolicyQualifier><xad:SPURI>{_ascii(policy.address)}"
        "</xad:SPURI></xad:SigPolicyQualifier></xad:SigPolicyQualifiers>"
        "</xad:SignaturePolicyId></xad:SignaturePolicyIdentifier>"
    )


def _place(words: Words) -> str:
    said = "".join(
        f"<xad:{tag}>{_ascii(value)}</xad:{tag}>"
        for tag, value in (
            ("City", words.city),
            ("PostalCode", words.postal_code),
            ("CountryName", words.country),
        )
        if value
    )
    wrapped = f"<xad:SignatureProductionPlace>{said}</xad:SignatureProductionPlace>"
    return wrapped if said else ""


def _role(role: str) -> str:
    if not role:
        return ""
    return (
        f"<xad:SignerRole><xad:ClaimedRoles><xad:ClaimedRole>{_ascii(role)}"
        "</xad:ClaimedRole></xad:ClaimedRoles></xad:SignerRole>"
    )


def _described(name: str, media_type: str) -> str:
    return (
        "<xad:SignedDataObjectProperties>"
        f"<xad:DataObjectFormat ObjectReference={_quoted(f'#{name}_REF')}>"
        f"<xad:MimeType>{_ascii(media_type or 'application/octet-stream')}</xad:MimeType>"
        "</xad:DataObjectFormat></xad:SignedDataObjectProperties>"
    )


def _hash(digest: bytes, prefix: str) -> str:
    return (
        f'<{prefix}:DigestMethod Algorithm="{SHA256}"></{prefix}:DigestMethod>'
        f"<{prefix}:DigestValue>{_base64(digest)}</{prefix}:DigestValue>"
    )


def _digest(text: str, namespace: str) -> bytes:
    return hashlib.sha256(canonical(_alone(text, namespace))).digest()


def _alone(text: str, namespace: str) -> etree._Element:
    parsed = etree.fromstring(f'<a xmlns:ds="{DS}" xmlns:xad="{namespace}">{text}</a>')
    return parsed[0]


def _ascii(text: str) -> str:
    printable = "".join(one for one in text if one.isprintable())
    return escape(printable).encode("ascii", "xmlcharrefreplace").decode()


def _quoted(text: str) -> str:
    return quoteattr(text).encode("ascii", "xmlcharrefreplace").decode()


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
