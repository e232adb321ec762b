"""Where the built files are: `asset("app.css")` in templates gives a cacheable address."""

import json
import re
from pathlib import Path

from flask import Flask, Response, request, url_for

_DIST = Path(__file__).parent / "static" / "dist"


_HASHED = re.compile(r"/dist/[^/]+-[0-9A-Za-z]{8,10}\.[a-z0-9]+$")


class NotBuilt(RuntimeError):
    """The assets have not been built: run `npm ci && node web/assets/build.mjs`."""


def init_app(app: Flask) -> None:
    """Read the manifest once, and let hashed files be kept for ever by browsers."""
    manifest = _manifest()

    def asset(name: str) -> str:
        try:
            return url_for("static", filename=f"dist/{manifest[name]}")
        except KeyError:
            raise NotBuilt(f"{name}: {NotBuilt.__doc__}") from None

    app.add_template_global(asset)

    @app.after_request
    def keep(response: Response) -> Response:
        if request.endpoint == "static" and _HASHED.search(request.path):
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def _manifest() -> dict[str, str]:
    try:
        return dict(json.loads((_DIST / "manifest.json").read_bytes()))
    except FileNotFoundError:
        return {}
