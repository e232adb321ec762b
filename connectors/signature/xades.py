"""Signatures in XML kept beside a document of any sort (XAdES detached)."""

import hashlib
from typing import Any

from cryptography.x509 import load_der_x509_certificate
from lxml import etree

from connectors import Refused
from connectors.signature import lasting, pes, xades_archive, xml_signatures
from connectors.signature.formats import Closed, Means
from connectors.signature.xml_verification import verify
from connectors.xml_reading import DS, outline, parse

__all__ = ["close", "examine", "finish", "prepare"]

Plain = dict[str, Any]
finish, examine = pes.finish, pes.examine


def prepare(
    document: Plain,
    content: bytes,
    certificate: bytes,
    chain: list[bytes],
    means: Means,
) -> Plain:
    seed = f"{document['id']} {means.now.isoformat()}".encode()
    drafts, state = xml_signatures.prepare_detached(
        content,
        file_name=document["name"],
        media_type=document["media_type"],
        name=f"S{hashlib.sha256(seed).hexdigest()[:16]}",
        certificate=load_der_x509_certificate(certificate),
        words=pes.words(document, means),
        chain=chain,
    )
    return pes.frozen(document, drafts, state)


def close(content: bytes, detached: bytes | None, means: Means) -> Closed | None:
    """The signature with what proves it (B-LT) and an archive timestamp (B-LTA).

    One that has no timestamp gets that first: it needs no key. None for several signatures
    in one file, or a version of XAdES that has no place for these.
    """
    read, tree = outline(detached or b""), parse(detached or b"")
    signatures = list(tree.iter(f"{{{DS}}}Signature"))
    if len(signatures) != 1:
        return None
    (signature,) = signatures
    found = verify(signature, read.ids, content)
    if found.refusals:
        raise Refused(found.refusals, code="broken")
    if found.namespace != xades_archive.NAMESPACE:
        return None
    stamps = xades_archive.stamps(signature, found.pieces)
    if not stamps and not xades_archive.dated(signature):
        token = means.date(xades_archive.to_date(signature))
        if token:
            xades_archive.date(signature, token)
    proofs, proved = lasting.proved(
        [lasting.people(one.signed) for one in stamps[-1:]]
        or [found.people(), *map(lasting.people, xades_archive.dated(signature))],
        now=means.now, judge=means.judge,
    )  # fmt: skip
    xades_archive.carry(signature, proofs)
    token = means.date(xades_archive.to_stamp(signature, found.pieces))
    if token:
        xades_archive.stamp(signature, token)
    made: Any = etree.tostring(
        tree.getroottree(), xml_declaration=True, encoding=read.encoding
    )
    if len(made) > lasting.LARGEST:
        raise Refused(["La signature détachée serait trop volumineuse."], code="beyond")
    return Closed(made, proved=proved, stamped=token is not None)
