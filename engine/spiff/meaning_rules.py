"""Rules of meaning, checked at publication: expressions, operations, forms, roles.

A diagram that breaks one of them may run, but not as its designer believes.
"""

import re
from collections.abc import Collection, Iterator, Mapping

from engine import feel
from engine.spiff import moments
from engine.spiff.diagram import Diagram, Flow, Node, Scope, is_computed, starting
from engine.spiff.drawing_rules import CHOOSING, said
from engine.spiff.errors import Problem

_FEEL_PROPERTIES = (
    "at",
    "assignee",
    "organisation",
    "due",
    "follow_up",
    "priority",
    "correlation",
    "subject",
    "in",
    "out",
)
_PAGE = re.compile(r"[a-z]{1,40}")
MOST_FEEL = 400_000
PEOPLE_DO = frozenset({"userTask", "manualTask"})
_READING = 50
"""What even the shortest expression costs, in characters."""
_DATED = frozenset({"due", "follow_up"})
_TRANSLATED = (("==", "="), ("&&", " and "), ("||", " or "), ("'", '"'))
_CRON = re.compile(r"(?:[\dA-Z*/?,#-]+\s+){4,6}[\dA-Z*/?,#-]+")


def drawing_warnings(scope: Scope, owner: Node | None = None) -> Iterator[Problem]:
    """Elements never reached, dead ends, gateways that may have no way out."""
    ad_hoc = owner is not None and owner.kind == "adHocSubProcess"
    aimed = {flow.target for flow in scope.flows}
    aside = [n.id for n in scope.nodes if n.by_event or n.undoes]
    first = [
        n.id for n in scope.nodes if ad_hoc and n.id not in aimed and not n.attached_to
    ]
    reached = reachable(scope, [n.id for n in starting(scope)] + aside + first)
    leaving: dict[str, list[Flow]] = {}
    for flow in scope.flows:
        leaving.setdefault(flow.source, []).append(flow)
    for node in scope.nodes:
        if node.id not in reached:
            yield said(scope, node, "cet élément n'est jamais atteint")
        elif node.id not in leaving and not (
            node.kind == "endEvent" or ad_hoc or node.id in aside or _undoing(node)
        ):
            yield said(
                scope, node, "le chemin s'arrête ici : menez-le à un événement de fin"
            )
        ways = leaving.get(node.id, [])
        chooses = len(ways) > 1 or any(flow.condition for flow in ways)
        if node.kind in CHOOSING and chooses and not node.default:
            yield said(scope, node, "la passerelle n'a pas de flèche par défaut")


def _undoing(node: Node) -> bool:
    return any(event.kind == "compensate" for event in node.events)


def reachable(scope: Scope, sources: Collection[str]) -> set[str]:
    """The elements that a token starting at `sources` may reach in this scope."""
    after: dict[str, list[str]] = {}
    for flow in scope.flows:
        after.setdefault(flow.source, []).append(flow.target)
    for node in scope.nodes:
        if node.attached_to:
            after.setdefault(node.attached_to, []).append(node.id)
    seen: set[str] = set()
    pending = list(sources)
    while pending:
        name = pending.pop()
        if name not in seen:
            seen.add(name)
            pending.extend(after.get(name, []))
    return seen


def too_long(facts: Diagram) -> Problem | None:
    """More FEEL than is read in a moment; then no expression is looked at."""
    found = [text for scope in facts.scopes.values() for *_, text in _expressions(scope)]
    if sum(len(text) + _READING for text in found) <= MOST_FEEL:
        return None
    message = f"les expressions dépassent {MOST_FEEL} caractères : découpez le processus"
    return said(next(iter(facts.scopes.values())), None, message)


def expression_problems(scope: Scope) -> Iterator[Problem]:
    """Every FEEL text of a scope that does not read as FEEL."""
    for node, label, text in _expressions(scope):
        yield from _read(scope, node, label, text)


def _expressions(scope: Scope) -> Iterator[tuple[Node | None, str, str]]:
    nodes = {node.id: node for node in scope.nodes}
    for flow in scope.flows:
        if flow.condition:
            label = f"la condition de « {flow.name or flow.id} »"
            yield nodes.get(flow.source), label, flow.condition
    for node in scope.nodes:
        for label, text in _texts(node):
            yield node, label, text


def _texts(node: Node) -> Iterator[tuple[str, str]]:
    for name in _FEEL_PROPERTIES:
        text = node.properties.get(f"ebg:{name}")
        if text and not (name in _DATED and moments.is_literal(text)):
            yield f"la propriété ebg:{name}", text
    if is_computed(node.role) and node.kind in PEOPLE_DO:
        yield "le rôle", node.role or ""
    for event in node.events:
        if event.expression and not moments.is_literal(event.expression):
            yield (
                "le minuteur" if event.kind == "timer" else "la condition",
                event.expression,
            )
        if event.payload:
            yield "le contenu du message", event.payload
    if node.operator:
        for name, text in node.operator.parameters.items():
            if text.strip():
                yield f"le paramètre « {name} »", text
    if node.script:
        yield "le script", node.script
    if node.condition:
        yield "la condition", node.condition
    if (node.called or "").startswith("="):
        yield "le processus appelé", node.called or ""
    if node.loop:
        for text in (node.loop.cardinality, node.loop.collection, node.loop.condition):
            if text:
                yield "la répétition", text


def _read(scope: Scope, node: Node | None, label: str, text: str) -> Iterator[Problem]:
    if "${" in text or "#{" in text:
        message = f"{label} est écrite pour un autre moteur : écrivez {_in_feel(text)}"
        yield said(scope, node, message)
        return
    if _CRON.fullmatch(text.strip()):
        message = (
            f"{label} « {text.strip()[:60]} » est du cron : écrivez R/P1D, ou une date"
        )
        yield said(scope, node, message)
        return
    try:
        feel.compile(text)
    except feel.FeelError as error:
        shown = " ".join(text.split())[:120]
        yield said(scope, node, f"{label} « {shown} » : {error}")


def _in_feel(text: str) -> str:
    """The same condition as FEEL where it reads as FEEL without its wrapping."""
    inner = text.strip()[2:-1]
    for theirs, ours in _TRANSLATED:
        inner = inner.replace(theirs, ours)
    inner = " ".join(inner.split())
    try:
        feel.compile(inner)
    except feel.FeelError:
        return "du FEEL, sans ${…}"
    return f"« {inner[:120]} »"


def service_problems(
    scope: Scope,
    operations: Mapping[str, Mapping[str, bool]],
    remote_calls: Mapping[str, Mapping[str, bool]],
) -> Iterator[Problem]:
    """Service tasks against the catalogues of operations and remote calls."""
    for node in scope.nodes:
        if node.operator is None or not node.operator.name:
            continue
        name, given = node.operator.name, node.operator.parameters
        wanted = operations.get(name, remote_calls.get(name))
        if wanted is None:
            yield said(scope, node, f"l'opération « {name} » n'existe pas")
            continue
        for parameter, required in wanted.items():
            if required and not given.get(parameter, "").strip():
                yield said(
                    scope, node, f"il manque le paramètre « {parameter} » de « {name} »"
                )
        for parameter in given:
            if parameter not in wanted:
                message = f"« {name} » n'a pas de paramètre « {parameter} »"
                yield said(scope, node, message)


def people_problems(
    scope: Scope, forms: Collection[str], roles: Collection[str] | None
) -> Iterator[Problem]:
    """Who does a user task, and with which form."""
    for node in scope.nodes:
        form = node.properties.get("ebg:form")
        if form and form not in forms:
            yield said(scope, node, f"le formulaire « {form} » n'est pas dans ce dossier")
        if node.kind not in PEOPLE_DO:
            continue
        if node.properties.get("ebg:signature", "true") not in ("true", "false"):
            yield said(scope, node, "ebg:signature s'écrit true ou false")
        elsewhere = node.properties.get("ebg:page")
        if elsewhere and not _PAGE.fullmatch(elsewhere):
            yield said(scope, node, "ebg:page nomme une salle : des minuscules, 40 au plus")
        yield from _asked_problems(scope, node)
        if node.kind == "userTask" and not form and not elsewhere:
            message = "cette tâche n'a pas de formulaire : on ne pourra que la terminer"
            yield said(scope, node, message, "warning")
        if not node.role:
            message = (
                "personne ne peut faire cette tâche : placez-la dans un couloir, ou dites "
                "par ebg:role un rôle, ou une expression qui commence par ="
            )
            yield said(scope, node, message)
        elif roles is not None and not is_computed(node.role) and node.role not in roles:
            yield said(scope, node, f"le rôle « {node.role} » n'existe pas")
        if node.loop and node.loop.kind == "parallel" and not node.loop.output:
            message = (
                "les réponses de chacun ne sont pas rassemblées : donnez une collection de "
                "sortie, sinon deux réponses différentes seront un incident"
            )
            yield said(scope, node, message, "warning")


def _asked_problems(scope: Scope, node: Node) -> Iterator[Problem]:
    """The data that a room is to ask for at a step."""
    for key in ("ebg:to_approve", "ebg:to_refuse"):
        text = node.properties.get(key)
        if text is None:
            continue
        if not all(one.strip().isidentifier() for one in text.split(",")):
            message = f"{key} nomme des données : leurs clés, séparées par des virgules"
            yield said(scope, node, message)
        if not node.properties.get("ebg:page"):
            message = f"{key} ne sert que dans une salle : dites laquelle par ebg:page"
            yield said(scope, node, message)


def call_problems(scope: Scope, known: Collection[str]) -> Iterator[Problem]:
    """Call activities against the processes of the folder and the procedures published."""
    for node in scope.nodes:
        called = node.called or ""
        # Without a dot it names a process of the folder: the drawing's rules have told.
        if "." in called and not called.startswith("=") and called not in known:
            message = (
                f"la procédure « {called} » n'est pas publiée, ou ne peut pas être appelée : "
                "publiez-la d'abord, avec un début qui n'attend rien"
            )
            yield said(scope, node, message)


def decision_problems(scope: Scope, decisions: Collection[str]) -> Iterator[Problem]:
    """Business rule tasks against the decisions of the folder."""
    for node in scope.nodes:
        if node.decision and node.decision not in decisions:
            message = f"la décision « {node.decision} » n'est dans aucune table du dossier"
            yield said(scope, node, message)
