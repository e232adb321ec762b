"""What attackers do to XML signatures is refused, each time with its reason."""

import base64
import hashlib
import re
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from connectors.signature.xml_examination import examine
from connectors.signature.xml_text import EXCLUSIVE, RSA_SHA256, canonical
from connectors.xml_reading import DS
from tests.connectors.signature.xml_signing import (
    NOW,
    certificate,
    key,
    signed_pes,
)

BATCH = re.compile(rb'<Bordereau Id="B1">.*?</Bordereau   >', re.DOTALL)
SIGNATURE = re.compile(rb"<ds:Signature .*?</ds:Signature>", re.DOTALL)


def _refused(content, said, **options):
    answer = examine(content, now=NOW, **options)
    assert not answer["valid"]
    assert re.search(said, " ".join(answer["refusals"])), answer["refusals"]
    return answer


def _resigned(content, change):
    """A signature changed by somebody who holds the key: only the rules stop it."""
    tree = etree.fromstring(content)
    signature = next(tree.iter(f"{{{DS}}}Signature"))
    info = signature.find(f"{{{DS}}}SignedInfo")
    change(tree, info)
    value = key().sign(canonical(info), PKCS1v15(), hashes.SHA256())
    signature.find(f"{{{DS}}}SignatureValue").text = base64.b64encode(value).decode()
    return etree.tostring(tree, encoding="ISO-8859-1")


def test_a_signed_batch_moved_aside_under_another_one():
    """The classic wrapping: the true batch is hidden elsewhere, a false one stands in its place."""
    signed = signed_pes()
    true = BATCH.search(signed).group()
    signature = SIGNATURE.search(true).group()
    false = true.replace(b'"B1"', b'"B9"').replace("vélo".encode("latin-1"), b"yacht")
    hidden = b"<Cache>" + true.replace(signature, b"") + b"</Cache>"
    assert signature in false
    _refused(signed.replace(true, false + hidden), "désigne un autre élément")


def test_the_same_identifier_twice():
    signed = signed_pes()
    true = BATCH.search(signed).group()
    bare = SIGNATURE.sub(b"", true)
    false = true.replace("vélo".encode("latin-1"), b"yacht")
    _refused(signed.replace(true, false + bare), "plusieurs éléments")


def test_a_signed_batch_carried_to_a_place_that_counts_for_nothing():
    signed = signed_pes()
    true = BATCH.search(signed).group()
    false = SIGNATURE.sub(b"", true.replace(b'"B1"', b'"B9"'))
    _refused(
        signed.replace(true, false + b"<Cache>" + true + b"</Cache>"),
        "ni dans un bordereau",
    )


def test_a_batch_that_nobody_signed():
    signed = signed_pes()
    true = BATCH.search(signed).group()
    answer = _refused(signed.replace(true, SIGNATURE.sub(b"", true)), "n’est pas signé")
    assert answer["unsigned"] == ["1"]


def test_the_signature_of_another_batch():
    signed = signed_pes()
    first, second = SIGNATURE.findall(signed)
    _refused(signed.replace(second, b"").replace(first, second), "désigne un autre élément")


@pytest.mark.parametrize(
    ("algorithm", "said"),
    [
        ("http://www.w3.org/TR/1999/REC-xslt-19991116", "Transformation non admise"),
        ("http://www.w3.org/TR/1999/REC-xpath-19991116", "Transformation non admise"),
        ("http://www.w3.org/2002/06/xmldsig-filter2", "Transformation non admise"),
    ],
)
def test_transformations_that_choose_what_is_signed(algorithm, said):
    def change(_tree, info):
        info.find(f".//{{{DS}}}Transform").set("Algorithm", algorithm)

    _refused(_resigned(signed_pes(), change), said)


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("http://127.0.0.1:9/acte.xml", "externe"),
        ("file:///etc/passwd", "externe"),
        ("acte.xml", "externe"),
        ("#B2", "désigne un autre élément"),
        ("#nulle-part", "absent"),
        ("#xpointer(/)", "absent"),
        ("", "n’est pas signé|désigne"),
    ],
)
def test_references_that_point_elsewhere(uri, said):
    def change(_tree, info):
        info.find(f"{{{DS}}}Reference").set("URI", uri)

    _refused(_resigned(signed_pes(), change), said)


def test_a_reference_without_address_is_nothing():
    def change(_tree, info):
        del info.find(f"{{{DS}}}Reference").attrib["URI"]

    _refused(_resigned(signed_pes(), change), "ne dit pas")


def test_signed_properties_that_no_reference_covers():
    def change(_tree, info):
        info.remove(info.findall(f"{{{DS}}}Reference")[1])

    _refused(_resigned(signed_pes(), change), "ne sont pas couvertes")


def test_retired_digests_are_reported():
    def change(tree, info):
        batch = next(tree.iter("Bordereau"))
        method = info.find(f".//{{{DS}}}DigestMethod")
        method.set("Algorithm", f"{DS}sha1")
        bare = etree.fromstring(SIGNATURE.sub(b"", etree.tostring(batch)))
        digest = hashlib.sha1(canonical(bare)).digest()
        info.find(f".//{{{DS}}}DigestValue").text = base64.b64encode(digest).decode()

    answer = examine(_resigned(signed_pes(), change), now=NOW)
    first = answer["signatures"][0]
    assert (answer["valid"], first["intact"]) == (False, True)
    assert first["algorithm"]["standing"] == "retired"
    assert "SHA-1" in first["algorithm"]["name"] and not first["algorithm"]["proved"]
    assert first["sub_indication"] == "CRYPTO_CONSTRAINTS_FAILURE"


def test_an_unknown_algorithm():
    signed = signed_pes()
    _refused(signed.replace(RSA_SHA256.encode(), b"urn:none"), "Algorithme de signature")
    _refused(
        signed.replace(EXCLUSIVE.encode(), b"urn:none"), "non admise|mal form|illisible"
    )


def test_a_certificate_expired_or_not_yet_valid_when_signing():
    late = certificate(NOW - timedelta(days=60), NOW - timedelta(days=1))
    answer = _refused(signed_pes(signer=late), "expiré")
    assert answer["signatures"][0]["sub_indication"] == "EXPIRED"
    early = certificate(NOW + timedelta(days=1), NOW + timedelta(days=60))
    _refused(signed_pes(signer=early), "pas encore valable")


def test_a_certificate_expired_since_is_undecided():
    answer = examine(signed_pes(), now=NOW + timedelta(days=3650))
    assert (answer["valid"], answer["indication"]) == (True, "INDETERMINATE")


def test_a_certificate_exchanged_for_another_of_the_same_key():
    twin = certificate(NOW - timedelta(days=31), NOW + timedelta(days=366))
    mine, other = (
        base64.b64encode(one.public_bytes(Encoding.DER)) for one in (certificate(), twin)
    )
    signed = signed_pes()
    assert mine in signed
    _refused(signed.replace(mine, other), "n’est pas celui que la signature annonce")


def test_xml_bombs_never_reach_the_tree():
    bomb = b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><a>&b;</a>'
    _refused(b'<?xml version="1.0"?>' + bomb, "DTD")
    _refused(b"<a>" * 100_000, "trop d")
    _refused(b"\x1f\x8b" + bytes(100), "mal form")
    _refused(b"", "mal form")


@pytest.mark.parametrize("cut", [100, 700, 2000, 3500])
def test_truncated_files(cut):
    _refused(signed_pes()[:cut], "mal form")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (rb"<ds:DigestValue>[^<]*", b"<ds:DigestValue>!!!"),
        (rb"<ds:X509Certificate>[^<]*", b"<ds:X509Certificate>AAAA"),
        (rb"<ds:X509Data>.*?</ds:X509Data>", b""),
        (rb"<ds:SignedInfo>.*?</ds:SignedInfo>", b""),
        (rb"<ds:Reference .*</ds:Reference>", b""),
        (rb"(<ds:SignatureValue .*?</ds:SignatureValue>)", rb"\1\1"),
        (rb"<xad:SigningTime>[^<]*", b"<xad:SigningTime>hier"),
        (rb"<ds:X509Certificate>", b"<ds:X509Certificate>" + b"A" * 20_000),
    ],
)
def test_broken_signatures_are_refusals_never_exceptions(before, after):
    broken = re.sub(before, after, signed_pes(), flags=re.DOTALL)
    assert not examine(broken, now=NOW)["valid"]


def test_text_added_after_the_signature_is_seen():
    signed = signed_pes()
    added = signed.replace(
        b"</ds:Signature></Bordereau", b"</ds:Signature>1000</Bordereau", 1
    )
    assert added != signed
    _refused(added, "modifié")
