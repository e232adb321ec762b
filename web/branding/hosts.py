"""Whose look a page has: that of the body whose active host the request came to.

The active hosts are few: a process reads them all at most twice a minute, in one query.
A host that is not among them gets the platform's look, whatever it claims to be.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import current_app, g, request

from engine import brands
from engine.brands import Look

LASTS = 30.0
"""Seconds after which a process reads the active hosts again."""


class WellNamed:
    """Refuses a request whose Host is no host at all, before anything tries to read it."""

    def __init__(self, inner: WSGIApplication) -> None:
        self.inner = inner

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """The answer of the application, or 400."""
        if _readable(str(environ.get("HTTP_HOST", "localhost"))):
            return self.inner(environ, start_response)
        start_response("400 Bad Request", [("Content-Type", "text/plain; charset=utf-8")])
        return [b"Bad host\n"]


def _readable(host: str) -> bool:
    try:
        host.encode("ascii").decode("idna").encode("idna")
    except UnicodeError:
        return False
    return host.isprintable()


@dataclass
class _Known:
    looks: dict[str, Look] = field(default_factory=dict)
    read_at: float | None = None


def look() -> Look | None:
    """The look of the host that this request names; None for the platform's."""
    if "look" not in g:
        g.look = _looks().get(_bare(request.host))
    found: Look | None = g.look
    return found


def forget() -> None:
    """Read the active hosts again: they have just changed in this process."""
    current_app.extensions.pop("active_hosts", None)


def is_ours(host: str) -> bool:
    """Whether a host name is the platform's own: no body may have it."""
    public = urlsplit(current_app.extensions["settings"].public_url)
    return host == (public.hostname or "").lower()


def _looks() -> dict[str, Look]:
    known: _Known = current_app.extensions.setdefault("active_hosts", _Known())
    if known.read_at is None or time.monotonic() - known.read_at > LASTS:
        known.looks, known.read_at = brands.active_looks(), time.monotonic()
    return known.looks


def _bare(host: str) -> str:
    """A host without its port; what is malformed names nothing we know."""
    return host.rsplit(":", 1)[0].rstrip(".").lower()
