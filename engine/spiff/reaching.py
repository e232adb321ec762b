"""What a token may reach from each element of a process, however many and however looped.

Sets of elements are the bits of one integer: five thousand elements cost milliseconds.
"""

from engine.spiff.diagram import Scope


def reaches(scope: Scope) -> tuple[dict[str, int], dict[str, int]]:
    """For each element, the bits of all that follows it, itself included; and its own bit."""
    after: dict[str, list[str]] = {node.id: [] for node in scope.nodes}
    before: dict[str, list[str]] = {node.id: [] for node in scope.nodes}
    arrows = [(flow.source, flow.target) for flow in scope.flows]
    arrows += [(node.attached_to, node.id) for node in scope.nodes if node.attached_to]
    for source, target in arrows:
        if source in after and target in after:
            after[source].append(target)
            before[target].append(source)
    bit = {name: 1 << number for number, name in enumerate(after)}
    reach: dict[str, int] = {}
    circles = _circles(after, before)
    for circle in reversed(circles):
        found = 0
        for name in circle:
            found |= bit[name]
            for target in after[name]:
                found |= reach.get(target, 0)
        reach.update(dict.fromkeys(circle, found))
    return reach, bit


def _circles(after: dict[str, list[str]], before: dict[str, list[str]]) -> list[list[str]]:
    """Elements that reach each other, together; what comes first in the flow comes first."""
    seen: set[str] = set()
    circles: list[list[str]] = []
    for start in reversed(_last_to_first(after)):
        if start in seen:
            continue
        seen.add(start)
        circle, pending = [], [start]
        while pending:
            name = pending.pop()
            circle.append(name)
            pending += [one for one in dict.fromkeys(before[name]) if one not in seen]
            seen.update(before[name])
        circles.append(circle)
    return circles


def _last_to_first(after: dict[str, list[str]]) -> list[str]:
    """Every element once, after all that a walk from it discovers."""
    seen: set[str] = set()
    done: list[str] = []
    for start in after:
        pending = [(start, False)]
        while pending:
            name, left = pending.pop()
            if left:
                done.append(name)
            elif name not in seen:
                seen.add(name)
                pending.append((name, True))
                pending += [(one, False) for one in after[name] if one not in seen]
    return done
