"""XML as ACTES has always been written: this prolog, these prefixes, one blank a level."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from connectors.actes.latin import latin
from connectors.actes.vocabulary import ACTES, ENCODING, INSEE, SCHEMA_LOCATION

_PROLOG = f'<?xml version="1.0" encoding="{ENCODING}" ?>'
_NAMESPACES = (
    f' xmlns:actes="{ACTES}" xmlns:insee="{INSEE}"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    f' xsi:schemaLocation="{SCHEMA_LOCATION}"'
)
_IN_ATTRIBUTES = {'"': "&quot;", "\n": "&#10;", "\t": "&#9;"}


@dataclass(frozen=True)
class Node:
    """An element: attributes in their order (`insee:SIREN`, or a name of ACTES), and either a
    text, children, or nothing at all.
    """

    name: str
    attributes: Sequence[tuple[str, str]] = ()
    inside: "str | Sequence[Node] | None" = None


def document(root: Node) -> bytes:
    """The whole file. Raises Refused for a character that it cannot hold."""
    lines = [_PROLOG, *_lines(root, 0, _NAMESPACES)]
    return ("\n".join(lines) + "\n").encode(ENCODING)


def _lines(node: Node, depth: int, declared: str = "") -> list[str]:
    blank = " " * depth
    attributes = "".join(_attribute(node.name, *one) for one in node.attributes)
    opening = f"{blank}<actes:{node.name}{declared}{attributes}"
    closing = f"</actes:{node.name}>"
    if node.inside is None:
        return [f"{opening}/>"]
    if isinstance(node.inside, str):
        return [f"{opening}>{escape(latin(node.inside, node.name))}{closing}"]
    inner = [text for child in node.inside for text in _lines(child, depth + 1)]
    return [f"{opening}>", *inner, f"{blank}{closing}"]


def _attribute(element: str, name: str, value: str) -> str:
    prefixed = name if ":" in name else f"actes:{name}"
    written = escape(latin(value, f"{element}, {name}"), _IN_ATTRIBUTES)
    return f' {prefixed}="{written}"'
