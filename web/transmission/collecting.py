"""Gathers what the State answered: asked of its doors with no transaction open, recorded once."""

from typing import Any

import structlog
from flask import Flask
from sqlalchemy import select

from connectors import ConnectorError
from engine.models import db
from workflows.relay import arrivals
from workflows.relay.models import TransmissionAccount

log = structlog.get_logger()

EVERY = 5.0
"""Seconds between two looks at the State's doors, where there are members to serve."""


def collect(app: Flask) -> int:
    """Record everything that has arrived; how much there was.

    What cannot be read is recorded as such and put aside, for an operator to see.
    """
    partners = app.extensions["partners"]
    if not _serves():
        return 0
    return _acts(partners["actes"]) + _pes(partners["helios"])


def _serves() -> bool:
    """Whether this office is a transmission service at all."""
    opened = select(TransmissionAccount.id).limit(1)
    found = db.session.scalars(opened).first() is not None
    db.session.rollback()
    return found


def _acts(door: Any) -> int:
    found = 0
    try:
        items = door.collect()
    except ConnectorError as error:
        log.warning("actes_unreachable", error=str(error))
        return 0
    for item in items:
        found += arrivals.record(item)
        if item["kind"] == "unreadable":
            door.unreadable(item["id"])
    for name in {item["id"] for item in items if item["kind"] != "unreadable"}:
        door.taken(name)
    return found


def _pes(door: Any) -> int:
    found = 0
    try:
        items = door.collect()
    except ConnectorError as error:
        log.warning("helios_unreachable", error=str(error))
        return 0
    for item in items:
        found += arrivals.record_pes(item, _understood(door, item))
        door.collected(id=item["id"])
    return found


def _understood(door: Any, item: dict[str, Any]) -> dict[str, Any]:
    """What an acknowledgement says; one that cannot be read says nothing."""
    if item["kind"] != "PES_ACQUIT":
        return {}
    try:
        value: dict[str, Any] = door.understand(
            document={"sha256": item["file"].sha256}, key=f"read:{item['id']}"
        ).value
    except ConnectorError as error:
        return {"status": "refused", "reasons": [str(error)]}
    return value
