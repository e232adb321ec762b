"""The connector signs PES and XML beside documents, in two phases, and examines them."""

import json

import pytest

from connectors import Refused
from tests.connectors.signature.conftest import MARIE
from tests.connectors.signature.xml_signing import PES

ASKED = {"format": "pes", "media_type": "application/xml", "name": "pes.xml"}


def test_every_batch_of_a_pes_is_signed_in_one_gesture(office):
    prepared = office.prepare(PES, **ASKED, claimed_role="Présidente", place="Dijon")
    assert len(prepared["to_sign"]) == 2
    values = office.signature.sign(
        signer="demo", person=MARIE, to_sign=prepared["to_sign"], pin="1234"
    )
    told = office.signature.finish(prepared=json.loads(json.dumps(prepared)), values=values)
    signed = office.read(told["file"].sha256)
    assert (told["level"], told["file"].name) == ("B-B", "pes.xml")
    found = office.examine(signed, "application/xml")
    assert (found["valid"], found["indication"]) == (True, "TOTAL-PASSED"), found
    assert {one["detail"]["city"] for one in found["signatures"]} == {"Dijon"}
    tampered = signed.replace("vélo".encode("latin-1"), b"moto")
    assert office.examine(tampered, "application/xml")["indication"] == "TOTAL-FAILED"
    only = {one: values[one] for one in list(values)[:1]}
    with pytest.raises(Refused):
        office.signature.finish(prepared=prepared, values=only)


def test_a_signature_beside_its_document_is_dated(office):
    content = b"%PDF-1.7 annexe"
    signed, told = office.sign(content, format="xades", name="annexe 1.pdf")
    assert told["level"] == "B-T"
    found = office.examine(content, detached=signed)
    assert (found["valid"], found["level"]) == (True, "B-T"), found
    assert not office.examine(content + b" ", detached=signed)["valid"]


def test_an_authority_that_is_down_costs_the_level_alone(office):
    office.faults("timestamp", down=True)
    signed, told = office.sign(b"annexe", format="xades", name="annexe.pdf")
    assert told["level"] == "B-B"
    assert office.examine(b"annexe", detached=signed)["valid"]


def test_a_pes_that_cannot_be_signed_says_why(office):
    with pytest.raises(Refused, match="pas un PES_Aller"):
        office.prepare(b"<a/>", **ASKED)
    found = office.examine(b"<!DOCTYPE a><a/>", "application/xml")
    assert "DTD" in found["refusals"][0]
