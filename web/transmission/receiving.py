"""Files that members deposit: read, looked at, scanned and stored before anything is written."""

from dataclasses import dataclass

from flask import request
from werkzeug.datastructures import FileStorage

from connectors import ConnectorError, Retryable, StoredFile
from engine.models import db
from forms.characters import printable
from web.partners import partner
from web.transmission.latin import LARGEST
from workflows.relay.deposits import Deposited

_STARTS = {
    b"%PDF-": "application/pdf",
    b"<?xml": "text/xml",
    b"\x89PNG": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
}
_ENDINGS = {
    "application/pdf": ("pdf",),
    "text/xml": ("xml",),
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg"),
}
_MOST_FILES = 100


class Rejected(Exception):
    """The service does not take it; the words are for the caller."""


@dataclass(frozen=True)
class Posted:
    """A file as it came, with its type and its detached signature."""

    upload: FileStorage
    document_type: str
    signature: FileStorage | None

    @property
    def name(self) -> str:
        return printable((self.upload.filename or "").replace("\\", "/").rpartition("/")[2])


def posted(field: str, types: list[str]) -> list[Posted]:
    """The files of a field, each with its type and its signature by rank."""
    suffix = "[]" if field == "acte_attachments" else ""
    named = [one for one in request.files.getlist(f"{field}{suffix}") if one.filename]
    signed = request.files.getlist(f"{field}_sign{suffix}")
    if len(named) > _MOST_FILES:
        raise Rejected(f"Pas plus de {_MOST_FILES} fichiers par envoi.")
    return [
        Posted(
            one,
            types[rank] if rank < len(types) else "",
            signed[rank] if rank < len(signed) and signed[rank].filename else None,
        )
        for rank, one in enumerate(named)
    ]


def check(files: list[Posted], types: frozenset[str], *, main_is_pdf: bool) -> None:
    """Raise Rejected for the first file that the State would not take."""
    for rank, one in enumerate(files):
        about = f"Erreur lors de la réception du fichier {one.name} :"
        if not one.document_type:
            raise Rejected(f"{about} typologie absente")
        if one.document_type not in types:
            raise Rejected(
                f"{about} le type {one.document_type} n'existe pas pour cette nature"
            )
        media_type = looked_at(one.upload)
        if media_type is None or not one.name.lower().endswith(_ENDINGS[media_type]):
            raise Rejected(f"{about} son contenu n'est ni PDF, ni XML, ni une image")
        if rank == 0 and main_is_pdf and media_type != "application/pdf":
            raise Rejected(f"{about} l'acte doit être un PDF")
    if sum(_size(one.upload) for one in files) > LARGEST - 10 * 1024 * 1024:
        raise Rejected("La taille totale des fichiers est trop importante (max : 150 Mo)")
    for one in files:
        _look_within(one)


def _look_within(one: Posted) -> None:
    """Refuse a PDF that is locked or acts by itself, and a signature that does not hold."""
    media_type = looked_at(one.upload) or ""
    asked: list[dict[str, bytes]] = [{}] if media_type == "application/pdf" else []
    if one.signature is not None:
        asked.append({"detached": _whole(one.signature)})
    for more in asked:
        about = f"Erreur lors de la réception du fichier {one.name} :"
        try:
            found = partner("signature").examine(
                content=_whole(one.upload), media_type=media_type, **more
            )
        except Retryable as failure:  # its readers are busy: nothing of it was read
            raise Rejected(f"{about} {failure}") from failure
        if found["refusals"]:
            raise Rejected(f"{about} {found['refusals'][0]}")


def _whole(upload: FileStorage) -> bytes:
    content: bytes = upload.stream.read()
    upload.stream.seek(0)
    return content


def looked_at(upload: FileStorage) -> str | None:
    """What a file is by its first bytes; None when it is nothing that the State takes."""
    start = upload.stream.read(64).lstrip()
    upload.stream.seek(0)
    found = (kind for sign, kind in _STARTS.items() if start.startswith(sign))
    return next(found, None)


def _size(upload: FileStorage) -> int:
    upload.stream.seek(0, 2)
    size = upload.stream.tell()
    upload.stream.seek(0)
    return size


def deposited(files: list[Posted]) -> list[Deposited]:
    """The same, scanned and stored. Raises Rejected."""
    return [
        Deposited(
            store(one.upload, one.name, looked_at(one.upload) or ""),
            one.document_type,
            store(one.signature, "signature.p7s", "application/pkcs7-signature")
            if one.signature
            else None,
        )
        for one in files
    ]


def store(upload: FileStorage, name: str, media_type: str) -> StoredFile:
    """Scan and store a file, with no transaction open. Raises Rejected."""
    db.session.rollback()
    try:
        verdict = partner("antivirus").scan(upload.stream)
        upload.stream.seek(0)
        if not verdict.clean:
            raise Rejected(f"Un virus a été détecté dans le fichier {name}")
        kept: StoredFile = partner("storage").put(
            upload.stream, name=name[:255], media_type=media_type
        )
    except ConnectorError as error:
        raise Rejected(
            "Le service ne peut pas recevoir de fichier en ce moment. Réessayez."
        ) from error
    return kept
