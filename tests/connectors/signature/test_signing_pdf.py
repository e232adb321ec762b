"""PDF signed in two phases, at every level, as independent tools see them."""

import asyncio
import base64
import io
import json
import os
import shutil
import subprocess
import sys
from datetime import timedelta

import pytest
from asn1crypto import x509
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.policy_decl import (
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager

from connectors import Refused
from connectors.signature.signers import demo
from tests.connectors.signature.conftest import MARIE, ROOT, STAMP, tool

PEOPLE = [
    MARIE,
    {"id": "p-victor", "name": "Victor Petit", "email": "victor@region.demo"},
    {"id": "p-bruno", "name": "Bruno Grand", "email": "bruno@region.demo"},
]


def pdfsig(tmp_path, content):
    """How many signatures of persons poppler finds valid, and how many it refuses."""
    path = tmp_path / "examined.pdf"
    path.write_bytes(content)
    told = tool("pdfsig", path).stdout
    # This version verifies no document timestamp.
    return told.count("Signature is Valid"), told.count("Signature Validation:") - told.count(
        "Signature is Valid"
    ) - told.count("has not yet been verified")  # fmt: skip


def tampered(content):
    """The same file with one letter of its first page's text changed."""
    place = content.index(b"stream") + 40
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


LEVELS = {
    "B-B": {"timestamp": {"down": True}},
    "B-T": {"signature": {"down": True}},
    "B-LT": {},
}


@pytest.mark.parametrize("level", LEVELS)
def test_each_level_is_accepted_and_altered_is_refused(office, tmp_path, level):
    letter = office.letter()
    for name, faults in LEVELS[level].items():
        office.faults(name, **faults)
    signed, told = office.sign(letter, stamp=STAMP)
    for name in LEVELS[level]:
        office.faults(name, down=False)
    assert signed.startswith(letter)
    assert told["level"] == level
    assert told["signatures"][0]["quality"] == "simple"
    found = office.examine(signed)
    assert (found["valid"], found["level"], found["indication"]) == (
        True,
        level,
        "TOTAL-PASSED",
    )
    assert "DEMONSTRATION" in found["signatures"][0]["subject"]
    altered = office.examine(tampered(signed))
    assert not altered["valid"]
    assert altered["indication"] == "TOTAL-FAILED"
    assert "modifié" in altered["refusals"][0]
    assert pdfsig(tmp_path, signed) == (1, 0)
    assert pdfsig(tmp_path, tampered(signed)) == (0, 1)


def test_four_signers_then_a_timestamp_all_hold(office, tmp_path):
    content = office.letter()
    for rank, person in enumerate(PEOPLE):
        stamp = STAMP | {"y": 180 + 27 * rank, "lines": [f"Signé par {person['name']}"]}
        content, _ = office.sign(content, person, stamp=stamp)
    sealed = office.signature.seal(
        documents=[office.document(content)], seal="demo", key="seal-1"
    )
    content = office.read(sealed.value["files"][0]["file"]["sha256"])
    closed, told = office.close(content)
    assert told["complete"]
    assert told["files"][0]["level"] == "B-LTA"
    assert [one["kind"] for one in told["files"][0]["signatures"]] == ["timestamp"]
    found = office.examine(closed)
    assert found["valid"]
    assert [one["kind"] for one in found["signatures"]] == [
        "signature", "signature", "signature", "seal", "timestamp",
    ]  # fmt: skip
    assert {one["level"] for one in found["signatures"][:4]} == {"B-LTA"}
    assert {one["indication"] for one in found["signatures"]} == {"TOTAL-PASSED"}
    assert [one["quality"] for one in found["signatures"]] == [
        "simple", "simple", "simple", "seal", "",
    ]  # fmt: skip
    assert pdfsig(tmp_path, closed) == (4, 0)
    path = tmp_path / "closed.pdf"
    path.write_bytes(closed)
    assert tool("qpdf", "--check", path).returncode == 0


def test_closed_it_is_proved_by_itself_without_any_network(office):
    """ETSI EN 319 102-1 by another hand: only the root is given."""
    signed, _ = office.sign(office.letter())
    closed, _ = office.close(signed)
    root = x509.Certificate.load(office.authority.root.der)
    spec = PdfSignatureValidationSpec(
        SignatureValidationSpec(
            CertValidationPolicySpec(
                trust_manager=SimpleTrustManager.build(trust_roots=[root]),
                revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO),
            ),
            RevocationInfoGatheringSpec(RevinfoOnlineFetchingRule.LOCAL_ONLY),
        )
    )
    (one, _) = PdfFileReader(io.BytesIO(closed)).embedded_signatures
    result = asyncio.run(ades_lta_validation(one, spec))
    assert result.ades_subindic == AdESPassed.OK


def test_once_the_signer_s_certificate_ended_what_is_dated_still_proves(office):
    now = office.clock()
    short = office.authority.issue(
        "Chloé Courte", valid=(now - timedelta(days=1), now + timedelta(days=30))
    )
    (prepared,) = office.signature.prepare(
        documents=[office.document(office.letter())],
        certificate=short.der, chain=short.chain,
    )  # fmt: skip
    (entry,) = prepared["to_sign"]
    value = demo.signed(short.key, base64.b64decode(entry["data"]))
    values = {entry["id"]: base64.b64encode(value).decode()}
    office.faults("timestamp", down=True)
    bare = office.read(
        office.signature.finish(prepared=prepared, values=values)["file"].sha256
    )
    office.faults("timestamp", down=False)
    told = office.signature.finish(prepared=prepared, values=values)
    closed, _ = office.close(office.read(told["file"].sha256))
    office.clock.moved += timedelta(days=60)
    assert office.examine(bare)["indication"] == "INDETERMINATE"
    found = office.examine(closed)
    assert (found["indication"], found["level"]) == ("TOTAL-PASSED", "B-LTA")


def test_a_file_closed_again_gets_another_timestamp(office):
    signed, _ = office.sign(office.letter())
    closed, _ = office.close(signed)
    again = office.signature.close(documents=[office.document(closed)], key="later")
    content = office.read(again.value["files"][0]["file"]["sha256"])
    found = office.examine(content)
    kinds = [one["kind"] for one in found["signatures"]]
    assert kinds == ["signature", "timestamp", "timestamp"]
    assert found["valid"]
    assert content.startswith(closed)


def test_what_cannot_be_closed_today_may_be_later(office):
    signed, _ = office.sign(office.letter())
    office.faults("timestamp", down=True)
    kept, told = office.close(signed)
    assert not told["complete"]
    assert told["files"][0]["level"] == "B-LT"
    assert kept.startswith(signed)
    office.faults("timestamp", down=False)
    produced = office.signature.close(documents=[office.document(kept)], key="next")
    assert produced.value["complete"]
    assert produced.value["files"][0]["level"] == "B-LTA"
    whole = office.read(produced.value["files"][0]["file"]["sha256"])
    assert office.examine(whole)["valid"]
    office.faults("timestamp", down=True)
    bare, _ = office.sign(office.letter())
    office.faults("timestamp", down=False)
    late = office.signature.close(documents=[office.document(bare)], key="late").value
    found = office.examine(office.read(late["files"][0]["file"]["sha256"]))
    assert (found["valid"], found["level"]) == (True, "B-LTA")


def test_a_file_without_signature_or_of_another_format_is_not_closed(office):
    letter = office.letter()
    for changes in ({}, {"format": "cades"}, {"format": "pes"}):
        produced = office.signature.close(
            documents=[office.document(letter, **changes)], key=f"k-{changes}"
        )
        (file,) = produced.value["files"]
        assert office.read(file["file"]["sha256"]) == letter
        assert produced.value["complete"]


def test_the_same_key_seals_once(office):
    documents = [office.document(office.letter())]
    first = office.signature.seal(documents=documents, seal="demo", key="k")
    assert office.signature.seal(documents=documents, seal="demo", key="k") == first
    other = office.signature.seal(documents=documents, seal="demo", key="other")
    assert other != first
    with pytest.raises(Refused, match="installé"):
        office.signature.seal(documents=documents, seal="mairie", key="k2")


def test_the_other_phase_happens_in_another_process(office, tmp_path):
    """Whoever prepared is dead when the value comes: the state and the document suffice."""
    letter = office.letter()
    prepared = office.prepare(letter, stamp=STAMP)
    values = office.signature.sign(
        signer="demo", person=MARIE, to_sign=prepared["to_sign"], pin="1234"
    )
    state = tmp_path / "state.json"
    state.write_text(json.dumps([prepared, values]))
    script = (
        "import json, sys\n"
        "from datetime import UTC, datetime\n"
        "from pathlib import Path\n"
        "from connectors import catalogue\n"
        "data, state = map(Path, sys.argv[1:])\n"
        "partners = catalogue.connect_all({}, clock=lambda: datetime.now(UTC), data=data)\n"
        "prepared, values = json.loads(state.read_text())\n"
        "told = partners['signature'].finish(prepared=prepared, values=values)\n"
        "print(told['file'].sha256, told['level'])\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", script, office.data, state],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ).stdout.split()  # fmt: skip
    signed = office.read(told[0])
    assert told[1] == "B-LT"
    assert signed.startswith(letter)
    assert office.examine(signed)["valid"]


def test_values_of_another_key_or_of_another_document_are_refused(office):
    letter = office.letter()
    prepared = office.prepare(letter)
    other = office.signature.sign(
        signer="demo", person=PEOPLE[1], to_sign=prepared["to_sign"], pin="1234"
    )
    with pytest.raises(Refused, match="ne correspond pas au certificat"):
        office.signature.finish(prepared=prepared, values=other)
    with pytest.raises(Refused):
        office.signature.finish(prepared=prepared, values={})
    with pytest.raises(Refused, match="base64"):
        office.signature.finish(prepared=prepared, values={"f1": "é"})
    values = office.signature.sign(
        signer="demo", person=MARIE, to_sign=prepared["to_sign"], pin="1234"
    )
    elsewhere = {
        **prepared,
        "document_sha256": office.document(office.letter("Autre texte."))["sha256"],
    }
    with pytest.raises(Refused, match="changé"):
        office.signature.finish(prepared=elsewhere, values=values)
    with pytest.raises(Refused, match="PIN"):
        office.signature.sign(
            signer="demo", person=MARIE, to_sign=prepared["to_sign"], pin="0000"
        )


@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    body=st.text(max_size=400),
    lines=st.lists(st.text(max_size=60), max_size=6),
    box=st.fixed_dictionaries(
        {
            "page": st.integers(-2, 4),
            "x": st.floats(-50, 400),
            "y": st.floats(-50, 400),
            "width": st.floats(0, 500),
            "height": st.floats(0, 500),
        }
    ),
)
def test_whatever_is_written_and_stamped_verifies(office, body, lines, box):
    letter = office.letter(f"Texte : {body}")
    signed, _ = office.sign(letter, stamp={**box, "lines": lines}, reason=body[:50])
    assert signed.startswith(letter)
    assert office.examine(signed)["valid"]


@pytest.mark.skipif(shutil.which("verapdf") is None, reason="veraPDF n’est pas installé")
def test_verapdf_still_finds_pdf_a(office, tmp_path):
    closed, _ = office.close(office.sign(office.letter(), stamp=STAMP)[0])
    path = tmp_path / "closed.pdf"
    path.write_bytes(closed)
    assert 'isCompliant="true"' in tool("verapdf", "-f", "2u", path).stdout
