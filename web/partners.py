"""Connects the partners: `app.extensions["partners"]`, by name of capability.

A capability that is absent from `connectors/` or not listed is simply not there.
"""

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from inspect import signature
from typing import Any

from flask import Flask, current_app

from engine import clock


def init_app(app: Flask, names: Sequence[str]) -> None:
    """Connect each partner, giving its `connect` the arguments it asks for."""
    settings = app.extensions["settings"]
    connected: dict[str, Any] = {}
    given: dict[str, Any] = {"clock": clock.now, "data": settings.data, "documents": None}
    for name in names:
        if find_spec(f"connectors.{name}.port") is None:
            continue
        connect = import_module(f"connectors.{name}").connect
        wanted = signature(connect).parameters.keys() & given.keys()
        client = connect(settings.partners, **{key: given[key] for key in wanted})
        connected[name] = client
        if name == "storage":
            given["documents"] = client.read
            given["store"] = _store(client)
    app.extensions["partners"] = connected


def _store(storage: Any) -> Any:
    """`store(bytes, name, media type)`, for partners whose answers hold documents."""
    return lambda content, name, media_type: storage.put(
        content, name=name, media_type=media_type
    )


def partner(name: str) -> Any:
    """The connected client of a capability. Raises KeyError when there is none."""
    return current_app.extensions["partners"][name]


def sandboxes() -> list[str]:
    """The capabilities that are only simulated here."""
    partners = current_app.extensions["partners"]
    return [name for name, client in partners.items() if client.mode == "sandbox"]
