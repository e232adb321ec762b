"""What the accountant would refuse is said first, in French, with its line and its cure."""

import base64
import gzip
import re

import pytest

from connectors import Misconfigured, Refused, references
from connectors.helios import reader
from connectors.helios.build import build
from connectors.helios.checks import Asked, Limits
from connectors.helios.contents import opened, packed
from tests.conftest import reference
from tests.connectors.helios.orders import HEADER, INVOICE, order
from tests.connectors.signature.xml_signing import NOW, signed_pes

SCHEMAS = "parapheur/pes/xsd/schemas_pes_v5.17"


def _pes():
    return build([order(1), order(2)], HEADER, lambda _: INVOICE)


def _said(content, **asked):
    found = reader.examine(content, Asked(**asked))
    return " ".join(
        f"[{one['line']} {one['element']}] {one['text']}" for one in found["problems"]
    )


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (b'encoding="ISO-8859-1"', b'encoding="UTF-8"', "annoncer|mal form"),
        (b'<?xml version="1.0" ', b'<?xml version="1.0"' + b" " * 60, "50 premiers"),
        ("Château".encode("latin-1"), "Château".encode(), ""),
        (b'CodCol V="400"', b'CodCol V="000"', "CodCol « 000 »"),
        (b'IdPost V="021090"', b'IdPost V="21"', "IdPost « 21 »"),
        (b'IdColl V="20005372600022"', b'IdColl V="2000537"', "SIRET"),
        (b'TypFic V="PESALR2"', b'TypFic V="PESALR3"', "TypFic"),
        (b'NomFic V="', b'NomFic V="' + b"x" * 100, "100 au plus"),
        (b'Id="D2026-12"', b'Id="2026-12"', "commencer par une lettre"),
        (b'NbrPce V="2"', b'NbrPce V="3"', "NbrPce annonce 3, 2 y sont"),
        (b'MtHT V="48000.50"', b'MtHT V="48000,50"', "deux décimales"),
        (b'MtHT V="48000.50"', b'MtHT V="48000.505"', "deux décimales"),
        (b'MtBordHT V="96001.00"', b'MtBordHT V="1.00"', "1.00 € annoncés"),
        (b'0000001"', b'0000002"', "a déjà servi"),
        (b'IdUnique V="2', b'IdUnique V="-', "lettres ou chiffres"),
        (b"7.PDF", b"7.facture", "extension"),
    ],
)  # fmt: skip
def test_each_fault_is_named(before, after, said):
    content = _pes()
    assert before in content
    broken = content.replace(before, after)
    assert broken != content
    assert re.search(said, _said(broken)), _said(broken)
    assert not said or said not in _said(content)


def test_an_encoding_that_is_not_what_it_says():
    assert "écrit en UTF-8" in _said(_pes().decode("latin-1").encode("utf-8"))
    windows = _pes().replace(b"Aide", b"Aide \x80")
    assert "propres à Windows" in _said(windows)


def test_an_empty_pes_is_refused_since_nobody_would_acknowledge_it():
    empty = re.sub(rb"<PES_DepenseAller>.*</PES_PJ>", b"", _pes(), flags=re.DOTALL)
    assert "vide" in _said(empty)


def test_names_used_before_are_refused():
    assert "a déjà servi pour cette collectivité" in _said(_pes(), names=[HEADER["name"]])
    used = order()["documents"][0]["unique_id"]
    assert "a déjà servi" in _said(_pes(), unique_ids=[used])


def test_what_must_be_signed_is_refused_unsigned():
    assert "n’est pas signé" in _said(_pes(), signed=True)
    assert _said(signed_pes(_pes()), signed=True) == ""
    dematerialised = signed_pes(
        _pes().replace(b'Dematerialisee V="1"', b'Dematerialisee V="0"')
    )
    assert "InfoDematerialisee doit valoir 1" in _said(dematerialised)


def test_documents_are_opened_without_being_fooled():
    assert opened(packed(b"abc"), limit=10) == b"abc"
    bomb = base64.b64encode(gzip.compress(bytes(5_000_000))).decode()
    with pytest.raises(Refused, match="dépasse"):
        opened(bomb, limit=1_000_000)
    for text, said in (
        ("", "vide"), ("é", "base64"), ("AAAA", "gzip"),
        (packed(b"abc" * 1000)[:24], "tronqué"), (base64.b64encode(b"%PDF").decode(), "gzip"),
    ):  # fmt: skip
        with pytest.raises(Refused, match=said):
            opened(text, limit=10_000)
    broken = _pes().replace(packed(INVOICE).encode(), b"")
    assert "vide" in _said(broken)
    assert "décompressé dépasse" in _said(_pes(), limits=Limits(document=5))
    assert "dépasse 0 Mo" in _said(_pes(), limits=Limits(file=5))


def test_hostile_files_are_refused_and_never_raise():
    for content in (
        b"", b"\x00" * 50, b"PK\x03\x04", b"<a/>", b"<a>" * 1000,
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b'<?xml version="1.0" encoding="ISO-8859-1"?><n:PES_ACQUIT xmlns:n="a"/>',
        _pes()[:3000],
    ):  # fmt: skip
        found = reader.examine(content, Asked())
        assert found["refused"]
        assert found["problems"]
        with pytest.raises(Refused):
            reader.understand(content) if b"ACQUIT" not in content else reader.document(
                content, 0, Limits()
            )


def test_the_official_schema_speaks_french_and_names_the_line():
    schemas = reference(SCHEMAS)
    wrong = (
        _pes()
        .replace(b'TypPce V="01"', b'TypPce V="77"')
        .replace(b'MtHT V="4', b'MtHT V="x4')
    )
    wrong = wrong.replace(b"<NatPce", b"<Inconnu/><NatPce", 1)
    found = reader.examine(wrong, Asked(references=schemas))
    said = [one for one in found["problems"] if one["by"] == "schema"]
    assert found["schema"] == "failed"
    text = " ".join(one["text"] for one in said)
    assert "n’est pas admise ; mettez l’une de : '01'" in text
    assert "élément inattendu" in text
    assert all(one["line"] > 1 for one in said)


@pytest.mark.parametrize(
    ("name", "refused", "said"),
    [
        ("samples/HELIOS_SIMU_ALR2_1496987735_826268894.xml", False, "75724.75 € annoncés"),
        ("samples/PESALR2_25060187900027_190328_001.xml", False, ""),
        ("samples/PESALR1_unsigned-ip5.xml", True, "annoncer encoding"),
        ("samples/PES_ex-iparapheur-connecteur.xml", False, ""),
        ("samples/test-alteree.xml", False, ""),
        ("signature/PES-signe-bordereau-libersign.xml", True, "InfoDematerialisee"),
    ],
)
def test_real_samples(name, refused, said):
    schemas = reference(SCHEMAS)
    content = reference(f"parapheur/pes/{name}").read_bytes()
    found = reader.examine(content, Asked(references=schemas))
    assert found["batches"]
    assert found["refused"] == refused, found["problems"]
    assert said in " ".join(one["text"] for one in found["problems"])


def test_references_are_imported_with_their_origin_and_the_correction_libxml2_needs(
    tmp_path,
):
    source = reference(SCHEMAS)
    kept = references.import_from(source, tmp_path, at=NOW)
    folder = references.folder({}, tmp_path)
    [told] = references.imported(folder)
    assert (told["name"], told["origin"]) == (source.name, str(source))
    assert told["files"] > 50
    text = (kept / "xmldsig/xmldsig-core-schema.xsd").read_text()
    assert 'name="X509SerialNumber" type="string"' in text
    assert reader.imported(folder)
    assert not reader.imported(references.folder({}, tmp_path / "nowhere"))
    with pytest.raises(Misconfigured):
        references.import_from(tmp_path / "nowhere", tmp_path, at=NOW)
