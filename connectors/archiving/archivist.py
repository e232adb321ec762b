"""The sandbox's archivist: reads what it receives, checks it, and writes back.

Written from the standard, and apart from our own writer: the two must agree on the wire alone.
"""

import hashlib
import json
import sqlite3
import tarfile
import zipfile
from datetime import datetime
from io import BytesIO
from typing import Any

from lxml import etree


class Received:
    """A transfer message as an archive reads it."""

    def __init__(self, message: bytes) -> None:
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        self.root = etree.fromstring(message, parser)
        self.identifier = (self.root.findtext("{*}MessageIdentifier") or "").strip()
        self.organisation = (
            self.root.findtext("{*}TransferringAgency/{*}Identifier") or ""
        ).strip()
        if not self.identifier or not self.organisation:
            raise ValueError("ni identifiant ni service versant")

    def problems(self, contents: dict[str, bytes]) -> list[str]:
        """What keeps these files from being those of the message."""
        files = {name: it for name, it in contents.items() if name != "manifest.xml"}
        found = []
        for it in self.root.iter("{*}BinaryDataObject"):
            attachment = it.find("{*}Attachment")
            path = (
                it.findtext("{*}Uri") if attachment is None else attachment.get("filename")
            )
            content = files.pop(path or "", None)
            if content is None:
                found.append(f"Fichier manquant ou cité deux fois : {path}")
            elif hashlib.sha512(content).hexdigest() != it.findtext("{*}MessageDigest"):
                found.append(f"Empreinte incorrecte : {path}")
        return found + [f"Fichier non décrit : {name}" for name in sorted(files)]

    def units(self) -> list[str]:
        return [str(it.get("id")) for it in self.root.iter("{*}ArchiveUnit")]


def acknowledgement(row: sqlite3.Row, ready: datetime) -> bytes:
    """The message that says a transfer was received."""
    root, add = _message("Acknowledgement", row, ready, prefix="ACK")
    add(root, "MessageReceivedIdentifier", row["identifier"])
    add(add(root, "Sender"), "Identifier", "ARCHIVES-ESSAI")
    add(add(root, "Receiver"), "Identifier", row["organisation"])
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")


def reply(row: sqlite3.Row, ready: datetime) -> bytes:
    """The archivist's decision: what was scripted, unless the transfer is faulty."""
    problems = json.loads(row["problems"])
    answer = "refuse" if problems else row["answer"]
    code, comment = {
        "accept": ("000", "Versement accepté"),
        "warn": (
            "001",
            "Versement accepté : le format de certaines pièces est à surveiller",
        ),
        "refuse": ("300", "Versement refusé par l’archiviste"),
    }[answer]
    root, add = _message("ArchiveTransferReply", row, ready, prefix="ATR", comment=comment)
    add(root, "CodeListVersions")
    package = add(root, "DataObjectPackage")
    described = add(package, "DescriptiveMetadata")
    if answer != "refuse":
        for rank, unit in enumerate(json.loads(row["units"])):
            content = add(add(described, "ArchiveUnit", id=unit), "Content")
            identifier = f"ESSAI-{row['digest'][:10]}-{rank}"
            add(content, "ArchivalAgencyArchiveUnitIdentifier", identifier)
    add(package, "ManagementMetadata")
    add(root, "ReplyCode", code)
    if problems:
        operation = add(root, "Operation")
        for problem in problems:
            event = add(operation, "Event")
            add(event, "EventDateTime", ready.isoformat())
            add(event, "Outcome", "KO")
            add(event, "OutcomeDetailMessage", problem)
    add(root, "MessageRequestIdentifier", row["identifier"])
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")


def _message(
    kind: str, row: sqlite3.Row, ready: datetime, *, prefix: str, comment: str = ""
) -> Any:
    namespace = "fr:gouv:culture:archivesdefrance:seda:v2.2"
    names: Any = {None: namespace}  # the stubs forget the default namespace
    root = etree.Element(f"{{{namespace}}}{kind}", nsmap=names)

    def add(parent: Any, name: str, text: str = "", **attributes: str) -> Any:
        element = etree.SubElement(parent, f"{{{namespace}}}{name}", attributes)
        element.text = text or None
        return element

    if comment:
        add(root, "Comment", comment)
    add(root, "Date", ready.isoformat())
    add(root, "MessageIdentifier", f"{prefix}-{row['identifier']}")
    return root, add


def unpacked(files: bytes) -> dict[str, bytes]:
    """The files of a zip or a tar.gz, by name."""
    if zipfile.is_zipfile(BytesIO(files)):
        with zipfile.ZipFile(BytesIO(files)) as archive:
            return {it.filename: archive.read(it) for it in archive.infolist()}
    contents = {}
    with tarfile.open(fileobj=BytesIO(files), mode="r:gz") as tar:
        for member in tar:
            content = tar.extractfile(member)
            contents[member.name] = content.read() if content else b""
    return contents
