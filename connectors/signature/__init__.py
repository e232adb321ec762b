"""Signs, seals, closes with a timestamp, and examines signatures: PDF, CMS and XML.

Without settings, the certificates are those of a demonstration authority, which says so:

    SIGNATURE_TRUST         folder of the certificates (PEM) of the authorities we trust
    SIGNATURE_MAXIMUM_MB    the largest file that is signed or examined (100)
    PES_XADES_VERSION       1.1.1, 1.2.2 or 1.3.2: how batches of a PES are signed (1.1.1)
    PES_POLICY_OID, PES_POLICY_NAME, PES_POLICY_SHA256, PES_POLICY_ADDRESS
                            the signature policy that they name: the DGFiP's
    PES_CERTIFICATES        chain, or signer: those that a signed PES carries (chain)
    SIGNATURE_TIMEOUT       seconds given to an authority to tell what it revoked (5)

Timestamps are those of the connector `timestamp`.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
from asn1crypto import x509

from connectors import StoredFile, sandboxes, timestamp
from connectors.signature.port import Signature

if TYPE_CHECKING:
    from connectors.signature.trust import Trust

__all__ = ["Signature", "connect"]
MEGABYTE = 1024**2


def connect(
    settings: Mapping[str, str],
    *,
    clock: Callable[[], datetime],
    documents: Callable[[str], bytes] | None,
    data: Path,
    store: Callable[[bytes, str, str], StoredFile],
) -> Signature:
    """Signatures with what is set up. `store(bytes, name, media type)` keeps what is made."""
    from connectors.signature import cades, pades, pes, signers, xades
    from connectors.signature.signatures import Signatures

    return Signatures(
        settings=settings,
        clock=clock,
        documents=documents or _no_document,
        store=store,
        formats={"pades": pades, "cades": cades, "pes": pes, "xades": xades},
        people=signers.signers(settings, clock=clock, data=data),
        seals=signers.seals(settings, clock=clock, data=data),
        trust=_trust(settings, clock, data),
        timestamp=timestamp.connect(settings, clock=clock, data=data),
        largest=int(settings.get("SIGNATURE_MAXIMUM_MB") or 100) * MEGABYTE,
        mode="live" if settings.get("SIGNATURE_TRUST") else "sandbox",
    )


def _trust(
    settings: Mapping[str, str], clock: Callable[[], datetime], data: Path
) -> "Trust":
    from connectors.signature.authority import authority
    from connectors.signature.revocation import Revocation
    from connectors.signature.trust import Trust, folder

    timeout = float(settings.get("SIGNATURE_TIMEOUT") or 5)

    @cache
    def practice() -> httpx.Client:
        from connectors.signature import sandbox

        return sandboxes.client(
            settings, "signature", lambda: sandbox.application(data, settings, clock),
            timeout=timeout,
        )  # fmt: skip

    @cache
    def outside() -> httpx.Client:
        return httpx.Client(timeout=timeout, follow_redirects=False)

    def reach(url: str) -> tuple[httpx.Client, str]:
        parts = urlsplit(url)
        if parts.hostname == "signature.sandbox":
            return practice(), parts.path
        return outside(), url

    def anchors() -> list[x509.Certificate]:
        if path := settings.get("SIGNATURE_TRUST"):
            return list(folder(Path(path)))
        return [x509.Certificate.load(authority(data, clock).root.der)]

    return Trust(anchors, Revocation(reach, clock), not settings.get("SIGNATURE_TRUST"))


def _no_document(sha256: str) -> bytes:
    raise LookupError(sha256)
