"""A document seen without leaving the case: the PDF, the image or the text, and its neighbours."""

import codecs
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, current_app, render_template, request
from flask.typing import ResponseReturnValue

from connectors import ConnectorError
from engine.documents import Document
from engine.models import db
from web.attachments import disposition
from web.auth import current_actor, guard
from web.cases import papers, reading
from web.parapheur import pictures
from web.security import relax

bp = Blueprint("previews", __name__)

FRAMED = {"application/pdf"}
DRAWN = {"image/png", "image/jpeg"}
WRITTEN = {"text/plain", "text/csv", "text/xml", "application/xml"}

PAGES_READ = 10
"""Pages whose text is shown at once; the rest is leafed through."""
MOST_TEXT = 100_000
"""Bytes of a text shown; the whole of it is downloaded."""

POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"


@bp.get("/documents/<uuid:document_id>/apercu")
@guard("read", Document, "document_id")
def show(document_id: UUID) -> ResponseReturnValue:
    """A document, what is known of it, and those before and after it."""
    document = db.session.get_one(Document, document_id)
    case = document.instance or abort(404)
    relax("frame-src", "'self'")
    newer, older = papers.around(document, current_actor())
    way = _way(document)
    return render_template(
        "cases/preview.html",
        page=reading.page(case, current_actor()),
        tab="documents",
        document=document,
        way=way,
        words=_pages(document) if way == "framed" and "texte" in request.args else None,
        text=_text(document) if document.media_type in WRITTEN else "",
        newer=newer,
        older=older,
        added_by=reading.names({document.added_by}).get(document.added_by, ""),
    )


@bp.get("/documents/<uuid:document_id>/contenu")
@guard("read", Document, "document_id")
def content(document_id: UUID) -> ResponseReturnValue:
    """The bytes of what a page of ours may frame or draw; 404 for any other kind.

    Without the sandbox of a download, in which browsers show no PDF: only kinds that were
    recognised by their bytes, and that run nothing, come here.
    """
    document = db.session.get_one(Document, document_id)
    if document.media_type not in FRAMED | DRAWN:
        abort(404)
    storage = current_app.extensions["partners"]["storage"]
    if not storage.exists(document.sha256):
        abort(410)
    answer = Response(
        storage.open(document.sha256),
        mimetype=document.media_type,
        direct_passthrough=True,
    )
    answer.headers["Content-Disposition"] = disposition(document.name, inline=True)
    answer.headers["Content-Length"] = str(document.size)
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _way(document: Document) -> str:
    """How it is shown: framed, drawn, written, gone, or none."""
    storage = current_app.extensions["partners"]["storage"]
    if not storage.exists(document.sha256):
        return "gone"
    kinds = (("framed", FRAMED), ("drawn", DRAWN), ("written", WRITTEN))
    return next((way for way, known in kinds if document.media_type in known), "none")


def _pages(document: Document) -> dict[str, Any]:
    """The text of some pages of a PDF, for who cannot see them, or why there is none."""
    try:
        found = pictures.read(document.sha256)
    except (pictures.Unreadable, ConnectorError):
        return {"problem": True}
    there = len(found.texts)
    first = min(max(request.args.get("texte", 1, type=int), 1), max(there, 1))
    last = min(first + PAGES_READ - 1, there)
    return {
        "pages": list(enumerate(found.texts[first - 1 : last], first)),
        "count": found.count,
        "before": max(first - PAGES_READ, 1) if first > 1 else 0,
        "after": last + 1 if last < there else 0,
    }


def _text(document: Document) -> str:
    storage = current_app.extensions["partners"]["storage"]
    try:
        with storage.open(document.sha256) as kept:
            raw = kept.read(MOST_TEXT)
    except ConnectorError:
        return ""
    try:
        decoded = codecs.getincrementaldecoder("utf-8")().decode(raw)
    except UnicodeDecodeError:  # not ours: an office of the last century
        decoded = raw.decode("cp1252", errors="replace")
    return "".join(c for c in decoded if c.isprintable() or c in "\n\t")
