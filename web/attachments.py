"""How a file goes to a browser: its name, and what the browser may do with it."""

from urllib.parse import quote

from flask import Response, abort

from engine.documents import Document
from engine.vault import VaultDocument
from forms.uploads import clean_name
from web.partners import partner

SHOWN_INLINE = {"application/pdf", "image/png", "image/jpeg"}
"""What a browser shows without running anything of it."""


def sent(document: Document | VaultDocument, *, inline: bool = False) -> Response:
    """A document's bytes, as they are kept; shown only when they cannot run anything."""
    storage = partner("storage")
    if not storage.exists(document.sha256):
        abort(410)
    shown = inline and document.media_type in SHOWN_INLINE
    response = Response(
        storage.open(document.sha256), mimetype=document.media_type, direct_passthrough=True
    )
    response.headers["Content-Disposition"] = disposition(document.name, inline=shown)
    response.headers["Content-Length"] = str(document.size)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def disposition(name: str, *, inline: bool) -> str:
    """The Content-Disposition of a file, whatever its name holds (RFC 6266, RFC 8187).

    A header is ASCII: servers fail on anything else, and partners name files as they like.
    """
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename*=UTF-8''{quote(clean_name(name), safe='')}"
