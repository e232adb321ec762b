"""Signatures beside their document, closed and renewed: as OpenSSL, xmlsec1 and we see them."""

import base64
import hashlib
from datetime import timedelta
from pathlib import Path

import signxml
from asn1crypto import cms
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from connectors.xml_reading import DS
from tests.connectors.signature.conftest import opened, tool
from tests.connectors.signature.test_algorithms import retiring
from tests.connectors.signature.test_cades import verified
from tests.connectors.signature.test_signing_pdf import pdfsig

CONTENT = "Le titre exécutoire n° 12, 48 000 €\n".encode()
YEAR = timedelta(days=365)
BESIDE = {
    "cades": ("t.p7s", "application/pkcs7-signature"),
    "xades": ("t.xml", "application/xml"),
}
X132, X141 = "{http://uri.etsi.org/01903/v1.3.2#}", "{http://uri.etsi.org/01903/v1.4.1#}"
SCHEMAS = Path(signxml.__file__).parent / "xades/schemas"


def closed(office, form, detached, key, **more):
    """The signature as it was closed, and what was told of it."""
    name, media_type = BESIDE[form]
    document = office.document(
        detached, name=name, media_type=media_type, format=form,
        signs=office.document(CONTENT)["sha256"], **more,
    )  # fmt: skip
    told = office.signature.close(documents=[document], key=key).value
    (file,) = told["files"]
    return office.read(file["file"]["sha256"]), file


def signed(office, form):
    return office.sign(CONTENT, format=form, media_type="text/plain", name="t")[0]


def seen(office, detached, content=CONTENT):
    return office.examine(content, "text/plain", detached)


def ts(office, folder, token, content):
    """Whether OpenSSL accepts a token over these bytes."""
    roots = office.authority.root.certificate.public_bytes(Encoding.PEM)
    for name, data in (("root.pem", roots), ("token", token), ("data", content)):
        (folder / name).write_bytes(data)
    told = tool(
        "openssl", "ts", "-verify", "-token_in", "-in", folder / "token",
        "-data", folder / "data", "-CAfile", folder / "root.pem",
    )  # fmt: skip
    return told.returncode == 0


def test_a_cms_signature_is_closed_and_every_part_of_it_is_covered(office, tmp_path):
    office.faults("timestamp", down=True)
    bare = signed(office, "cades")
    silent, told = closed(office, "cades", bare, "silent")
    assert (told["complete"], told["signatures"]) == (False, [])
    assert seen(office, silent)["level"] == "B-B", "a level is lost, not the signature"
    assert verified(office, tmp_path, CONTENT, silent)
    office.faults("timestamp", down=False)

    lasting, told = closed(office, "cades", silent, "later")
    assert (told["complete"], told["level"]) == (True, "B-LTA")
    assert [(one["kind"], one["level"]) for one in told["signatures"]] == [
        ("timestamp", "B-LTA")
    ]
    found = seen(office, lasting)
    assert (found["valid"], found["level"], found["refusals"]) == (True, "B-LTA", [])
    assert [one["kind"] for one in found["signatures"]] == ["signature", "timestamp"]
    assert verified(office, tmp_path, CONTENT, lasting)
    assert not verified(office, tmp_path, CONTENT + b" ", lasting)
    assert seen(office, lasting, CONTENT + b" ")["indication"] == "TOTAL-FAILED"

    said = cms.ContentInfo.load(lasting, strict=True)["content"]
    (info,) = said["signer_infos"]
    attributes = {one["type"].dotted: one["values"][0] for one in info["unsigned_attrs"]}
    token = attributes["0.4.0.1733.2.4"]
    (index,) = token["content"]["signer_infos"][0]["unsigned_attrs"]
    assert index["type"].dotted == "0.4.0.19122.1.5"
    fields = ("version", "sid", "digest_algorithm", "signed_attrs", "signature_algorithm")
    imprint = [
        said["encap_content_info"]["content_type"].dump(),
        hashlib.sha256(CONTENT).digest(),
        *(info[name].dump() for name in (*fields, "signature")),
        index["values"][0].dump(),
    ]
    assert ts(office, tmp_path, token.dump(), b"".join(imprint))
    assert not ts(office, tmp_path, token.dump(), b"".join(imprint[:-1]))

    stamped = attributes["1.2.840.113549.1.9.16.2.14"].dump()
    parts = [*(one.dump() for one in (*said["certificates"], *said["crls"])), stamped]
    assert len(parts) > 4
    for part in parts:
        at = lasting.index(part) + len(part) - 9
        touched = lasting[:at] + bytes([lasting[at] ^ 8]) + lasting[at + 1 :]
        assert not seen(office, touched)["valid"], part.hex()
    said["crls"] = list(said["crls"])[1:]
    less = cms.ContentInfo({"content_type": "signed_data", "content": said}).dump()
    assert "ne correspond plus" in seen(office, less)["refusals"][0]


def test_an_xml_signature_is_closed_and_every_part_of_it_is_covered(office, tmp_path):
    office.faults("timestamp", down=True)
    bare = signed(office, "xades")
    silent, told = closed(office, "xades", bare, "silent")
    assert (told["complete"], told["signatures"]) == (False, [])
    assert seen(office, silent)["level"] == "B-B"
    office.faults("timestamp", down=False)

    lasting, told = closed(office, "xades", silent, "later")
    assert (told["complete"], told["level"]) == (True, "B-LTA")
    lasting, told = closed(office, "xades", lasting, "again")
    found = seen(office, lasting)
    assert (found["valid"], found["level"], found["refusals"]) == (True, "B-LTA", [])
    assert [one["kind"] for one in found["signatures"]] == ["signature", *["timestamp"] * 2]
    tree = etree.fromstring(lasting)
    _fit(tree)
    (tmp_path / "t").write_bytes(CONTENT)
    assert _xmlsec1(office, tmp_path, lasting)

    properties = tree.find(f".//{X132}UnsignedSignatureProperties")
    kinds = ["SignatureTimeStamp", "CertificateValues", "RevocationValues"]
    added = [f"{X141}{one}" for one in ("ArchiveTimeStamp", "TimeStampValidationData")]
    names = [*(X132 + one for one in kinds), *added, added[0]]
    assert [one.tag for one in properties] == names
    said = tree.find(f".//{X132}SignedProperties")
    covered = [
        tree.find(f"{{{DS}}}{one}") for one in ("SignedInfo", "SignatureValue", "KeyInfo")
    ]
    first, last = properties.findall(added[0])
    for stamp, before in ((first, properties[:3]), (last, properties[:5])):
        pieces = [CONTENT, *map(_canonical, (said, *covered, *before))]
        token = base64.b64decode(stamp.findtext(f"{X132}EncapsulatedTimeStamp"))
        assert ts(office, tmp_path, token, b"".join(pieces))
        assert not ts(office, tmp_path, token, b"".join(pieces[:-1]))

    for one in properties[:-1]:
        parent, place = one.getparent(), one.getparent().index(one)
        parent.remove(one)
        assert not seen(office, etree.tostring(tree))["valid"], one.tag
        parent.insert(place, one)
    answer = properties.find(f".//{X132}EncapsulatedOCSPValue")
    answer.text = base64.b64encode(base64.b64decode(answer.text)[:-1] + b"\0").decode()
    assert not seen(office, etree.tostring(tree))["valid"]
    assert not seen(office, lasting, CONTENT + b" ")["valid"]


def test_renewed_in_time_it_outlives_certificates_and_nothing_is_asked_again(tmp_path):
    office = opened(tmp_path, None)
    office.clock.moved = -12 * YEAR
    first = {form: closed(office, form, signed(office, form), form)[0] for form in BESIDE}
    office.clock.moved += 9.5 * YEAR
    second = {}
    for form, was in first.items():
        second[form], told = closed(office, form, was, f"{form} again")
        assert (told["complete"], told["level"]) == (True, "B-LTA")
        assert seen(office, was)["valid"]
        assert seen(office, second[form])["valid"]
    office.clock.moved = timedelta()
    for form, was in first.items():
        lapsed, kept = seen(office, was), seen(office, second[form])
        assert (lapsed["valid"], lapsed["indication"]) == (False, "INDETERMINATE")
        assert (kept["valid"], kept["level"]) == (True, "B-LTA"), kept
        ends = [one["valid_to"] for one in kept["signatures"]]
        assert ends[1] < office.clock().isoformat() < ends[2]
        assert not seen(office, second[form], CONTENT + b" ")["valid"]


def test_an_archive_timestamp_proves_until_its_algorithm_retires(tmp_path, keys):
    office, day = retiring(tmp_path, keys, "ec")
    for form in BESIDE:
        office.clock.moved = timedelta()
        first, told = closed(office, form, signed(office, form), form)
        (stamp,) = told["signatures"]
        assert stamp["algorithm"]["retired"].startswith(day) and stamp["valid_to"] > day
        for days, valid in ((0, True), (11, False)):
            office.clock.moved = timedelta(days=days)
            found = seen(office, first)
            assert (found["valid"], found["signatures"][0]["algorithm"]["proved"]) == (
                valid, valid,
            )  # fmt: skip
        assert found["signatures"][-1]["sub_indication"].startswith("CRYPTO_CONSTRAINTS")


def test_what_others_signed_gets_as_much_as_can_be_proved(office, tmp_path):
    """Another office's authority is not trusted here: the timestamp alone, and it is said."""
    other = opened(tmp_path / "other", None)
    other.faults("signature", down=True)
    letter, told = other.sign(office.letter())
    assert told["level"] == "B-T"
    for content, level in ((office.sign(office.letter())[0], "B-LTA"), (letter, "B-T")):
        document = office.document(content, foreign=True)
        produced = office.signature.close(documents=[document], key=level).value
        (file,) = produced["files"]
        made = office.read(file["file"]["sha256"])
        assert made.startswith(content)
        assert (file["complete"], file["level"]) == (True, level)
        assert [one["kind"] for one in file["signatures"]] == ["signature", "timestamp"]
        assert pdfsig(tmp_path, made) == (1, 0)
    assert file["signatures"][0]["sub_indication"] == "NO_CERTIFICATE_CHAIN_FOUND"
    for form in BESIDE:
        beside, told = closed(office, form, signed(other, form), form, foreign=True)
        assert (told["complete"], told["level"]) == (True, "B-T")
        assert not seen(office, beside)["valid"]
    broken = office.document(b"%PDF-1.7 rien", foreign=True)
    (left,) = office.signature.close(documents=[broken], key="broken").value["files"]
    assert (left["file"]["sha256"], left["complete"]) == (broken["sha256"], True)


def _canonical(element):
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False)


def _fit(tree):
    schema = etree.XMLSchema(file=str(SCHEMAS / "XAdES01903v141-201601.xsd"))
    schema.assertValid(
        etree.fromstring(etree.tostring(tree.find(f".//{X132}QualifyingProperties")))
    )


def _xmlsec1(office, folder, content):
    root = office.authority.root.certificate.public_bytes(Encoding.PEM)
    (folder / "ca.pem").write_bytes(root)
    (folder / "signed.xml").write_bytes(content)
    told = tool(
        "sh", "-c",
        f"cd {folder} && xmlsec1 --verify --trusted-pem ca.pem --enabled-key-data x509 "
        "--id-attr:Id SignedProperties --id-attr:Id Signature signed.xml",
    )  # fmt: skip
    return told.returncode == 0
