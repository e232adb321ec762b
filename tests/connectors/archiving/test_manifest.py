"""The manifest is what the official schema, and an archivist, expect."""

import hashlib
import json
import resource
import tarfile
import time
import zipfile
from pathlib import Path

import pytest
from lxml import etree

from connectors import Misconfigured, Refused
from connectors.archiving import preflight
from connectors.archiving.package import folder_of
from connectors.archiving.transfer import clean, file_name, message_identifier, moment

NS = {"s": "fr:gouv:culture:archivesdefrance:seda:v2.2"}


def manifest_of(place, produced):
    return etree.fromstring(place.stored[produced.documents[0][2].sha256])


def texts(root, path):
    return [it.text for it in root.findall(path, NS)]


@pytest.mark.parametrize(
    ("version", "folder"),
    [("2.1", "seda-cubicweb"), ("2.2", "seda-cubicweb"), ("2.3", "seda-2.3-sedatools")],
)
@pytest.mark.parametrize("named", ["uri", "attachment"])
def test_dialects_pass_the_official_schema(place, reference, version, folder, named):
    archiving = place.connect(
        SEDA_VERSION=version,
        SEDA_FILE_REFERENCE=named,
        SEDA_CONTAINER="zip" if named == "uri" else "tar.gz",
        REFERENCE_DIR=str(reference(folder)),
    )
    archiving.deposit(**place.case(key="refused"))
    produced = archiving.deposit(**place.case(transfer=2))
    assert produced.value["official_check"] == "passed"


def test_the_official_schema_refuses_in_french(place, reference):
    archiving = place.connect(
        REFERENCE_DIR=str(reference("seda-cubicweb")),
        SEDA_APPRAISAL_RULE="P {years} Y\u0020",
    )
    assert archiving.check() == []
    schema = preflight._schema(reference("seda-cubicweb"), "2.2")
    assert schema is not None
    root = manifest_of(place, archiving.deposit(**place.case()))
    root.remove(root.find("s:ArchivalAgency", NS))
    assert not schema.validate(root)


def test_without_schemas_the_value_says_so(place):
    assert place.connect().deposit(**place.case()).value["official_check"] == "not_run"


def test_a_folder_without_the_schema_is_a_problem(place, tmp_path):
    assert "introuvable" in place.connect(REFERENCE_DIR=str(tmp_path)).check()[0]


def test_the_manifest_tells_the_case(place):
    archiving = place.connect()
    archiving.deposit(**place.case(key="refused by the archivist"))
    with pytest.raises(Refused):  # never left: the archivist knows no transfer 2
        archiving.deposit(**place.case(key="refused here", transfer=2, access_rule=""))
    produced = archiving.deposit(**place.case(transfer=3))
    root = manifest_of(place, produced)
    unit = root.find("s:DataObjectPackage/s:DescriptiveMetadata/s:ArchiveUnit", NS)
    assert texts(root, "s:MessageIdentifier") == ["232100013-AIDE-2026-0042-3"]
    assert texts(root, "s:RelatedTransferReference") == ["232100013-AIDE-2026-0042-1"]
    assert texts(unit, "s:Management/s:AppraisalRule/*") == ["P10Y", "2026-10-02", "Keep"]
    assert texts(unit, "s:Management/s:AccessRule/s:Rule") == ["AR038"]
    assert texts(unit, "s:Content/s:DescriptionLevel") == ["File"]
    assert texts(unit, "s:Content/s:OriginatingAgency/s:Identifier") == ["232100013"]
    assert texts(unit, "s:Content/s:Keyword/s:KeywordContent") == ["Scierie du Morvan"]
    assert texts(unit, "s:ArchiveUnit/s:Content/s:Title") == [
        "Pièce demande.pdf",
        "Pièce notes.txt",
        "Journal du dossier",
    ]
    assert texts(root, ".//s:OriginatingAgencyIdentifier") == ["232100013"]
    assert texts(root, ".//s:FormatId") == ["fmt/276", "x-fmt/111", "fmt/817"]


def test_the_package_holds_each_file_and_its_digest(place):
    archiving = place.connect(SEDA_CONTAINER="zip")
    produced = archiving.deposit(**place.case())
    path = place.data / "archiving" / "packages" / "call-1" / "package.zip"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == produced.value["package_sha256"]
    root = manifest_of(place, produced)
    with zipfile.ZipFile(path) as archive:
        assert sorted(archive.namelist()) == [
            "content/BDO-1.pdf", "content/BDO-2.txt", "content/BDO-3.json", "manifest.xml",
        ]  # fmt: skip
        for it in root.iter("{*}BinaryDataObject"):
            content = archive.read(it.findtext("{*}Uri"))
            assert it.findtext("{*}MessageDigest") == hashlib.sha512(content).hexdigest()
            assert it.findtext("{*}Size") == str(len(content))
        journal = json.loads(archive.read("content/BDO-3.json"))
    assert journal["events"][0]["what"] == "déposé"


def test_as_asalae_likes_it_the_manifest_is_beside_the_files(place):
    place.connect().deposit(**place.case())
    path = place.data / "archiving" / "packages" / "call-1" / "package.tar.gz"
    with tarfile.open(path) as tar:
        assert tar.getnames() == [
            "content/BDO-1.pdf",
            "content/BDO-2.txt",
            "content/BDO-3.json",
        ]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"documents": []}, "aucun document"),
        ({"title": " \x07 "}, "intitulé"),
        ({"organisation": {"name": "Sans SIREN"}}, "SIREN"),
        ({"closed_at": "hier"}, "clôture"),
        ({"closed_at": "2025-01-01"}, "clos avant"),
        ({"final_disposition": "maybe"}, "sort final"),
        ({"retention_years": -1}, "nombre d’années"),
        ({"retention_years": "dix"}, "nombre d’années"),
        ({"access_rule": ""}, "communicabilité"),
        ({"transfer": 0}, "rang"),
    ],
)
def test_an_unfit_case_is_refused_in_french(place, change, sentence):
    with pytest.raises(Refused, match=sentence):
        place.connect().deposit(**place.case(**change))


def test_a_document_altered_since_it_was_filed_is_refused(place):
    case = place.case()
    place.files[case["documents"][0]["sha256"]] = b"autre chose"
    with pytest.raises(Refused, match="n’est plus celui qui a été déposé"):
        place.connect().deposit(**case)
    assert list((place.data / "archiving" / "packages").iterdir()) == []


def test_a_missing_document_and_a_wrong_size_are_both_said(place):
    case = place.case()
    del place.files[case["documents"][0]["sha256"]]
    case["documents"][1]["size"] += 1
    with pytest.raises(Refused) as refusal:
        place.connect().deposit(**case)
    assert "introuvable" in refusal.value.reasons[0]
    assert "octets" in refusal.value.reasons[1]


def test_hostile_names_and_titles(place, reference):
    names = [
        "../../etc/passwd", "-rf.pdf", ".htaccess", "a" * 10_000 + ".pdf", "même.pdf",
        "MÊME.pdf", "fact\u202efdp.exe", "\x00\x01\x02", "نسخة.pdf", "a\nb<&>\"'.pdf", "\ud800.pdf", "🙂.pdf",
    ]  # fmt: skip
    documents = [
        place.document(
            name, f"contenu {rank}".encode(), title=f"{name}\x1b[31m" + "é" * 9_999
        )
        for rank, name in enumerate(names)
    ]
    archiving = place.connect(REFERENCE_DIR=str(reference("seda-cubicweb")))
    produced = archiving.deposit(
        **place.case(
            documents=documents, case_number="É/2026 <x> " + "n" * 500, key="../../x"
        )
    )
    kept = texts(manifest_of(place, produced), ".//s:FileInfo/s:Filename")
    assert len({it.casefold() for it in kept}) == len(kept) == len(names) + 1
    for name in kept:
        assert not name.startswith((".", "-"))
        assert "/" not in name
        assert len(name) <= 200
    assert "factfdp.exe" in kept
    assert len(produced.value["message_identifier"]) <= 128
    assert all(len(it) <= 1000 for it in texts(manifest_of(place, produced), ".//s:Title"))


def test_a_thousand_documents_in_bounded_time_and_memory(place, reference):
    documents = [
        place.document(f"piece-{rank}.pdf", PDF_LIKE + str(rank).encode())
        for rank in range(1000)
    ]
    archiving = place.connect(REFERENCE_DIR=str(reference("seda-cubicweb")))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    produced = archiving.deposit(**place.case(documents=documents))
    assert time.perf_counter() - start < 120, "bounded, on a busy machine too"
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 150_000  # kilobytes; the sandbox, in memory, holds the whole package
    assert len(list(manifest_of(place, produced).iter("{*}BinaryDataObject"))) == 1001


PDF_LIKE = b"%PDF-1.4\n" + b"x" * 20_000


def test_names_are_cleaned_as_said():
    assert file_name("..-.", "f") == "f"
    assert file_name("C:\\temp\\x.pdf", "f") == "C_temp_x.pdf"
    assert clean(" a\t\x00b\u200b ") == "a b"
    assert clean("x" * 2000).endswith("…")
    assert moment("2026-07-01") == "2026-06-30T22:00:00Z"
    assert message_identifier("1", "A/1", 1) != message_identifier("1", "A-1", 1)
    assert folder_of(Path("/x"), "..").parent == Path("/x")


def test_an_unknown_dialect_is_a_wrong_setting(place):
    with pytest.raises(Misconfigured, match="SEDA_VERSION"):
        place.connect(SEDA_VERSION="3.0")
