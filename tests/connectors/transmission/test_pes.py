"""A PES at S²LOW: checked, sent, acknowledged bordereau by bordereau."""

import os
from pathlib import Path

import pytest
from lxml import etree

from connectors import Ambiguous, Refused
from connectors.transmission import sandbox
from connectors.transmission.practice.desk_pages import answer_pes

from .conftest import PES, REGION

SAMPLES = Path(os.environ.get("EBG_REFERENCE_DATA") or "../shared/data") / "parapheur/pes"
needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="no reference data")


def _states(service, answer):
    root = etree.fromstring(service.read(answer, "pes_acknowledgement"))
    return [
        (element.find("NumBord").get("V"), element.find("EtatAck").get("V"))
        for element in root.iter("ElementACQUIT")
    ]


@pytest.mark.parametrize(
    ("name", "states"),
    [("PESALR2_1", "11"), ("KO_1", "00"), ("PESALR2_PART_1", "10")],
    ids=["ok", "ko", "partial"],
)
def test_a_pes_is_acknowledged_bordereau_by_bordereau(service, name, states):
    answer = service.answered(service.pes(name), "pes_status")
    assert answer.value["status"] == "information_available"
    assert _states(service, answer) == [("11", states[0]), ("12", states[1])]


def test_what_s2low_finds_wrong_comes_after(service):
    wrong = {
        "utf-8": PES.replace("ISO-8859-1", "utf-8").format(name="U"),
        "empty": '<?xml version="1.0" encoding="ISO-8859-1"?>'
        + PES.format(name="V").partition("?>")[2].replace("Bordereau", "Autre"),
        "not a PES": '<?xml version="1.0" encoding="ISO-8859-1"?><a/>',
    }
    for key, content in wrong.items():
        document = service.file(content.encode("iso-8859-1"), f"{key}.xml", "text/xml")
        sent = service.client.send_pes(account=REGION, document=document, key=key)
        answer = service.answered(sent.value["id"], "pes_status")
        assert answer.value["status"] == "error", key
        assert answer.value["message"], key


def test_the_same_bytes_and_the_same_name_are_refused(service):
    service.answered(service.pes("UN"), "pes_status")
    with pytest.raises(Refused, match="doublon"):
        service.pes("UN", key="autre")
    content = PES.format(name="UN").replace("2026-11-23", "2026-11-22")
    document = service.file(content.encode("iso-8859-1"), "b.xml", "text/xml")
    sent = service.client.send_pes(account=REGION, document=document, key="b").value["id"]
    assert "NomFic" in service.answered(sent, "pes_status").value["message"]


def test_a_lost_pes_is_looked_for_by_its_bytes(service):
    service.pes("AVANT")
    service.faults.set(ambiguous=1.0)
    with pytest.raises(Ambiguous):
        service.pes("PERDU", key="p")
    service.faults.clear()
    found = service.client.lookup("p").value["id"]
    assert service.pes("PERDU", key="p") == found
    assert len(sandbox.received(service.data)) == 2


def test_returns_are_listed_read_then_gone(service):
    number = service.pes()
    held = sandbox.held(service.data, {}, service.clock)
    assert answer_pes(held, number, "return")
    (listed,) = service.client.pes_returns(account=REGION)
    assert listed["date"] == "2026-11-23"
    assert service.client.pes_returns(account={"siren": "212105401"}) == []
    returned = service.client.pes_return(account=REGION, id=listed["id"], key="r")
    assert b"PES_Retour" in service.read(returned, "pes_return")
    assert service.client.pes_returns(account=REGION) == []


@needs_samples
@pytest.mark.parametrize(
    ("sample", "valid"),
    [
        ("samples/PESALR2_25060187900027_190328_001.xml", True),
        ("signature/PES-signe-bordereau-libersign.xml", True),
        ("samples/test-alteree.xml", False),
        ("samples/PESALR1_unsigned-ip5.xml", False),
    ],
    ids=["signed", "libersign", "altered", "utf-8"],
)
def test_real_pes_are_taken_and_the_altered_one_is_not(service, sample, valid):
    content = (SAMPLES / sample).read_bytes()
    document = service.file(content, "pes.xml", "application/xml")
    sent = service.client.send_pes(account=REGION, document=document, key="p").value["id"]
    answer = service.answered(sent, "pes_status")
    assert (answer.value["status"] == "information_available") is valid, answer.value


@needs_samples
def test_acknowledgements_fit_the_official_schema(service):
    schemas = SAMPLES / "xsd/schemas_pes_v5.17/PES_V2/Rev0"
    schema = etree.XMLSchema(etree.parse(schemas / "PES_V2_Acquit_Autonome_V2.xsd"))
    for name in ("PESALR2_1", "KO_1", "PART_1"):
        answer = service.answered(service.pes(name), "pes_status")
        schema.assertValid(etree.fromstring(service.read(answer, "pes_acknowledgement")))
