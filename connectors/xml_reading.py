"""Reads XML that came from anywhere: bounded, without DTD, entities or network.

One pass of expat judges the bytes and says where things stand in them; only what passed is
given to libxml2.
"""

import codecs
from collections import Counter
from dataclasses import dataclass, field
from xml.parsers import expat

from lxml import etree

from connectors import Refused

DS = "http://www.w3.org/2000/09/xmldsig#"
PES = "http://www.minefi.gouv.fr/cp/helios/pes_v2/Rev0/aller"
MAX_SIZE = 160 * 1024 * 1024  # an accountant takes 128 MB
MAX_DEPTH = 200
MAX_ELEMENTS = 3_000_000
MAX_ATTRIBUTES = 500  # of one element
MAX_PLACES = 100_000  # of the first three levels: batches, and documents joined
# Encodings in which ASCII text may be inserted as it is.
ENCODINGS = ("iso8859-1", "iso8859-15", "cp1252", "utf-8", "ascii")
ID_NAMES = ("Id", "ID", "id", "{http://www.w3.org/XML/1998/namespace}id")


@dataclass(frozen=True)
class Place:
    """An element of the first three levels: where its end tag begins, in bytes."""

    path: tuple[str, ...]  # local names, the root first; the root as {namespace}name
    id: str
    end: int
    signed: bool  # a signature is its child
    empty: bool  # written <a/>: nothing can be inserted


@dataclass
class Outline:
    """What one pass over the bytes says of a document."""

    encoding: str = "utf-8"
    root: str = ""
    elements: int = 0
    ids: Counter[str] = field(default_factory=Counter)
    places: list[Place] = field(default_factory=list)

    @property
    def repeated(self) -> list[str]:
        """The identifiers that several elements carry."""
        return sorted(one for one, times in self.ids.items() if times > 1)


def outline(content: bytes) -> Outline:
    """Judges the bytes of an XML document; raises Refused for what is hostile or broken."""
    if len(content) > MAX_SIZE:
        raise Refused([f"Le fichier dépasse {MAX_SIZE >> 20} Mo."], code="too_large")
    found = Outline()
    try:
        _Pass(found, content).run()
    except expat.ExpatError as error:
        where = f"ligne {error.lineno}, colonne {error.offset + 1}"
        said = f"XML mal formé, {where} : exportez-le de nouveau, en entier et dans l’encodage "
        raise Refused([f"{said}qu’il annonce."], code="malformed") from error
    except (LookupError, ValueError) as error:
        raise Refused(["L’encodage annoncé n’est pas lisible."], code="encoding") from error
    if found.encoding not in ENCODINGS:
        raise Refused([f"Encodage non admis : {found.encoding}."], code="encoding")
    return found


def parse(content: bytes) -> etree._Element:
    """The tree of a document that `outline` judged."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True
    )
    try:
        return etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Refused([f"XML illisible : {error}."], code="malformed") from error


def glance(content: bytes) -> etree._Element:
    """The tree of a document to be shown, not judged: thirty times quicker than `outline`.

    Raises Refused for a document type (whose entities could swell) and for what is broken.
    """
    if len(content) > MAX_SIZE:
        raise Refused([f"Le fichier dépasse {MAX_SIZE >> 20} Mo."], code="too_large")
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise Refused([f"XML illisible : {error}."], code="malformed") from error
    return parse(content)


def _refuse_doctype(*_named: object) -> None:
    raise Refused(
        ["Le fichier déclare une DTD (DOCTYPE) : retirez-la, elle est refusée."],
        code="doctype",
    )


def qname(element: etree._Element) -> str:
    """The name of an element; empty for a comment or an instruction."""
    return element.tag if isinstance(element.tag, str) else ""


def ids_of(element: etree._Element) -> list[str]:
    """The identifiers an element carries, whatever the attribute is called."""
    return [value for name in ID_NAMES if (value := element.get(name)) is not None]


class _Pass:
    def __init__(self, found: Outline, content: bytes) -> None:
        self.found = found
        self.content = content
        self.open: list[tuple[str, str, list[bool], int]] = []
        self.parser = expat.ParserCreate(namespace_separator="}")
        self.parser.XmlDeclHandler = self.declaration
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end

    def run(self) -> None:
        if self.content[:2] in (codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE):
            raise Refused(["Encodage non admis : UTF-16."], code="encoding")
        self.parser.Parse(self.content, True)

    def declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding:
            self.found.encoding = codecs.lookup(encoding).name
            if self.found.encoding not in ENCODINGS:
                raise Refused([f"Encodage non admis : {encoding[:40]}."], code="encoding")

    def doctype(self, *_: object) -> None:
        raise Refused(
            ["Le fichier déclare une DTD (DOCTYPE) : retirez-la, elle est refusée."],
            code="doctype",
        )

    def start(self, name: str, attributes: dict[str, str]) -> None:
        name = _clark(name)
        self.found.elements += 1
        if self.found.elements > MAX_ELEMENTS or len(self.open) >= MAX_DEPTH:
            raise Refused(["Le fichier compte trop d’éléments."], code="too_large")
        if len(attributes) > MAX_ATTRIBUTES:
            raise Refused(["Un élément porte trop d’attributs."], code="too_large")
        ids = [attributes[one] for one in _ID_KEYS if one in attributes]
        self.found.ids.update(ids)
        if not self.open:
            self.found.root = name
        elif name == f"{{{DS}}}Signature":
            self.open[-1][2].append(True)
        begun = self.parser.CurrentByteIndex
        self.open.append((name, attributes.get("Id", ""), [], begun))

    def end(self, _name: str) -> None:
        name, identifier, signatures, begun = self.open.pop()
        if len(self.open) < _LEVELS:
            if len(self.found.places) >= MAX_PLACES:
                raise Refused(["Le fichier compte trop d’éléments."], code="too_large")
            path = (*(one[0] for one in self.open), name)
            at = self.parser.CurrentByteIndex
            self.found.places.append(
                Place(path, identifier, at, bool(signatures), empty=at == begun)
            )


_LEVELS = 3
_ID_KEYS = tuple(name.removeprefix("{") for name in ID_NAMES)


def _clark(name: str) -> str:
    return f"{{{name}" if "}" in name else name
