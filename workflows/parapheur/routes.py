"""By which circuits a folder goes, and which desks their steps name."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from engine import decisions, definitions, feel
from engine.spiff.diagram import Node
from workflows.parapheur.models import FolderSubtype

Plain = dict[str, Any]
SELECTION = "selection"


def route_of(subtype: FolderSubtype, folder: Plain) -> Plain:
    """The circuits that a folder takes: {creation, circuit, desks}.

    The subtype's decision table decides when it has one, on {folder, metadata, …}; the
    subtype's own circuit is for the folders that no rule fits.
    """
    route: Plain = {
        "creation": subtype.creation_circuit,
        "circuit": subtype.circuit,
        "desks": {},
    }
    return route | _selected(subtype, folder) if subtype.selection else route


def _selected(subtype: FolderSubtype, folder: Plain) -> Plain:
    """What the decision table answers: {circuit, desks}, and {creation} when it says so."""
    tables = decisions.compile((subtype.selection or "").encode(), [])
    metadata = folder.get("metadata") or {}
    known = {**metadata, "folder": folder, "metadata": metadata}
    name = SELECTION if SELECTION in tables else next(iter(tables))
    found = feel.plain(decisions.evaluate(tables, name, known))
    if not isinstance(found, dict):
        return {"circuit": found if isinstance(found, str) else None}
    desks = {k: v for k, v in found.items() if k not in {"circuit", "creation", "desks"}}
    said = {k: found[k] for k in ("circuit", "creation") if found.get(k)}
    return {**said, "desks": {**desks, **(found.get("desks") or {})}}


def steps_of(version_id: UUID) -> Iterator[Node]:
    """Everything drawn in a version of a circuit, whatever it is inside of."""
    for scope in definitions.model(version_id).diagram.scopes.values():
        yield from scope.nodes


def said_of(node: Node) -> str:
    """Where a step says which desks do it: a list for several side by side, or its role."""
    return (node.loop.collection if node.loop else node.role) or ""


def desks_of(node: Node, data: Plain) -> list[str]:
    """The roles of the desks that a step names, as far as these data tell."""
    text = said_of(node)
    if node.loop is None and not text.startswith("="):
        return [text] if text else []
    try:
        value = feel.plain(feel.compile(text).evaluate(data))
    except feel.FeelError:
        return []  # it depends on what will be said along the way
    return [str(one) for one in (value if isinstance(value, list) else [value]) if one]
