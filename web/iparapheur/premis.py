"""PREMIS as i-Parapheur writes it: what a deposit says of a folder, what is told of one."""

from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from lxml import etree

from web.api.problems import Fault, Problem
from workflows.parapheur import files
from workflows.parapheur.models import MAIN, Folder

NAMESPACE = "http://www.loc.gov/premis/v3"
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


def written(folder: Folder) -> bytes:
    """A folder and its current files, in PREMIS."""
    names: Any = {None: NAMESPACE, "xsi": XSI}  # the stubs forget the default namespace
    root = etree.Element(f"{{{NAMESPACE}}}premis", nsmap=names, version="3.0")
    node = _object(root, "intellectualEntity", str(folder.instance_id))
    _property(node, f"{RESERVED}type", folder.subtype.type.name)
    _property(node, f"{RESERVED}subtype", folder.subtype.name)
    for key, value in (folder.details.get("metadata") or {}).items():
        _property(node, str(key), str(value))
    _add(node, "originalName", folder.title)
    for one in files.current(folder.instance_id):
        node = _object(root, "file", str(one.file.id))
        main = "true" if one.file.kind == MAIN else "false"
        _property(node, f"{RESERVED}mainDocument", main)
        facts = _add(node, "objectCharacteristics")
        fixity = _add(facts, "fixity")
        _add(fixity, "messageDigestAlgorithm", "SHA-256")
        _add(fixity, "messageDigest", one.sha256)
        _add(facts, "size", str(one.version.document.size))
        _add(_add(_add(facts, "format"), "formatDesignation"), "formatName",
             one.version.document.media_type)  # fmt: skip
        _add(node, "originalName", one.version.document.name)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


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


def _object(root: Any, kind: str, identifier: str) -> Any:
    node = _add(root, "object")
    node.set(f"{{{XSI}}}type", kind)
    named = _add(node, "objectIdentifier")
    _add(named, "objectIdentifierType", "uuid")
    _add(named, "objectIdentifierValue", identifier)
    return node


def _property(node: Any, kind: str, value: str) -> None:
    property_ = _add(node, "significantProperties")
    _add(property_, "significantPropertiesType", kind)
    _add(property_, "significantPropertiesValue", value)


def _add(parent: Any, name: str, text: str = "") -> Any:
    element = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    plain = "".join(c for c in text if c in "\t\n\r" or ord(c) >= 32)  # noqa: PLR2004
    element.text = plain or None
    return element


def _wrong(sentence: str) -> Problem:
    fault = Fault(where="body", pointer="/folder", message=sentence)
    return Problem(422, "bad-body", sentence, errors=[fault])
