"""Migration: a running diagram goes on as another version of itself.

    process, notes = transplant(state, old, new, mapping, host=host)

Every token keeps its id, its data and the moment it arrived; finished steps stay finished.
`mapping` says under which id an element of the old version goes on (the same id otherwise).
What cannot go on safely is refused with every reason, in French; what changes under an open
token is noted. A timer is set again only if its definition changed, and then counts from
the moment its token arrived; a boundary event that already happened does not come back.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import orjson
from SpiffWorkflow.util.task import TaskState

from engine.spiff import codec
from engine.spiff.adapting import Plan, adapt, same_boundary
from engine.spiff.errors import ProcessError
from engine.spiff.events import Boundary, Catching
from engine.spiff.inside import SubProcess
from engine.spiff.joins import EndJoin, Join, ParallelGateway
from engine.spiff.loops import Container
from engine.spiff.model import Model
from engine.spiff.process import Process
from engine.spiff.progress import run_on
from engine.spiff.tree import UNFINISHED, Host

_ID, _NAME, _STATE, _INTERNAL, _UPDATES = 0, 2, 3, 6, 7
_TRACE = "#start"
"""What a finished step whose element is gone becomes: only its data still matter."""


class CannotMigrate(ProcessError):
    """The instance cannot go on under the new version; `reasons` are French sentences."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


def transplant(
    state: bytes,
    old: Model,
    new: Model,
    mapping: Mapping[str, str],
    *,
    host: Host,
    case: Mapping[str, Any] | None = None,
) -> tuple[Process, list[str]]:
    """The instance on the new version, run on, with what should be known about it.

    `case` is what changes in the reserved variable of that name. Raises CannotMigrate;
    nothing is then changed anywhere.
    """
    raw, plan = orjson.loads(state), Plan(mapping)
    for row in raw["tasks"]:
        if row[_UPDATES] and "case" in row[_UPDATES]:
            row[_UPDATES]["case"] |= case or {}
    scopes: dict[str, Any] = {}
    raw["process"] = process_id = raw.get("process", old.key)
    if all(process_id != pool.id for pool in new.diagram.pools):
        message = f"Le processus « {process_id} » n'est plus dans la nouvelle version."
        raise CannotMigrate([message])
    raw["tasks"] = _moved(
        raw["tasks"], old.specs[process_id], new.specs[process_id], plan, scopes
    )
    for inner in raw["inner"]:
        target = scopes.get(inner[0])
        if target is None or target not in new.specs:
            continue  # its owner is among the reasons already
        scope, inner[1] = old.specs[inner[1]], target
        inner[2] = _moved(inner[2], scope, new.specs[target], plan, scopes)
    if plan.reasons:
        raise CannotMigrate(plan.reasons)
    top = codec.load(orjson.dumps(raw), new.specs, new.key, host)
    failed = {task.id for task in top.every() if task.state == TaskState.ERROR}
    for task in list(top.every()):
        if task.id in plan.had:
            adapt(task, plan.had[task.id], plan)
    run_on(top)
    process = Process(top)
    stuck = [f.message for f in process.failures() if f.task_id not in failed]
    if stuck:
        raise CannotMigrate(stuck)
    return process, plan.notes


def suggest(old: Model, new: Model) -> dict[str, str]:
    """For each element that is gone, the new one that bears its name and is of its kind."""
    appeared = {
        (e.kind, e.name): e.id
        for e in new.elements.values()
        if e.name and e.id not in old.elements
    }
    return {e.id: appeared.get((e.kind, e.name), "") for e in gone(old, new)}


def gone(old: Model, new: Model) -> list[Any]:
    """The elements of the old version that the new one does not have, where a case may wait."""
    silent = ("startEvent", "endEvent", "boundaryEvent", "exclusiveGateway")
    return [
        e
        for e in old.elements.values()
        if e.id not in new.elements and e.kind not in silent
    ]


# Reading the rows


def _moved(
    rows: list[list[Any]], old: Any, new: Any, plan: Plan, scopes: dict[str, Any]
) -> list[list[Any]]:
    """The rows of one (sub)process under their new names, less the events that are gone."""
    kept = []
    for row in rows:
        had, name = old.task_specs[row[_NAME]], plan.renamed(row[_NAME])
        now = new.task_specs.get(name)
        if isinstance(had, Boundary) and row[_STATE] == TaskState.WAITING:
            if now is None or not same_boundary(had, now, plan):
                plan.notes.append(f"{had.label()} n'est plus attendu.")
                continue
        elif row[_STATE] & UNFINISHED:
            reason = _obstacle(row, had, now, plan)
            if reason:
                plan.reasons.append(reason)
                continue
            if isinstance(now, SubProcess):
                scopes[row[_ID]] = now.spec
        row[_NAME] = name if now is not None else _TRACE
        if row[_STATE] & UNFINISHED:
            plan.had[UUID(row[_ID])] = had
        kept.append(row)
    if not plan.reasons:
        plan.reasons.extend(_starving(kept, new))
    return kept


def _obstacle(row: list[Any], had: Any, now: Any, plan: Plan) -> str:
    """Why a live token cannot go on there; nothing when it can."""
    label = had.label()
    if now is None:
        return f"{label} n'existe plus dans la nouvelle version : dites quelle étape la remplace."
    if now.node.kind != had.node.kind or type(now) is not type(had):
        return f"{label} n'est plus une étape du même type dans la nouvelle version."
    if isinstance(had, Container) and now.loop.kind != had.loop.kind:
        return f"La répétition de {label} n'est plus du même type."
    if isinstance(had, Catching) and now.event.kind != had.event.kind:
        return f"{label} n'attend plus un événement du même type."
    asked, asks = had.node.operator, now.node.operator
    if row[_STATE] == TaskState.STARTED and asked and asks and asked.name != asks.name:
        return (
            f"{label} attend la réponse de {asked.name}, que la nouvelle version remplace "
            f"par {asks.name} : attendez la réponse, ou sautez l'étape."
        )
    if isinstance(had, Join) and not isinstance(had, EndJoin):
        came_from = (row[_INTERNAL] or {}).get("from")
        if came_from is not None:
            ways, source = now.arrivals, plan.renamed(had.arrivals.get(came_from, ""))
            same = came_from if came_from in ways else ""
            row[_INTERNAL]["from"] = same or next(
                (way for way in ways if ways[way] == source), ""
            )
            if not row[_INTERNAL]["from"]:
                return f"{label} ne réunit plus la branche qui y est déjà arrivée."
    return ""


def _starving(rows: list[list[Any]], scope: Any) -> Iterator[str]:
    """A parallel join that would wait for ever: no token can come by one of its ways."""
    specs = scope.task_specs
    live = [row for row in rows if row[_STATE] & UNFINISHED]
    for join in specs.values():
        ways = join.arrivals if isinstance(join, ParallelGateway) else {}
        if len(ways) < 2:  # noqa: PLR2004  a single way in joins nothing
            continue
        here = [row for row in live if row[_NAME] == join.name]
        elsewhere = {row[_NAME].removesuffix("#each") for row in live if row not in here}
        reached = _reachable(specs, elsewhere, join.name)
        expected = bool(here) or join.name in reached
        filled = {(row[_INTERNAL] or {}).get("from") for row in here}
        missing = [w for w, source in ways.items() if not {w, source} & (filled | reached)]
        if expected and missing:
            yield (f"{join.label()} attendrait une branche que ce dossier n'a pas ouverte.")


def _reachable(specs: Any, sources: set[str], stop: str) -> set[str]:
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
