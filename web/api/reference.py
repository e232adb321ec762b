"""The page that describes the API to people, made of its own description."""

from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from engine.webhooks import EVENTS
from web.api.declaring import OPERATIONS
from web.api.hooks import EVENT_NAMES
from web.api.openapi import TAGS, description
from web.api.problems import CURES, TITLES
from web.api.settings import SCOPES
from web.auth import public

bp = Blueprint("api_reference", __name__)


@bp.app_template_filter()
def coded(text: str) -> Markup:
    """A sentence of a docstring, what stands between backquotes being code."""
    code, pieces = Markup("<code>{}</code>"), enumerate(text.split("`"))
    return Markup().join(code.format(one) if i % 2 else one for i, one in pieces)


@bp.get("/api")
@public
def index() -> ResponseReturnValue:
    """Every operation, with what it asks, answers and refuses."""
    told = description()
    operations = [(one, told["paths"][one.path][one.method.lower()]) for one in OPERATIONS]
    return render_template(
        "api/reference.html",
        told=told,
        groups=[(tag, [one for one in operations if one[0].tag == tag]) for tag in TAGS],
        scopes=SCOPES,
        statuses=[(status, TITLES[status], CURES[status]) for status in CURES],
        kinds={event: EVENT_NAMES[event] for event in EVENTS},
        fields=fields,
    )


def fields(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The fields of an object of the description, each with its type in short."""
    found = _resolved(schema)
    needed = set(found.get("required", []))
    return [
        {
            "name": name,
            "type": kind(inner),
            "required": name in needed,
            "about": inner.get("description", ""),
        }
        for name, inner in found.get("properties", {}).items()
    ]


def kind(schema: dict[str, Any]) -> str:
    """A type, in a few signs: `text`, `uuid | null`, `Task[]`."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " | ".join(kind(one) for one in schema["anyOf"])
    if "const" in schema:
        return str(schema["const"])
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"{kind(schema.get('items', {}))}[]"
    return str(schema.get("format") or schema.get("type") or "any")


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    name = schema["$ref"].rpartition("/")[2]
    found: dict[str, Any] = description()["components"]["schemas"][name]
    return found
