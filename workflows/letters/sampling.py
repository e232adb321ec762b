"""What a letter would be given by the diagrams that compose it, on data one tries it with."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from engine import feel
from engine.spiff import dialect
from engine.spiff.diagram import Operator
from engine.spiff.errors import DiagramRefused

COMPOSE = "letters.compose"
_BEGINS = re.compile(r'=?\s*"([^"]+)"\s*\+')
_ENTRY = re.compile(r"(\w+)\s*:\s*([\w.]+)\s*(?:,|$)")


def arguments(
    files: Mapping[str, bytes], key: str, letter: str, data: Mapping[str, Any]
) -> dict[str, Any]:
    """The arguments of `compose`, as the diagram that writes this letter computes them.

    What the diagrams do not say, or cannot be computed on these data, is absent. A letter
    that no diagram composes is given all the data as they are.
    """
    call = _call(files, key, letter, data)
    if call is None:
        return {"data": dict(data)}
    found = {
        name: _value(source, data)
        for name, source in call.parameters.items()
        if name != "template"
    }
    return {name: value for name, value in found.items() if value is not None}


def handed(files: Mapping[str, bytes], key: str, letter: str) -> dict[str, str]:
    """The names that the diagram hands to this letter, each with the FEEL that gives it."""
    call = _call(files, key, letter, {})
    source = call.parameters.get("data", "") if call else ""
    return dict(_ENTRY.findall(source.strip("={} ")))


def _call(
    files: Mapping[str, bytes], key: str, letter: str, data: Mapping[str, Any]
) -> Operator | None:
    calls = list(_calls(files, key))
    named = {id(one): one.parameters.get("template", "") for one in calls}
    exact = [one for one in calls if _value(named[id(one)], data) == letter]
    # « notification_ » + outcome, before there is an outcome
    like = [
        one
        for one in calls
        if (found := _BEGINS.match(named[id(one)])) and letter.startswith(found[1])
    ]
    return next(iter([*exact, *like]), None)


def _calls(files: Mapping[str, bytes], key: str) -> Iterator[Operator]:
    try:
        facts, _problems = dialect.read(files, key)
    except DiagramRefused:
        return
    for scope in facts.scopes.values():
        for node in scope.nodes:
            if node.operator and node.operator.name == COMPOSE:
                yield node.operator


def _value(source: str, data: Mapping[str, Any]) -> Any:
    try:
        return feel.plain(feel.compile(source).evaluate(data))
    except feel.FeelError:
        return None
