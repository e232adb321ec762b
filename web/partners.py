"""Connects the partners: `app.extensions["partners"]`, by name of capability.

What diagrams may ask of them is told to the engine here, once.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask, current_app

from connectors import catalogue
from engine import clock, operations

CALL_BACK = "/partenaires/oseo/avis"
VERIFY = "/verifier/"


def init_app(app: Flask) -> None:
    """Connect every capability: the configured partner, or its sandbox."""
    settings = app.extensions["settings"]
    partners = catalogue.connect_all(
        {
            "OSEO_CALLBACK_URL": settings.public_url + CALL_BACK,
            "PUBLIC_URL": settings.public_url,
            "VERIFY_URL": settings.public_url + VERIFY,
            "FONTS_DIR": str(Path(app.root_path) / "static/dist/fonts"),
            **settings.partners,
        },
        clock=clock.now,
        data=settings.data,
    )
    operations.allow_remote_calls(catalogue.remote_calls(partners))
    app.extensions["partners"] = dict(partners)


def partner(name: str) -> Any:
    """The connected client of a capability. Raises KeyError when there is none."""
    partners: Mapping[str, Any] = current_app.extensions["partners"]
    return partners[name]


def sandboxes() -> list[str]:
    """The capabilities that are only simulated here."""
    partners = current_app.extensions["partners"]
    return [name for name, client in partners.items() if client.mode == "sandbox"]
