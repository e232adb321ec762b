"""Asks authorities whether certificates are revoked: OCSP first, else their list (CRL).

Only for certificates whose chain ends at a root that we trust: nobody else's addresses are
called. Answers are kept for a while, since a batch is signed with one certificate.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

import httpx
from asn1crypto import x509
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate, load_der_x509_crl, ocsp

from connectors import ConnectorError, wire

PARTNER = "L’autorité de certification"
KEPT = timedelta(minutes=1)
LARGEST = 20 * 1024**2


@dataclass
class Revocation:
    """What authorities say. `reach` gives a client for an address, and the path there."""

    reach: Callable[[str], tuple[httpx.Client, str]]
    clock: Callable[[], datetime]
    _known: dict[bytes, tuple[datetime, bytes, bytes]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def proofs(self, chain: Sequence[x509.Certificate]) -> tuple[list[bytes], list[bytes]]:
        """(OCSP answers, CRLs) about each certificate of a chain but its root.

        One that nobody tells about is left out.
        """
        ocsps, crls = [], []
        for certificate, issuer in pairwise(chain):
            answer, listed = self._proof(certificate, issuer)
            ocsps += [answer] if answer else []
            crls += [listed] if listed else []
        return list(dict.fromkeys(ocsps)), list(dict.fromkeys(crls))

    def _proof(
        self, certificate: x509.Certificate, issuer: x509.Certificate
    ) -> tuple[bytes, bytes]:
        now = self.clock()
        with self._lock:
            kept = self._known.get(certificate.sha256)
        if kept and kept[0] <= now < kept[0] + KEPT:
            return kept[1:]
        answer = self._first(
            certificate.ocsp_urls, lambda url: self._ocsp(url, certificate, issuer)
        )
        lists = [
            url
            for point in certificate.crl_distribution_points
            if (url := point.url) and url.startswith("http")
        ]
        listed = b"" if answer else self._first(lists, self._crl)
        if answer or listed:
            with self._lock:
                if len(self._known) > 500:  # noqa: PLR2004  a bound, whatever it is
                    self._known.clear()
                self._known[certificate.sha256] = (now, answer, listed)
        return answer, listed

    def _first(self, urls: Sequence[str], ask: Callable[[str], bytes]) -> bytes:
        for url in urls:
            try:
                return ask(url)
            except (ConnectorError, ValueError):
                continue
        return b""

    def _ocsp(
        self, url: str, certificate: x509.Certificate, issuer: x509.Certificate
    ) -> bytes:
        asked = ocsp.OCSPRequestBuilder().add_certificate(
            load_der_x509_certificate(certificate.dump()),
            load_der_x509_certificate(issuer.dump()),
            SHA1(),  # noqa: S303  how RFC 6960 names a certificate, not what it proves
        )
        content = asked.build().public_bytes(Encoding.DER)
        answer = self._call("POST", url, content)
        if ocsp.load_der_ocsp_response(answer).response_status.value:
            raise ValueError("sans réponse")
        return answer

    def _crl(self, url: str) -> bytes:
        answer = self._call("GET", url, b"")
        load_der_x509_crl(answer)
        return answer

    def _call(self, method: str, url: str, content: bytes) -> bytes:
        http, path = self.reach(url)
        headers = {"Content-Type": "application/ocsp-request"} if content else {}
        response = wire.call(
            http, method, path, partner=PARTNER, acts=False, content=content,
            headers=headers,
        )  # fmt: skip
        if len(response.content) > LARGEST:
            raise ValueError("trop long")
        return response.content
