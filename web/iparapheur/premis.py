"""PREMIS as i-Parapheur's callers write it: what a deposit says of a folder."""

from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from lxml import etree

from web.api.problems import Fault, Problem

XSI = "http://www.w3.org/2001/XMLSchema-instance"
RESERVED = "i_Parapheur_reserved_"
LARGEST = 1024 * 1024
MOST_OBJECTS = 200


@dataclass(frozen=True)
class Described:
    """A folder as PREMIS describes it: its kind, its name, its metadata, its files."""

    type: str
    subtype: str
    name: str
    metadata: dict[str, str]
    files: list["DescribedFile"] = field(default_factory=list)


@dataclass(frozen=True)
class DescribedFile:
    """A file of a folder; `main` ones are signed, the others joined."""

    name: str
    main: bool


def read(content: bytes) -> Described:
    """What a PREMIS document says of a folder to create. Raises Problem."""
    root = _root(content)
    folders = [it for it in _objects(root) if _kind(it) == "intellectualEntity"]
    if len(folders) != 1:
        raise _wrong(_("Le PREMIS décrit un dossier, et un seul."))
    said = _properties(folders[0])
    metadata = {key: value for key, value in said.items() if not key.startswith(RESERVED)}
    return Described(
        type=said.get(f"{RESERVED}type", ""),
        subtype=said.get(f"{RESERVED}subtype", ""),
        name=_text(folders[0], "originalName"),
        metadata=metadata,
        files=[
            DescribedFile(
                _text(it, "originalName"),
                _properties(it).get(f"{RESERVED}mainDocument", "").lower() == "true",
            )
            for it in _objects(root)
            if _kind(it) == "file"
        ],
    )


def _root(content: bytes) -> etree._Element:
    if len(content) > LARGEST:
        raise _wrong(_("Ce PREMIS est trop long."))
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise _wrong(_("La partie « folder » n’est pas un XML lisible.")) from None
    about: Any = root.getroottree().docinfo  # the stubs forget what it holds
    if about.doctype or etree.QName(root).localname != "premis":
        raise _wrong(_("La partie « folder » n’est pas un document PREMIS."))
    return root


def _objects(root: etree._Element) -> list[etree._Element]:
    found = list(root.iterfind("{*}object"))
    if len(found) > MOST_OBJECTS:
        raise _wrong(_("Ce PREMIS décrit trop de fichiers."))
    return found


def _kind(element: etree._Element) -> str:
    return str(element.get(f"{{{XSI}}}type", "")).rpartition(":")[2]


def _properties(element: etree._Element) -> dict[str, str]:
    return {
        _text(it, "significantPropertiesType"): _text(it, "significantPropertiesValue")
        for it in element.iterfind("{*}significantProperties")
    }


def _text(element: etree._Element, name: str) -> str:
    return " ".join((element.findtext(f"{{*}}{name}") or "").split())


def _wrong(sentence: str) -> Problem:
    fault = Fault(where="body", pointer="/folder", message=sentence)
    return Problem(422, "bad-body", sentence, errors=[fault])
