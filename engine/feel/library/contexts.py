"""Functions on contexts: reading and making them by key."""

from typing import Any

from engine.feel.errors import Undefined
from engine.feel.functions import function
from engine.feel.limits import Run


@function("get value", "m: context", "key: string")
def get_value(run: Run, context: dict[str, Any], key: str) -> Any:
    if key not in context:
        raise Undefined(f"il n'y a pas de clé « {key} »")
    return context[key]


@function("get entries", "m: context")
def get_entries(run: Run, context: dict[str, Any]) -> list[dict[str, Any]]:
    run.spend(len(context))
    return [{"key": key, "value": value} for key, value in context.items()]


@function("context", "entries: list")
def context(run: Run, entries: list[Any]) -> dict[str, Any]:
    run.spend(len(entries))
    made: dict[str, Any] = {}
    for entry in entries:
        if not isinstance(entry, dict) or "value" not in entry:
            raise Undefined("chaque entrée a une clé (key) et une valeur (value)")
        key = entry.get("key")
        if not isinstance(key, str) or key in made:
            raise Undefined("les clés sont des textes, tous différents")
        made[key] = entry["value"]
    return made


@function("context put", "context: context", "key: any", "value: any")
def context_put(run: Run, base: dict[str, Any], key: Any, value: Any) -> dict[str, Any]:
    """Under a key, or under keys that lead to an inner context."""
    keys = key if isinstance(key, list) else [key]
    return _put(run, base, keys, value)


@function("context put", "context: context", "keys: list", "value: any")
def _put(run: Run, base: dict[str, Any], keys: list[Any], value: Any) -> dict[str, Any]:
    if not keys or not all(isinstance(key, str) for key in keys):
        raise Undefined("les clés sont des textes")
    run.spend(len(base) + len(keys))
    first, *rest = keys
    if not rest:
        return {**base, first: value}
    inner = base.get(first)
    if inner is not None and not isinstance(inner, dict):
        raise Undefined(f"« {first} » n'est pas un contexte")
    return {**base, first: _put(run, inner or {}, rest, value)}


@function("context merge", "contexts: list")
def context_merge(run: Run, contexts: list[Any]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for one in contexts:
        if not isinstance(one, dict):
            raise Undefined("la liste ne contient pas que des contextes")
        run.spend(len(one))
        merged |= one
    return merged
