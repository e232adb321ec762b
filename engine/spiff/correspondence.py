"""What becomes what when a running diagram goes on as another version of itself.

`Plan` carries the mapping and gathers what is found on the way: the element each token had,
the scope each open process followed, reasons, remarks.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from engine.spiff.events import Boundary, Catching, EventStart
from engine.spiff.joins import Join


@dataclass
class Plan:
    """What is found while an instance is taken to another version."""

    mapping: Mapping[str, str]
    had: dict[UUID, Any] = field(default_factory=dict)
    """The element of the old version of each live token."""
    scopes: dict[UUID | None, Any] = field(default_factory=dict)
    """The old specification of each open process, by its owner."""
    reasons: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def renamed(self, name: str) -> str:
        """The new name of a specification: `id`, `id#events`, `id#each`, `#start`…"""
        base, mark, suffix = name.partition("#")
        return self.mapping.get(base, base) + mark + suffix

    def note(self, text: str) -> None:
        """Keep a remark, once however many tokens deserve it."""
        if text not in self.notes:
            self.notes.append(text)


def beside(spec: Any) -> bool:
    """Whether it waits beside the flow: on an edge, or for an event sub-process."""
    return isinstance(spec, Boundary | EventStart)


def opened_by(spec: Any) -> str:
    """What opens the events that are awaited together with this one, in a race or not.

    An event gateway, or the invisible split of an event with several definitions; for the
    place where these meet, the same.
    """
    specs = spec._wf_spec.task_specs
    if spec.name.endswith("#out"):
        return f"{spec.name.removesuffix('out')}any"
    if not isinstance(spec, Catching):
        return ""
    opens = (n for n in spec._inputs if specs[n].kind == "eventBasedGateway" or "#any" in n)
    return next(opens, "")


def successors(old: Any, new: Any, plan: Plan) -> dict[str, str]:
    """Each event of a process → the one of the new version that goes on waiting in its place.

    Of the same element and kind, and doing the same to what it interrupts. Of several events
    of one element, those that are equal go together, then the others in their order.
    """
    there = defaultdict[Any, list[Any]](list)
    for spec in _catching(new):
        there[_place(spec, Plan({}))].append(spec)
    here = defaultdict[Any, list[Any]](list)
    for spec in _catching(old):
        here[_place(spec, plan), spec.node.id].append(spec)
    found: dict[str, str] = {}
    for (place, _), events in here.items():
        free, others = list(there[place]), []
        for spec in events:
            same = next((one for one in free if one.event == spec.event), None)
            if same is None:
                others.append(spec)
                continue
            free.remove(same)
            found[spec.name] = same.name
        found.update((a.name, b.name) for a, b in zip(others, free, strict=False))
    return found


def _catching(scope: Any) -> Iterable[Any]:
    return [spec for spec in scope.task_specs.values() if isinstance(spec, Catching)]


def _place(spec: Any, plan: Plan) -> tuple[Any, ...]:
    node = spec.node
    return (
        type(spec),
        plan.renamed(spec.name).partition("#")[0],
        spec.event.kind,
        node.interrupting,
        plan.renamed(node.attached_to or ""),
        node.all_events,
    )


def ways_in(had: Join, now: Join, plan: Plan) -> dict[str, str]:
    """Each way into a join → the one by which its tokens come in the new version.

    The way that leaves the same element; else the only other one to which that element now
    leads, or the last elements before it that are left; else, when one is gone and one
    appeared, that one.
    """
    specs, free = now._wf_spec.task_specs, dict(now.arrivals)
    follows = successors(had._wf_spec, now._wf_spec, plan)
    found, others = dict[str, str](), dict[str, str]()
    for way, source in had.arrivals.items():
        event = isinstance(had._wf_spec.task_specs[source], Catching)
        name = follows.get(source, "") if event else plan.renamed(source)
        key = name + way[len(source) :]
        same = key if key in free else next((w for w in free if free[w] == name), None)
        if same is None:
            others[way] = source
            continue
        found[way] = same
        del free[same]
    for way, source in list(others.items()):
        reached = reachable(specs, _left_before(source, had, specs, plan), now.name)
        led_to = [one for one, before in free.items() if before in reached]
        if len(led_to) == 1:
            found[way] = led_to[0]
            del free[led_to[0]], others[way]
    if len(others) == len(free) == 1:
        found[next(iter(others))] = next(iter(free))
    return found


def _left_before(source: str, had: Join, specs: Any, plan: Plan) -> set[str]:
    """An element under its new name; when it is gone, those before it that are not."""
    before, found, seen = had._wf_spec.task_specs, set[str](), set[str]()
    pending = [source]
    while pending:
        name = pending.pop()
        if name in seen:
            continue
        seen.add(name)
        if plan.renamed(name) in specs:
            found.add(plan.renamed(name))
        else:
            pending.extend(before[name]._inputs)
    return found


def reachable(specs: Any, sources: Iterable[str], stop: str) -> set[str]:
    """Every element that a token standing at one of these may pass, not beyond `stop`."""
    seen: set[str] = set()
    pending = list(sources)
    while pending:
        name = pending.pop()
        if name in seen:
            continue
        seen.add(name)
        if name != stop:
            pending.extend(specs[name]._outputs)
    return seen
