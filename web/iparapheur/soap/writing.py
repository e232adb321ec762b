"""SOAP answers: an element of the service in its envelope, files written in it as they go."""

import base64
import secrets
from collections.abc import Iterator
from typing import IO, Any

from flask import Response
from lxml import etree

from engine.documents import Document
from web.api import folder_files
from web.iparapheur.soap.reading import ENVELOPE, SERVICE

MIME = "http://www.w3.org/2005/05/xmlmime"
TEXT = "text/xml; charset=utf-8"
_CHUNK = 3 * (1 << 16)
Element = Any
_SPACES: Any = {None: SERVICE, "xmime": MIME}


class Answer:
    """What an operation answers, built in the order that its schema says."""

    def __init__(self, name: str) -> None:
        self.root: Element = etree.Element(f"{{{SERVICE}}}{name}", nsmap=_SPACES)
        self._mark = secrets.token_hex(16)
        self._files: list[tuple[int, Any]] = []

    def add(self, name: str, text: object = None, within: Element = None) -> Element:
        """An element, in the answer or in another one."""
        made = etree.SubElement(
            self.root if within is None else within, f"{{{SERVICE}}}{name}"
        )
        if text is not None:
            made.text = sayable(str(text))
        return made

    def file(self, name: str, document: Document, within: Element = None) -> None:
        """The bytes of a document in base64, which are read as the answer is sent."""
        made = self.add(name, self._place(document.size, document), within)
        made.set(f"{{{MIME}}}contentType", document.media_type)

    def bytes(self, name: str, content: IO[bytes], size: int, media_type: str) -> None:
        """The same of what was just made."""
        made = self.add(name, self._place(size, content))
        made.set(f"{{{MIME}}}contentType", media_type)

    def told(self, *, ok: bool, message: str = "") -> None:
        """How it went: what callers look at first."""
        said = self.add("MessageRetour")
        self.add("codeRetour", "OK" if ok else "KO", said)
        self.add("message", message, said)
        self.add("severite", "INFO" if ok else "ERROR", said)

    def response(self, status: int = 200) -> Response:
        """The answer in its envelope. Raises Problem when bytes are gone."""
        pieces = _enveloped(self.root).split(self._mark.encode())
        opened = [
            folder_files.opened(it) if isinstance(it, Document) else it
            for _, it in self._files
        ]
        size = sum(map(len, pieces)) + sum(4 * -(-size // 3) for size, _ in self._files)
        answer = Response(_streamed(pieces, opened), status, content_type=TEXT)
        answer.headers["Content-Length"] = str(size)
        return answer

    def _place(self, size: int, what: Any) -> str:
        self._files.append((size, what))
        return self._mark


def fault(code: str, sentence: str, status: int) -> Response:
    """A refusal before any operation: `Client` or `Server`, and why."""
    made: Element = etree.Element(f"{{{ENVELOPE}}}Fault")
    etree.SubElement(made, "faultcode").text = f"SOAP-ENV:{code}"
    etree.SubElement(made, "faultstring").text = sayable(sentence)
    return Response(_enveloped(made), status, content_type=TEXT)


def sayable(text: str) -> str:
    """A text without what XML cannot hold."""
    return "".join(one for one in text if one.isprintable() or one in "\n\t")


def _enveloped(root: Element) -> bytes:
    envelope: Element = etree.Element(
        f"{{{ENVELOPE}}}Envelope", nsmap={"SOAP-ENV": ENVELOPE}
    )
    etree.SubElement(envelope, f"{{{ENVELOPE}}}Header")
    etree.SubElement(envelope, f"{{{ENVELOPE}}}Body").append(root)
    written: bytes = etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")
    return written


def _streamed(pieces: list[bytes], files: list[IO[bytes]]) -> Iterator[bytes]:
    for rank, piece in enumerate(pieces):
        yield piece
        if rank < len(files):
            with files[rank] as content:
                yield from _base64(content)


def _base64(content: IO[bytes]) -> Iterator[bytes]:
    """Base64 joins at every third byte: what is over waits for the next piece."""
    over = b""
    while chunk := content.read(_CHUNK):
        held = over + chunk
        whole = len(held) - len(held) % 3
        over = held[whole:]
        yield base64.b64encode(held[:whole])
    yield base64.b64encode(over)
