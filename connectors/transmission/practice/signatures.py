"""Whether the signatures inside a PES still fit what they sign, as S²LOW checks them.

Digests and RSA values only: who signed, and until when, is the accountant's concern.
"""

import base64
import hashlib
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA512, HashAlgorithm
from lxml import etree

DS = "{http://www.w3.org/2000/09/xmldsig#}"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_DIGESTS = {"sha1": hashlib.sha1, "sha256": hashlib.sha256, "sha512": hashlib.sha512}
_HASHES: dict[str, HashAlgorithm] = {
    "rsa-sha1": SHA1(),  # noqa: S303  old signatures are read, not made
    "rsa-sha256": SHA256(),
    "rsa-sha512": SHA512(),
}


def broken(root: Any) -> str:
    """What is wrong with the signatures of a document, or nothing."""
    for signature in root.iter(f"{DS}Signature"):
        try:
            problems = list(_problems(root, signature))
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            return f"La signature est illisible ({error})"
        if problems:
            return problems[0]
    return ""


def _problems(root: Any, signature: Any) -> Iterator[str]:
    info = signature.find(f"{DS}SignedInfo")
    for reference in info.iterfind(f"{DS}Reference"):
        target = _target(root, signature, reference.get("URI", ""))
        if target is None:
            yield "La signature désigne un élément introuvable"
            continue
        if _digest(target, reference) != _plain(reference.findtext(f"{DS}DigestValue")):
            yield "La signature est invalide : le contenu a été modifié"
    certificate = signature.findtext(f".//{DS}X509Certificate")
    key = x509.load_der_x509_certificate(_plain(certificate)).public_key()
    method = info.find(f"{DS}SignatureMethod").get("Algorithm").rpartition("#")[2]
    if not isinstance(key, rsa.RSAPublicKey):
        return
    try:
        key.verify(
            _plain(signature.findtext(f"{DS}SignatureValue")),
            _canonical(info, info.find(f"{DS}CanonicalizationMethod").get("Algorithm")),
            padding.PKCS1v15(),
            _HASHES[method],
        )
    except InvalidSignature:
        yield "La signature est invalide : sa valeur ne correspond pas au certificat"


def _target(root: Any, signature: Any, uri: str) -> Any:
    if not uri:
        return root
    found = [
        element
        for element in root.iter()
        if isinstance(element.tag, str)
        and uri[1:] in (element.get("Id"), element.get("ID"))
    ]
    return found[0] if len(found) == 1 else None


def _digest(target: Any, reference: Any) -> bytes:
    transforms = [it.get("Algorithm") for it in reference.iter(f"{DS}Transform")]
    enveloped = any(it.endswith("#enveloped-signature") for it in transforms)
    method = reference.find(f"{DS}DigestMethod").get("Algorithm").rpartition("#")[2]
    algorithm = (
        EXCLUSIVE if EXCLUSIVE in transforms else transforms[-1] if transforms else ""
    )
    return _DIGESTS[method](_canonical(target, algorithm, enveloped=enveloped)).digest()


def _canonical(element: Any, algorithm: str, *, enveloped: bool = False) -> bytes:
    """The canonical bytes of an element in its place, without its own signature if enveloped."""
    whole = deepcopy(element.getroottree())
    copy = whole.find(element.getroottree().getelementpath(element)) if (
        element.getparent() is not None
    ) else whole.getroot()  # fmt: skip
    if enveloped:
        for signature in copy.findall(f"{DS}Signature"):
            previous, tail = signature.getprevious(), signature.tail or ""
            if previous is not None:
                previous.tail = (previous.tail or "") + tail
            else:
                copy.text = (copy.text or "") + tail
            copy.remove(signature)
    return etree.tostring(
        copy, method="c14n", exclusive=algorithm == EXCLUSIVE, with_comments=False
    )


def _plain(text: str | None) -> bytes:
    return base64.b64decode("".join((text or "").split()), validate=True)
