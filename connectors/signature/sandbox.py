"""What a certificate authority answers to whoever doubts: OCSP (RFC 6960) and its CRL; and a
provider of remote signatures, under `/csc/v2/`.
"""

from datetime import UTC, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from werkzeug.wrappers import Request, Response

from connectors import sandboxes
from connectors.sandboxes import Clock, Settings
from connectors.signature.authority import Authority, Identity, authority
from connectors.signature.signers import csc_sandbox

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

VALID = timedelta(days=7)


def application(data: Path, settings: Settings, clock: Clock) -> "WSGIApplication":
    """The authority's public addresses, seen through its faults."""
    kept = authority(data, clock)

    def answered(environ: Any, start: Any) -> Any:
        with Request(environ) as request:
            return _answer(kept, request)(environ, start)

    return sandboxes.faulty(answered, data, "signature", settings)


def _answer(kept: Authority, request: Request) -> Response:
    if request.path.startswith(csc_sandbox.PREFIX):
        return csc_sandbox.answer(kept, request)
    if request.path == "/ocsp" and request.method == "POST":
        return _told(kept, request.get_data())
    if request.path in {"/root.crl", "/issuing.crl"}:
        issuer = kept.root if request.path == "/root.crl" else kept.issuing
        return Response(crl(kept, issuer), mimetype="application/pkix-crl")
    if request.path == "/":
        return Response(
            '<!doctype html><html lang="fr"><meta charset="utf-8"><title>Autorité d’essai</title>'
            "<h1>Autorité de certification d’essai</h1>"
            f"<p>Certificats révoqués : {len(kept.revoked())}</p></html>",
            mimetype="text/html",
        )
    return Response("Inconnu\n", HTTPStatus.NOT_FOUND)


def crl(kept: Authority, issuer: Identity) -> bytes:
    """The list of what this issuer revoked, in DER."""
    now = kept.clock().astimezone(UTC)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(now)
        .next_update(now + VALID)
        .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()),
            critical=False,
        )
    )
    for serial, at in kept.revoked().items():
        one = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at)
        builder = builder.add_revoked_certificate(one.build())
    return builder.sign(issuer.key, SHA256()).public_bytes(Encoding.DER)


def _told(kept: Authority, body: bytes) -> Response:
    try:
        asked = ocsp.load_der_ocsp_request(body)
        serial, algorithm = asked.serial_number, asked.hash_algorithm
    except (ValueError, UnsupportedAlgorithm):
        refused = ocsp.OCSPResponseBuilder.build_unsuccessful(
            ocsp.OCSPResponseStatus.MALFORMED_REQUEST
        )
        return _ocsp(refused)
    now = kept.clock().astimezone(UTC)
    since = kept.revoked().get(serial)
    responder = kept.responder
    answer = (
        ocsp.OCSPResponseBuilder()
        .add_response_by_hash(
            issuer_name_hash=asked.issuer_name_hash,
            issuer_key_hash=asked.issuer_key_hash,
            serial_number=serial,
            algorithm=algorithm,
            cert_status=ocsp.OCSPCertStatus.REVOKED if since else ocsp.OCSPCertStatus.GOOD,
            this_update=now,
            next_update=now + VALID,
            revocation_time=since,
            revocation_reason=None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, responder.certificate)
        .certificates([responder.certificate])
    )
    return _ocsp(answer.sign(responder.key, SHA256()))


def _ocsp(answer: ocsp.OCSPResponse) -> Response:
    return Response(answer.public_bytes(Encoding.DER), mimetype="application/ocsp-response")
