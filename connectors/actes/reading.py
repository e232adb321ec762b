"""XML received, read with suspicion of its author and leniency for its form.

No entity, no external file, nothing huge. Names are taken whatever their namespace's prefix,
attributes qualified or not; an encoding declared wrongly is set right.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from lxml import etree

from connectors import ConnectorError

LARGEST = 5 * 1024 * 1024
"""Bytes of a message; the largest known, a classification, has fifty thousand."""
_DECLARED = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._\-]+)["']""")
_FRENCH = frozenset("àâäæçéèêëîïôöœùûüÿÀÂÄÆÇÉÈÊËÎÏÔÖŒÙÛÜŸ«»°’‘“”–—…€\xa0\u202f")
_DAY = re.compile(r"\s*(\d{4}-\d{2}-\d{2})")


class Unreadable(ConnectorError):
    """This is not a message of ACTES that can be read."""


def root(content: bytes) -> etree._Element:
    """The root of a file received. Raises Unreadable with the reason."""
    if len(content) > LARGEST:
        raise Unreadable(f"Le message dépasse {LARGEST} octets.")
    if b"<!DOCTYPE" in content[:10_000] or b"<!ENTITY" in content:
        raise Unreadable("Le message contient une déclaration de type : il n’est pas lu.")
    last: Exception | None = None
    for encoding in _encodings(content):
        parser = etree.XMLParser(
            encoding=encoding, resolve_entities=False, no_network=True,
            load_dtd=False, remove_comments=True, remove_pis=True, huge_tree=False,
        )  # fmt: skip
        try:
            found = etree.fromstring(content, parser)
        except (etree.XMLSyntaxError, ValueError) as error:
            last = error
            continue
        document: Any = found.getroottree().docinfo
        if document.doctype:  # written in another encoding
            raise Unreadable("Le message contient une déclaration de type.")
        return found
    raise Unreadable(f"Le message n’est pas du XML lisible ({last}).")


def _encodings(content: bytes) -> Iterator[str | None]:
    """What to try: the one declared, save where the bytes give it the lie."""
    declared = _DECLARED.search(content[:200])
    name = declared[1].decode("ascii").upper() if declared else ""
    latin = name in {"ISO-8859-1", "LATIN1", "ISO-8859-15", "WINDOWS-1252"}
    if latin and not content.isascii() and _reads_as_french(content):
        yield "UTF-8"
    yield None
    yield "ISO-8859-1"


def _reads_as_french(content: bytes) -> bool:
    """Whether, against what it declares, it is UTF-8 that holds nothing but French."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return all(one.isascii() or one in _FRENCH for one in text)


def local(element: etree._Element) -> str:
    """Its name without a namespace."""
    return etree.QName(element).localname


def children(element: etree._Element, name: str) -> list[etree._Element]:
    """Those children that have this name."""
    return [one for one in element if isinstance(one.tag, str) and local(one) == name]


def child(element: etree._Element, name: str) -> etree._Element:
    """The first such child. Raises Unreadable."""
    found = children(element, name)
    if not found:
        raise Unreadable(f"{local(element)} : l’élément {name} manque.")
    return found[0]


def text(element: etree._Element, name: str, otherwise: str | None = None) -> str:
    """The text of a child. Raises Unreadable for one that is missing, unless said otherwise."""
    found = children(element, name)
    if found:
        return "".join(str(piece) for piece in found[0].itertext()).strip()
    if otherwise is None:
        raise Unreadable(f"{local(element)} : l’élément {name} manque.")
    return otherwise


def attribute(element: etree._Element, name: str, otherwise: str | None = None) -> str:
    """An attribute, in any namespace. Raises Unreadable, unless said otherwise."""
    for key, value in element.attrib.items():
        if etree.QName(str(key)).localname == name:
            return str(value).strip()
    if otherwise is None:
        raise Unreadable(f"{local(element)} : l’attribut {name} manque.")
    return otherwise


def day(value: str, what: str) -> date:
    """A date, whatever time zone follows it. Raises Unreadable."""
    found = _DAY.match(value)
    try:
        return date.fromisoformat(found[1] if found else value)
    except ValueError as error:
        raise Unreadable(f"{what} : « {value[:40]} » n’est pas une date.") from error


def whole(value: str, what: str) -> int:
    """A whole number. Raises Unreadable."""
    try:
        return int(value)
    except ValueError as error:
        raise Unreadable(f"{what} : « {value[:40]} » n’est pas un nombre.") from error
