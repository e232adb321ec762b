"""HTTP as S²LOW speaks it: forms and answers in ISO-8859-1."""

from typing import IO, Any

from flask import Request, Response
from werkzeug.datastructures import FileStorage, Headers, MultiDict
from werkzeug.formparser import FormDataParser, MultiPartParser

CHARSET = "iso-8859-1"


class _Parts(MultiPartParser):
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
        return stream, form, files


class LatinRequest(Request):
    """A request of S²LOW's callers; Pastell's speak UTF-8."""

    @property
    def form_data_parser_class(self) -> type[FormDataParser]:  # type: ignore[override]
        return FormDataParser if self.path.startswith("/api/v2/") else _Form


def plain(text: str) -> Response:
    return Response(text.encode(CHARSET, "replace"), mimetype="text/plain")


def ok(*lines: Any) -> Response:
    return plain("\n".join(["OK", *map(str, lines)]) + "\n")


def ko(reason: str) -> Response:
    return plain(f"KO\n{reason}\n")


def xml(content: bytes) -> Response:
    return Response(content, mimetype="text/xml")


def file(content: bytes, name: str, media_type: str) -> Response:
    disposition = f'attachment; filename="{name}"'
    return Response(
        content, mimetype=media_type, headers={"Content-Disposition": disposition}
    )
