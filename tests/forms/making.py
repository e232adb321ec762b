"""Small forms, made of components, for the tests of this room."""

from pathlib import Path
from typing import Any

import orjson

from forms import Form, compile_form

SAMPLE = Path(__file__).with_name("investment_aid.form.json")

PDF = {"sha256": "a" * 64, "name": "rib.pdf", "media_type": "application/pdf", "size": 2048}
PNG = {"sha256": "b" * 64, "name": "plan.png", "media_type": "image/png", "size": 10}


def source(*components: dict[str, Any], **more: Any) -> bytes:
    return orjson.dumps({"type": "default", "id": "test", "components": components} | more)


def form(*components: dict[str, Any]) -> Form:
    return compile_form(source(*components))


def ask(kind: str, key: str = "q", label: str = "Question", **more: Any) -> dict[str, Any]:
    """A component; `ebg_type="siret"` and other `ebg_…` become properties."""
    properties = {
        "ebg:" + name.removeprefix("ebg_"): more.pop(name)
        for name in list(more)
        if name.startswith("ebg_")
    }
    made = {"type": kind, "key": key, "label": label} | more
    return made | ({"properties": properties} if properties else {})


def text(key: str = "q", label: str = "Question", **more: Any) -> dict[str, Any]:
    return ask("textfield", key, label, **more)


def choice(kind: str, key: str = "q", *values: str, **more: Any) -> dict[str, Any]:
    options = [{"value": value, "label": value.upper()} for value in values or ("a", "b")]
    return ask(kind, key, values=options, **more)


def group(label: str, *components: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "group", "label": label, "components": components} | more


def many(path: str, *components: dict[str, Any], **more: Any) -> dict[str, Any]:
    made = ask(
        "dynamiclist", label=path.capitalize(), path=path, components=components, **more
    )
    del made["key"]
    return made


def hide(expression: str) -> dict[str, Any]:
    return {"hide": "=" + expression}


REQUIRED = {"required": True}


def sample() -> Form:
    return compile_form(SAMPLE.read_bytes())
