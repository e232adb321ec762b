"""Files: sent ahead of the request that names them; documents, read back."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from flask import Response, current_app, request
from flask_babel import gettext as _
from pydantic import Field

from engine import clock
from engine.api_keys import (
    CASES_READ,
    FOLDERS_WRITE,
    REQUESTS_READ,
    REQUESTS_WRITE,
    TASKS_WRITE,
    UPLOAD_LIFE,
)
from engine.commands import api_keys as commands
from engine.documents import Document
from web.api import cursors, keyed, receiving, refusals
from web.api.declaring import operation
from web.api.problems import Problem, wrong
from web.api.shapes import CURSOR, Page, Shape
from web.attachments import disposition
from web.cases import papers
from web.cases.reading import CasePage

TAG = "Fichiers"


class Upload(Shape):
    """A file sent ahead: name it in values by its `sha256`, before it expires."""

    id: UUID
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    name: str
    media_type: str
    size: int
    expires_at: datetime


class DocumentOfCase(Shape):
    """A document of a case. `content` is where its bytes are."""

    id: UUID
    title: str
    name: str
    kind: str
    origin: str
    media_type: str
    size: int
    sha256: str
    added_at: datetime
    content: str


class DocumentsAsked(Shape):
    """Which documents: fifty at a time."""

    cursor: Annotated[str | None, CURSOR] = None


@operation(
    "POST", "/files", REQUESTS_WRITE, TASKS_WRITE, FOLDERS_WRITE, tag=TAG, status=201, multipart=True,
    problems=(413, 415, 422, 503), summary="Envoyer un fichier avant la demande",
    about="Envoie un fichier, dans la partie `file` ; il est vérifié et analysé aussitôt. Il attend un jour une demande dont les valeurs le nomment.",
)  # fmt: skip
def send_file() -> Upload:
    """Send one file, in the part `file`; it is checked and scanned at once.

    It waits a day for a request whose values name it: `[{"sha256": "…"}]`.
    """
    if request.mimetype != receiving.MULTIPART:
        raise Problem(415, "bad-format")
    upload = request.files.get("file")
    if upload is None or len(request.files) != 1 or request.form:
        sentence = _("Envoyez un seul fichier, dans la partie nommée « file ».")
        raise wrong("bad-file", "/file", sentence)
    kept = receiving.stored(upload, "file")
    made = commands.keep_upload(kept, organisation_id=keyed.key().organisation_id)
    return Upload(
        id=made,
        sha256=kept.sha256,
        name=kept.name,
        media_type=kept.media_type,
        size=kept.size,
        expires_at=clock.now() + UPLOAD_LIFE,
    )


@operation(
    "GET", "/documents/{document_id}", REQUESTS_READ, CASES_READ, tag=TAG,
    problems=(404, 410), summary="Télécharger un document", media="*/*",
    about="Le contenu d’un document que la clé peut lire.",
)  # fmt: skip
def get_document(document_id: UUID) -> Response:
    """The bytes of a document that the key may read."""
    document = refusals.found(Document, document_id, "read")
    storage = current_app.extensions["partners"]["storage"]
    if not storage.exists(document.sha256):
        raise Problem(410, "gone")
    response = Response(
        storage.open(document.sha256), mimetype=document.media_type, direct_passthrough=True
    )
    response.headers["Content-Disposition"] = disposition(document.name, inline=False)
    response.headers["Content-Length"] = str(document.size)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def page_of(case: CasePage, cursor: str | None) -> Page[DocumentOfCase]:
    """The documents of a case that the key may read, the latest first."""
    found = papers.page(case.case, case.actor, after=cursors.begun(cursor))
    return Page(items=[_told(one) for one in found.items], next=cursors.ended(found.after))


def _told(one: Document) -> DocumentOfCase:
    return DocumentOfCase(
        id=one.id,
        title=one.title,
        name=one.name,
        kind=one.kind,
        origin=one.origin,
        media_type=one.media_type,
        size=one.size,
        sha256=one.sha256,
        added_at=one.created_at,
        content=f"/api/v1/documents/{one.id}",
    )
