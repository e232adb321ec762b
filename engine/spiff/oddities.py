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
    if kind == "process" and element.get("processType") == "Public":
        yield "un processus public n'est pas exécuté : il décrit ce qu'un partenaire en voit"
    if kind == "subProcess" and element.get("method", "##Compensate") != "##Compensate":
        yield "une transaction n'est annulée que par compensation"
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
