"""What an XML file says that our engine would not do, seen element by element.

Each becomes a sentence at publication, so that nothing a designer drew is ignored in silence.
"""

from collections.abc import Iterator
from typing import Any

from engine.spiff.errors import Problem
from engine.spiff.reading import local, namespace

_BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
_SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"
_ENGINES = (
    "camunda",
    "zeebe",
    "flowable",
    "activiti",
    "bonita",
    "jboss",
    "drools",
    "operaton",
)
_DRAWN_ONLY = frozenset({"http://www.w3.org/2001/XMLSchema-instance", ""})
_KNOWN_EXTENSIONS = frozenset(
    [
        "properties",
        "property",
        "serviceTaskOperator",
        "parameters",
        "parameter",
        "calledDecisionId",
        "messagePayload",
        "messageVariable",
        "variableName",
        "payloadExpression",
    ]
)

_UNSUPPORTED = {
    "ioSpecification": "les entrées et sorties déclarées (ioSpecification) seraient ignorées ; "
    "les données du dossier circulent d'elles-mêmes",
    "dataInputAssociation": "l'association de données serait ignorée ; les données du dossier "
    "circulent d'elles-mêmes",
    "dataOutputAssociation": "l'association de données serait ignorée ; les données du dossier "
    "circulent d'elles-mêmes",
    "complexBehaviorDefinition": "le comportement multi-instance complexe n'est pas exécuté",
    "correlationKey": "les clés de corrélation BPMN seraient ignorées : utilisez la propriété "
    "ebg:correlation sur l'événement",
}


def oddities(file: str, root: Any) -> Iterator[Problem]:
    """Problems of one file: foreign extensions, ignored attributes, unsupported elements."""
    for element in root.iter():
        owner = _owner(element)
        if namespace(element) == _BPMN:
            for message in _said(element):
                yield Problem(file, owner.get("id"), owner.get("name"), message)
        elif namespace(element) == _SPIFF and local(element) not in _KNOWN_EXTENSIONS:
            message = f"l'extension spiffworkflow:{local(element)} serait ignorée"
            yield Problem(file, owner.get("id"), owner.get("name"), message)
        elif engine := _engine(namespace(element)):
            message = f"l'extension {engine}:{local(element)} serait ignorée par ce moteur"
            yield Problem(file, owner.get("id"), owner.get("name"), message)
        for name in element.attrib:
            space = name[1:].split("}")[0] if name.startswith("{") else ""
            if engine := _engine(space):
                message = (
                    f"l'attribut {engine}:{local_name(name)} serait ignoré par ce moteur"
                )
                yield Problem(file, owner.get("id"), owner.get("name"), message)


def local_name(name: str) -> str:
    """An attribute's name without its namespace."""
    return name.rsplit("}", 1)[-1]


def _said(element: Any) -> Iterator[str]:
    kind = local(element)
    if kind in _UNSUPPORTED:
        yield _UNSUPPORTED[kind]
    if element.get("isForCompensation") == "true":
        yield "la compensation n'est pas exécutée par ce moteur"
    for quantity in ("startQuantity", "completionQuantity"):
        if element.get(quantity, "1") != "1":
            yield f"l'attribut {quantity} n'est pas exécuté par ce moteur"
    if (
        kind == "multiInstanceLoopCharacteristics"
        and element.get("behavior", "All") != "All"
    ):
        yield "le comportement multi-instance (behavior) n'est pas exécuté par ce moteur"
    if element.get("triggeredByEvent") == "true":
        yield "le sous-processus déclenché par un événement n'est pas exécuté par ce moteur"
    if element.get("parallelMultiple") == "true":
        yield "un événement multiple parallèle n'est pas exécuté par ce moteur"
    if kind == "receiveTask" and element.get("instantiate") == "true":
        yield "une tâche de réception ne peut pas démarrer le processus"
    if kind == "eventBasedGateway" and element.get("instantiate") == "true":
        yield "une passerelle d'événements ne peut pas démarrer le processus"
    script_format = (element.get("scriptFormat") or "feel").lower()
    if kind == "scriptTask" and "feel" not in script_format:
        yield f"le script est en {script_format} : seul un contexte FEEL est accepté"


def _owner(element: Any) -> Any:
    """The nearest element around that a designer can click on."""
    while element.getparent() is not None:
        kind = local(element)
        if element.get("id") and not kind.endswith(("Characteristics", "Definition")):
            return element
        element = element.getparent()
    return element


def _engine(space: str) -> str | None:
    if space in _DRAWN_ONLY:
        return None
    return next((name for name in _ENGINES if name in space.lower()), None)
