"""Two versions of a diagram: elements added, removed, moved to another lane, changed.

Read from the XML, not from what the engine runs: notes, data objects and drawn things are
compared too, and a property that nothing reads yet is not silently lost.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from engine.spiff.kinds import EVENT_DEFINITIONS
from engine.spiff.reading import local, parse
from workflows.comparing.changes import Change, Detail, Thing, differences, unique
from workflows.comparing.trees import facts, in_namespace, named

BPMN = "omg.org/spec/BPMN/20100524/MODEL"
DI = "omg.org/spec/BPMN/20100524/DI"

KINDS = {
    "definitions": "Fichier", "collaboration": "Collaboration", "participant": "Couloir principal",
    "process": "Procédure", "lane": "Couloir", "subProcess": "Sous-processus",
    "transaction": "Transaction", "adHocSubProcess": "Sous-processus libre",
    "task": "Tâche", "userTask": "Tâche d’une personne", "manualTask": "Tâche hors de l’outil",
    "serviceTask": "Tâche automatique", "scriptTask": "Calcul", "sendTask": "Envoi",
    "businessRuleTask": "Décision par une table", "receiveTask": "Attente d’un message",
    "callActivity": "Appel d’une procédure", "exclusiveGateway": "Choix",
    "parallelGateway": "Branches parallèles", "inclusiveGateway": "Choix multiple",
    "eventBasedGateway": "Choix par événement", "complexGateway": "Passerelle complexe",
    "startEvent": "Début", "endEvent": "Fin", "boundaryEvent": "Événement attaché",
    "intermediateCatchEvent": "Attente d’un événement", "intermediateThrowEvent": "Événement émis",
    "sequenceFlow": "Flèche", "messageFlow": "Flux de message", "association": "Association",
    "textAnnotation": "Note", "dataObjectReference": "Document", "dataObject": "Donnée",
    "dataStoreReference": "Base de données", "message": "Message", "signal": "Signal",
    "error": "Erreur", "escalation": "Escalade", "group": "Cadre",
}  # fmt: skip

WORDS = {
    "name": "nom", "text": "texte", "parameter": "paramètre", "documentation": "documentation",
    "conditionExpression": "condition", "sourceRef": "départ", "targetRef": "arrivée",
    "attachedToRef": "attaché à", "cancelActivity": "interrompt", "isInterrupting": "interrompt",
    "default": "chemin par défaut", "serviceTaskOperator": "opération", "id": "nom",
    "resultVariable": "résultat", "calledDecisionId": "décision", "script": "calcul",
    "timerEventDefinition": "minuteur", "timeDuration": "durée", "timeDate": "date",
    "timeCycle": "répétition", "messageEventDefinition": "message",
    "signalEventDefinition": "signal", "errorEventDefinition": "erreur",
    "escalationEventDefinition": "escalade", "conditionalEventDefinition": "condition",
    "terminateEventDefinition": "arrête tout", "messageRef": "message", "signalRef": "signal",
    "errorRef": "erreur", "errorCode": "code de l’erreur", "messageVariable": "résultat du message",
    "calledElement": "procédure appelée", "ebg:form": "formulaire", "ebg:into": "réponses dans",
    "ebg:role": "rôle", "ebg:due": "échéance", "ebg:assignee": "attribuée à",
    "ebg:milestone": "jalon", "ebg:title": "titre des dossiers", "ebg:searchable": "recherche",
    "ebg:organisation": "organisme", "ebg:priority": "priorité", "ebg:follow_up": "relance",
    "ebg:at": "commence à", "ebg:subject": "objet", "ebg:page": "salle", "ebg:signature": "signature",
    "ebg:to_approve": "à remplir pour viser ou signer", "ebg:to_refuse": "à remplir pour refuser",
    "multiInstanceLoopCharacteristics": "répétition", "standardLoopCharacteristics": "boucle",
    "isSequential": "l’une après l’autre", "isExecutable": "exécutable",
    "processRef": "procédure", "targetNamespace": "espace de noms", "correlation": "corrélation",
}  # fmt: skip

_REFERENCES = frozenset(
    [
        "sourceRef",
        "targetRef",
        "attachedToRef",
        "default",
        "messageRef",
        "signalRef",
        "errorRef",
        "escalationRef",
        "processRef",
        "calledElement",
        "dataObjectRef",
    ]
)
_LANE, _AROUND = "couloir", "contenu dans"
_TOLD_ELSEWHERE = frozenset({"incoming", "outgoing", "flowNodeRef"})
_PARTS = EVENT_DEFINITIONS | {
    "laneSet", "childLaneSet", "extensionElements", "documentation", "conditionExpression",
    "multiInstanceLoopCharacteristics", "standardLoopCharacteristics", "loopCardinality",
    "loopCondition", "completionCondition", "activationCondition", "condition", "timeDate",
    "timeDuration", "timeCycle", "ioSpecification", "dataInput", "dataOutput", "inputSet",
    "outputSet", "dataInputAssociation", "dataOutputAssociation", "inputDataItem",
    "outputDataItem", "script", "text",
}  # fmt: skip


def compare_diagrams(before: bytes, after: bytes, name: str) -> list[Change]:
    """What changed in a diagram. Raises DiagramRefused for one that is not readable XML."""
    old, new = parse(name, before), parse(name, after)
    names = dict(named(old)), dict(named(new))
    return [_in_words(one, *names) for one in differences(_things(old), _things(new))]


def _things(root: Any) -> list[Thing]:
    names = dict(named(root))
    lanes, drawn = _lanes(root), _drawn(root)
    found = []
    for element in _elements(root):
        key = element.get("id") or local(element)
        about = [(_LANE, lanes[key])] if key in lanes else []
        about += [(_AROUND, around)] if (around := _around(element)) else []
        about += facts(element, _is_thing, WORDS, _TOLD_ELSEWHERE)
        kind = KINDS.get(local(element), local(element))
        name = _name(element, names)
        found.append(Thing(key, kind, name, unique(about), drawn.get(key, "")))
    return found


def _in_words(one: Change, before: dict[str, str], after: dict[str, str]) -> Change:
    """References under the names of what they point to, on each side."""
    details = tuple(
        Detail(
            d.label, _pointed(d.label, d.before, before), _pointed(d.label, d.after, after)
        )
        for d in one.details
    )
    return replace(one, details=details)


def _elements(root: Any) -> Iterator[Any]:
    yield root
    for element in root.iter():
        if element is not root and _is_thing(element) and not in_namespace(element, DI):
            yield element


def _is_thing(element: Any) -> bool:
    """What people name; what is drawn (`DI`) is said of the thing that it draws."""
    if not isinstance(element.tag, str) or in_namespace(element, DI):
        return True
    known = in_namespace(element, BPMN) and local(element) not in _PARTS
    return known and element.get("id") is not None


def _around(element: Any) -> str | None:
    """The sub-process that holds an element; nothing for the procedure itself."""
    parent = element.getparent()
    if parent is None or local(parent) not in {
        "subProcess",
        "transaction",
        "adHocSubProcess",
    }:
        return None
    key: str | None = parent.get("id")
    return key


def _name(element: Any, names: dict[str, str]) -> str:
    if element.get("name"):
        return str(element.get("name"))
    if local(element) == "sequenceFlow":
        source, target = (element.get(end) or "?" for end in ("sourceRef", "targetRef"))
        return f"{names.get(source, source)} → {names.get(target, target)}"
    return str(element.get("id") or local(element))


_POINTING = {_LANE, _AROUND, *(WORDS.get(one, one) for one in _REFERENCES)}


def _pointed(label: str, value: str, names: dict[str, str]) -> str:
    """The name of what a reference points to, with its id: two may have one name."""
    known = label.rpartition(" : ")[2] in _POINTING and value in names
    return f"« {names[value]} » ({value})" if known and names[value] != value else value


def _lanes(root: Any) -> dict[str, str]:
    """The innermost lane of each element."""
    return {
        (one.text or "").strip(): one.getparent().get("id") or ""
        for one in root.iter(f"{{http://www.{BPMN}}}flowNodeRef")
    }


def _drawn(root: Any) -> dict[str, str]:
    """How each element is drawn: where, how large, in what colours."""
    found = defaultdict[str, str](str)
    for shape in root.iter():
        if not (isinstance(shape.tag, str) and in_namespace(shape, DI)):
            continue
        if (key := shape.get("bpmnElement")) is not None and local(shape) != "BPMNPlane":
            found[key] += repr([(local(e), sorted(e.attrib.items())) for e in shape.iter()])
        elif local(shape) in {"BPMNDiagram", "BPMNPlane"}:
            found[root.get("id") or "definitions"] += repr(sorted(shape.attrib.items()))
    return found
