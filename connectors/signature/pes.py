"""Signatures in each batch of a PES (XAdES-EPES), as the State's accountants want them."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from cryptography.x509 import load_der_x509_certificate

from connectors.signature import xml_examination, xml_signatures
from connectors.signature.formats import Means
from connectors.signature.xml_signatures import Words

Plain = dict[str, Any]


def prepare(
    document: Plain,
    content: bytes,
    certificate: bytes,
    chain: list[bytes],
    means: Means,
) -> Plain:
    drafts, state = xml_signatures.prepare_pes(
        content,
        certificate=load_der_x509_certificate(certificate),
        words=words(document, means),
        chain=chain,
        style=xml_signatures.style(means.settings),
    )
    return frozen(document, drafts, state)


def finish(
    content: bytes, prepared: Plain, values: Mapping[str, bytes], means: Means
) -> tuple[bytes, str]:
    return xml_signatures.finish(
        content,
        prepared["state"],
        {one.partition(":")[2]: value for one, value in values.items()},
        certificate=load_der_x509_certificate(prepared["certificate"]),
        date=means.date,
    )


def examine(content: bytes, detached: bytes | None, means: Means) -> Plain:
    """A PES, or any XML that is signed within; `detached` is a signature beside `content`."""
    found = xml_examination.examine(
        content if detached is None else detached,
        now=means.now,
        detached=None if detached is None else content,
        judge=means.judge,
        verify_date=means.verify_date,
        register=means.algorithms,
    )
    return {name: found[name] for name in ("signatures", "refusals")}


def close(content: bytes, detached: bytes | None, means: Means) -> None:
    """A PES goes to the State as it was signed: nothing is added to it."""


def words(document: Plain, means: Means) -> Words:
    """What the signer says of place and capacity: `place` is a city, or {city, …}."""
    place = document.get("place") or ""
    said = place if isinstance(place, dict) else {"city": place}
    return Words(
        means.now.replace(microsecond=0),
        city=said.get("city") or "",
        postal_code=said.get("postal_code") or "",
        country=said.get("country") or ("France" if said.get("city") else ""),
        role=document.get("claimed_role") or "",
    )


def frozen(document: Plain, drafts: Mapping[str, bytes], state: Plain) -> Plain:
    """What `prepare` answers: entries named after the document and the signature."""
    return {
        "to_sign": [
            {
                "id": f"{str(document['id']).replace(':', '_')}:{name}",
                "data": base64.b64encode(data).decode(),
                "digest": base64.b64encode(hashlib.sha256(data).digest()).decode(),
            }
            for name, data in drafts.items()
        ],
        "state": state,
    }
