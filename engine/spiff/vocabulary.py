"""The words of BPMN 2.0 that this engine reads, those that are only drawn, and the rest.

An attribute and a child element never share a name inside one kind of element, so that one set
of names holds both. What is in no set is told to the designer, in the words of `remedies`.
"""

from engine.spiff.kinds import CONTAINERS, EVENT_DEFINITIONS, GATEWAYS, NODES, TASKS

_EVERYWHERE = frozenset({"id", "name", "documentation", "extensionElements"})
_LOOPS = "standardLoopCharacteristics multiInstanceLoopCharacteristics "
_DEFINITIONS = " ".join(EVENT_DEFINITIONS) + " "
_ACTIVITY = "isForCompensation startQuantity completionQuantity default " + _LOOPS
_EVENT = "eventDefinitionRef " + _DEFINITIONS
_CATCH = "parallelMultiple " + _EVENT
_INSIDE = "laneSet sequenceFlow " + " ".join(NODES) + " "
_SUB_PROCESS = "triggeredByEvent " + _ACTIVITY + _INSIDE
EXPRESSIONS = frozenset(
    [
        "conditionExpression",
        "loopCondition",
        "loopCardinality",
        "completionCondition",
        "activationCondition",
        "condition",
        "timeDate",
        "timeDuration",
        "timeCycle",
    ]
)
TEXTS = EXPRESSIONS | {
    "script",
    "flowNodeRef",
    "eventDefinitionRef",
    "loopDataInputRef",
    "loopDataOutputRef",
}

_READ = {
    "definitions": "expressionLanguage process collaboration message signal error escalation "
    + _DEFINITIONS,
    "process": "isExecutable processType " + _INSIDE,
    "laneSet": "lane",
    "childLaneSet": "lane",
    "lane": "flowNodeRef childLaneSet",
    "sequenceFlow": "sourceRef targetRef conditionExpression",
    **dict.fromkeys(TASKS, _ACTIVITY),
    "scriptTask": "script scriptFormat " + _ACTIVITY,
    "sendTask": "messageRef " + _ACTIVITY,
    "receiveTask": "messageRef instantiate " + _ACTIVITY,
    "callActivity": "calledElement " + _ACTIVITY,
    "subProcess": _SUB_PROCESS,
    "transaction": _SUB_PROCESS,
    "adHocSubProcess": "ordering cancelRemainingInstances completionCondition "
    + _SUB_PROCESS,
    "exclusiveGateway": "default",
    "inclusiveGateway": "default",
    "parallelGateway": "",
    "eventBasedGateway": "instantiate eventGatewayType",
    "complexGateway": "activationCondition default",
    "startEvent": "isInterrupting " + _CATCH,
    "intermediateCatchEvent": _CATCH,
    "boundaryEvent": "cancelActivity attachedToRef " + _CATCH,
    "intermediateThrowEvent": _EVENT,
    "endEvent": _EVENT,
    "standardLoopCharacteristics": "testBefore loopMaximum loopCondition",
    "multiInstanceLoopCharacteristics": "isSequential behavior oneBehaviorEventRef "
    "noneBehaviorEventRef loopCardinality loopDataInputRef loopDataOutputRef inputDataItem "
    "outputDataItem complexBehaviorDefinition completionCondition",
    "complexBehaviorDefinition": "condition event",
    "event": _EVENT,
    "messageEventDefinition": "messageRef",
    "signalEventDefinition": "signalRef",
    "errorEventDefinition": "errorRef",
    "escalationEventDefinition": "escalationRef",
    "timerEventDefinition": "timeDate timeDuration timeCycle",
    "conditionalEventDefinition": "condition",
    "compensateEventDefinition": "activityRef waitForCompletion",
    "error": "errorCode",
    "escalation": "escalationCode",
    **dict.fromkeys(EXPRESSIONS, "language"),
}

_NODE_DRAWN = "incoming outgoing categoryValueRef"
_ARTIFACTS = "textAnnotation group association"
_DATA = "dataObject dataObjectReference dataStoreReference"
_DRAWN = {
    "definitions": "targetNamespace exporter exporterVersion typeLanguage dataStore category",
    "process": f"definitionalCollaborationRef {_DATA} {_ARTIFACTS}",
    "collaboration": f"messageFlow {_ARTIFACTS}",
    "participant": "processRef",
    "sequenceFlow": "categoryValueRef",
    **dict.fromkeys(NODES, _NODE_DRAWN),
    **dict.fromkeys(GATEWAYS, f"gatewayDirection {_NODE_DRAWN}"),
    **dict.fromkeys(CONTAINERS, f"{_NODE_DRAWN} {_DATA} {_ARTIFACTS}"),
    "linkEventDefinition": "source target",
}

READ = {kind: frozenset(names.split()) for kind, names in _READ.items()}
READ["collaboration"] = frozenset({"participant"})
DRAWN = {kind: frozenset(names.split()) for kind, names in _DRAWN.items()}

SAYS_NOTHING = {
    "isClosed": ("false", "0"),
    "isImmediate": ("true", "1"),
    "isCollection": ("false", "0"),
    "method": ("##Compensate",),
}
"""Values of unread attributes that say what is so without them."""
_WEB_SERVICE = frozenset({"serviceTask", "sendTask", "receiveTask"})
THINGS_OF = CONTAINERS | {
    "definitions",
    "process",
    "collaboration",
    "laneSet",
    "childLaneSet",
}
"""What these hold is named by its own id and name in a sentence; the rest by what is around."""


def is_read(kind: str, name: str) -> bool:
    """Whether the engine uses this attribute or child of this kind of element."""
    if name in _EVERYWHERE:
        return name not in ("documentation", "extensionElements") or kind not in TEXTS
    return name in READ.get(kind, ())


def is_drawn(kind: str, name: str) -> bool:
    """Whether it is there for the eye alone."""
    return name in DRAWN.get(kind, ())


def says_nothing(kind: str, name: str, value: str) -> bool:
    """Whether an unread attribute only repeats the standard's default."""
    if name == "implementation":
        return value == "##unspecified" or (
            value == "##WebService" and kind in _WEB_SERVICE
        )
    return value in SAYS_NOTHING.get(name, ())
