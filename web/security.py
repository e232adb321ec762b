"""What every response promises the browser: a strict content policy, and forms that are ours.

relax("style-src-attr", "'unsafe-inline'")    # this page only: the designer needs it
csrf.exempt(bp)                               # a blueprint that authenticates otherwise
"""

import re
from urllib.parse import quote

from flask import Flask, Response, g, request
from flask_wtf.csrf import CSRFProtect

csrf = CSRFProtect()

# Printable ASCII, as addresses travel; longer, it would not fit in an address once encoded.
_LOCAL = re.compile(r"/(?!/)[!-\[\]-~]{0,2000}")
_KEPT = "%/?:@!$&'()*+,;="

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def init_app(app: Flask, *, secure: bool) -> None:
    """Protect forms and send the headers; `secure` says that people reach us over TLS."""
    csrf.init_app(app)
    app.add_template_global(here)
    app.add_template_global(afterwards)

    @app.after_request
    def send_headers(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", _policy())
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if secure:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        if response.mimetype == "text/html":
            response.headers.setdefault("Cache-Control", "no-store, private")
            response.vary.update(["Cookie", "HX-Request"])
        return response


def relax(directive: str, sources: str) -> None:
    """Allow more in the answer to this request: `sources` is added to `directive`."""
    g.setdefault("relaxed", {})[directive] = sources


def framed(response: Response) -> Response:
    """The same answer, which pages of this site may show in a frame."""
    relax("frame-ancestors", "'self'")
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def safe(address: str | None) -> str:
    """An address of this site to come back to; the home page for anything else."""
    return address if address and _LOCAL.fullmatch(address) else "/"


def here() -> str:
    """The address of this page, to come back to; the home page when it was not opened."""
    if request.method != "GET":
        return "/"
    query = quote(request.query_string, safe=_KEPT)
    return safe(quote(request.path) + (f"?{query}" if query else ""))


def afterwards() -> str | None:
    """The page of this site that `next` asks for, once signed in; None when it asks none."""
    asked = request.values.get("next")
    return safe(asked) if asked else None


def _policy() -> str:
    policy = dict(POLICY)
    for directive, sources in getattr(g, "relaxed", {}).items():
        strict = policy.get(directive, "")
        policy[directive] = f"{strict} {sources}".strip().replace("'none' ", "")
    return "; ".join(f"{directive} {sources}" for directive, sources in policy.items())
