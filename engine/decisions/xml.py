"""DMN files as trees: read without trusting them, walked by local name.

The namespace's version (DMN 1.1 to 1.5) is not looked at: the elements read here have
kept their names.
"""

from collections.abc import Iterator

from lxml import etree

Element = etree._Element

_MAX_BYTES = 4_000_000


class NotXml(Exception):
    """The file is not XML, or is XML of a kind we refuse; the message is in French."""


def read(source: bytes) -> Element:
    """The root of a DMN file: no entity, no network, no document type. Raises NotXml."""
    if len(source) > _MAX_BYTES:
        raise NotXml("Le fichier DMN est trop gros (4 Mo au plus).")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(source, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise NotXml(f"Le fichier DMN n'est pas du XML correct : {error}.") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise NotXml("Le fichier DMN contient une déclaration DOCTYPE : elle est refusée.")
    if kind(root) != "definitions":
        raise NotXml("Ce fichier n'est pas un fichier DMN (élément definitions attendu).")
    return root


def kind(element: Element) -> str:
    """The element's local name."""
    return etree.QName(element).localname


def children(element: Element, *kinds: str) -> Iterator[Element]:
    """The children of these kinds, in order."""
    return (child for child in element if not kinds or kind(child) in kinds)


def child(element: Element | None, *kinds: str) -> Element | None:
    """The first child of these kinds."""
    return None if element is None else next(children(element, *kinds), None)


def text(element: Element | None) -> str:
    """What is written in the element's `text` child; empty when there is none."""
    found = child(element, "text")
    return (found.text or "").strip() if found is not None else ""


def type_of(element: Element | None) -> str:
    """The element's typeRef without its prefix; empty when there is none."""
    if element is None:
        return ""
    written = element.get("typeRef") or ""
    if not written:
        inner = child(element, "typeRef")
        written = (inner.text or "").strip() if inner is not None else ""
    return written.rpartition(":")[2]


def named(element: Element) -> str:
    """The French name people see, else the id."""
    return element.get("label") or element.get("name") or element.get("id") or "sans nom"
