"""PES go to the accountant under the name agreed, and come back judged for real."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import etree

from connectors import Misconfigured, Refused, catalogue
from connectors.helios.build import build
from tests.conftest import reference
from tests.connectors.helios.orders import HEADER, INVOICE, order
from tests.connectors.signature.xml_signing import signed_pes

SCHEMAS = "parapheur/pes/xsd/schemas_pes_v5.17/PES_V2/Rev0"


@pytest.fixture
def office(tmp_path, clock):
    def connected(**settings):
        return catalogue.connect_all(settings, clock=clock, data=tmp_path)

    return connected


def _pes(name, orders=None, **batches):
    header = HEADER | {"name": name, "batches": HEADER["batches"] | batches}
    return build(orders or [order(1), order(7, kind="revenue")], header, lambda _: INVOICE)


def _sent(partners, content, key):
    kept = partners["storage"].put(content)
    produced = partners["helios"].send(document={"sha256": kept.sha256}, key=key)
    return produced.value


def _answers(partners):
    found = partners["helios"].collect()
    read = [partners["helios"].understand(document={"sha256": one["file"].sha256}, key="k").value
            for one in found]  # fmt: skip
    return {one["name"]: answer for one, answer in zip(found, read, strict=True)}


def test_the_accountant_takes_refuses_and_takes_in_part(office, clock):
    partners = office()
    _sent(partners, _pes("BON-1"), "a")
    _sent(partners, _pes("KO-1"), "b")
    _sent(partners, _pes("PARTIEL-1", [order(21), order(22, kind="revenue")]), "c")
    _sent(partners, _pes("TARD-1", [order(31)]), "d")
    _sent(partners, _pes("MUET-1", [order(41)]), "e")
    objects = [order(51, subject="KO compte"), order(52, kind="revenue")]
    _sent(partners, _pes("OBJET-1", objects), "f")
    found = _answers(partners)
    assert {name: one["status"] for name, one in found.items()} == {
        "BON-1": "acknowledged", "KO-1": "refused", "PARTIEL-1": "partial", "OBJET-1": "partial",
    }  # fmt: skip
    accepted = {b["domain"]: b["accepted"] for b in found["PARTIEL-1"]["batches"]}
    assert accepted == {"expense": True, "revenue": False}
    assert "pièce 51" in " ".join(found["OBJET-1"]["reasons"])
    clock.forward(days=4)
    found = _answers(partners)
    assert found["TARD-1"]["status"] == "acknowledged"
    assert "MUET-1" not in found


def test_a_document_sent_before_is_refused_alone_and_a_name_used_again_wholly(
    office, clock
):
    partners = office()
    _sent(partners, _pes("UN"), "a")
    _answers(partners)
    again = order(1)
    _sent(partners, _pes("DEUX", [again]), "b")
    found = _answers(partners)["DEUX"]
    assert found["status"] == "partial"
    assert "1984" in " ".join(found["reasons"])
    with pytest.raises(Refused, match="a déjà servi"):
        _sent(partners, _pes("UN", [order(3)]), "c")


def test_files_are_named_as_the_dgfip_wants_once_a_key(office, clock):
    partners = office()
    first = _sent(partners, _pes("UN"), "a")
    assert first["name"] == "PESALR2_20005372600022_261123_001.xml"
    assert first["message"] == "PESALR2#400#021090#00"
    assert _sent(partners, _pes("UN"), "a") == first
    assert _sent(partners, _pes("DEUX"), "b")["name"].endswith("_002.xml")
    clock.now = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)  # the 24th in Paris
    assert (
        _sent(partners, _pes("TROIS"), "c")["name"]
        == "PESALR2_20005372600022_261124_001.xml"
    )
    with pytest.raises(Refused, match="autre PES"):
        _sent(partners, _pes("QUATRE"), "a")


def test_a_signed_pes_is_verified_and_an_altered_one_refused(office, clock):
    partners = office()
    signed = signed_pes(_pes("SIGNE"))
    _sent(partners, signed, "a")
    altered = signed_pes(_pes("ALTERE", [order(5)])).replace(b"48000.50", b"98000.50")
    _sent(partners, altered, "b")
    found = _answers(partners)
    assert found["SIGNE"]["status"] == "acknowledged"
    assert found["ALTERE"]["status"] == "refused"
    assert "modifié" in " ".join(found["ALTERE"]["reasons"])


def test_what_the_accountant_answers_fits_the_official_schemas(office, clock):
    schema = etree.XMLSchema(
        etree.parse(reference(f"{SCHEMAS}/PES_V2_Acquit_Autonome_V2.xsd"))
    )
    partners = office()
    for name in ("BON", "KO", "PARTIEL"):
        _sent(partners, _pes(name, [order(len(name)), order(99, kind="revenue")]), name)
    for one in partners["helios"].collect():
        schema.assertValid(etree.fromstring(partners["storage"].read(one["file"].sha256)))


def test_returns_come_later_and_what_is_in_safe_hands_is_forgotten(office, clock):
    partners = office()
    _sent(partners, _pes("UN", [order(8)]), "a")
    [answer] = partners["helios"].collect()
    partners["helios"].collected(id=answer["id"])
    assert partners["helios"].collect() == []
    clock.forward(days=2)
    [answer] = partners["helios"].collect()
    assert answer["kind"] == "PES_Retour"
    [found] = _answers(partners).values()
    assert [(p["number"], p["state"]) for p in found["pieces"]] == [
        ("8", "Prise en charge")
    ]


def test_folders_are_an_exchange_too(office, tmp_path, clock):
    folders = tmp_path / "dgfip"
    partners = office(HELIOS_EXCHANGE=str(folders), HELIOS_NAMING="passtrans")
    assert len(partners["helios"].check()) == 2
    for name in ("in", "out"):
        (folders / name).mkdir(parents=True)
    assert partners["helios"].check() == []
    content = _pes("UN")
    value = _sent(partners, content, "a")
    digest = hashlib.sha1(content).hexdigest()
    assert value["name"] == f"DGFIP%%GHELPES2%%PESALR2#400#021090#00%%{digest}"
    [file] = (folders / "out").iterdir()
    assert (file.name, file.read_bytes()) == (value["name"], content)
    (folders / "in" / "retour.xml").write_bytes(b"<a/>")
    (folders / "in" / "half.part").write_bytes(b"<a")
    (folders / "in" / "link.xml").symlink_to(Path("/etc/passwd"))
    [found] = partners["helios"].collect()
    assert (found["id"], found["kind"]) == ("retour.xml", "a")
    with pytest.raises(Refused, match="refusé"):
        partners["helios"].collected(id="../retour.xml")
    partners["helios"].collected(id="retour.xml")
    assert partners["helios"].collect() == []


def test_settings_that_make_no_sense(office):
    for settings in ({"HELIOS_NAMING": "x"}, {"HELIOS_MAX_MB": "beaucoup"}):
        with pytest.raises(Misconfigured):
            office(**settings)


def test_remote_calls_read_what_is_stored(office):
    partners = office()
    kept = partners["storage"].put(signed_pes(_pes("UN")))
    value = partners["helios"].inspect(document={"sha256": kept.sha256}, key="k").value
    assert [(b["number"], b["pieces"]) for b in value["batches"]] == [("12", 1), ("3", 1)]
    bare = partners["storage"].put(_pes("UN"))
    with pytest.raises(Refused, match="n’est pas signé"):
        partners["helios"].inspect(document={"sha256": bare.sha256}, key="k")
    invoice = partners["storage"].put(INVOICE)
    assert invoice.sha256 == order()["documents"][0]["sha256"]
    made = partners["helios"].build(orders=[order(1)], header=HEADER, key="k")
    assert partners["storage"].read(made.value["file"]["sha256"]).startswith(b"<?xml")
    assert made.value["batches"][0]["amount"] == "48000.50"
