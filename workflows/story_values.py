"""The values of a story: FEEL in their texts, some of them replaced, read by dotted paths."""

from collections.abc import Mapping
from typing import Any

import orjson

from engine import feel


def resolved(value: Any) -> Any:
    """A value of a story, with its texts that begin with `=` evaluated as FEEL."""
    match value:
        case str() if value.startswith("="):
            return feel.plain(feel.compile(value).evaluate({}))
        case dict():
            return {key: resolved(inner) for key, inner in value.items()}
        case list():
            return [resolved(inner) for inner in value]
        case _:
            return value


def replaced(values: Any, changes: Mapping[str, Any]) -> Any:
    """Values with some replaced, named by dotted paths."""
    made = orjson.loads(orjson.dumps(values))
    for path, value in changes.items():
        *parents, last = path.split(".")
        place = made
        for parent in parents:
            place = place[int(parent)] if isinstance(place, list) else place[parent]
        if isinstance(place, list):
            place[int(last)] = resolved(value)
        else:
            place[last] = resolved(value)
    return made


def at(data: Any, path: str) -> Any:
    """What data hold at a dotted path; None where there is nothing."""
    for part in path.split("."):
        if isinstance(data, list):
            data = data[int(part)] if part.isdigit() and int(part) < len(data) else None
        else:
            data = data.get(part) if isinstance(data, dict) else None
    return data
