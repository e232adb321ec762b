"""What is hidden, what is computed: a form settled on its values.

A node is hidden when its condition is exactly true. What is hidden is not kept, and so
may hide or show something else: conditions are judged again until nothing moves. A name
is looked for in its own row, then outwards, then in the process data.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from forms import expressions
from forms.model import JSON, Computed, Field, Group, Node, Page, Repeat, inside, part, rows

MAX_PASSES = 12

Nodes = tuple[Node, ...]


@dataclass(frozen=True)
class Settled:
    """The values that are kept, and the places of the nodes that are hidden."""

    values: dict[str, JSON]
    hidden: frozenset[str]

    def shows(self, node: Node, prefix: str = "") -> bool:
        """Whether a node is visible, in the row that `prefix` names."""
        return prefix + node.id not in self.hidden

    def shows_page(self, page: Page) -> bool:
        """Whether a page has something to show: its group is not hidden."""
        groups = [node for node in page.nodes if isinstance(node, Group)]
        return not page.label or all(self.shows(group) for group in groups)


def settle(nodes: Nodes, values: Mapping[str, JSON], context: Mapping[str, Any]) -> Settled:
    """Keep what is visible of `values`, and add what the form computes."""
    settled = Settled(_keep(nodes, values, frozenset(), {}), frozenset())
    computed: dict[str, JSON] = {}
    for _ in range(MAX_PASSES):
        hidden: set[str] = set()
        results: dict[str, JSON] = {}
        _judge(nodes, settled.values, context, "", hidden=hidden, computed=results)
        if hidden == settled.hidden and results == computed:
            break
        computed = results
        kept = _keep(nodes, values, frozenset(hidden), computed)
        settled = Settled(kept, frozenset(hidden))
    return settled


def _judge(
    nodes: Nodes,
    values: Mapping[str, JSON],
    outer: Mapping[str, Any],
    prefix: str,
    *,
    hidden: set[str],
    computed: dict[str, JSON],
) -> None:
    """Find what is hidden and computed among `nodes`; `values` are those of their scope."""
    scope = {**outer, **values}
    for node in nodes:
        if node.hide and expressions.evaluate(node.hide, scope) is True:
            hidden.add(prefix + node.id)
            continue
        match node:
            case Computed():
                result = expressions.evaluate(node.expression, scope)
                computed[prefix + node.key] = scope[node.key] = result
            case Group():
                within = part(values, node.path)
                names = inside(node, prefix)
                _judge(node.nodes, within, scope, names, hidden=hidden, computed=computed)
            case Repeat():
                for index, row in enumerate(rows(values, node) or []):
                    names = f"{prefix}{node.path}.{index}."
                    _judge(node.nodes, row, scope, names, hidden=hidden, computed=computed)
            case _:
                pass


def _keep(
    nodes: Nodes,
    values: Mapping[str, JSON],
    hidden: frozenset[str],
    computed: Mapping[str, JSON],
    prefix: str = "",
    *,
    into: dict[str, JSON] | None = None,
) -> dict[str, JSON]:
    kept: dict[str, JSON] = {} if into is None else into
    for node in nodes:
        if prefix + node.id in hidden:
            continue
        match node:
            case Field() if node.key in values:
                kept[node.key] = values[node.key]
            case Computed():
                kept[node.key] = computed.get(prefix + node.key)
            case Group():
                within = kept.setdefault(node.path, {}) if node.path else kept
                under, names = part(values, node.path), inside(node, prefix)
                _keep(node.nodes, under, hidden, computed, names, into=within)
            case Repeat() if (found := rows(values, node)) is not None:
                names = f"{prefix}{node.path}."
                kept[node.path] = [
                    _keep(node.nodes, row, hidden, computed, f"{names}{index}.")
                    for index, row in enumerate(found)
                ]
            case _:
                pass
    return kept
