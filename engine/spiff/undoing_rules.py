"""Rules of what goes aside of the flow: compensation, transactions and links."""

from collections import Counter
from collections.abc import Iterator

from engine.spiff.diagram import Node, Scope
from engine.spiff.kinds import ACTIVITIES


class Around:
    """What the rules look up in one process: its elements, handlers, arrows and links."""

    def __init__(self, scope: Scope) -> None:
        self.nodes = {node.id: node for node in scope.nodes}
        self.handlers = {node.handler for node in scope.nodes if node.handler}
        drawn = [
            flow for flow in scope.flows if not flow.id or not flow.id.endswith("#link")
        ]
        self.leaving = {flow.source for flow in drawn}
        self.arriving = {flow.target for flow in drawn}
        self.links = Counter(
            (node.kind, name) for node in scope.nodes for name in _link_names(node)
        )


def undoing_problems(around: Around, node: Node, owner: Node | None) -> Iterator[str]:
    """What is wrong with one element, as sentences."""
    kinds = {event.kind for event in node.events}
    if node.kind == "boundaryEvent" and "compensate" in kinds:
        yield from _compensated(around, node)
    elif node.undoes and node.id not in around.handlers:
        yield "aucun événement de compensation ne mène à cette activité"
    if node.kind in ("intermediateThrowEvent", "endEvent") and "compensate" in kinds:
        yield from _compensating(around, node, owner)
    if "link" in kinds:
        yield from _link(around, node)


def _compensated(around: Around, node: Node) -> Iterator[str]:
    handler = around.nodes.get(node.handler or "")
    if handler is None or handler.kind not in ACTIVITIES or not handler.undoes:
        yield (
            "cet événement de compensation ne mène à aucune activité de compensation "
            "(isForCompensation, reliée par une association)"
        )
    if node.id in around.leaving:
        yield "une compensation se relie par une association, pas par une flèche"


def _compensating(around: Around, node: Node, owner: Node | None) -> Iterator[str]:
    inside_event = owner is not None and owner.by_event
    for event in node.events:
        if event.activity and event.activity not in around.nodes and not inside_event:
            yield (
                f"l'activité à compenser « {event.activity} » n'est pas dans ce processus"
            )


def _link_names(node: Node) -> set[str | None]:
    return {event.name for event in node.events if event.kind == "link"}


def _link(around: Around, node: Node) -> Iterator[str]:
    throws = node.kind == "intermediateThrowEvent"
    other = "intermediateCatchEvent" if throws else "intermediateThrowEvent"
    names = _link_names(node)
    if not any(around.links[other, name] for name in names):
        way = "de lien d'arrivée" if throws else "de lien de départ"
        yield f"il n'y a pas {way} de ce nom dans ce processus"
    if not throws and any(around.links[node.kind, name] > 1 for name in names):
        yield "un autre lien d'arrivée porte le même nom"
    if throws and node.id in around.leaving:
        yield "aucune flèche ne part d'un lien de départ"
    if not throws and node.id in around.arriving:
        yield "aucune flèche n'arrive à un lien d'arrivée"
