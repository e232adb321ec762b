"""Reads what a transmission service answers: `OK`, `KO`, XML and archives, never trusting it.

S²LOW writes ISO-8859-1, its newer parts UTF-8. Whatever an answer holds, only the errors of
`connectors` come out of here.
"""

import re
import tarfile
import zlib
from html import unescape
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any, NoReturn

import httpx
from lxml import etree

from connectors import Misconfigured, NotYet, Refused
from connectors.wire import Unreadable

PARTNER = "S²LOW"
LARGEST = 256 * 1024 * 1024
MOST_FILES = 200
_IDENTITY = re.compile(
    r"chec de l.authentification|acc[èe]s refus|certificat rgs|login.{0,5}mot de passe"
    r"|mode .{0,3}papier",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[^<>]{0,200}>")


def text(content: bytes) -> str:
    """The text of an answer, whichever of its two encodings it has."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("iso-8859-1")


def told(response: httpx.Response) -> list[str]:
    """The lines after `OK`. `KO` raises Refused with the service's own words."""
    head, *rest = text(response.content).strip().splitlines() or [""]
    head = head.strip()
    if re.match(r"KO\b", head):
        refuse([head[2:], *rest])
    if not re.match(r"OK\b", head):
        raise Unreadable(f"{PARTNER} : réponse inattendue (« {head[:80]} »).")
    return [line.strip() for line in (head[2:].strip(" :"), *rest) if line.strip()]


def number_told(response: httpx.Response) -> str:
    """The number that an answer ends with: 12 under `OK`, or in `OK : id généré : 12`."""
    lines = told(response)
    found = re.search(r"(\d{1,18})\s*$", lines[0]) if lines else None
    if found is None:
        raise Unreadable(f"{PARTNER} : réponse sans numéro de transaction.")
    return found[1]


def refuse(lines: list[str]) -> NoReturn:
    """Raise Refused with the service's reasons, Misconfigured when it does not know us."""
    plain = [_plain(line) for line in lines]
    reasons = [line for line in plain if line] or [
        f"{PARTNER} a refusé sans dire pourquoi."
    ]
    if any(_IDENTITY.search(reason) for reason in reasons):
        raise Misconfigured(f"{PARTNER} refuse nos identifiants : {' '.join(reasons)}")
    raise Refused(reasons)


def reasons(response: httpx.Response) -> list[str]:
    """What an answer outside 2xx says, for `connectors.wire`."""
    lines = [_plain(line) for line in text(response.content[:2000]).splitlines()]
    return [line for line in lines if line][:5]


def xml(content: bytes, *, partner: str = PARTNER) -> etree._Element:
    """The root of an XML answer; raises Unreadable, also for one that declares entities."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        start = text(content[:80])
        raise Unreadable(f"{partner} : XML illisible ({error}) « {start} ».") from error
    about: Any = root.getroottree().docinfo  # the stubs forget what it holds
    if about.doctype:
        raise Unreadable(f"{partner} : XML refusé, il porte une déclaration de type.")
    return root


def result(response: httpx.Response) -> etree._Element:
    """An HELIOS answer whose `resultat` is OK; KO raises Refused with its message."""
    content = response.content.strip()
    if content.startswith(b"KO"):
        refuse(text(content)[2:].splitlines())
    root = xml(content)
    said = (root.findtext("resultat") or "").strip()
    if said == "KO":
        refuse([root.findtext("message") or ""])
    if said != "OK":
        raise Unreadable(f"{PARTNER} : réponse sans résultat.")
    return root


def rows(response: httpx.Response, name: str = "") -> list[dict[str, Any]]:
    """The objects of a JSON list, or of the list `name` of a JSON object."""
    content = response.content.strip()
    if content.startswith(b"KO"):
        refuse(text(content)[2:].splitlines())
    try:
        value = response.json()
    except ValueError as error:
        start = text(content[:80])
        raise Unreadable(f"{PARTNER} : réponse illisible (« {start} »).") from error
    if name:
        value = value.get(name) if isinstance(value, dict) else None
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise Unreadable(f"{PARTNER} : réponse inattendue, une liste était attendue.")
    return value


def unpacked(content: bytes) -> dict[str, bytes]:
    """The files of a tar.gz, by plain name; raises Unreadable for one that is not plain."""
    files: dict[str, bytes] = {}
    left = LARGEST
    try:
        with tarfile.open(fileobj=BytesIO(content), mode="r:gz") as archive:
            for member in archive:
                name = PurePosixPath(member.name).name
                left -= member.size
                if not member.isfile() or not name or name in files:
                    raise Unreadable(f"{PARTNER} : archive refusée (« {name[:80]} »).")
                if left < 0 or len(files) >= MOST_FILES:
                    raise Unreadable(f"{PARTNER} : archive refusée, elle est trop grande.")
                file = archive.extractfile(member)
                files[name] = file.read() if file else b""
    except (tarfile.TarError, EOFError, OSError, zlib.error, ValueError) as error:
        if content[:2] == b"KO":
            refuse(text(content)[2:].splitlines())
        raise Unreadable(f"{PARTNER} : archive illisible ({error}).") from error
    return files


def file_told(response: httpx.Response) -> bytes:
    """The bytes of a download; raises NotYet when the service has no file to give yet."""
    content = response.content
    if response.has_redirect_location or not content.strip():
        raise NotYet(f"{PARTNER} n’a pas encore ce fichier.")
    if content[:3] in {b"KO\n", b"KO\r", b"KO "}:
        refuse(text(content)[2:].splitlines())
    return content


def _plain(line: str) -> str:
    return " ".join(unescape(_TAG.sub(" ", line)).strip(" :").split())[:500]
