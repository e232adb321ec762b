"""Which of our own extensions are read on which kind of element; elsewhere they are refused."""

from engine.spiff.kinds import CONTAINERS, EVENTS, NODES

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
INSIDE = {
    "properties": ({"property"}, set()),
    "property": (set(), {"name", "value"}),
    "serviceTaskOperator": ({"parameters"}, {"id", "resultVariable"}),
    "parameters": ({"parameter"}, set()),
    "parameter": (set(), {"id", "type", "value"}),
}
"""For each extension: the elements and the attributes that it may hold."""
TWINS = {"payloadExpression": "messagePayload", "variableName": "messageVariable"}
"""Two names of one thing: only one of them may be written."""

_PEOPLE = "form into role assignee organisation priority due follow_up milestone"
_CALL = "in out milestone"
_KEYS = {
    **dict.fromkeys(NODES, "milestone"),
    **dict.fromkeys((*EVENTS, "sendTask", "receiveTask"), "correlation milestone"),
    "startEvent": "form into correlation milestone",
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

CURES = {
    "preScript": "écrivez une tâche de script avant celle-ci",
    "postScript": "écrivez une tâche de script après celle-ci",
    "unitTests": "racontez-le dans scenarios.json",
    "instructionsForEndUser": "écrivez-le dans le formulaire ou dans la documentation",
    "guestConfirmation": "écrivez-le dans le formulaire",
    "allowGuest": "dites qui agit par ebg:role",
    "formJsonSchemaFilename": "prenez ebg:form",
    "formUiSchemaFilename": "prenez ebg:form",
}


def is_read(kind: str, extension: str) -> bool:
    """Whether the engine reads this extension on this kind of element."""
    if extension == "properties":
        return kind in _PROPERTIES
    if extension in _EXCHANGE:
        return kind in _EXCHANGES
    return _OWN.get(kind) == extension
