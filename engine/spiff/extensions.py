"""Which of our own extensions are read on which kind of element; elsewhere they are refused."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from engine.spiff.kinds import CONTAINERS, EVENTS, NODES
from engine.spiff.notation import SPIFF
from engine.spiff.reading import local, namespace

_EVENT_DEFINITIONS = (
    "messageEventDefinition",
    "signalEventDefinition",
    "errorEventDefinition",
    "escalationEventDefinition",
)
_NAMED = ("message", "signal", "error", "escalation")
_EXCHANGE = frozenset(
    {"messagePayload", "payloadExpression", "messageVariable", "variableName"}
)
_EXCHANGES = {*EVENTS, *_EVENT_DEFINITIONS, *_NAMED, "sendTask", "receiveTask"}
_PROPERTIES = NODES | {"process", "lane"}
_OWN = {"serviceTask": "serviceTaskOperator", "businessRuleTask": "calledDecisionId"}
_INSIDE: dict[str, tuple[set[str], set[str]]] = {
    "properties": ({"property"}, set()),
    "property": (set(), {"name", "value"}),
    "serviceTaskOperator": ({"parameters"}, {"id", "resultVariable"}),
    "parameters": ({"parameter"}, set()),
    "parameter": (set(), {"id", "type", "value"}),
}
_NOTHING: tuple[set[str], set[str]] = (set(), set())
"""For each extension: the elements and the attributes that it may hold."""
_TWINS = {"payloadExpression": "messagePayload", "variableName": "messageVariable"}
"""Two names of one thing: only one of them may be written."""

_PEOPLE = (
    "form into role assignee organisation priority due follow_up signature subject page "
    "to_approve to_refuse milestone"
)
_CALL = "in out at milestone"
_KEYS = {
    **dict.fromkeys(NODES, "milestone"),
    **dict.fromkeys((*EVENTS, "sendTask", "receiveTask"), "correlation milestone"),
    "startEvent": "form into role correlation milestone",
    "userTask": _PEOPLE,
    "manualTask": _PEOPLE,
    "businessRuleTask": "result milestone",
    **dict.fromkeys((*CONTAINERS, "callActivity"), _CALL),
    "process": "title searchable",
    "lane": "role",
}
KEYS = {
    kind: frozenset(f"ebg:{key}" for key in keys.split()) for kind, keys in _KEYS.items()
}
"""The `ebg:` keys that are read, by kind of element."""

_CURES = {
    "preScript": "écrivez une tâche de script avant celle-ci",
    "postScript": "écrivez une tâche de script après celle-ci",
    "unitTests": "racontez-le dans scenarios.json",
    "instructionsForEndUser": "écrivez-le dans le formulaire ou dans la documentation",
    "guestConfirmation": "écrivez-le dans le formulaire",
    "allowGuest": "dites qui agit par ebg:role",
    "formJsonSchemaFilename": "prenez ebg:form",
    "formUiSchemaFilename": "prenez ebg:form",
}


def is_read(around: Any, extension: Any) -> bool:
    """Whether the engine reads this extension where it is written."""
    name = local(extension)
    if namespace(around) == SPIFF:
        return name in _INSIDE.get(local(around), _NOTHING)[0]
    if local(around) != "extensionElements":
        return False
    kind = local(around.getparent())
    if name == "properties":
        return kind in _PROPERTIES
    if name in _EXCHANGE:
        return kind in _EXCHANGES
    return _OWN.get(kind) == name


def unread(extension: Any) -> str:
    """The sentence for an extension that the engine would ignore."""
    name = local(extension)
    cure = _CURES.get(name, "ôtez-la, ou mettez-la sur l'élément qu'elle concerne")
    return f"l'extension spiffworkflow:{name[:100]} serait ignorée : {cure}"


def faults(extension: Any) -> Iterator[str]:
    """What is wrong inside one of our extensions, as sentences."""
    kind = local(extension)
    read = _INSIDE.get(kind, _NOTHING)[1]
    for name in extension.attrib:
        if name not in read:
            yield f"l'attribut « {name[:100]} » de {kind} serait ignoré : ôtez-le"
    if kind == "properties":
        yield from _properties(extension)
    if kind == "parameters":
        ids = Counter(child.get("id") or "" for child in extension.iterchildren())
        for key, number in ids.items():
            if not key:
                yield "un paramètre n'a pas d'identifiant (id)"
            elif number > 1:
                yield f"le paramètre « {key[:100]} » est écrit deux fois"


def twice(extension_elements: Any) -> Iterator[str]:
    """Extensions of which the engine reads the first."""
    names = [local(child) for child in extension_elements.iterchildren(f"{{{SPIFF}}}*")]
    for name, number in Counter(_TWINS.get(n, n) for n in names).items():
        if number > 1:
            yield f"l'extension spiffworkflow:{name[:100]} est écrite deux fois"


def _properties(element: Any) -> Iterator[str]:
    keys = KEYS[local(element.getparent().getparent())]
    given = Counter(child.get("name") or "" for child in element.iterchildren())
    for name, number in given.items():
        if not name:
            yield "une propriété n'a pas de nom (name)"
        elif number > 1:
            yield f"la propriété {name[:100]} est écrite deux fois"
        elif name not in keys:
            cure = _CURES.get(name) or f"ici se lisent {', '.join(sorted(keys))}"
            yield f"la propriété {name[:100]} serait ignorée : {cure}"
