"""Reads XML that strangers wrote: no DTD, no entity, bounded size, depth and number.

`parse(name, content)` gives an lxml root, or raises DiagramRefused with one French sentence.
"""

from typing import Any

from lxml import etree

from engine.spiff.errors import DiagramRefused, Problem

MAX_BYTES = 5_000_000
MAX_DEPTH = 100
MAX_ELEMENTS = 200_000


def parse(name: str, content: bytes) -> Any:
    """The root element of an XML file. Raises DiagramRefused."""
    if len(content) > MAX_BYTES:
        size = len(content) // 1_000_000
        raise _refused(name, f"le fichier dépasse 5 Mo ({size} Mo)")
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
        raise _refused(name, f"ce fichier n'est pas du XML lisible ({error})") from error
    document = root.getroottree().docinfo
    if document.internalDTD is not None or document.doctype:
        raise _refused(name, "une déclaration DOCTYPE ou des entités XML sont interdites")
    _bound(name, root)
    return root


def local(element: Any) -> str:
    """The name of an element without its namespace."""
    return str(etree.QName(element).localname)


def namespace(element: Any) -> str:
    """The namespace of an element, or an empty string."""
    return str(etree.QName(element).namespace or "")


def _bound(name: str, root: Any) -> None:
    depth = elements = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "end":
            depth -= 1
            continue
        if not isinstance(element.tag, str):
            raise _refused(name, "les entités XML sont interdites")
        depth, elements = depth + 1, elements + 1
        if depth > MAX_DEPTH:
            raise _refused(name, f"le fichier imbrique plus de {MAX_DEPTH} niveaux")
        if elements > MAX_ELEMENTS:
            raise _refused(name, f"le fichier compte plus de {MAX_ELEMENTS} éléments")


def _refused(name: str, message: str) -> DiagramRefused:
    return DiagramRefused([Problem(name, None, None, message)])
