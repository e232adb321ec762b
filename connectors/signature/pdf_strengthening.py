"""Adds to a PDF what proves that its certificates were good (level B-LT). Runs apart."""

import io
from typing import Any

from asn1crypto import crl, ocsp, x509
from pyhanko.sign.validation.dss import DocumentSecurityStore

from connectors.signature.pdf_placing import opened


def strengthen(content: bytes, *, known: list[dict[str, Any]]) -> tuple[None, list[bytes]]:
    """What is added to the file: certificates, OCSP answers and lists of revocation."""
    writer = opened(content)
    store = DocumentSecurityStore.supply_dss_in_writer(
        writer, None,
        certs=_once(known, "chain", x509.Certificate),
        ocsps=_once(known, "ocsps", ocsp.OCSPResponse),
        crls=_once(known, "crls", crl.CertificateList),
    )  # fmt: skip
    if not store.modified:
        return None, [b""]
    output = io.BytesIO()
    writer.write(output)
    made = output.getvalue()
    assert made.startswith(content)
    return None, [made[len(content) :]]


def _once(known: list[dict[str, Any]], name: str, kind: Any) -> list[Any]:
    found = dict.fromkeys(one for verdict in known for one in verdict[name])
    return [kind.load(bytes.fromhex(one)) for one in found]
