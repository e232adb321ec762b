"""The bytes of folders: one file in one of its versions, or everything in one archive."""

import tempfile
import zipfile
from collections.abc import Iterator
from typing import IO
from uuid import UUID

from flask import Response, current_app
from sqlalchemy import select

from engine.documents import Document
from engine.models import db
from web.api.problems import Problem
from web.attachments import disposition
from workflows.parapheur import files
from workflows.parapheur.models import FileVersion, Folder, FolderFile

CHUNK = 1 << 16
IN_MEMORY = 8 * 1024 * 1024
DIRECTORIES = {"main": "documents", "annex": "annexes", "detached": "signatures"}


def version_of(folder: Folder, file_id: UUID, number: int | None) -> Document:
    """A file of a folder: its current version, or the one of this number. Raises Problem."""
    file = db.session.get(FolderFile, file_id)
    if file is None or file.instance_id != folder.instance_id:
        raise Problem(404, "unknown")
    asked = select(FileVersion).where(FileVersion.file_id == file_id)
    if number is None:
        asked = asked.where(FileVersion.withdrawn_at.is_(None))
    else:
        asked = asked.where(FileVersion.number == number)
    found = db.session.scalars(asked.order_by(FileVersion.number.desc()).limit(1)).first()
    if found is None:
        raise Problem(404, "unknown")
    return found.document


def sent(document: Document) -> Response:
    """A document as it is downloaded. Raises Problem when its bytes are gone."""
    response = Response(
        opened(document), mimetype=document.media_type, direct_passthrough=True
    )
    response.headers["Content-Disposition"] = disposition(document.name, inline=False)
    response.headers["Content-Length"] = str(document.size)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def zipped(folder: Folder, more: dict[str, bytes] | None = None) -> Response:
    """The current files of a folder in one archive, by kind, and what is added to it."""
    held: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  closed once sent
    with zipfile.ZipFile(held, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for name, document in _named(folder):
            with archive.open(name, "w", force_zip64=True) as entry:
                for chunk in _chunks(opened(document)):
                    entry.write(chunk)
        for name, content in (more or {}).items():
            archive.writestr(name, content)
    size = held.tell()
    held.seek(0)
    response = Response(_chunks(held), mimetype="application/zip", direct_passthrough=True)
    response.headers["Content-Disposition"] = disposition(
        f"{folder.instance.number}.zip", inline=False
    )
    response.headers["Content-Length"] = str(size)
    return response


def opened(document: Document) -> IO[bytes]:
    """The bytes of a document. Raises Problem when they are gone."""
    storage = current_app.extensions["partners"]["storage"]
    if not storage.exists(document.sha256):
        raise Problem(410, "gone")
    found: IO[bytes] = storage.open(document.sha256)
    return found


def _named(folder: Folder) -> Iterator[tuple[str, Document]]:
    """Where each current file goes in an archive: two of the same name stay two."""
    taken: set[str] = set()
    for one in files.current(folder.instance_id):
        document = one.version.document
        directory = DIRECTORIES.get(one.file.kind, "preuves")
        name = f"{directory}/{document.name.replace('/', '_')}"
        if name in taken:
            name = f"{directory}/{one.file.position}-{document.name.replace('/', '_')}"
        taken.add(name)
        yield name, document


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK):
            yield chunk
