"""The data that a diagram writes, and by what: for whoever writes an expression to choose from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from engine.spiff import dialect
from engine.spiff.data_rules import script_keys
from engine.spiff.diagram import Node, is_computed
from engine.spiff.errors import DiagramRefused
from engine.spiff.notation import BPMN
from engine.spiff.reading import parse


@dataclass(frozen=True)
class Written:
    """Data named `name`, by the element `by`; `form`, `decision` or `operation` says of what.

    A form without a name of its own (`ebg:into`) writes its answers one by one: `name` is then
    empty.
    """

    name: str
    by: str
    element_id: str
    form: str = ""
    decision: str = ""
    operation: str = ""
    listed: bool = False


@dataclass(frozen=True)
class Drawn:
    """What a folder's diagrams name: data, roles with their French names, messages, calls."""

    data: tuple[Written, ...]
    roles: Mapping[str, str]
    messages: tuple[str, ...]
    processes: Mapping[str, str]


def drawn(files: Mapping[str, bytes], key: str) -> Drawn:
    """What these diagrams name. Raises DiagramRefused on unreadable ones."""
    facts, _ = dialect.read(files, key)
    scopes = list(facts.scopes.values())
    nodes = [node for scope in scopes for node in scope.nodes]
    roles = {
        node.role: node.role for node in nodes if node.role and not is_computed(node.role)
    }
    for scope in scopes:
        roles |= {role: name for role, name in scope.roles.items() if name}
    messages = {e.name for n in nodes for e in n.events if e.kind == "message" and e.name}
    return Drawn(
        data=tuple(dict.fromkeys(one for node in nodes for one in _of(node))),
        roles=roles,
        messages=tuple(sorted(messages)),
        processes={s.id: s.name for s in scopes if s.parent is None and s.id != key},
    )


def title(content: bytes, key: str) -> str:
    """How a diagram names the process `key`; the key when it does not, or cannot be read."""
    try:
        root = parse("process.bpmn", content)
    except DiagramRefused:
        return key
    processes = root.iter(f"{{{BPMN}}}process")
    names = (one.get("name") for one in processes if one.get("id") == key)
    return str(next(iter(names), None) or key)[:300]


def _of(node: Node) -> Iterator[Written]:
    properties, written = node.properties, partial(_written, node)
    if node.loop and node.loop.output:
        yield written(node.loop.output, listed=True)
        return
    if form := properties.get("ebg:form"):
        yield written(properties.get("ebg:into", ""), form=form)
    elif into := properties.get("ebg:into"):
        yield written(into)
    if node.operator and node.operator.result:
        yield written(node.operator.result, operation=node.operator.name)
    if node.decision:
        result = properties.get("ebg:result") or node.decision
        yield written(result, decision=node.decision)
    elif also := properties.get("ebg:result"):
        yield written(also)
    yield from (written(event.variable) for event in node.events if event.variable)
    yield from (written(name) for name in sorted(script_keys(node)))


def _written(node: Node, name: str, **of: Any) -> Written:
    return Written(name, node.name or node.id, node.id, **of)
