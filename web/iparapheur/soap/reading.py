"""SOAP envelopes as they come: read in one pass, bounded, without DTD; files go to disk.

A file is base64 in its element, or an attachment that an `xop:Include` names (MTOM).
"""

import base64
import binascii
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser
from typing import IO
from urllib.parse import unquote
from xml.parsers import expat

from flask import request
from werkzeug.http import parse_options_header

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
SERVICE = "http://www.adullact.org/spring-ws/iparapheur/1.0"
XOP = "http://www.w3.org/2004/08/xop/include"
FILES = frozenset({
    "DocumentPrincipal", "SignatureDocPrincipal", "VisuelPDF", "fichier", "signature",
})  # fmt: skip
LARGEST = 80 * 1024 * 1024
"""Bytes of an envelope: a file of 50 MB in base64, and a few small ones."""
LONGEST_TEXT, MOST_ELEMENTS, DEEPEST, MOST_PARTS = 64 * 1024, 5000, 20, 100
_IN_MEMORY, _CHUNK = 1024 * 1024, 1 << 16


class Unreadable(Exception):
    """What was sent is no envelope of this service; the words are for the caller."""


@dataclass
class Node:
    """An element: its text, or its file, and what is in it."""

    name: str
    namespace: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Node"] = field(default_factory=list)
    text: str = ""
    file: "Bytes | None" = None

    def all(self, name: str) -> list["Node"]:
        """The children of a name."""
        return [one for one in self.children if one.name == name]

    def one(self, name: str) -> "Node | None":
        """The first child of a name."""
        return next(iter(self.all(name)), None)

    def said(self, name: str) -> str:
        """The text of a child; nothing when there is none."""
        found = self.one(name)
        return found.text.strip() if found else ""


class Bytes:
    """A file being read: base64 as it comes, its bytes on disk when there are many."""

    def __init__(self, held: ExitStack) -> None:
        self.content = held.enter_context(_disk())
        self._left = ""

    def take(self, text: str) -> None:
        """More of its base64. Raises Unreadable."""
        held = self._left + "".join(text.split())
        whole = len(held) - len(held) % 4
        self._left = held[whole:]
        try:
            self.content.write(base64.b64decode(held[:whole], validate=True))
        except (binascii.Error, ValueError):
            raise Unreadable("Un fichier n’est pas du base64 lisible.") from None

    def end(self) -> None:
        """It is whole: read it from its start. Raises Unreadable for half of one."""
        if self._left:
            raise Unreadable("Un fichier en base64 est coupé : renvoyez-le en entier.")
        self.content.seek(0)

    @property
    def empty(self) -> bool:
        """Whether nothing came."""
        first = self.content.read(1)
        self.content.seek(0)
        return not first


def _disk() -> AbstractContextManager[IO[bytes]]:
    return tempfile.SpooledTemporaryFile(_IN_MEMORY)


def body(held: ExitStack) -> Node:
    """What this request asks: the element in the envelope's body. Raises Unreadable.

    Its files are there until `held` is closed.
    """
    request.max_content_length = LARGEST
    kind, options = parse_options_header(request.headers.get("Content-Type", ""))
    if kind == "multipart/related":
        return _with_parts(options.get("boundary", ""), held)
    return _asked(iter(lambda: request.stream.read(_CHUNK), b""), held)


def _with_parts(boundary: str, held: ExitStack) -> Node:
    """An envelope that comes first, then the files that it includes."""
    if not boundary:
        raise Unreadable("Les parties de cette requête ne sont pas délimitées.")
    mark = b"\r\n--" + boundary.encode("latin-1", "replace")
    pieces = (b"\r\n" + request.get_data(cache=False)).split(mark, MOST_PARTS + 2)[1:]
    if len(pieces) > MOST_PARTS + 1:
        raise Unreadable("Cette requête a trop de parties.")
    parts = [_part(one) for one in pieces if not one.startswith(b"--")]
    if not parts:
        raise Unreadable("Cette requête n’a pas de partie.")
    included = {name: content for name, content in parts[1:] if name}
    root = _asked(iter([parts[0][1]]), held)
    _include(root, included, held)
    return root


def _part(piece: bytes) -> tuple[str, bytes]:
    """The identifier of a part, and its bytes."""
    head, _, content = piece.lstrip(b" \t").removeprefix(b"\r\n").partition(b"\r\n\r\n")
    said = BytesHeaderParser().parsebytes(head + b"\r\n")
    if said.get("Content-Transfer-Encoding", "").strip().lower() == "base64":
        try:
            content = base64.b64decode(content)
        except (binascii.Error, ValueError):
            raise Unreadable("Une pièce jointe n’est pas du base64 lisible.") from None
    return said.get("Content-ID", "").strip().strip("<>"), content


def _include(node: Node, parts: dict[str, bytes], held: ExitStack) -> None:
    for one in node.children:
        _include(one, parts, held)
    named = next((one for one in node.all("Include") if one.namespace == XOP), None)
    if named is None or node.name not in FILES:
        return
    content = parts.get(unquote(named.attributes.get("href", "").removeprefix("cid:")))
    if content is None:
        raise Unreadable("Une pièce jointe qu’annonce l’enveloppe n’est pas là.")
    node.file = Bytes(held)
    node.file.content.write(content)
    node.file.content.seek(0)


def _asked(chunks: Iterator[bytes], held: ExitStack) -> Node:
    """The one element of the body. Raises Unreadable."""
    root = _Pass(held).run(chunks)
    if root.name != "Envelope" or root.namespace != ENVELOPE:
        raise Unreadable("Une enveloppe SOAP 1.1 est attendue.")
    found = root.one("Body")
    asked = found.children if found and found.namespace == ENVELOPE else []
    if len(asked) != 1 or asked[0].namespace != SERVICE:
        raise Unreadable("Le corps de l’enveloppe demande une opération, et une seule.")
    return asked[0]


class _Pass:
    """One pass of expat: elements, bounded in number, depth and length."""

    def __init__(self, held: ExitStack) -> None:
        self.held = held
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.open = [Node("")]
        self.elements = 0

    def run(self, chunks: Iterator[bytes]) -> Node:
        try:
            for chunk in chunks:
                self.parser.Parse(chunk, False)
            self.parser.Parse(b"", True)
        except expat.ExpatError as error:
            where = f"ligne {error.lineno}, colonne {error.offset + 1}"
            raise Unreadable(f"XML mal formé, {where}.") from None
        except (LookupError, ValueError):
            raise Unreadable("L’encodage annoncé n’est pas lisible.") from None
        return self.open[0].children[0]

    def _doctype(self, *_: object) -> None:
        raise Unreadable("Une enveloppe n’a pas de DOCTYPE.")

    def _start(self, full: str, attributes: dict[str, str]) -> None:
        self.elements += 1
        if self.elements > MOST_ELEMENTS or len(self.open) > DEEPEST:
            raise Unreadable("Cette enveloppe a trop d’éléments.")
        namespace, _, name = full.rpartition(" ")
        named = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        node = Node(name, namespace, named)
        self.open[-1].children.append(node)
        self.open.append(node)

    def _text(self, text: str) -> None:
        node = self.open[-1]
        if node.name in FILES:
            node.file = node.file or Bytes(self.held)
            node.file.take(text)
        elif len(node.text) + len(text) > LONGEST_TEXT:
            raise Unreadable(f"« {node.name[:60]} » est trop long.")
        else:
            node.text += text

    def _end(self, _name: str) -> None:
        node = self.open.pop()
        if node.file is not None:
            node.file.end()
