"""A PES is signed batch by batch in its own bytes; xmlsec1 and the official schema agree."""

import json
import re
from datetime import timedelta

import pytest
from lxml import etree

from connectors import Refused
from connectors.signature.xml_examination import examine
from connectors.signature.xml_signatures import (
    Style,
    finish,
    prepare_detached,
    prepare_pes,
    style,
)
from tests.conftest import reference
from tests.connectors.signature.xml_signing import (
    NOW,
    PES,
    WORDS,
    certificate,
    signed_pes,
    values,
    xmlsec1,
)

SAMPLES = "parapheur/pes/samples"
SIGNATURE = re.compile(rb"<ds:Signature .*?</ds:Signature>", re.DOTALL)
VERSIONS = ["1.1.1", "1.2.2", "1.3.2"]


def _without_batch_ids():
    return PES.replace(b' Id="B1"', b"")


@pytest.mark.parametrize("version", VERSIONS)
def test_each_batch_is_signed_and_xmlsec1_agrees(version, tmp_path):
    signed = signed_pes(version=version)
    assert len(SIGNATURE.findall(signed)) == 2
    answer = examine(signed, now=NOW)
    assert answer["valid"], answer["refusals"]
    assert [one["detail"]["covers"] for one in answer["signatures"]] == ["B1", "B2"]
    assert answer["signatures"][0]["detail"]["role"] == "Présidente"
    for name in ("B1_SIG_1", "B2_SIG_1"):
        accepted, said = xmlsec1(signed, tmp_path, name)
        assert accepted, said
        assert "SignedInfo References (ok/all): 2/2" in said
    tampered = signed.replace("vélo".encode("latin-1"), b"moto")
    assert not xmlsec1(tampered, tmp_path, "B1_SIG_1")[0]
    assert not examine(tampered, now=NOW)["valid"]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_pes_whose_batches_have_no_id_is_signed_as_a_whole(version, tmp_path):
    signed = signed_pes(_without_batch_ids(), version)
    assert signed.endswith(b"</ds:Signature></n:PES_Aller>\n<!-- fin -->\n")
    answer = examine(signed, now=NOW)
    assert answer["valid"], answer["refusals"]
    accepted, said = xmlsec1(signed, tmp_path)
    assert accepted, said
    tampered = signed.replace("vélo".encode("latin-1"), b"moto")
    assert not xmlsec1(tampered, tmp_path)[0]
    assert examine(tampered, now=NOW)["indication"] == "TOTAL-FAILED"


def test_nothing_changes_but_the_signatures_inserted():
    signed = signed_pes()
    assert SIGNATURE.sub(b"", signed) == PES
    first = signed.index(b"<ds:Signature")
    assert signed[:first] == PES[:first]
    assert signed.count(b"</ds:Signature></Bordereau") == 2
    assert all(byte < 128 for byte in b"".join(SIGNATURE.findall(signed)))


def test_the_state_of_a_preparation_is_plain_and_serves_once_the_file_is_the_same():
    drafts, state = prepare_pes(PES, certificate=certificate(), words=WORDS, style=Style())
    state = json.loads(json.dumps(state))
    assert finish(PES, state, values(drafts), certificate=certificate())[1] == "B-B"
    with pytest.raises(Refused, match="a changé"):
        finish(PES + b" ", state, values(drafts), certificate=certificate())
    wrong = values(drafts) | {"B1_SIG_1": bytes(256)}
    with pytest.raises(Refused, match="ne correspond pas"):
        finish(PES, state, wrong, certificate=certificate())
    with pytest.raises(Refused, match="ne correspond pas"):
        finish(PES, state, {}, certificate=certificate())


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("not a PES", b"<a/>", "pas un PES_Aller"),
        ("text", b"bonjour", "mal form"),
        ("no Id", _without_batch_ids().replace(b' Id="P1"', b""), "attribut Id"),
        ("digit first", PES.replace(b'"B1"', b'"1B"'), "commencer par une lettre"),
        ("same Id twice", PES.replace(b'"B2"', b'"B1"'), "plusieurs"),
        ("DTD", PES.replace(b"<!-- n", b"<!DOCTYPE a><!-- n"), "DTD"),
        ("UTF-16", PES.decode("latin-1").encode("utf-16"), "UTF-16"),
        ("UTF-7", PES.replace(b"ISO-8859-1", b"UTF-7"), "Encodage non admis"),
        ("unknown encoding", PES.replace(b"ISO-8859-1", b"NOWHERE"), "ncodage"),
        ("not what it says", PES.replace(b"ISO-8859-1", b"UTF-8"), "mal form"),
        ("deep", b"<a>" * 300 + b"</a>" * 300, "trop d"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 20 else "",
)
def test_refuses_to_sign(name, content, said):
    with pytest.raises(Refused, match=said):
        prepare_pes(content, certificate=certificate(), words=WORDS, style=Style())


def test_refuses_to_sign_twice():
    with pytest.raises(Refused, match="déjà"):
        signed_pes(signed_pes())


@pytest.mark.parametrize("version", VERSIONS)
def test_the_official_schema_accepts_what_we_sign(version, tmp_path):
    schema = etree.XMLSchema(
        etree.parse(
            reference("parapheur/pes/xsd/schemas_pes_v5.17/PES_V2/Rev0/PES_Aller.xsd")
        )
    )
    sample = reference(f"{SAMPLES}/PES_ex-iparapheur-connecteur.xml").read_bytes()
    signed = signed_pes(sample, version)
    schema.assertValid(etree.fromstring(signed))
    accepted, said = xmlsec1(signed, tmp_path)
    assert accepted, said
    assert SIGNATURE.sub(b"", signed) == sample


@pytest.mark.parametrize(
    ("path", "indication", "said"),
    [
        (f"{SAMPLES}/PESALR2_25060187900027_190328_001.xml", "INDETERMINATE", ""),
        ("parapheur/pes/signature/PES-signe-bordereau-libersign.xml", "INDETERMINATE", ""),
        (f"{SAMPLES}/test-alteree.xml", "TOTAL-FAILED", "ne correspond pas au certificat"),
    ],
)
def test_real_samples(path, indication, said):
    answer = examine(reference(path).read_bytes(), now=NOW)
    assert answer["signed"]
    assert answer["valid"] == (not said)
    assert answer["indication"] == indication
    assert said in " ".join(answer["refusals"])


def test_real_expired_sample():
    folder = reference(SAMPLES)
    found = sorted(folder.glob("test-perime*.xml"))
    if not found:
        pytest.skip("test-perime*.xml is not among the samples")
    answer = examine(found[0].read_bytes(), now=NOW)
    assert not answer["valid"]
    assert "expiré" in " ".join(answer["refusals"])


def test_settings_choose_the_version_and_the_policy():
    assert style({}).version == "1.1.1"
    chosen = style({"PES_XADES_VERSION": "1.3.2", "PES_POLICY_OID": "urn:oid:1.2"})
    assert (chosen.version, chosen.policy.identifier) == ("1.3.2", "urn:oid:1.2")
    with pytest.raises(Exception, match="PES_XADES_VERSION"):
        style({"PES_XADES_VERSION": "2"})


def _detached(content, file_name="délibération 1.pdf", timestamper=None):
    drafts, state = prepare_detached(
        content, file_name=file_name, media_type="application/pdf", name="S1",
        certificate=certificate(), words=WORDS,
    )  # fmt: skip
    return finish(
        content, state, values(drafts), certificate=certificate(), date=timestamper
    )


def test_a_detached_signature_is_accepted_beside_its_document(tmp_path):
    content = b"%PDF-1.7 essai"
    signed, level = _detached(content, "acte.pdf")
    assert level == "B-B"
    (tmp_path / "acte.pdf").write_bytes(content)
    accepted, said = xmlsec1(signed, tmp_path)
    assert accepted, said
    assert examine(signed, now=NOW, detached=content)["valid"]
    (tmp_path / "acte.pdf").write_bytes(content + b" ")
    assert not xmlsec1(signed, tmp_path)[0]
    altered = examine(signed, now=NOW, detached=content + b" ")
    assert altered["indication"] == "TOTAL-FAILED"
    alone = examine(signed, now=NOW)
    assert "pas cherché" in " ".join(alone["refusals"])


def test_a_timestamp_raises_the_level_and_its_absence_costs_only_that(tmp_path):
    asked = []

    def timestamper(digest):
        asked.append(digest)
        return b"token"

    signed, level = _detached(b"acte", "acte.pdf", timestamper)
    assert level == "B-T"
    (tmp_path / "acte.pdf").write_bytes(b"acte")
    assert xmlsec1(signed, tmp_path)[0]

    def proves(token, digest):
        assert (token, digest) == (b"token", asked[0])
        return NOW + timedelta(minutes=1)

    answer = examine(signed, now=NOW, detached=b"acte", verify_date=proves)
    assert (answer["valid"], answer["level"]) == (True, "B-T")

    def refuses(_token, _digest):
        raise Refused(["Jeton d’une autre autorité."])

    answer = examine(signed, now=NOW, detached=b"acte", verify_date=refuses)
    assert not answer["valid"]

    def closed(_digest):
        return None

    signed, level = _detached(b"acte", "acte.pdf", closed)
    assert level == "B-B"
    assert examine(signed, now=NOW, detached=b"acte")["valid"]


def test_a_detached_signature_fits_the_schema_of_xmldsig():
    signed, _level = _detached(b"acte")
    schema = reference(
        "parapheur/pes/xsd/schemas_pes_v5.17/xmldsig/xmldsig-core-schema.xsd"
    )
    etree.XMLSchema(etree.parse(schema)).assertValid(etree.fromstring(signed))
