"""Signatures in XML kept beside a document of any sort (XAdES detached, B-B or B-T)."""

import hashlib
from typing import Any

from cryptography.x509 import load_der_x509_certificate

from connectors.signature import pes, xml_signatures
from connectors.signature.formats import Means

__all__ = ["examine", "finish", "prepare"]

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
