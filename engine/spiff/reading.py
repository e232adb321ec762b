"""Reads XML that strangers wrote: no DTD, no entity, bounded size, depth and number.

`parse(name, content)` gives an lxml root, or raises DiagramRefused with one French sentence.
"""

from typing import Any
from xml.parsers import expat  # it only measures, and stops at the first DOCTYPE

from lxml import etree

from engine.spiff.errors import DiagramRefused, Problem

MAX_BYTES = 5_000_000
MAX_DEPTH = 100
MAX_ELEMENTS = 60_000
MAX_ATTRIBUTES = 200
MAX_NAME = 500
MAX_VALUE = 20_000
_NAMES = frozenset({"id", "name"})


def parse(name: str, content: bytes) -> Any:
    """The root element of an XML file. Raises DiagramRefused."""
    if len(content) > MAX_BYTES:
        size = len(content) // 1_000_000
        raise _refused(name, f"le fichier dépasse 5 Mo ({size} Mo)")
    _Measure(name).read(content)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise _unreadable(name, error) from error
    document = root.getroottree().docinfo
    if document.internalDTD is not None or document.doctype:
        raise _refused(name, _DOCTYPE)
    return root


def local(element: Any) -> str:
    """The name of an element without its namespace."""
    return str(etree.QName(element).localname)


def namespace(element: Any) -> str:
    """The namespace of an element, or an empty string."""
    return str(etree.QName(element).namespace or "")


_DOCTYPE = "une déclaration DOCTYPE ou des entités XML sont interdites"


class _Measure:
    """Reads a file once without keeping it, and stops as soon as it passes a bound.

    A tree costs more than its text: a hundred thousand attributes on one element take the
    library that builds it minutes.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.depth = self.elements = 0
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._doctype

    def read(self, content: bytes) -> None:
        """Raises DiagramRefused."""
        try:
            self.parser.Parse(content, True)
        except (expat.ExpatError, ValueError, LookupError) as error:
            raise _unreadable(self.file, error) from error

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth, self.elements = self.depth + 1, self.elements + 1
        if self.depth > MAX_DEPTH:
            raise _refused(self.file, f"le fichier imbrique plus de {MAX_DEPTH} niveaux")
        if self.elements > MAX_ELEMENTS:
            raise _refused(self.file, f"le fichier compte plus de {MAX_ELEMENTS} éléments")
        if len(attributes) > MAX_ATTRIBUTES:
            message = f"un élément porte plus de {MAX_ATTRIBUTES} attributs ({tag[:100]})"
            raise _refused(self.file, message)
        for name, value in attributes.items():
            most = MAX_NAME if name in _NAMES else MAX_VALUE
            if len(value) > most:
                message = (
                    f"l'attribut {name[:100]} de {tag[:100]} dépasse {most} caractères "
                    f"(« {value[:60]}… »)"
                )
                raise _refused(self.file, message)

    def _end(self, _tag: str) -> None:
        self.depth -= 1

    def _doctype(self, *_declared: object) -> None:
        raise _refused(self.file, _DOCTYPE)


def _unreadable(name: str, error: Exception) -> DiagramRefused:
    return _refused(name, f"ce fichier n'est pas du XML lisible ({error})")


def _refused(name: str, message: str) -> DiagramRefused:
    return DiagramRefused([Problem(name, None, None, message)])
