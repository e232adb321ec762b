"""Which variables an expression reads from outside, for the lint of diagrams and forms."""

from dataclasses import dataclass, field
from typing import NamedTuple

from engine.feel import tree
from engine.feel.functions import BUILTINS
from engine.feel.tree import Node


class Names(NamedTuple):
    """Names read for certain, names read inside filters, and unbound functions called."""

    certain: frozenset[str]
    possible: frozenset[str]
    called: dict[str, int]


@dataclass
class _Found:
    certain: set[str] = field(default_factory=set)
    possible: set[str] = field(default_factory=set)
    called: dict[str, int] = field(default_factory=dict)


def free_names(node: Node) -> Names:
    """The names `node` does not define itself; built-in functions are left out."""
    found = _Found()
    _visit(node, frozenset(), found, filtering=False)
    return Names(frozenset(found.certain), frozenset(found.possible), found.called)


def _visit(node: Node, bound: frozenset[str], found: _Found, *, filtering: bool) -> None:
    if isinstance(node, tree.Name):
        if node.name not in bound and node.name not in BUILTINS:
            (found.possible if filtering else found.certain).add(node.name)
    elif isinstance(node, tree.Built):
        (found.possible if filtering else found.certain).update(node.names - bound)
    elif isinstance(node, tree.Call) and isinstance(node.function, tree.Name):
        if node.function.name not in bound and not filtering:
            found.called.setdefault(node.function.name, node.function.position)
        for argument in node.arguments:
            _visit(argument, bound, found, filtering=filtering)
    elif isinstance(node, tree.ContextOf):
        for entry in node.entries:
            _visit(entry.value, bound, found, filtering=filtering)
            bound |= {entry.key}
    elif isinstance(node, tree.For | tree.Quantified):
        for iterator in node.iterators:
            for source in filter(None, (iterator.source, iterator.last)):
                _visit(source, bound, found, filtering=filtering)
            bound |= {iterator.name}
        extra = {"partial"} if isinstance(node, tree.For) else set()
        _visit(node.body, bound | extra, found, filtering=filtering)
    elif isinstance(node, tree.Lambda):
        _visit(node.body, bound | set(node.parameters), found, filtering=filtering)
    elif isinstance(node, tree.Filter):
        _visit(node.source, bound, found, filtering=filtering)
        _visit(node.condition, bound | {"item"}, found, filtering=True)
    else:
        for child in tree.children(node):
            _visit(child, bound, found, filtering=filtering)
