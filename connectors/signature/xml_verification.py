"""Verifies one XML signature: what it covers, by which means, with which certificate.

A reference may designate the element that encloses the signature, the signature's own
properties and key, or the document it is detached from: nothing else is looked up, and
nothing is ever fetched. What is not on the lists below is refused.
"""

import base64
import binascii
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from connectors import Refused
from connectors.signature.xml_canonical import CANONICAL, transformed, without
from connectors.signature.xml_text import ENVELOPED, XADES
from connectors.xml_reading import DS, ids_of, qname

_MORE, _ENC = "http://www.w3.org/2001/04/xmldsig-more#", "http://www.w3.org/2001/04/xmlenc#"
_DIGESTS = {
    f"{DS}sha1": "sha1",
    f"{_ENC}sha256": "sha256",
    f"{_MORE}sha384": "sha384",
    f"{_ENC}sha512": "sha512",
}
_METHODS = {
    f"{DS}rsa-sha1": ("rsa", "sha1"),
    **{f"{_MORE}{key}-sha{n}": (key.split("-")[0], f"sha{n}")
       for key in ("rsa", "ecdsa") for n in (256, 384, 512)},
}  # fmt: skip
_HASHES: dict[str, Callable[[], hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1, "sha256": hashes.SHA256, "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}  # fmt: skip
_LIMIT = 8  # references of a signature: ours have two


@dataclass
class Verified:
    """What a signature proves: nothing when there are `refusals`."""

    name: str
    certificate: x509.Certificate | None = None
    chain: list[x509.Certificate] = field(default_factory=list)
    properties: etree._Element | None = None  # the signed ones
    namespace: str = ""  # of XAdES
    covers: str = ""  # the Id of the element that is signed, or the file's name
    value: bytes = b""
    pieces: list[bytes] = field(default_factory=list)  # designated, for a signature apart
    token: bytes = b""  # of the timestamp over the value, once it was verified
    digests: list[str] = field(default_factory=list)  # the algorithms, once each or more
    refusals: list[str] = field(default_factory=list)
    sub_indication: str = ""  # of ETSI, for the first refusal

    def people(self) -> tuple[bytes, list[bytes]]:
        """The certificate that signed, and those that came with it, in DER."""
        first, *others = [one.public_bytes(Encoding.DER) for one in self.chain]
        return first, others

    def refuse(self, reason: str, sub_indication: str = "FORMAT_FAILURE") -> None:
        self.refusals.append(reason)
        self.sub_indication = self.sub_indication or sub_indication


def verify(
    signature: etree._Element, ids: Counter[str], detached: bytes | None = None
) -> Verified:
    """Verifies one `ds:Signature`; never raises for what it finds."""
    found = Verified(name=signature.get("Id", ""))
    with _noting(found):
        _verify(signature, ids, detached, found)
    return found


@contextmanager
def _noting(found: Verified) -> Iterator[None]:
    """Keeps the reason of a refusal, so that the other checks are made too."""
    try:
        yield
    except Refused as refusal:
        code = refusal.code
        found.refuse(str(refusal), "FORMAT_FAILURE" if code == "refused" else code)
    except (KeyError, ValueError, TypeError, binascii.Error) as error:
        found.refuse(f"Signature illisible ({type(error).__name__}).")


def _verify(
    signature: etree._Element,
    ids: Counter[str],
    detached: bytes | None,
    found: Verified,
) -> None:
    info = _only(signature, "SignedInfo")
    found.chain = _certificates(signature)
    if not found.chain:
        raise Refused(["La signature ne porte pas de certificat."])
    found.certificate = found.chain[0]
    found.namespace, found.properties = _signed_properties(signature)
    references = info.findall(f"{{{DS}}}Reference")
    if not 0 < len(references) <= _LIMIT:
        raise Refused(["La signature compte trop de références, ou aucune."])
    for reference in references:
        with _noting(found):
            _check_reference(reference, signature, ids, detached, found)
    if found.properties is not None and not _covers_properties(references, found):
        found.refuse("Les propriétés signées (date, certificat) ne sont pas couvertes.")
    if not found.covers:
        found.refuse("La signature ne couvre pas l’élément qui la contient.")
    _check_value(signature, info, found)


def _check_reference(
    reference: etree._Element,
    signature: etree._Element,
    ids: Counter[str],
    detached: bytes | None,
    found: Verified,
) -> None:
    uri = reference.get("URI")
    if uri is None:
        raise Refused(["Une référence ne dit pas ce qu’elle signe."])
    transforms = _transforms(reference)
    if uri == "" or uri.startswith("#"):
        enclosing = None if detached is not None else signature.getparent()
        content = _inside(uri, transforms, signature, enclosing, ids, found)
    else:
        content = _outside(uri, transforms, detached, found)
    if detached is not None:
        found.pieces.append(content)
    algorithm = _DIGESTS.get(_only(reference, "DigestMethod").get("Algorithm", ""))
    if algorithm is None:
        raise Refused(["Algorithme d’empreinte non admis."])
    found.digests.append(algorithm)
    if hashlib.new(algorithm, content).digest() != _decoded(
        _only(reference, "DigestValue")
    ):
        raise Refused(
            [f"Le contenu signé a été modifié ({uri or 'document'})."], code="HASH_FAILURE"
        )


def _inside(
    uri: str,
    transforms: list[etree._Element],
    signature: etree._Element,
    parent: etree._Element | None,
    ids: Counter[str],
    found: Verified,
) -> bytes:
    """What an Id designates. `parent` is what the signature may cover: nothing around it
    when it is that of a document kept apart.
    """
    identifier = uri[1:]
    if uri and ids[identifier] != 1:
        raise Refused(
            [f"L’identifiant {identifier} est absent ou porté par plusieurs éléments."]
        )
    if parent is not None and (
        identifier in ids_of(parent) if uri else parent.getparent() is None
    ):
        found.covers = identifier or qname(parent)
        names = [one.get("Algorithm") for one in transforms]
        if names[:1] != [ENVELOPED]:
            raise Refused(["La référence au contenu n’écarte pas la signature elle-même."])
        with without(signature):
            return transformed(parent, transforms[1:])
    for own in _own_parts(signature, found):
        if identifier in ids_of(own):
            if any(one.get("Algorithm") == ENVELOPED for one in transforms):
                raise Refused(["Une transformation écarte ce qu’elle devrait signer."])
            return transformed(own, transforms)
    raise Refused(
        [f"La signature désigne un autre élément ({identifier}) que celui qui la contient."]
    )


def _own_parts(signature: etree._Element, found: Verified) -> Iterator[etree._Element]:
    if found.properties is not None:
        yield found.properties
    yield from signature.findall(f"{{{DS}}}KeyInfo")


def _outside(
    uri: str, transforms: list[etree._Element], detached: bytes | None, found: Verified
) -> bytes:
    if detached is None:
        raise Refused(
            [f"Référence externe : {uri[:80]} n’est pas joint et n’est pas cherché."]
        )
    if found.covers:
        raise Refused(["La signature désigne plusieurs documents."])
    if transforms:
        raise Refused(["Une transformation du document joint n’est pas admise."])
    found.covers = uri
    return detached


def _transforms(reference: etree._Element) -> list[etree._Element]:
    listed = reference.findall(f"{{{DS}}}Transforms/{{{DS}}}Transform")
    for one in listed:
        algorithm = one.get("Algorithm", "")
        if algorithm != ENVELOPED and algorithm not in CANONICAL:
            raise Refused([f"Transformation non admise : {algorithm[:80]}."])
    return listed


def _check_value(signature: etree._Element, info: etree._Element, found: Verified) -> None:
    method = _METHODS.get(_only(info, "SignatureMethod").get("Algorithm", ""))
    if method is None:
        raise Refused(["Algorithme de signature non admis."])
    kind, digest = method
    found.digests.append(digest)
    form = _only(info, "CanonicalizationMethod")
    signed = transformed(info, [form])
    found.value = _decoded(_only(signature, "SignatureValue"))
    assert found.certificate is not None
    key, algorithm = found.certificate.public_key(), hash_of(digest)
    try:
        if kind == "rsa" and isinstance(key, RSAPublicKey):
            key.verify(found.value, signed, PKCS1v15(), algorithm)
        elif kind == "ecdsa" and isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(_der(found.value), signed, ec.ECDSA(algorithm))
        else:
            raise Refused(["La clé du certificat n’est pas celle de l’algorithme annoncé."])
    except InvalidSignature as error:
        raise Refused(
            ["La signature ne correspond pas au certificat."], code="SIG_CRYPTO_FAILURE"
        ) from error


def hash_of(name: str) -> hashes.HashAlgorithm:
    """The hash algorithm of that name; raises KeyError for one not admitted."""
    return _HASHES[name]()


def _signed_properties(signature: etree._Element) -> tuple[str, etree._Element | None]:
    """The namespace and the signed properties, only where the standard places them."""
    at = [
        (namespace, one)
        for namespace, _ in XADES.values()
        for one in signature.findall(
            f"{{{DS}}}Object/{{{namespace}}}QualifyingProperties/{{{namespace}}}SignedProperties"
        )
    ]
    if len(at) > 1:
        raise Refused(["La signature porte plusieurs jeux de propriétés."])
    return at[0] if at else ("", None)


def _covers_properties(references: list[etree._Element], found: Verified) -> bool:
    assert found.properties is not None
    uris = {one.get("URI") for one in references}
    return any(f"#{one}" in uris for one in ids_of(found.properties))


def _certificates(signature: etree._Element) -> list[x509.Certificate]:
    listed = signature.findall(f"{{{DS}}}KeyInfo/{{{DS}}}X509Data/{{{DS}}}X509Certificate")
    return [x509.load_der_x509_certificate(_decoded(one)) for one in listed[:10]]


def _only(parent: etree._Element, name: str) -> etree._Element:
    found = parent.findall(f"{{{DS}}}{name}")
    if len(found) != 1:
        raise Refused([f"La signature est mal formée ({name})."])
    return found[0]


def _decoded(element: etree._Element) -> bytes:
    return base64.b64decode("".join((element.text or "").split()), validate=True)


def _der(value: bytes) -> bytes:
    half = len(value) // 2
    first, second = int.from_bytes(value[:half]), int.from_bytes(value[half:])
    return utils.encode_dss_signature(first, second)
