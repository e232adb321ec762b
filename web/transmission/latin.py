"""HTTP as S²LOW's callers speak it: forms in ISO-8859-1, answers `OK` or `KO` and lines.

Callers of our time send UTF-8: what reads as UTF-8 is UTF-8.
"""

from typing import IO, Any

from flask import Response, abort, request
from lxml import etree
from werkzeug.datastructures import FileStorage, Headers, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser, MultiPartParser

CHARSET = "iso-8859-1"
TEXT = f"text/plain; charset={CHARSET}"
LARGEST = 160 * 1024 * 1024
"""Bytes of one deposit: the State takes 150 MB."""


class _Parts(MultiPartParser):
    """Loses no byte of a text, whatever its encoding."""

    def get_part_charset(self, headers: Headers) -> str:
        return CHARSET


class _Form(FormDataParser):
    def _parse_multipart(
        self,
        stream: IO[bytes],
        mimetype: str,
        content_length: int | None,
        options: dict[str, str],
    ) -> tuple[IO[bytes], MultiDict[str, str], MultiDict[str, FileStorage]]:
        parser = _Parts(
            stream_factory=self.stream_factory,
            max_form_memory_size=self.max_form_memory_size,
            max_form_parts=self.max_form_parts,
            cls=self.cls,
        )
        boundary = options.get("boundary", "").encode("ascii")
        form, files = parser.parse(stream, boundary, content_length)
        said = [(name, _read(value)) for name, value in form.items(multi=True)]
        return stream, self.cls(said), files


def _read(value: str) -> str:
    written = value.encode(CHARSET)
    try:
        return written.decode()
    except UnicodeDecodeError:
        return written.decode("cp1252", "replace")


def expect_form() -> None:
    """Have this request's form read so, before anything of it was; too much is a `KO`."""
    request.form_data_parser_class = _Form
    request.max_content_length = LARGEST
    try:
        _ = request.files
    except RequestEntityTooLarge:
        abort(ko("La taille totale des fichiers est trop importante (max : 150 Mo)", 413))


def plain(text: str, status: int = 200) -> Response:
    """A text answer."""
    return Response(text.encode(CHARSET, "replace"), status, content_type=TEXT)


def ok(*lines: Any) -> Response:
    """`OK`, then lines."""
    return plain("\n".join(["OK", *map(str, lines)]) + "\n")


def ko(reason: str, status: int = 200) -> Response:
    """`KO`, and why."""
    return plain(f"KO\n{reason}\n", status)


def xml(content: bytes) -> Response:
    """An XML file as it is: its encoding is said in it."""
    return Response(content, mimetype="text/xml")


def told(name: str, **parts: Any) -> Response:
    """HELIOS's small XML: `<name>` with an element a part."""
    return xml(_written(element(name, **parts)))


def listed(root: etree._Element, rows: list[etree._Element]) -> Response:
    """The same with rows at its end."""
    root.extend(rows)
    return xml(_written(root))


def element(name: str, **parts: Any) -> etree._Element:
    """An element with a child a part."""
    made = etree.Element(name)
    for part, value in parts.items():
        etree.SubElement(made, part).text = _sayable(str(value))
    return made


def _sayable(text: str) -> str:
    return "".join(one for one in text if one.isprintable() or one in "\n\t")


def _written(root: etree._Element) -> bytes:
    written: Any = etree.tostring(root, xml_declaration=True, encoding=CHARSET.upper())
    return bytes(written)


def file(content: bytes, name: str, media_type: str) -> Response:
    """A download, never shown in place."""
    answer = Response(content, mimetype=media_type)
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer
