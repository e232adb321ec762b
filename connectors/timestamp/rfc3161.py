"""Speaks RFC 3161 with a timestamp authority, over HTTP."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, cast

import httpx
from asn1crypto import cms, core, parser, tsp
from cryptography import x509
from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

from connectors import ConnectorError, Refused, wire

PARTNER = "L’autorité d’horodatage"
DIGEST = 32


@dataclass(frozen=True)
class Rfc3161:
    """The authority at `address`; `roots` are those whose tokens are believed."""

    http: httpx.Client
    address: str
    mode: Literal["live", "sandbox"]
    roots: Callable[[], Sequence[x509.Certificate]]

    def check(self) -> list[str]:
        digest = secrets.token_bytes(DIGEST)
        try:
            if not self.roots():
                return [f"{PARTNER} : aucun certificat de confiance (TIMESTAMP_CA_FILE)."]
            self.verify(token=self.token(digest=digest), digest=digest)
        except ConnectorError as error:
            return [str(error)]
        return []

    def token(self, *, digest: bytes) -> bytes:
        if len(digest) != DIGEST:
            raise Refused(["L’empreinte à horodater n’est pas un SHA-256."])
        nonce = secrets.randbits(63)
        asked = tsp.TimeStampReq(
            {
                "version": 1,
                "message_imprint": {
                    "hash_algorithm": {"algorithm": "sha256"},
                    "hashed_message": digest,
                },
                "nonce": nonce,
                "cert_req": True,
            }
        )
        response = wire.call(
            self.http, "POST", self.address, partner=PARTNER, acts=False, content=asked.dump(),
            headers={"Content-Type": "application/timestamp-query"},
        )  # fmt: skip
        return _token(response.content, digest, nonce)

    def verify(self, *, token: bytes, digest: bytes) -> datetime:
        try:
            granted = tsp.TimeStampResp(
                {
                    "status": {"status": "granted"},
                    "time_stamp_token": cms.ContentInfo.load(token, strict=True),
                }
            )
            builder = VerifierBuilder()
            for root in self.roots():
                builder = builder.add_root_certificate(root)
            answer = decode_timestamp_response(granted.dump())
            builder.build().verify(answer, digest)
        except (VerificationError, ValueError, TypeError, KeyError) as error:
            raise Refused([f"Jeton d’horodatage refusé : {error}"]) from error
        return answer.tst_info.gen_time.astimezone(UTC)


def _token(content: bytes, digest: bytes, nonce: int) -> bytes:
    """The token of an answer, which is about this digest and this request."""
    try:
        # Read one by one: a refusal comes without any token.
        answer: Any = core.SequenceOf(spec=core.Any, contents=_contents(content))
        status = tsp.PKIStatusInfo.load(answer[0].dump())
        granted = status["status"].native in {"granted", "granted_with_mods"}
        reasons = [str(one) for one in status["status_string"].native or []]
        if granted:
            token = cms.ContentInfo.load(answer[1].dump(), strict=True)
            told = token["content"]["encap_content_info"]["content"].parsed
            imprint = told["message_imprint"]["hashed_message"].native
            known = told["nonce"].native
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise wire.Unreadable(f"{PARTNER} : réponse illisible ({error}).") from error
    if not granted:
        raise Refused(reasons or [f"{PARTNER} a refusé la demande."])
    if imprint != digest or known != nonce:
        raise wire.Unreadable(f"{PARTNER} a répondu à une autre demande.")
    return cast("bytes", token.dump())


def _contents(content: bytes) -> bytes:
    """What an ASN.1 sequence holds. Raises ValueError for anything else."""
    tag_class, _, tag, _, inside, _ = parser.parse(content, strict=True)
    if (tag_class, tag) != (0, core.Sequence.tag):
        raise ValueError("ce n’est pas une réponse d’horodatage")
    return cast("bytes", inside)
