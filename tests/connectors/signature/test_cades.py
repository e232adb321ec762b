"""Signatures beside their document, as OpenSSL sees them."""

import pytest

from connectors import Refused
from tests.connectors.signature.conftest import MARIE, tool

CONTENT = "Le titre exécutoire n° 12, 48 000 €\n".encode()


def verified(office, tmp_path, content, detached):
    """Whether OpenSSL accepts it."""
    from cryptography.hazmat.primitives.serialization import Encoding

    (tmp_path / "root.pem").write_bytes(
        office.authority.root.certificate.public_bytes(Encoding.PEM)
    )
    (tmp_path / "content").write_bytes(content)
    (tmp_path / "signature.p7s").write_bytes(detached)
    told = tool(
        "openssl", "cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any",
        "-in", tmp_path / "signature.p7s", "-content", tmp_path / "content",
        "-CAfile", tmp_path / "root.pem", "-out", tmp_path / "out",
    )  # fmt: skip
    return told.returncode == 0


@pytest.mark.parametrize("level", ["B-B", "B-T"])
def test_it_is_accepted_beside_its_document_alone(office, tmp_path, level):
    office.faults("timestamp", down=level == "B-B")
    detached, told = office.sign(CONTENT, format="cades", media_type="text/plain", name="t")
    office.faults("timestamp", down=False)
    assert told["level"] == level
    assert (told["file"].name, told["file"].media_type) == (
        "t.p7s",
        "application/pkcs7-signature",
    )
    found = office.examine(CONTENT, "text/plain", detached)
    assert (found["valid"], found["level"], found["refusals"]) == (True, level, [])
    assert found["signatures"][0]["signed_at"]
    assert verified(office, tmp_path, CONTENT, detached)
    altered = CONTENT.replace(b"48", b"84")
    found = office.examine(altered, "text/plain", detached)
    assert not found["valid"]
    assert found["indication"] == "TOTAL-FAILED"
    assert "Marie Durand" in found["refusals"][0]
    assert not verified(office, tmp_path, altered, detached)


def test_every_byte_of_the_signature_counts_or_is_refused(office):
    detached, _ = office.sign(CONTENT, format="cades")
    for place in range(20, len(detached), 157):
        touched = detached[:place] + bytes([detached[place] ^ 8]) + detached[place + 1 :]
        found = office.examine(CONTENT, "text/plain", touched)
        if found["valid"]:
            # What no signature covers: certificates brought along that nobody needs.
            assert found["signatures"][0]["subject"]


@pytest.mark.parametrize(
    "detached", [b"", b"0", b"0\x80" * 5000, bytes(2 << 20), b"0" * 99]
)
def test_what_is_no_signature_is_refused(office, detached):
    found = office.examine(CONTENT, "text/plain", detached)
    assert not found["signed"]
    assert found["refusals"]


def test_the_document_may_not_change_between_the_phases(office):
    prepared = office.prepare(CONTENT, format="cades")
    values = office.signature.sign(
        signer="demo", person=MARIE, to_sign=prepared["to_sign"], pin="1"
    )
    prepared["document_sha256"] = office.document(b"autre")["sha256"]
    with pytest.raises(Refused, match="changé"):
        office.signature.finish(prepared=prepared, values=values)
    with pytest.raises(Refused, match="inconnu"):
        office.prepare(CONTENT, format="pgp")
