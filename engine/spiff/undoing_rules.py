"""Rules of what goes aside of the flow: compensation, transactions and links."""

from collections.abc import Iterator

from engine.spiff.diagram import Node, Scope
from engine.spiff.kinds import ACTIVITIES


def undoing_problems(scope: Scope, node: Node, owner: Node | None) -> Iterator[str]:
    """What is wrong with one element, as sentences."""
    kinds = {event.kind for event in node.events}
    if node.kind == "boundaryEvent" and "compensate" in kinds:
        yield from _compensated(scope, node)
    elif node.undoes and not any(other.handler == node.id for other in scope.nodes):
        yield "aucun événement de compensation ne mène à cette activité"
    if node.kind in ("intermediateThrowEvent", "endEvent") and "compensate" in kinds:
        yield from _compensating(scope, node, owner)
    if "link" in kinds:
        yield from _link(scope, node)


def _compensated(scope: Scope, node: Node) -> Iterator[str]:
    handler = next((other for other in scope.nodes if other.id == node.handler), None)
    if handler is None or handler.kind not in ACTIVITIES or not handler.undoes:
        yield (
            "cet événement de compensation ne mène à aucune activité de compensation "
            "(isForCompensation, reliée par une association)"
        )
    if any(flow.source == node.id for flow in scope.flows):
        yield "une compensation se relie par une association, pas par une flèche"


def _compensating(scope: Scope, node: Node, owner: Node | None) -> Iterator[str]:
    wanted = [event.activity for event in node.events if event.activity]
    known = {other.id for other in scope.nodes}
    for name in wanted:
        inside_event = owner is not None and owner.by_event
        if name not in known and not inside_event:
            yield f"l'activité à compenser « {name} » n'est pas dans ce processus"


def _link(scope: Scope, node: Node) -> Iterator[str]:
    throws = node.kind == "intermediateThrowEvent"
    names = {event.name for event in node.events if event.kind == "link"}
    others = [
        other
        for other in scope.nodes
        for event in other.events
        if event.kind == "link" and event.name in names and other is not node
    ]
    facing = [
        other for other in others if (other.kind == "intermediateThrowEvent") != throws
    ]
    if not facing:
        way = "de lien d'arrivée" if throws else "de lien de départ"
        yield f"il n'y a pas {way} de ce nom dans ce processus"
    if not throws and len(facing) != len(others):
        yield "un autre lien d'arrivée porte le même nom"
    for flow in scope.flows:
        if throws and flow.source == node.id and not flow.id.endswith("#link"):
            yield "aucune flèche ne part d'un lien de départ"
        if not throws and flow.target == node.id and not flow.id.endswith("#link"):
            yield "aucune flèche n'arrive à un lien d'arrivée"
