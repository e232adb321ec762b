"""A compiled form as JSON and back: what a published version keeps.

The words are those of `forms.model`; a form written by another version of them is
refused rather than guessed.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import orjson

from forms.model import Computed, Field, Group, Node, Option, Repeat, Separator, Text

VERSION = 1
KINDS: Mapping[str, type[Any]] = {
    kind.__name__: kind for kind in (Field, Computed, Text, Separator, Group, Repeat)
}


def to_json(form_id: str, nodes: tuple[Node, ...]) -> bytes:
    """The bytes that stand for a form."""
    return orjson.dumps({"version": VERSION, "id": form_id, "nodes": [*map(_write, nodes)]})


def from_json(source: bytes) -> tuple[str, tuple[Node, ...]]:
    """The form that the bytes stand for. Raises ValueError."""
    try:
        form = orjson.loads(source)
        if form["version"] != VERSION:
            raise ValueError(f"compiled form of version {form['version']}, not {VERSION}")
        return form["id"], tuple(map(_read, form["nodes"]))
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a compiled form: {error}") from error


def _write(node: Node) -> dict[str, Any]:
    """The node's name, and what differs from its usual values."""
    written: dict[str, Any] = {"node": type(node).__name__}
    for each in fields(node):
        value = getattr(node, each.name)
        if value == each.default and type(value) is type(each.default):
            continue
        if each.name == "nodes":
            value = [_write(child) for child in value]
        elif each.name == "options":
            value = [[option.value, option.label] for option in value]
        written[each.name] = value
    return written


def _read(written: Mapping[str, Any]) -> Node:
    given = {name: value for name, value in written.items() if name != "node"}
    if "nodes" in given:
        given["nodes"] = tuple(map(_read, given["nodes"]))
    if "options" in given:
        given["options"] = tuple(Option(*pair) for pair in given["options"])
    if "accept" in given:
        given["accept"] = tuple(given["accept"])
    node: Node = KINDS[written["node"]](**given)
    return node
