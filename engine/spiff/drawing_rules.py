"""Rules of the drawing: what could not run exactly as drawn is refused, with its element.

These rules hold for every diagram that is compiled, whatever the catalogues say.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Literal

from engine.spiff.diagram import Diagram, Flow, Node, Scope, starting
from engine.spiff.errors import Problem
from engine.spiff.kinds import ACTIVITIES, CONTAINERS

CHOOSING = frozenset({"exclusiveGateway", "inclusiveGateway"})
CONDITIONAL = CHOOSING | {"complexGateway"}
_SPLITTING = ACTIVITIES | {
    "startEvent",
    "boundaryEvent",
    "intermediateCatchEvent",
    "intermediateThrowEvent",
}
_WAITED = frozenset({"intermediateCatchEvent", "receiveTask"})
_PROCEDURE = re.compile(r"[a-z]\w*(\.[a-z]\w*)+")
"""How the key of another procedure reads: its folder's path, with dots."""


def said(
    scope: Scope,
    item: Node | Flow | None,
    message: str,
    severity: Literal["error", "warning"] = "error",
) -> Problem:
    """A problem of one element of a scope; a flow without a name is named by its two ends."""
    if item is None:
        return Problem(scope.file, scope.id, scope.name, message, severity)
    name = item.name
    if isinstance(item, Flow) and not name:
        name = f"{item.source} → {item.target}"
    return Problem(scope.file, item.id, name, message, severity)


def drawing_problems(facts: Diagram) -> Iterator[Problem]:
    """Every rule on every process and sub-process."""
    yield from _identifiers(facts)
    yield from _awaited_twice(facts)
    for scope in facts.scopes.values():
        for rule in (_starts, _flows, _attached, _conditions, _event_gateways, _calls):
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


def _starts(scope: Scope, facts: Diagram) -> Iterator[Problem]:
    if scope.parent and _owner(scope, facts).kind == "adHocSubProcess":
        yield from _ad_hoc(scope)
        return
    if scope.parent and _owner(scope, facts).by_event:
        yield from event_start(scope)
        return
    starts = starting(scope)
    if not starts:
        yield said(scope, None, "il manque un événement de début")
    inside = scope not in facts.pools
    plain = [node for node in starts if node.kind == "startEvent" and not node.events]
    for node in starts[1:] if inside else plain[1:]:
        yield said(
            scope, node, "un seul événement de début suffit, ou des messages différents"
        )
    for node in () if inside or scope.id == facts.key else plain:
        message = (
            "ce début ne servirait jamais : seul le processus du dossier se démarre à la "
            "main ; dites quel message, quel signal ou quel minuteur démarre celui-ci"
        )
        yield said(scope, node, message)
    for node in starts[:1]:
        if inside and (node.events or node.kind != "startEvent"):
            yield said(
                scope, node, "à l'intérieur, le début ne peut pas attendre un événement"
            )
    for node in starts:
        if node.all_events:
            yield said(
                scope, node, "un début ne peut pas attendre plusieurs événements à la fois"
            )
    if not any(node.kind == "endEvent" for node in scope.nodes):
        yield said(scope, None, "il manque un événement de fin")


def _awaited_twice(facts: Diagram) -> Iterator[Problem]:
    """A message starts one case; a signal, one of each process."""
    heard = [
        (pool, node, (event.kind, event.name, event.kind == "signal" and pool.id))
        for pool in facts.pools
        for node in starting(pool)
        for event in node.events
        if event.name
    ]
    uses = Counter(what for _, _, what in heard)
    for pool, node, what in heard:
        if uses[what] > 1:
            yield said(pool, node, f"deux débuts attendent le même {what[0]}")


def _owner(scope: Scope, facts: Diagram) -> Node:
    return facts.nodes.get(scope.id) or Node(id=scope.id, kind="", name="", scope="")


def _ad_hoc(scope: Scope) -> Iterator[Problem]:
    for node in scope.nodes:
        if node.kind in ("startEvent", "endEvent"):
            message = (
                "un sous-processus ad hoc n'a ni début ni fin : ses activités suffisent"
            )
            yield said(scope, node, message)
    if not any(node.kind in ACTIVITIES for node in scope.nodes):
        yield said(scope, None, "ce sous-processus ad hoc ne contient aucune activité")


def event_start(scope: Scope) -> Iterator[Problem]:
    """What starts an event sub-process."""
    starts = [node for node in scope.nodes if node.kind == "startEvent"]
    if len(starts) != 1:
        message = (
            "un sous-processus déclenché par un événement a un seul événement de début"
        )
        yield said(scope, None, message)
    for node in starts:
        if not node.events:
            yield said(scope, node, "ce début doit dire quel événement il attend")
        if node.all_events:
            yield said(
                scope, node, "un début ne peut pas attendre plusieurs événements à la fois"
            )
        if not node.interrupting and any(event.kind == "error" for event in node.events):
            yield said(scope, node, "une erreur interrompt toujours son activité")


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
        if drawn[flow.source, flow.target] > 1 and source.kind == "eventBasedGateway":
            yield said(scope, source, f"deux flèches vont vers « {target.name} »")
        if source.by_event or source.undoes or target.by_event or target.undoes:
            aside = target if target.by_event or target.undoes else source
            message = (
                "un sous-processus déclenché par un événement n'a pas de flèche"
                if aside.by_event
                else "ce que la compensation exécute n'a pas de flèche"
            )
            yield said(scope, aside, message)
        if target.kind in ("startEvent", "boundaryEvent"):
            yield said(scope, target, "aucune flèche ne peut arriver ici")
        if source.kind == "endEvent":
            yield said(scope, source, "aucune flèche ne peut partir d'un événement de fin")


def _attached(scope: Scope, facts: Diagram) -> Iterator[Problem]:
    nodes = {node.id: node for node in scope.nodes}
    for node in scope.nodes:
        if node.kind != "boundaryEvent":
            continue
        carrier = nodes.get(node.attached_to or "")
        if carrier is None or carrier.kind not in ACTIVITIES or carrier.by_event:
            yield said(scope, node, "cet événement n'est attaché à aucune activité")
        elif carrier.undoes:
            message = "ce que la compensation exécute ne porte pas d'événement"
            yield said(scope, node, message)


def _conditions(scope: Scope, facts: Diagram) -> Iterator[Problem]:
    nodes = {node.id: node for node in scope.nodes}
    leaving = Counter(flow.source for flow in scope.flows)
    for flow in scope.flows:
        source = nodes.get(flow.source)
        if source is None:
            continue
        if source.kind not in CONDITIONAL | _SPLITTING:
            if flow.condition:
                message = (
                    f"la condition de la flèche « {flow.id} » serait ignorée : "
                    "elle ne peut pas partir d'ici"
                )
                yield said(scope, source, message)
        elif flow.id == source.default:
            if flow.condition:
                message = (
                    f"la flèche par défaut « {flow.id} » ne peut pas porter de condition"
                )
                yield said(scope, source, message)
        elif not flow.condition and leaving[source.id] > 1 and source.kind in CHOOSING:
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
        elif node.default and node.kind not in CONDITIONAL | ACTIVITIES:
            yield said(
                scope,
                node,
                "une flèche par défaut n'a de sens que sur une passerelle ou une tâche",
            )
        elif node.default and node.kind in ACTIVITIES and not _conditions_of(scope, node):
            message = "la flèche par défaut ne serait jamais prise : aucune autre n'a de condition"
            yield said(scope, node, message)


def _conditions_of(scope: Scope, node: Node) -> list[str]:
    return [f.condition for f in scope.flows if f.source == node.id and f.condition]


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
            if target.kind not in _WAITED or len(target.events) > 1:
                message = f"« {target.name} » n'est pas un événement que la passerelle peut attendre"
                yield said(scope, node, message)
            elif node.instantiate and [e.kind for e in target.events] != ["message"]:
                message = (
                    "une passerelle qui démarre le processus n'attend que des messages"
                )
                yield said(scope, node, message)
            elif arriving[target.id] > 1:
                yield said(
                    scope,
                    target,
                    "une seule flèche peut arriver à un événement mis en course",
                )


def _calls(scope: Scope, facts: Diagram) -> Iterator[Problem]:
    processes = {item.id for item in facts.scopes.values() if item.parent is None}
    opened: dict[str, set[str]] = {}
    alone = scope.parent is None and scope not in facts.pools
    if alone and not _is_called(scope.id, facts):
        message = (
            "ce processus n'est appelé par aucun autre et aucun événement ne le démarre : "
            "dites ce qui le démarre, ou qu'il n'est pas exécutable, ou publiez-le dans son "
            "propre dossier"
        )
        yield said(scope, None, message)
    for node in scope.nodes:
        if node.kind != "callActivity":
            continue
        if not node.called:
            yield said(scope, node, "l'activité n'appelle aucun processus")
        elif node.called.startswith("="):
            continue  # computed when the step opens; an unknown process is a failure there
        elif node.called not in processes:
            if not _PROCEDURE.fullmatch(node.called):
                message = f"le processus appelé « {node.called} » n'est pas dans ce dossier"
                yield said(scope, node, message)
        elif scope.id in (
            opened.get(node.called)
            or opened.setdefault(node.called, _called_from(node.called, facts))
        ):
            message = f"le processus « {node.called} » finirait par s'appeler lui-même"
            yield said(scope, node, message)


def _is_called(process: str, facts: Diagram) -> bool:
    called = [node.called or "" for s in facts.scopes.values() for node in s.nodes]
    return process in called or any(name.startswith("=") for name in called)


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
