"""The canonical forms of XML that are admitted, and a document without one signature."""

from collections.abc import Iterator
from contextlib import contextmanager

from lxml import etree

from connectors import Refused
from connectors.signature.xml_text import EXCLUSIVE

INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
CANONICAL = {EXCLUSIVE: (True, False), f"{EXCLUSIVE}WithComments": (True, True),
              INCLUSIVE: (False, False), f"{INCLUSIVE}#WithComments": (False, True)}  # fmt: skip


def transformed(element: etree._Element, transforms: list[etree._Element]) -> bytes:
    """An element after at most one transformation: one of the canonical forms."""
    if len(transforms) > 1:
        raise Refused(["Les transformations de la référence ne sont pas admises."])
    if not transforms:  # the inclusive form is what the standard takes then
        return canonicalised(element, INCLUSIVE, [])
    one = transforms[0]
    inclusive = one.find(f"{{{EXCLUSIVE}}}InclusiveNamespaces")
    prefixes = [] if inclusive is None else inclusive.get("PrefixList", "").split()
    return canonicalised(element, one.get("Algorithm", ""), prefixes)


def canonicalised(
    element: etree._Element, algorithm: str, prefixes: list[str] | None = None
) -> bytes:
    """An element in one of the canonical forms admitted; raises Refused for another."""
    if algorithm not in CANONICAL:
        raise Refused(["Forme canonique non admise."])
    exclusive, comments = CANONICAL[algorithm]
    return bytes(
        etree.tostring(
            element,
            method="c14n",
            exclusive=exclusive,
            with_comments=comments,
            inclusive_ns_prefixes=prefixes if exclusive and prefixes else None,
        )
    )


@contextmanager
def without(signature: etree._Element) -> Iterator[None]:
    """The document without this signature, which is put back; the text after it stays."""
    parent, before, tail = signature.getparent(), signature.getprevious(), signature.tail
    assert parent is not None
    index, kept = parent.index(signature), parent.text if before is None else before.tail
    parent.remove(signature)
    _write_text(parent, before, (kept or "") + (tail or "") or None)
    try:
        yield
    finally:
        _write_text(parent, before, kept)
        parent.insert(index, signature)
        signature.tail = tail


def _write_text(
    parent: etree._Element, before: etree._Element | None, text: str | None
) -> None:
    if before is None:
        parent.text = text
    else:
        before.tail = text
