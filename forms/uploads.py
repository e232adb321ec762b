"""A file judged before it is stored: its name cleaned, its content compared to its name.

Only what the platform can keep and show is accepted. Bytes are looked at, never opened
by an application: no archive is unpacked, no document rendered.
"""

import io
import re
import unicodedata
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import IO

from forms.model import MAX_FILE_SIZE
from forms.rules import file_size

MAX_NAME = 150
"""Characters of a file's name, extension included."""
MAX_ENTRIES = 5000
_HEAD = 64 * 1024
_FORBIDDEN = re.compile(r'[<>:"|?*]')
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?=\.|$)", re.IGNORECASE)
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")


@dataclass(frozen=True)
class Checked:
    """What is known of a file: the name to keep, its real type, its size in bytes.

    It may be stored when `problems`, French sentences, is empty.
    """

    name: str
    media_type: str
    size: int
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Kind:
    media_type: str
    named: str
    fits: Callable[[bytes, IO[bytes]], bool]


def check(
    name: str,
    content: IO[bytes] | bytes,
    *,
    max_size: int = MAX_FILE_SIZE,
    machines: bool = False,
) -> Checked:
    """Judge a file by the name it came with and its bytes (a seekable stream, or bytes).

    `machines` accepts what programs exchange too: XML, and signatures kept beside what they
    sign. The stream is left at its start.
    """
    stream = io.BytesIO(content) if isinstance(content, bytes) else content
    kept = clean_name(name)
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    head = stream.read(_HEAD)
    extension = _extension(kept)
    kind = KINDS.get(extension) or (MACHINES.get(extension) if machines else None)
    problem = _problem(kept, kind, head, stream, size=size, max_size=max_size)
    stream.seek(0)
    media_type = kind.media_type if kind else "application/octet-stream"
    return Checked(kept, media_type, size, (problem,) if problem else ())


def clean_name(name: str) -> str:
    """A name safe to show, store and download: no path, nothing invisible, no surprise."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    seen = "".join(
        char for char in last if unicodedata.category(char)[0] not in "CZ" or char == " "
    )
    seen = _FORBIDDEN.sub("_", " ".join(seen.split())).lstrip(".-~ ").rstrip(". ")
    stem, dot, extension = seen.rpartition(".")
    if not dot or len(extension) > 10:  # noqa: PLR2004  no extension is that long
        stem, extension = seen, ""
    ending = f".{extension}" if extension else ""
    stem = stem[: MAX_NAME - len(ending) - 1].rstrip(". ") or "fichier"
    return f"_{stem}{ending}" if _DEVICES.match(stem) else f"{stem}{ending}"


def _extension(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""


def _problem(
    name: str,
    kind: _Kind | None,
    head: bytes,
    stream: IO[bytes],
    *,
    size: int,
    max_size: int,
) -> str | None:
    called = f"Le fichier « {name} »"
    if size == 0:
        return f"{called} est vide : choisissez-en une autre copie."
    if size > max_size:
        return f"{called} pèse {file_size(size)} : réduisez-le à {file_size(max_size)} au plus."
    if kind is None:
        return (
            f"{called} n’est pas d’un type accepté : joignez un PDF, une image (PNG, JPG), "
            "un document (DOCX, ODT), un tableau (XLSX, ODS, CSV) ou un texte (TXT)."
        )
    if head.startswith(_OLE):
        return (
            f"{called} est protégé par un mot de passe ou d’un ancien format : "
            "enregistrez-le sans mot de passe, en PDF ou dans un format récent."
        )
    if not kind.fits(head, stream):
        return (
            f"{called} n’est pas {kind.named}, ou il est abîmé : ouvrez-le, "
            "enregistrez-le de nouveau, puis joignez cette copie."
        )
    return None


def _starts(*signatures: bytes) -> Callable[[bytes, IO[bytes]], bool]:
    return lambda head, _stream: head.startswith(signatures)


def _pdf(head: bytes, _stream: IO[bytes]) -> bool:
    # ISO 32000-1, annex H: readers accept a header in the first 1024 bytes.
    return b"%PDF-" in head[:1024]


def _text(head: bytes, _stream: IO[bytes]) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True  # UTF-16, as spreadsheets export it
    return not any(byte < 9 or (14 <= byte < 32 and byte != 27) for byte in head)  # noqa: PLR2004


def _entries(stream: IO[bytes]) -> list[str]:
    """The names in a ZIP; [] when it cannot be read or holds too many."""
    try:
        stream.seek(0)
        with zipfile.ZipFile(stream) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError):
        return []
    return names if len(names) <= MAX_ENTRIES else []


def _office(main: str) -> Callable[[bytes, IO[bytes]], bool]:
    """Office Open XML with its main part, and without macros."""

    def fits(head: bytes, stream: IO[bytes]) -> bool:
        names = _entries(stream) if head.startswith(b"PK\x03\x04") else []
        macros = any(name.lower().endswith("vbaproject.bin") for name in names)
        return "[Content_Types].xml" in names and main in names and not macros

    return fits


def _open_document(media_type: str) -> Callable[[bytes, IO[bytes]], bool]:
    """OpenDocument: its first entry, stored as is, says its type (ODF 1.2, part 3, 3.3)."""

    def fits(head: bytes, stream: IO[bytes]) -> bool:
        first = head[30:].startswith(b"mimetype" + media_type.encode())
        return (
            head.startswith(b"PK\x03\x04") and first and "content.xml" in _entries(stream)
        )

    return fits


_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ODT = "application/vnd.oasis.opendocument.text"
_ODS = "application/vnd.oasis.opendocument.spreadsheet"

KINDS: Mapping[str, _Kind] = {
    "pdf": _Kind("application/pdf", "un PDF", _pdf),
    "png": _Kind("image/png", "une image PNG", _starts(b"\x89PNG\r\n\x1a\n")),
    "jpg": _Kind("image/jpeg", "une image JPG", _starts(b"\xff\xd8\xff")),
    "jpeg": _Kind("image/jpeg", "une image JPG", _starts(b"\xff\xd8\xff")),
    "docx": _Kind(_WORD, "un document DOCX sans macro", _office("word/document.xml")),
    "xlsx": _Kind(_SHEET, "un tableau XLSX sans macro", _office("xl/workbook.xml")),
    "odt": _Kind(_ODT, "un document ODT", _open_document(_ODT)),
    "ods": _Kind(_ODS, "un tableau ODS", _open_document(_ODS)),
    "csv": _Kind("text/csv", "un tableau CSV", _text),
    "txt": _Kind("text/plain", "un texte", _text),
}
"""What may be stored, by extension."""


def _xml(head: bytes, _stream: IO[bytes]) -> bool:
    begins = head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    return begins and b"<!DOCTYPE" not in head and b"<!ENTITY" not in head


_SIGNATURE = _Kind(
    "application/pkcs7-signature", "une signature détachée",
    _starts(b"\x30\x80", b"\x30\x82", b"\x30\x83", b"\x30\x84", b"-----BEGIN"),
)  # fmt: skip

MACHINES: Mapping[str, _Kind] = {
    "xml": _Kind("application/xml", "un fichier XML", _xml),
    "p7s": _SIGNATURE,
    "p7m": _SIGNATURE,
}
"""What programs exchange, taken where it is asked for, by extension."""
