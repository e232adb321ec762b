"""Rules of single elements: events, repetitions, and what a task must say to run at all."""

from collections.abc import Iterator

from engine import clock
from engine.spiff import moments, schedules
from engine.spiff.diagram import Diagram, Event, Node, Scope
from engine.spiff.drawing_rules import said
from engine.spiff.errors import Problem
from engine.spiff.undoing_rules import Around, undoing_problems

_ALLOWED = {
    "startEvent": {"message", "timer", "signal"},
    "endEvent": {
        "message",
        "signal",
        "error",
        "escalation",
        "terminate",
        "compensate",
        "cancel",
    },
    "intermediateCatchEvent": {"message", "timer", "signal", "conditional", "link"},
    "intermediateThrowEvent": {"message", "signal", "escalation", "compensate", "link"},
    "boundaryEvent": {
        "message",
        "timer",
        "signal",
        "error",
        "escalation",
        "conditional",
        "compensate",
        "cancel",
    },
    "sendTask": {"message"},
    "receiveTask": {"message"},
}
_BY_EVENT = frozenset(
    ["message", "timer", "signal", "error", "escalation", "conditional", "compensate"]
)
_ALONE = frozenset({"link", "compensate", "cancel", "terminate"})
MOST_TOKENS = 100
LONGEST_NAME = 200
"""Of a message or a signal: what is awaited is found by it."""
_MUST_WAIT = frozenset({"intermediateCatchEvent", "boundaryEvent"})
_FRENCH = {
    "link": "un lien ne peut pas se trouver ici",
    "compensate": "une compensation ne peut pas se trouver ici",
    "conditional": "une condition ne peut pas se trouver ici : rien n'est connu avant que le "
    "dossier démarre ; prenez un message, un signal ou un minuteur",
    "cancel": "une annulation ne peut se trouver que dans une transaction, ou sur son bord",
    "timer": "un minuteur ne peut pas se trouver ici",
    "signal": "un signal ne peut pas se trouver ici",
    "error": "une erreur ne peut pas se trouver ici",
    "escalation": "une escalade ne peut pas se trouver ici",
    "terminate": "une fin générale ne peut pas se trouver ici",
    "message": "un message ne peut pas se trouver ici",
    "unknown": "l'événement nommé par eventDefinitionRef n'existe pas",
}


def element_problems(facts: Diagram) -> Iterator[Problem]:
    """Every rule on every element."""
    for scope in facts.scopes.values():
        owner, around = facts.nodes.get(scope.id), Around(scope)
        for node in scope.nodes:
            said_here = (
                *_events(node, owner),
                *_repetition(node),
                *_content(node),
                *_quantities(node),
            )
            for message in said_here:
                yield said(scope, node, message)
            yield from _boundary(scope, node, facts)
            for message in undoing_problems(around, node, owner):
                yield said(scope, node, message)


def _events(node: Node, owner: Node | None) -> Iterator[str]:
    allowed = _ALLOWED.get(node.kind)
    if allowed is None:
        return
    if node.kind == "startEvent" and owner is not None and owner.by_event:
        allowed = set(_BY_EVENT)
    kinds = [event.kind for event in node.events]
    if len(kinds) > 1 and _ALONE & set(kinds):
        yield "cet événement ne se combine avec aucun autre"
    if len(kinds) > 1 and node.kind not in ("endEvent", "intermediateThrowEvent"):
        if {"error", "escalation"} & set(kinds) and node.all_events:
            yield "une erreur ne se combine pas avec d'autres événements à attendre ensemble"
        if "cycle" in [event.timer for event in node.events]:
            yield "une répétition ne se combine avec aucun autre événement"
    if (
        node.kind == "endEvent"
        and "cancel" in kinds
        and (owner is None or owner.kind != "transaction")
    ):
        yield _FRENCH["cancel"]
    if not node.events and node.kind in _MUST_WAIT:
        yield "cet événement n'attend rien : dites s'il s'agit d'un message, d'un minuteur…"
    if not node.events and node.kind in ("sendTask", "receiveTask"):
        yield "cette tâche ne nomme aucun message"
    for event in node.events:
        if event.kind not in allowed:
            yield _FRENCH.get(event.kind, f"l'événement « {event.kind} » n'est pas exécuté")
        else:
            yield from _event(node, event, owner)


_NAMED = {"message": "le message", "signal": "le signal", "link": "le lien"}


def _event(node: Node, event: Event, owner: Node | None) -> Iterator[str]:
    if event.kind in _NAMED and not event.name:
        yield f"{_NAMED[event.kind]} n'a pas de nom"
    if len(event.name or "") > LONGEST_NAME:
        yield f"le nom de l'événement est trop long : {LONGEST_NAME} caractères au plus"
    if event.kind == "conditional" and not event.expression:
        yield "l'événement conditionnel n'a pas de condition"
    if event.kind == "compensate" and not event.waits:
        yield "la compensation est toujours attendue : ôtez waitForCompletion=false"
    throws = node.kind in ("endEvent", "intermediateThrowEvent")
    if event.kind in ("error", "escalation") and throws and not event.code:
        yield (
            "l'erreur lancée n'a pas de code"
            if event.kind == "error"
            else ("l'escalade lancée n'a pas de code")
        )
    if event.kind == "timer":
        yield from _timer(node, event, owner)


def _timer(node: Node, event: Event, owner: Node | None) -> Iterator[str]:
    if not event.timer or not event.expression:
        yield "le minuteur n'a ni date, ni durée, ni répétition"
        return
    starts = node.kind == "startEvent" and owner is None
    aside = node.kind == "boundaryEvent" or (owner is not None and owner.by_event)
    if event.timer == "cycle" and not starts and (not aside or node.interrupting):
        yield (
            "une répétition n'a de sens que sur un événement attaché qui n'interrompt pas, "
            "ou au début d'un processus"
        )
    if not moments.is_literal(event.expression) and not starts:
        return
    try:
        if not moments.is_literal(event.expression):
            schedules.schedule(event, clock.now())
        elif event.timer == "cycle":
            moments.repetition(event.expression, moments.at("2026-01-01"))
        elif event.timer == "duration":
            moments.duration(event.expression).after(moments.at("2026-01-01"))
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
    if loop.behavior != "All" and not loop.throws:
        yield "dites quel événement (behavior) lance la fin de chaque exécution"
    for _, event in loop.throws:
        if event.kind not in ("signal", "escalation", "message"):
            yield "la fin d'une exécution ne lance qu'un signal, une escalade ou un message"
        elif not (event.name or event.code):
            yield "l'événement lancé par la fin d'une exécution n'a pas de nom"
    if (loop.cardinality or "").strip().startswith("-"):
        yield "le nombre de répétitions ne peut pas être négatif"


def _content(node: Node) -> Iterator[str]:
    if node.kind == "serviceTask" and (node.operator is None or not node.operator.name):
        yield "la tâche de service ne nomme aucune opération"
    if node.kind == "businessRuleTask" and not node.decision:
        yield "la tâche de règle métier ne nomme aucune décision"
    if node.kind == "scriptTask" and not node.script:
        yield "le script est vide"


def _quantities(node: Node) -> Iterator[str]:
    for said_, count in (("startQuantity", node.needs), ("completionQuantity", node.gives)):
        if not 1 <= count <= MOST_TOKENS:
            yield f"{said_} doit être un nombre de 1 à {MOST_TOKENS}"
    if node.kind == "complexGateway" and not node.condition and not node.default:
        yield "la passerelle complexe n'a pas de condition d'activation (activationCondition)"


def _boundary(scope: Scope, node: Node, facts: Diagram) -> Iterator[Problem]:
    if node.kind != "boundaryEvent":
        return
    attached = facts.nodes.get(node.attached_to or "")
    for event in node.events:
        if event.kind == "error" and not node.interrupting:
            yield said(scope, node, "une erreur interrompt toujours son activité")
        climbs = event.kind in ("error", "escalation")
        inside = ("subProcess", "callActivity", "transaction", "adHocSubProcess")
        sources = (*inside, "serviceTask") if event.kind == "error" else inside
        in_transaction = attached is not None and attached.kind == "transaction"
        if event.kind == "cancel" and not (in_transaction and node.interrupting):
            yield said(scope, node, _FRENCH["cancel"])
        if (
            event.kind == "escalation"
            and attached is not None
            and _outside(attached, facts)
        ):
            message = (
                f"aucune escalade ne vient de « {attached.name} », qui est un autre "
                "dossier : faites-lui envoyer un message"
            )
            yield said(scope, node, message)
            continue
        tells = attached is not None and attached.loop and attached.loop.throws
        if climbs and attached is not None and attached.kind not in sources and not tells:
            message = f"aucune {_NOUN[event.kind]} ne peut venir de « {attached.name} »"
            yield said(scope, node, message)


def _outside(node: Node, facts: Diagram) -> bool:
    """Whether an activity calls another procedure by its name."""
    called = node.called or "="
    return not called.startswith("=") and called not in facts.scopes


_NOUN = {"error": "erreur", "escalation": "escalade"}
