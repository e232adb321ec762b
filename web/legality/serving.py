"""The bytes of an act's document."""

from flask import Response, abort
from flask.typing import ResponseReturnValue

from engine.documents import Document
from web.attachments import disposition
from web.partners import partner

SHOWN = "application/pdf"


def deliver(document: Document, *, public: bool = False) -> ResponseReturnValue:
    """A document, shown by the browser when it is a PDF; 410 when its bytes are gone."""
    storage = partner("storage")
    if not storage.exists(document.sha256):
        abort(410)
    response = Response(
        storage.open(document.sha256), mimetype=document.media_type, direct_passthrough=True
    )
    inline = document.media_type == SHOWN
    response.headers["Content-Disposition"] = disposition(document.name, inline=inline)
    response.headers["Content-Length"] = str(document.size)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = (
        "public, max-age=300" if public else "private, no-store"
    )
    return response
