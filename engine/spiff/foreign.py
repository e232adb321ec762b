"""What other tools write in a diagram: what is only drawn, and what stands for it here."""

DRAWN_SPACES = frozenset(
    [
        "http://www.w3.org/2001/XMLSchema-instance",
        "http://www.w3.org/XML/1998/namespace",
        "http://bpmn.io/schema/bpmn/biocolor/1.0",
        "http://www.omg.org/spec/BPMN/non-normative/color/1.0",
        "http://camunda.org/schema/modeler/1.0",
        "http://www.omg.org/spec/BPMN/20100524/DI",
        "http://www.omg.org/spec/DD/20100524/DC",
        "http://www.omg.org/spec/DD/20100524/DI",
    ]
)
"""Colours, positions, the version of the tool."""
NOTES = {
    "http://www.signavio.com": "Signavio",
    "http://www.bizagi.com/bpmn20": "Bizagi",
    "http://www.bpsim.org/schemas/1.0": "la simulation (BPSim)",
    "http://www.bpsim.org/schemas/2.0": "la simulation (BPSim)",
}
"""Notes that a tool keeps for itself: a single warning for the whole file."""

_FORM = "donnez un formulaire du dossier par ebg:form"
_OPERATION = "nommez une opération par serviceTaskOperator"
_DATA = (
    "dites les données par les paramètres de l'opération, ebg:in et ebg:out, ou un script"
)
_GROUP = "dites qui agit par un couloir ou par ebg:role"
_ALONE = "ôtez cela, les appels partent après la transaction et se répètent d'eux-mêmes"
_DECISION = "nommez la décision par calledDecisionId, et son résultat par ebg:result"
_CALLED = "nommez le processus par calledElement, le moteur choisit sa version"
_REPEAT = "dites la collection par loopDataInputRef et l'élément par inputDataItem"
_LISTENER = "dessinez l'étape : une tâche de script ou de service"
_VARIABLE = "nommez la donnée reçue par variableName"
_RESULT = (
    "nommez la donnée rendue par resultVariable (opération), ebg:result (décision) ou une "
    "entrée du script"
)
_NOTHING = "ôtez cela, rien ici n'y répond"
MOST_SHOWN = 20
_BY_CURE = {
    "prenez ebg:assignee": "assignee",
    "prenez ebg:assignee et ebg:role": "assignmentDefinition",
    _GROUP: "candidateGroups candidateUsers potentialStarter candidateStarterGroups "
    "candidateStarterUsers",
    _FORM: "formKey formRef formRefBinding formRefVersion formData formField formProperty "
    "formDefinition formHandlerClass userTaskForm",
    "prenez ebg:due": "dueDate",
    "prenez ebg:follow_up": "followUpDate",
    "prenez ebg:due et ebg:follow_up": "taskSchedule",
    "prenez ebg:priority": "priority priorityDefinition",
    _OPERATION: "class delegateExpression expression type topic taskPriority taskDefinition "
    "taskHeaders connector field mail packageName taskName ruleVariablesInput",
    _RESULT: "resultVariable resultVariableName",
    _DECISION: "decisionRef decisionRefBinding decisionRefVersion decisionRefTenantId "
    "mapDecisionResult calledDecision ruleFlowGroup",
    _CALLED: "calledElement calledElementBinding calledElementVersion calledElementTenantId "
    "calledElementVersionTag calledElementType",
    _DATA: "inputOutput ioMapping in out variableMappingClass "
    "variableMappingDelegateExpression outputVariable",
    _REPEAT: "collection elementVariable elementIndexVariable loopCharacteristics",
    _LISTENER: "executionListener executionListeners taskListener taskListeners eventListener "
    "onEntry-script onExit-script",
    _ALONE: "asyncBefore asyncAfter async exclusive jobPriority failedJobRetryTimeCycle "
    "retryTimeCycle triggerable",
    "écrivez un contexte FEEL dans le script": "resource script autoStoreVariables",
    "prenez ebg:correlation": "subscription",
    _VARIABLE: "errorCodeVariable errorMessageVariable escalationCodeVariable "
    "variableName errorVariableName",
    "prenez les propriétés ebg:…": "properties property metaData",
}
_CURES = {name: text for text, names in _BY_CURE.items() for name in names.split()}


def cure(name: str) -> str:
    """What to write here instead of another engine's extension."""
    return _CURES.get(name, _NOTHING)


def sentence(written: dict[str, list[str]]) -> str:
    """What is said of one element: the foreign names, by what to write instead."""
    if len(written) > 1:
        parts = [f"{_listed(names)} ({text})" for text, names in written.items()]
        return f"d'un autre moteur, seraient ignorés par celui-ci : {' ; '.join(parts)}"
    [(text, names)] = written.items()
    what = "serait ignoré" if len(names) == 1 else "seraient ignorés"
    return f"{_listed(names)} {what} par ce moteur : {text}"


def _listed(names: list[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} et {last}" if others else last
