"""Rules of data: names that could not be read back, and parallel branches that write one name."""

import re
from collections.abc import Iterator, Mapping

from engine import feel
from engine.feel import tree
from engine.feel.expression import read_tree
from engine.spiff.diagram import Node, Scope
from engine.spiff.drawing_rules import said
from engine.spiff.errors import Problem
from engine.spiff.reaching import reaches

_NAME = re.compile(r"[^\W\d]\w*")
_RESERVED = "case"
_SPLITS = frozenset({"parallelGateway", "inclusiveGateway"})
MOST_PAIRS = 200_000


def data_problems(scope: Scope) -> Iterator[Problem]:
    """Names of data that could not be read back, reserved ones, and parallel conflicts."""
    writers: dict[str, list[str]] = {}
    for node in scope.nodes:
        for name in written(node):
            writers.setdefault(name, []).append(node.id)
            if name == _RESERVED:
                yield said(scope, node, f"« {_RESERVED} » est réservé au dossier lui-même")
            elif not _NAME.fullmatch(name):
                yield said(scope, node, f"« {name} » n'est pas un nom de donnée")
    yield from _conflicts(scope, {n: ids for n, ids in writers.items() if len(ids) > 1})


def written(node: Node) -> set[str]:
    """The data that an element is seen to write."""
    if node.loop and node.loop.output:
        return {node.loop.output}
    names = {node.properties.get("ebg:into"), node.properties.get("ebg:result")}
    if node.operator:
        names.add(node.operator.result)
    if node.decision and not node.properties.get("ebg:result"):
        names.add(node.decision)
    names |= {event.variable for event in node.events}
    return {name for name in names if name} | script_keys(node)


def script_keys(node: Node) -> set[str]:
    """The entries of a script, read and never evaluated: it may be long, and is a stranger's."""
    try:
        found = [read_tree(node.script or "", frozenset())]
    except feel.FeelError:
        return set()
    keys: set[str] = set()
    while found:
        part = found.pop()
        if isinstance(part, tree.ContextOf):
            keys |= {entry.key for entry in part.entries}
        elif isinstance(part, tree.If):
            found += [part.yes, part.no]
    return keys


def _conflicts(scope: Scope, writers: Mapping[str, list[str]]) -> Iterator[Problem]:
    """The same data written in two branches of a split that meet again."""
    if not writers:
        return
    reach, bit = reaches(scope)
    masks = {name: sum(bit[item] for item in set(ids)) for name, ids in writers.items()}
    ways: dict[str, list[str]] = {}
    for flow in scope.flows:
        ways.setdefault(flow.source, []).append(flow.target)
    pairs = 0
    for node in scope.nodes:
        heads = [reach[way] for way in ways.get(node.id, ()) if way in reach]
        if node.kind not in _SPLITS or len(heads) < 2:  # noqa: PLR2004  one way is no split
            continue
        pairs += len(heads) ** 2 * len(masks)
        if pairs > MOST_PAIRS:
            message = (
                "trop de branches parallèles écrivent trop de données pour être comparées : "
                "découpez le processus"
            )
            yield said(scope, node, message)
            return
        for name in sorted(masks):
            if _disagree(heads, masks[name]):
                message = (
                    f"deux branches parallèles écrivent « {name} » : une seule le peut"
                )
                yield said(scope, node, message)


def _disagree(heads: list[int], mask: int) -> bool:
    """Whether two branches that meet write the same thing, each on its own side."""
    writing = [one for one in heads if one & mask]
    for number, one in enumerate(writing):
        for other in writing[number + 1 :]:
            if one & other and one & mask & ~other and other & mask & ~one:
                return True
    return False
