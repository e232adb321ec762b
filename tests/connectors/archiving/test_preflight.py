"""A package is judged from its own bytes: what a bug or an accident would break is seen."""

import zipfile

import pytest

from connectors import Refused
from connectors.archiving import preflight
from connectors.archiving.seda import Dialect


@pytest.fixture
def package(place):
    place.connect(SEDA_CONTAINER="zip").deposit(**place.case())
    return place.data / "archiving" / "packages" / "call-1"


def refused(package, change=None, files=None):
    manifest, container = package / "manifest.xml", package / "package.zip"
    if change:
        text = manifest.read_text()
        assert change[0] in text
        manifest.write_text(text.replace(*change))
    if files:
        with zipfile.ZipFile(container) as archive:
            contents = {name: archive.read(name) for name in archive.namelist()}
        with zipfile.ZipFile(container, "w") as archive:
            for name, content in (contents | files).items():
                if content is not None:
                    archive.writestr(name, content)
    with pytest.raises(Refused) as refusal:
        preflight.check(manifest, container, Dialect(), None)
    return refusal.value.reasons


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            ("DOG-1</DataObjectGroupReferenceId>", "DOG-9</DataObjectGroupReferenceId>"),
            "DOG-9",
        ),
        (('id="BDO-1"', 'id="BDO-2"'), "plusieurs fois"),
        (("<Title>Journal du dossier", "<Title> "), "AU-3 n’a pas d’intitulé"),
        (("content/BDO-1.pdf", "content/../BDO-1.pdf"), "inacceptable"),
        (("content/BDO-1.pdf", "content/absent.pdf"), "absent du paquet"),
        (('algorithm="SHA-512">', 'algorithm="SHA-512">0'), "L’empreinte de l’objet"),
        (("<Size>", "<Size>1"), "La taille de l’objet"),
        (("<Identifier>E-BOURGOGNE", "<Identifier>"), "TransferringAgency"),
        ((">232100013-AIDE-2026-0042-1<", "><"), "MessageIdentifier"),
    ],
)
def test_a_manifest_that_lies(package, change, sentence):
    assert any(sentence in it for it in refused(package, change))


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"content/BDO-1.pdf": b"autre"}, "L’empreinte"),
        ({"content/BDO-1.pdf": None}, "absent du paquet"),
        ({"content/intrus.txt": b"?"}, "n’est décrit par aucun objet"),
        ({"manifest.xml": None}, "n’est pas à sa place"),
    ],
)
def test_a_container_that_lies(package, files, sentence):
    assert any(sentence in it for it in refused(package, files=files))


def test_many_problems_are_counted(package):
    extra = {f"content/intrus-{rank}": b"?" for rank in range(50)}
    assert refused(package, files=extra)[-1] == "… et 30 autres."
