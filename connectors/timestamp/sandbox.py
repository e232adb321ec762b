"""A timestamp authority for practice, after RFC 3161: real tokens, of a demonstration key.

It wants SHA-256 or longer, and the account `e-bourgogne` / `essai` of whoever gives one.
"""

import hashlib
import secrets
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asn1crypto import algos, cms, core, tsp, x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from werkzeug.wrappers import Request, Response

from connectors import sandboxes
from connectors.faults import refuse_of
from connectors.sandboxes import Clock, Settings
from connectors.signature.authority import Identity, authority

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

USER, PASSWORD = "e-bourgogne", "essai"
POLICY = "1.2.250.1.999.1.1"
SIZES = {"sha256": 32, "sha384": 48, "sha512": 64}


def application(data: Path, settings: Settings, clock: Clock) -> "WSGIApplication":
    """The authority, seen through its faults."""
    kept = authority(data, clock)

    def answered(environ: Any, start: Any) -> Any:
        with Request(environ) as request:
            return _answer(request, kept.timestamping, clock)(environ, start)

    return sandboxes.faulty(answered, data, "timestamp", settings)


def _answer(request: Request, unit: Identity, clock: Clock) -> Response:
    if request.path == "/" and request.method == "GET":
        return Response(
            '<!doctype html><html lang="fr"><meta charset="utf-8"><title>Horodatage d’essai'
            "</title><h1>Autorité d’horodatage d’essai</h1></html>",
            mimetype="text/html",
        )
    if request.path != "/tsa" or request.method != "POST":
        return Response("Inconnu\n", HTTPStatus.NOT_FOUND)
    given = request.authorization
    if given and (given.username, given.password) != (USER, PASSWORD):
        return Response("Accès refusé\n", HTTPStatus.UNAUTHORIZED)
    if reason := refuse_of(request.environ):
        return _rejected(reason)
    try:
        asked = tsp.TimeStampReq.load(request.get_data(), strict=True)
        imprint = asked["message_imprint"]
        size = SIZES.get(imprint["hash_algorithm"]["algorithm"].native)
        if len(imprint["hashed_message"].native) != size:
            return _rejected("Empreinte refusée")
    except (ValueError, TypeError, KeyError):
        return _rejected("Demande illisible")
    granted = tsp.PKIStatusInfo({"status": "granted"})
    return _reply(granted, token(asked, unit, clock()))


def token(asked: tsp.TimeStampReq, unit: Identity, now: datetime) -> cms.ContentInfo:
    """The token that answers a request."""
    certificate = x509.Certificate.load(unit.der)
    told = {
        "version": "v1",
        "policy": POLICY,
        "message_imprint": asked["message_imprint"],
        "serial_number": secrets.randbits(64),
        "gen_time": now.astimezone(UTC).replace(microsecond=0),
        "accuracy": {"seconds": 1},
        "ordering": False,
    }
    if asked["nonce"].native is not None:
        told["nonce"] = asked["nonce"]
    content = tsp.TSTInfo(told).dump()
    attributes = cms.CMSAttributes(
        [
            _attribute("content_type", "tst_info"),
            _attribute("message_digest", hashlib.sha256(content).digest()),
            _attribute(
                "signing_certificate_v2",
                tsp.SigningCertificateV2(
                    {"certs": [{"cert_hash": hashlib.sha256(unit.der).digest()}]}
                ),
            ),
        ]
    )
    assert isinstance(unit.key, ec.EllipticCurvePrivateKey)
    sha256 = algos.DigestAlgorithm({"algorithm": "sha256"})
    signer = {
        "version": "v1",
        "sid": cms.SignerIdentifier(
            {
                "issuer_and_serial_number": {
                    "issuer": certificate.issuer,
                    "serial_number": certificate.serial_number,
                }
            }
        ),
        "digest_algorithm": sha256,
        "signature_algorithm": {"algorithm": "sha256_ecdsa"},
        "signed_attrs": attributes,
        "signature": unit.key.sign(attributes.dump(), ec.ECDSA(SHA256())),
    }
    signed = {
        "version": "v3",
        "digest_algorithms": [sha256],
        "encap_content_info": {
            "content_type": "tst_info",
            "content": core.ParsableOctetString(content),
        },
        "signer_infos": [signer],
    }
    if asked["cert_req"].native:
        signed["certificates"] = [
            certificate,
            *(x509.Certificate.load(one) for one in unit.chain[:-1]),
        ]
    return cms.ContentInfo({"content_type": "signed_data", "content": signed})


def _attribute(name: str, value: Any) -> cms.CMSAttribute:
    return cms.CMSAttribute({"type": name, "values": [value]})


def _rejected(reason: str) -> Response:
    return _reply(tsp.PKIStatusInfo({"status": "rejection", "status_string": [reason]}))


def _reply(*parts: Any) -> Response:
    """RFC 3161, 2.4.2: a status, and the token where it is granted."""
    answer = core.SequenceOf(list(parts), spec=core.Any)
    return Response(answer.dump(), mimetype="application/timestamp-reply")
