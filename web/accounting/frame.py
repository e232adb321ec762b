"""For which body accounts are kept, and what every page of them shows."""

from typing import Any
from uuid import UUID

from flask import abort, current_app, render_template

from engine.access import allowed
from web.accounting import words
from web.auth import acting_for, current_actor
from web.partners import partner
from workflows.accounting.rules import ACCOUNTANT


def body_id() -> UUID:
    """The body whose accounts one keeps: the one acted for, else the first where one does."""
    acting = acting_for()
    if acting is not None and allowed(current_actor(), "keep accounts", acting):
        return acting.id
    kept = [r.organisation_id for r in current_actor().roles if r.name == ACCOUNTANT]
    return next((one for one in kept if one is not None), None) or abort(403)


def page(template: str, **given: Any) -> str:
    """A page of accounts, with its words."""
    return render_template(f"accounting/{template}", words=words, **given)


def examined(sha256: str, *, signed: bool = False) -> dict[str, Any]:
    """What a stored PES says and what is wrong with it, asked with no transaction open."""
    found: dict[str, Any] = partner("helios").examine(
        content=content(sha256), signed=signed
    )
    return found


def content(sha256: str) -> bytes:
    """The bytes of a stored file; 410 when they are gone."""
    storage = current_app.extensions["partners"]["storage"]
    if not storage.exists(sha256):
        abort(410)
    found: bytes = storage.read(sha256)
    return found
