"""The JSON Schema (2020-12) of a form's values, derived for the API's readers.

It describes shapes; the server alone judges. What a condition may hide is not required.
"""

from typing import Any

from forms.formats import FORMATS
from forms.model import Computed, Field, Group, Node, Repeat
from forms.territories import countries

Schema = dict[str, Any]

_FILE: Schema = {
    "type": "object",
    "properties": {
        "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "name": {"type": "string"},
        "media_type": {"type": "string"},
        "size": {"type": "integer", "minimum": 0},
    },
    "required": ["sha256", "name", "media_type", "size"],
    "additionalProperties": False,
}


def json_schema(form_id: str, nodes: tuple[Node, ...]) -> Schema:
    """The schema of what `Form.read` gives in `values`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": form_id,
        **_object(nodes),
    }


def _object(nodes: tuple[Node, ...]) -> Schema:
    made: Schema = {"type": "object", "properties": {}, "additionalProperties": False}
    _add(nodes, made, certain=True)
    return made


def _add(nodes: tuple[Node, ...], made: Schema, *, certain: bool) -> None:
    for node in nodes:
        sure = certain and node.hide is None
        match node:
            case Field():
                _put(made, node.key, _field(node), needed=sure and node.required)
            case Computed():
                _put(made, node.key, {"title": node.label or node.key, "readOnly": True})
            case Group(path=""):
                _add(node.nodes, made, certain=sure)
            case Group():
                inner = made["properties"].get(node.path) or _object(())
                _add(node.nodes, inner, certain=sure)
                _put(made, node.path, inner, needed=sure and bool(inner.get("required")))
            case Repeat():
                _put(made, node.path, _list(node), needed=sure)
            case _:
                pass


def _put(made: Schema, key: str, schema: Schema, *, needed: bool = False) -> None:
    made["properties"][key] = schema
    if needed and key not in made.setdefault("required", []):
        made["required"].append(key)


def _list(node: Repeat) -> Schema:
    return {
        "title": node.label,
        "type": "array",
        "items": _object(node.nodes),
        "minItems": node.min_rows,
        "maxItems": node.max_rows,
    }


def _field(node: Field) -> Schema:
    told: Schema = {"title": node.label} | ({"description": node.hint} if node.hint else {})
    if node.is_file:
        least = {"minItems": 1} if node.required else {}
        most = node.max_files if node.multiple else 1
        return told | {"type": "array", "items": _FILE, "maxItems": most} | least
    if node.kind in {"checklist", "taglist"}:
        least = {"minItems": 1} if node.required else {}
        return told | {"type": "array", "items": _one(node), "uniqueItems": True} | least
    if node.kind == "checkbox":
        return told | {"type": "boolean"} | ({"const": True} if node.required else {})
    schema = _one(node)
    if not node.required:
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    return told | schema


def _one(node: Field) -> Schema:
    schema = dict(FORMATS[node.format].schema)
    options = countries() if node.format == "pays" else node.options
    if options:
        return {"type": "string", "enum": [option.value for option in options]}
    if node.kind in {"radio", "select", "checklist", "taglist"}:
        return {"type": "string"}
    bounds = {
        "minLength": node.min_length,
        "maxLength": node.max_length,
        "minimum": _fixed(node.minimum),
        "maximum": _fixed(node.maximum),
    }
    if node.decimals == 0 and schema.get("type") == "number":
        schema["type"] = "integer"
    return schema | {key: value for key, value in bounds.items() if value is not None}


def _fixed(bound: str | None) -> float | None:
    return None if bound is None or bound.startswith("=") else float(bound)
