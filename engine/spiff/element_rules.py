"""Rules of single elements: events, repetitions, and what a task must say to run at all."""

from collections.abc import Iterator

from engine.spiff import moments
from engine.spiff.diagram import Diagram, Event, Node, Scope
from engine.spiff.drawing_rules import said
from engine.spiff.errors import Problem

_ALLOWED = {
    "startEvent": {"message"},
    "endEvent": {"message", "signal", "error", "escalation", "terminate"},
    "intermediateCatchEvent": {"message", "timer", "signal"},
    "intermediateThrowEvent": {"message", "signal", "escalation"},
    "boundaryEvent": {"message", "timer", "signal", "error", "escalation"},
    "sendTask": {"message"},
    "receiveTask": {"message"},
}
_MUST_WAIT = frozenset({"intermediateCatchEvent", "boundaryEvent"})
_FRENCH = {
    "link": "un événement de lien n'est pas exécuté par ce moteur : tracez la flèche",
    "compensate": "la compensation n'est pas exécutée par ce moteur",
    "conditional": "un événement conditionnel n'est pas exécuté par ce moteur",
    "cancel": "l'annulation de transaction n'est pas exécutée par ce moteur",
    "timer": "un minuteur ne peut pas se trouver ici",
    "signal": "un signal ne peut pas se trouver ici",
    "error": "une erreur ne peut pas se trouver ici",
    "escalation": "une escalade ne peut pas se trouver ici",
    "terminate": "une fin générale ne peut pas se trouver ici",
    "message": "un message ne peut pas se trouver ici",
}


def element_problems(facts: Diagram) -> Iterator[Problem]:
    """Every rule on every element."""
    for scope in facts.scopes.values():
        for node in scope.nodes:
            for message in (*_events(node), *_repetition(node), *_content(node)):
                yield said(scope, node, message)
            yield from _boundary(scope, node)


def _events(node: Node) -> Iterator[str]:
    allowed = _ALLOWED.get(node.kind)
    if allowed is None:
        return
    if len(node.events) > 1:
        yield "un événement ne peut avoir qu'une seule définition"
    if not node.events and node.kind in _MUST_WAIT:
        yield "cet événement n'attend rien : dites s'il s'agit d'un message, d'un minuteur…"
    if not node.events and node.kind in ("sendTask", "receiveTask"):
        yield "cette tâche ne nomme aucun message"
    for event in node.events:
        if event.kind not in allowed:
            yield _FRENCH.get(event.kind, f"l'événement « {event.kind} » n'est pas exécuté")
        else:
            yield from _event(node, event)


def _event(node: Node, event: Event) -> Iterator[str]:
    if event.kind in ("message", "signal") and not event.name:
        french = "le message" if event.kind == "message" else "le signal"
        yield f"{french} n'a pas de nom"
    throws = node.kind in ("endEvent", "intermediateThrowEvent")
    if event.kind in ("error", "escalation") and throws and not event.code:
        yield (
            "l'erreur lancée n'a pas de code"
            if event.kind == "error"
            else ("l'escalade lancée n'a pas de code")
        )
    if event.kind == "timer":
        yield from _timer(node, event)


def _timer(node: Node, event: Event) -> Iterator[str]:
    if not event.timer or not event.expression:
        yield "le minuteur n'a ni date, ni durée, ni répétition"
        return
    if event.timer == "cycle" and (node.kind != "boundaryEvent" or node.interrupting):
        yield "une répétition n'a de sens que sur un événement attaché qui n'interrompt pas"
    if not moments.is_literal(event.expression):
        return
    try:
        if event.timer == "cycle":
            moments.repetition(event.expression, moments.at("2026-01-01"))
        elif event.timer == "duration":
            moments.duration(event.expression)
        elif event.expression.startswith("P"):
            yield "le minuteur attend une date et reçoit une durée"
        else:
            moments.at(event.expression)
    except ValueError as error:
        yield str(error)


def _repetition(node: Node) -> Iterator[str]:
    loop = node.loop
    if loop is None:
        return
    if loop.kind == "standard":
        if loop.condition is None and loop.maximum is None:
            yield "la boucle n'a ni condition ni nombre maximal de tours"
        if loop.maximum is not None and loop.maximum < 1:
            yield "le nombre maximal de tours doit être au moins 1"
        return
    if bool(loop.cardinality) == bool(loop.collection):
        yield "la répétition doit dire soit son nombre, soit sa collection"
    if bool(loop.output) != bool(loop.output_item):
        yield "la collection de sortie et la donnée rendue par chaque exécution vont ensemble"
    if (loop.cardinality or "").strip().startswith("-"):
        yield "le nombre de répétitions ne peut pas être négatif"


def _content(node: Node) -> Iterator[str]:
    if node.kind == "serviceTask" and (node.operator is None or not node.operator.name):
        yield "la tâche de service ne nomme aucune opération"
    if node.kind == "businessRuleTask" and not node.decision:
        yield "la tâche de règle métier ne nomme aucune décision"
    if node.kind == "scriptTask" and not node.script:
        yield "le script est vide"


def _boundary(scope: Scope, node: Node) -> Iterator[Problem]:
    if node.kind != "boundaryEvent":
        return
    attached = next((item for item in scope.nodes if item.id == node.attached_to), None)
    for event in node.events:
        if event.kind == "error" and not node.interrupting:
            yield said(scope, node, "une erreur interrompt toujours son activité")
        climbs = event.kind in ("error", "escalation")
        inside = ("subProcess", "callActivity")
        sources = (*inside, "serviceTask") if event.kind == "error" else inside
        if climbs and attached is not None and attached.kind not in sources:
            message = f"aucune {_NOUN[event.kind]} ne peut venir de « {attached.name} »"
            yield said(scope, node, message)


_NOUN = {"error": "erreur", "escalation": "escalade"}
