"""Rules of the drawing: what could not run exactly as drawn is refused, with its element.

These rules hold for every diagram that is compiled, whatever the catalogues say.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Literal

from engine.spiff.diagram import Diagram, Flow, Node, Scope
from engine.spiff.dialect import ACTIVITIES, CONTAINERS
from engine.spiff.errors import Problem

CONDITIONAL = frozenset({"exclusiveGateway", "inclusiveGateway"})
GATEWAYS = CONDITIONAL | {"parallelGateway", "eventBasedGateway"}
_REFUSED = {
    "complexGateway": "la passerelle complexe n'est pas exécutée par ce moteur",
    "adHocSubProcess": "le sous-processus ad hoc n'est pas exécuté par ce moteur",
    "transaction": "la transaction n'est pas exécutée par ce moteur : prenez un sous-processus",
}
_WAITED = frozenset({"intermediateCatchEvent", "receiveTask"})


def said(
    scope: Scope,
    item: Node | Flow | None,
    message: str,
    severity: Literal["error", "warning"] = "error",
) -> Problem:
    """A problem of one element of a scope."""
    name = item.name if isinstance(item, Node) else None
    return Problem(
        scope.file, item.id if item else scope.id, name or scope.name, message, severity
    )


def drawing_problems(facts: Diagram) -> Iterator[Problem]:
    """Every rule on every process and sub-process."""
    yield from _identifiers(facts)
    for scope in facts.scopes.values():
        for rule in (_kinds, _starts, _flows, _conditions, _event_gateways, _calls):
            yield from rule(scope, facts)


def _identifiers(facts: Diagram) -> Iterator[Problem]:
    if facts.key not in facts.scopes:
        found = ", ".join(
            f"« {scope.id} »" for scope in facts.scopes.values() if not scope.parent
        )
        message = (
            f"aucun processus ne porte l'identifiant « {facts.key} » du dossier "
            f"(trouvé : {found or 'aucun processus'})"
        )
        yield Problem("process.bpmn", None, None, message)
    uses = Counter(node.id for scope in facts.scopes.values() for node in scope.nodes)
    for scope in facts.scopes.values():
        for node in scope.nodes:
            if not node.id:
                yield said(scope, None, f"un élément ({node.kind}) n'a pas d'identifiant")
            elif uses[node.id] > 1:
                yield said(scope, node, f"l'identifiant « {node.id} » sert plusieurs fois")


def _kinds(scope: Scope, facts: Diagram) -> Iterator[Problem]:
    for node in scope.nodes:
        if node.kind in _REFUSED:
            yield said(scope, node, _REFUSED[node.kind])


def _starts(scope: Scope, facts: Diagram) -> Iterator[Problem]:
    starts = [node for node in scope.nodes if node.kind == "startEvent"]
    if not starts:
        yield said(scope, None, "il manque un événement de début")
    for node in starts[1:]:
        yield said(scope, node, "un processus n'a qu'un seul événement de début")
    for node in starts[:1]:
        inside = scope.parent or scope.id != facts.key
        if inside and node.events:
            yield said(
                scope, node, "à l'intérieur, le début ne peut pas attendre un événement"
            )
    if not any(node.kind == "endEvent" for node in scope.nodes):
        yield said(scope, None, "il manque un événement de fin")


def _flows(scope: Scope, facts: Diagram) -> Iterator[Problem]:
    nodes = {node.id: node for node in scope.nodes}
    drawn = Counter((flow.source, flow.target) for flow in scope.flows)
    for flow in scope.flows:
        source, target = nodes.get(flow.source), nodes.get(flow.target)
        if source is None or target is None:
            message = (
                f"la flèche « {flow.id} » ne relie pas deux éléments du même processus"
            )
            yield said(scope, flow, message)
            continue
        if drawn[flow.source, flow.target] > 1 and source.kind not in CONDITIONAL:
            yield said(scope, source, f"deux flèches vont vers « {target.name} »")
        if target.kind in ("startEvent", "boundaryEvent"):
            yield said(scope, target, "aucune flèche ne peut arriver ici")
        if source.kind == "endEvent":
            yield said(scope, source, "aucune flèche ne peut partir d'un événement de fin")
    leaving = Counter(flow.source for flow in scope.flows)
    for node in scope.nodes:
        if leaving[node.id] > 1 and node.kind not in GATEWAYS:
            message = (
                "plusieurs flèches partent d'ici : ajoutez une passerelle qui dise comment"
            )
            yield said(scope, node, message)
        if node.kind == "boundaryEvent":
            attached = nodes.get(node.attached_to or "")
            if attached is None or attached.kind not in ACTIVITIES:
                yield said(scope, node, "cet événement n'est attaché à aucune activité")


def _conditions(scope: Scope, facts: Diagram) -> Iterator[Problem]:
    nodes = {node.id: node for node in scope.nodes}
    leaving = Counter(flow.source for flow in scope.flows)
    for flow in scope.flows:
        source = nodes.get(flow.source)
        if source is None:
            continue
        if source.kind not in CONDITIONAL:
            if flow.condition:
                message = (
                    f"la condition de la flèche « {flow.id} » serait ignorée : "
                    "elle doit partir d'une passerelle exclusive ou inclusive"
                )
                yield said(scope, source, message)
        elif flow.id == source.default:
            if flow.condition:
                message = (
                    f"la flèche par défaut « {flow.id} » ne peut pas porter de condition"
                )
                yield said(scope, source, message)
        elif not flow.condition and leaving[source.id] > 1:
            message = (
                f"la flèche « {flow.id} » n'a ni condition ni rôle de flèche par défaut"
            )
            yield said(scope, source, message)
    own = {flow.id: flow.source for flow in scope.flows}
    for node in scope.nodes:
        if node.default and own.get(node.default) != node.id:
            yield said(
                scope, node, f"la flèche par défaut « {node.default} » ne part pas d'ici"
            )
        elif node.default and node.kind not in CONDITIONAL:
            yield said(
                scope, node, "une flèche par défaut n'a de sens que sur une passerelle"
            )


def _event_gateways(scope: Scope, facts: Diagram) -> Iterator[Problem]:
    nodes = {node.id: node for node in scope.nodes}
    arriving = Counter(flow.target for flow in scope.flows)
    for node in scope.nodes:
        if node.kind != "eventBasedGateway":
            continue
        targets = [nodes.get(flow.target) for flow in scope.flows if flow.source == node.id]
        if len(targets) <= 1:
            yield said(
                scope, node, "une passerelle d'événements attend au moins deux événements"
            )
        for target in targets:
            if target is None:
                continue
            if target.kind not in _WAITED:
                message = f"« {target.name} » n'est pas un événement que la passerelle peut attendre"
                yield said(scope, node, message)
            elif arriving[target.id] > 1:
                yield said(
                    scope,
                    target,
                    "une seule flèche peut arriver à un événement mis en course",
                )


def _calls(scope: Scope, facts: Diagram) -> Iterator[Problem]:
    processes = {item.id for item in facts.scopes.values() if item.parent is None}
    for node in scope.nodes:
        if node.kind != "callActivity":
            continue
        if not node.called:
            yield said(scope, node, "l'activité n'appelle aucun processus")
        elif node.called not in processes:
            message = f"le processus appelé « {node.called} » n'est pas dans ce dossier"
            yield said(scope, node, message)
        elif scope.id in _called_from(node.called, facts):
            message = f"le processus « {node.called} » finirait par s'appeler lui-même"
            yield said(scope, node, message)


def _called_from(process: str, facts: Diagram) -> set[str]:
    """Every scope that a call of `process` opens, at any depth."""
    seen: set[str] = set()
    pending = [process]
    while pending:
        scope = facts.scopes.get(pending.pop())
        if scope is None or scope.id in seen:
            continue
        seen.add(scope.id)
        pending += [node.called for node in scope.nodes if node.called]
        pending += [node.id for node in scope.nodes if node.kind in CONTAINERS]
    return seen
