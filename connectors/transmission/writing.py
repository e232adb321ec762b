"""Writes what S²LOW reads: texts in ISO-8859-1, plain file names, multipart forms."""

import re
import secrets
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from connectors import ConnectorError, Refused

Plain = dict[str, Any]
Form = Mapping[str, str | list[str]]
Part = tuple[str, tuple[str, bytes, str]]
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9.+-]+/[A-Za-z0-9.+-]+")
_NEAREST = str.maketrans(
    {
        "’": "'",
        "‘": "'",
        "“": '"',
        "”": '"',
        "–": "-",
        "—": "-",
        "…": "...",
        "œ": "oe",
        "Œ": "OE",
        "€": "EUR",
        "\u202f": "\xa0",
        "\u2009": " ",
    }
)


def latin(value: str) -> bytes:
    """A text in ISO-8859-1, each character it lacks replaced by its nearest."""
    near = unicodedata.normalize("NFC", value).translate(_NEAREST)
    return b"".join(_nearest(character) for character in near)


def plain_name(name: str, media_type: str) -> str:
    """A file name that S²LOW and the ministry accept: letters, digits, `.`, `_` and `-`."""
    bare = unicodedata.normalize("NFKD", name.replace("\\", "/").rpartition("/")[2])
    kept = re.sub(r"[^A-Za-z0-9._-]+", "_", bare.encode("ascii", "ignore").decode())
    stem, dot, extension = kept.strip("._-").rpartition(".")
    if not dot:
        stem, extension = extension, _EXTENSIONS.get(media_type, "bin")
    return f"{stem.strip('._-')[:80] or 'document'}.{extension[:8]}"


def parts(
    field: str, described: Iterable[Plain], read: Callable[[str], bytes]
) -> Iterator[Part]:
    """The files of some documents, then their detached signatures in the same order.

    Where one of several has no signature, an empty part keeps the others at their rank.
    """
    several = list(described)
    suffix = "[]" if field == "acte_attachments" else ""
    for one in several:
        name = plain_name(one["name"], one["media_type"])
        yield f"{field}{suffix}", (name, content(one, read), one["media_type"])
    if any(one.get("signature_sha256") for one in several):
        for one in several:
            digest = one.get("signature_sha256")
            signature = read(digest) if digest else b""
            name = "signature.p7s" if digest else ""
            yield f"{field}_sign{suffix}", (name, signature, "application/pkcs7-signature")


def multipart(form: Form, files: Iterable[Part]) -> tuple[str, bytes]:
    """The media type and the bytes of a form in ISO-8859-1.

    Written here because a file without a name, which keeps a rank, must stay a file.
    """
    boundary = secrets.token_hex(16)
    pieces: list[bytes] = []

    def add(head: str, content: bytes) -> None:
        start = f"--{boundary}\r\n{head}\r\n\r\n".encode("ascii")
        pieces.extend((start, content, b"\r\n"))

    for field, values in form.items():
        for value in [values] if isinstance(values, str) else values:
            add(f'Content-Disposition: form-data; name="{field}"', latin(value))
    for field, (name, content, media_type) in files:
        disposition = f'Content-Disposition: form-data; name="{field}"; filename="{name}"'
        add(f"{disposition}\r\nContent-Type: {_media_type(media_type)}", content)
    pieces.append(f"--{boundary}--\r\n".encode("ascii"))
    return f"multipart/form-data; boundary={boundary}", b"".join(pieces)


def content(described: Plain, read: Callable[[str], bytes]) -> bytes:
    """The bytes of a document; raises Refused when the house does not hold it any more."""
    try:
        return read(described["sha256"])
    except (LookupError, FileNotFoundError) as error:
        name = described.get("name", "")
        raise ConnectorError(f"La pièce « {name} » ne peut pas être lue.") from error


def typed(described: Plain) -> str:
    """The document type that the classification gives a document; raises Refused without."""
    code = str(described.get("document_type") or "")
    if not re.fullmatch(r"[0-9]{2}_[A-Z]{2}", code):
        raise Refused([f"Le type de la pièce « {described.get('name', '')} » manque."])
    return code


_EXTENSIONS = {
    "application/pdf": "pdf",
    "application/xml": "xml",
    "text/xml": "xml",
    "image/png": "png",
    "image/jpeg": "jpg",
}


def _media_type(given: str) -> str:
    return given if _MEDIA_TYPE.fullmatch(given) else "application/octet-stream"


def _nearest(character: str) -> bytes:
    try:
        return character.encode("iso-8859-1")
    except UnicodeEncodeError:
        bare = unicodedata.normalize("NFKD", character)
        return bare.encode("ascii", "ignore") or b"?"
