"""Signs, seals, closes with a timestamp, and examines signatures: PDF, CMS and XML.

Without settings, the certificates are those of a demonstration authority, which says so:

    SIGNATURE_TRUST         folder of the certificates (PEM) of the authorities we trust
    SIGNATURE_TRUSTED_LIST  folder of trusted lists (XML, ETSI TS 119 612) and of the
                            certificates of whoever publishes them: who is « qualified »
    SIGNATURE_ALGORITHMS    the register of algorithms and of their dates, when it is not ours
                            (connectors/signature/algorithms.csv, whose columns it has)
    SIGNATURE_MAXIMUM_MB    the largest file that is signed or examined (100)
    PES_XADES_VERSION       1.1.1, 1.2.2 or 1.3.2: how batches of a PES are signed (1.1.1)
    PES_POLICY_OID, PES_POLICY_NAME, PES_POLICY_SHA256, PES_POLICY_ADDRESS
                            the signature policy that they name: the DGFiP's
    PES_CERTIFICATES        chain, or signer: those that a signed PES carries (chain)
    SIGNATURE_TIMEOUT       seconds given to an authority to tell what it revoked (5)

The seals of the server, each a PKCS#12 file, or one in a security module:

    SIGNATURE_SEALS             name=path, name=path
    SIGNATURE_SEALS_PASSWORD    their password; SIGNATURE_SEAL_<NAME>_PASSWORD for one of them,
                                SIGNATURE_SEAL_<NAME>_PASSWORD_FILE for a file that holds it
    SIGNATURE_PKCS11_MODULE     the module's library
    SIGNATURE_PKCS11_TOKEN      the token's label, when there are several
    SIGNATURE_PKCS11_SEAL       what the seal is called (hsm)
    SIGNATURE_PKCS11_PASSWORD   its PIN; or SIGNATURE_PKCS11_PASSWORD_FILE

The keys of people, besides those of their own machines:

    SIGNATURE_KEY_FILES     folder of <e-mail>.p12, each with its certificates in <e-mail>.pem
    CSC_URL                 a provider of remote signatures (Cloud Signature Consortium, v2)
    CSC_TOKEN               our access token there
    CSC_QUALITY             simple, advanced (by default) or qualified: what its signatures are
    CSC_LABEL               what it is called on pages
    CSC_TIMEOUT             seconds given to it (30)

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
    from connectors.signature import algorithms, cades, pades, pes, signers, xades
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
        algorithms=algorithms.register(settings),
        timestamp=timestamp.connect(settings, clock=clock, data=data),
        largest=int(settings.get("SIGNATURE_MAXIMUM_MB") or 100) * MEGABYTE,
        remembered=data / "signature" / "answers.sqlite",
        mode="live" if signers.live(settings) else "sandbox",
    )


def _trust(
    settings: Mapping[str, str], clock: Callable[[], datetime], data: Path
) -> "Trust":
    from connectors.signature.authority import authority
    from connectors.signature.folders import certificates_in
    from connectors.signature.qualified import TrustedLists
    from connectors.signature.revocation import Revocation
    from connectors.signature.trust import Trust

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

    path, listed = settings.get("SIGNATURE_TRUST"), settings.get("SIGNATURE_TRUSTED_LIST")
    lists = TrustedLists(Path(listed)) if listed else None

    def anchors() -> list[x509.Certificate]:
        found = [*certificates_in(Path(path))] if path else []
        found += lists.authorities() if lists else []
        if path or lists:
            return found
        return [x509.Certificate.load(authority(data, clock).root.der)]

    return Trust(anchors, Revocation(reach, clock), not (path or lists), lists)


def _no_document(sha256: str) -> bytes:
    raise LookupError(sha256)
