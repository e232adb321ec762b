"""Tokens of the timestamp authority, as OpenSSL and we see them."""

import hashlib

import pytest
from asn1crypto import cms, tsp
from cryptography.hazmat.primitives.serialization import Encoding

from connectors import Refused
from connectors.signature.authority import authority
from connectors.timestamp import sandbox
from tests.connectors.signature.conftest import tool

DIGEST = hashlib.sha256(b"la tete du journal").digest()


def test_a_token_is_accepted_and_another_digest_is_not(office, tmp_path):
    partner = office.partners["timestamp"]
    token = partner.token(digest=DIGEST)
    before = office.clock()
    assert abs((partner.verify(token=token, digest=DIGEST) - before).total_seconds()) < 60
    other = hashlib.sha256(b"autre").digest()
    with pytest.raises(Refused, match="refusé"):
        partner.verify(token=token, digest=other)
    (tmp_path / "root.pem").write_bytes(
        office.authority.root.certificate.public_bytes(Encoding.PEM)
    )
    (tmp_path / "token").write_bytes(token)
    for digest, accepted in ((DIGEST, True), (other, False)):
        told = tool(
            "openssl", "ts", "-verify", "-token_in", "-in", tmp_path / "token",
            "-digest", digest.hex(), "-CAfile", tmp_path / "root.pem",
        )  # fmt: skip
        assert (told.returncode == 0) is accepted, told.stderr


def test_a_token_altered_or_of_another_authority_is_refused(office):
    partner = office.partners["timestamp"]
    token = partner.token(digest=DIGEST)
    for place in range(30, len(token), 97):
        touched = token[:place] + bytes([token[place] ^ 4]) + token[place + 1 :]
        try:
            partner.verify(token=touched, digest=DIGEST)
        except Refused:
            continue
        # Only what the signature does not cover may change: a certificate brought along.
        assert place > len(token) // 4
    unit = authority(office.data / "ailleurs", office.clock).timestamping
    asked = tsp.TimeStampReq(
        {
            "version": 1,
            "message_imprint": {
                "hash_algorithm": {"algorithm": "sha256"},
                "hashed_message": DIGEST,
            },
            "cert_req": True,
        }
    )
    foreign = sandbox.token(asked, unit, office.clock()).dump()
    with pytest.raises(Refused):
        partner.verify(token=foreign, digest=DIGEST)
    for nonsense in (b"", b"0", cms.ContentInfo({"content_type": "data"}).dump()):
        with pytest.raises(Refused):
            partner.verify(token=nonsense, digest=DIGEST)


def test_a_wrong_or_slow_answer_costs_a_level(office):
    """Whatever the authority does, the signature is made."""
    letter = office.letter()
    for faults in (
        {"refuse": "Quota"}, {"error": 1.0}, {"throttle": 9}, {"ambiguous": 1.0},
    ):  # fmt: skip
        office.faults("timestamp", **faults)
        signed, told = office.sign(letter)
        office.faults("timestamp", refuse="", error=0.0, throttle=0, ambiguous=0.0)
        assert told["level"] == "B-B"
        assert told["signatures"][0]["timestamped_at"] is None
        assert office.examine(signed)["valid"]
