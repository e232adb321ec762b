"""Archive timestamps of a detached XML signature (ETSI EN 319 132-1, xades141:ArchiveTimeStamp).

Its proofs are unsigned properties, in the order in which they came: a timestamp covers the
document, what is signed, and the properties before it. Those that prove a timestamp follow
it, under the next one.
"""

import base64
from collections.abc import Callable, Iterable, Iterator

from asn1crypto import cms
from lxml import etree

from connectors import Refused
from connectors.signature import lasting
from connectors.signature.lasting import Proofs, Stamp, digest
from connectors.signature.xml_canonical import INCLUSIVE, canonicalised
from connectors.signature.xml_text import EXCLUSIVE, XADES
from connectors.xml_reading import DS, qname

NAMESPACE, _ = XADES["1.3.2"]
LATER = "http://uri.etsi.org/01903/v1.4.1#"
ARCHIVE, VALIDATION = f"{{{LATER}}}ArchiveTimeStamp", f"{{{LATER}}}TimeStampValidationData"
MOST = 500
"""Certificates and answers that are read of a signature."""
_VALUES = (
    ("CertificateValues", "EncapsulatedX509Certificate"),
    ("RevocationValues", "OCSPValues", "EncapsulatedOCSPValue"),
    ("RevocationValues", "CRLValues", "EncapsulatedCRLValue"),
)
_PATH = "/".join(
    [
        f"{{{DS}}}Object",
        *(
            f"{{{NAMESPACE}}}{one}"
            for one in (
                "QualifyingProperties",
                "UnsignedProperties",
                "UnsignedSignatureProperties",
            )
        ),
    ]
)


def carried(signature: etree._Element) -> Proofs:
    """The certificates and the answers of authorities that a signature carries.

    Raises Refused for what is no base64, or too many.
    """
    found = []
    for steps in _VALUES:
        path = "/".join(f"{{{NAMESPACE}}}{one}" for one in steps)
        places = (_PATH, f"{_PATH}/{VALIDATION}")
        found.append(
            [one for each in places for one in signature.findall(f"{each}/{path}")]
        )
    if sum(map(len, found)) > MOST:
        raise Refused(["La signature porte trop de certificats."], code="beyond")
    certificates, ocsps, crls = (list(map(_decoded, each)) for each in found)
    return lasting.readable(certificates, ocsps, crls)


def carry(signature: etree._Element, proofs: Proofs) -> None:
    """Add proofs to a signature: of itself, or of its last archive timestamp.

    Those that it had of itself are written again, as nothing covers them yet.
    """
    place = _place(signature)
    if _properties(signature, ARCHIVE):
        place = etree.SubElement(place, VALIDATION, nsmap={"xad141": LATER})
    else:
        proofs = carried(signature).with_those(proofs)
        for name in ("CertificateValues", "RevocationValues"):
            for one in place.findall(f"{{{NAMESPACE}}}{name}"):
                place.remove(one)
    _write(place, "CertificateValues", "EncapsulatedX509Certificate", proofs.certificates)
    if proofs.ocsps or proofs.crls:
        answers = _sub(place, "RevocationValues")
        _write(answers, "CRLValues", "EncapsulatedCRLValue", proofs.crls)
        _write(answers, "OCSPValues", "EncapsulatedOCSPValue", proofs.ocsps)


def stamps(signature: etree._Element, pieces: list[bytes]) -> list[Stamp]:
    """The archive timestamps of a signature, the oldest first.

    `pieces` are what its references designate, in order. Raises Refused for one unreadable.
    """
    found = []
    for one in _properties(signature, ARCHIVE):
        form = one.find(f"{{{DS}}}CanonicalizationMethod")
        algorithm = INCLUSIVE if form is None else form.get("Algorithm", "")
        tokens = one.findall(f"{{{NAMESPACE}}}EncapsulatedTimeStamp")
        if len(tokens) != 1:
            raise Refused(["Un horodatage d’archive est illisible."], code="unreadable")
        found.append(
            Stamp(
                lasting.token(_decoded(tokens[0])),
                _imprint(signature, pieces, one, algorithm),
            )
        )
    return found


def to_stamp(signature: etree._Element, pieces: list[bytes]) -> bytes:
    """The SHA-256 for which the next archive timestamp is asked."""
    return _imprint(signature, pieces, None, EXCLUSIVE)("sha256")


def stamp(signature: etree._Element, token: bytes) -> None:
    """Add an archive timestamp."""
    place = _place(signature)
    _stamped(etree.SubElement(place, ARCHIVE, nsmap={"xad141": LATER}), token)


def dated(signature: etree._Element) -> list[cms.SignedData]:
    """The timestamps over the value of a signature. Raises Refused for one unreadable."""
    found = _properties(signature, f"{{{NAMESPACE}}}SignatureTimeStamp")
    inside = f"{{{NAMESPACE}}}EncapsulatedTimeStamp"
    return [lasting.token(_decoded(it)) for one in found for it in one.findall(inside)]


def to_date(signature: etree._Element) -> bytes:
    """The SHA-256 for which the timestamp over the value of a signature is asked."""
    values = signature.findall(f"{{{DS}}}SignatureValue")
    return digest("sha256", *(canonicalised(one, EXCLUSIVE) for one in values))


def date(signature: etree._Element, token: bytes) -> None:
    """Add a timestamp over the value of a signature, before all that is there."""
    made = etree.Element(f"{{{NAMESPACE}}}SignatureTimeStamp", nsmap={"xad": NAMESPACE})
    _stamped(made, token)
    _place(signature).insert(0, made)


def covered(
    signature: etree._Element,
    pieces: Iterable[bytes],
    until: etree._Element | None,
    algorithm: str,
) -> Iterator[bytes]:
    """What an archive timestamp is of, in order (EN 319 132-1, 5.5.2)."""
    yield from pieces
    for name in ("SignedInfo", "SignatureValue", "KeyInfo"):
        for one in signature.findall(f"{{{DS}}}{name}"):
            yield canonicalised(one, algorithm)
    for one in _properties(signature):
        if one is until:
            break
        if qname(one):
            yield canonicalised(one, algorithm)
    for one in signature.findall(f"{{{DS}}}Object"):
        if one.find(f"{{{NAMESPACE}}}QualifyingProperties") is None:
            yield canonicalised(one, algorithm)


def _imprint(
    signature: etree._Element,
    pieces: list[bytes],
    until: etree._Element | None,
    algorithm: str,
) -> Callable[[str], bytes]:
    return lambda name: digest(name, *covered(signature, pieces, until, algorithm))


def _properties(signature: etree._Element, name: str = "*") -> list[etree._Element]:
    """The unsigned properties of a signature, in their order; those of a name."""
    return signature.findall(f"{_PATH}/{name}")


def _place(signature: etree._Element) -> etree._Element:
    """Where unsigned properties go; made where there are none."""
    place = signature.find(f"{{{DS}}}Object/{{{NAMESPACE}}}QualifyingProperties")
    assert place is not None
    for name in ("UnsignedProperties", "UnsignedSignatureProperties"):
        found = place.find(f"{{{NAMESPACE}}}{name}")
        place = _sub(place, name) if found is None else found
    return place


def _write(place: etree._Element, name: str, child: str, values: tuple[bytes, ...]) -> None:
    if values:
        made = _sub(place, name)
        for one in values:
            _sub(made, child).text = base64.b64encode(one).decode()


def _stamped(made: etree._Element, token: bytes) -> None:
    form = etree.SubElement(made, f"{{{DS}}}CanonicalizationMethod")
    form.set("Algorithm", EXCLUSIVE)
    _sub(made, "EncapsulatedTimeStamp").text = base64.b64encode(token).decode()


def _sub(parent: etree._Element, name: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{NAMESPACE}}}{name}", nsmap={"xad": NAMESPACE})


def _decoded(element: etree._Element) -> bytes:
    try:
        return base64.b64decode("".join((element.text or "").split()), validate=True)
    except ValueError as error:
        raise Refused(
            ["La signature porte une preuve illisible."], code="unreadable"
        ) from error
