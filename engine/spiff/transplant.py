"""Migration: a running diagram goes on as another version of itself.

    process, notes = transplant(state, old, new, mapping, host=host)

Every token keeps its id, its data and the moment it arrived; finished steps stay finished.
`mapping` says under which id an element of the old version goes on (the same id otherwise).
What cannot go on safely is refused with every reason, in French (`obstacles`); what changes
under an open token is noted (`adapting`); what the new version awaits beside open steps is
armed, what it awaits no longer is withdrawn (`arming`).
"""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import orjson
from SpiffWorkflow.util.task import TaskState

from engine.spiff import codec, memory
from engine.spiff.adapting import adapt
from engine.spiff.arming import arm
from engine.spiff.correspondence import Plan, beside, opened_by, successors
from engine.spiff.errors import ProcessError
from engine.spiff.events import Catching
from engine.spiff.inside import SubProcess
from engine.spiff.model import Model
from engine.spiff.obstacles import INTERNAL, NAME, STATE, obstacle, starves, starving
from engine.spiff.process import Process
from engine.spiff.progress import run_on
from engine.spiff.tree import UNFINISHED, Host

_ID, _PARENT, _UPDATES = 0, 1, 7
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
    plan.reasons.extend(_misread(mapping, old, new))
    for row in raw["tasks"]:
        if row[_UPDATES] and "case" in row[_UPDATES]:
            row[_UPDATES]["case"] |= case or {}
    _Rows(raw, old, new, plan).move()
    if plan.reasons:
        raise CannotMigrate(plan.reasons)
    top = codec.load(orjson.dumps(raw), new.specs, new.key, host)
    failed = {task.id for task in top.every() if task.state == TaskState.ERROR}
    for task in list(top.every()):
        if task.id in plan.had:
            adapt(task, plan.had[task.id], plan)
    arm(top, plan)
    if plan.reasons:
        raise CannotMigrate(plan.reasons)
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
    silent = ("startEvent", "endEvent", "exclusiveGateway")
    return [
        e
        for e in old.elements.values()
        if e.id not in new.elements and e.kind not in silent
    ]


def _misread(mapping: Mapping[str, str], old: Model, new: Model) -> Iterator[str]:
    for was, becomes in mapping.items():
        if was not in old.elements:
            yield f"Correspondance : « {was} » n'est pas une étape de l'ancienne version."
        if becomes not in new.elements:
            yield f"Correspondance : « {becomes} » n'est pas une étape de la nouvelle version."


class _Rows:
    """The rows of an instance, taken to their new names before anything is loaded."""

    def __init__(self, raw: dict[str, Any], old: Model, new: Model, plan: Plan) -> None:
        self.raw, self.old, self.new, self.plan = raw, old, new, plan
        self.owners: dict[str, tuple[Any, Any]] = {}

    def move(self) -> None:
        """Rename the rows of every open process; reasons go to the plan."""
        raw, plan = self.raw, self.plan
        raw["outcome"] = raw["outcome"] and plan.renamed(raw["outcome"])
        pool = raw.setdefault("process", self.old.key)
        if all(pool != scope.id for scope in self.new.diagram.pools):
            plan.reasons.append(
                f"Le processus « {pool} » n'est plus dans la nouvelle version."
            )
            return
        raw["tasks"] = self._moved(None, raw["tasks"], pool, pool)
        for inner in raw["inner"]:
            target = self._target(*inner[:2])
            if target is not None:
                was, inner[1] = inner[1], target
                inner[2] = self._moved(UUID(inner[0]), inner[2], was, target)

    def _target(self, owner: str, was: str) -> str | None:
        """The process of the new version that an open one follows from now on."""
        if owner not in self.owners:
            return None  # the owner is among the reasons already
        had, now = self.owners[owner]
        literal = isinstance(now, SubProcess) and not now.spec.startswith("=")
        target: str = now.spec if literal else self.plan.renamed(was)
        if target in self.new.specs:
            return target
        self.plan.reasons.append(
            f"{had.label()} a ouvert « {was.partition('#')[0]} », que la nouvelle version "
            "n'a plus : attendez sa fin, ou dites quelle étape la remplace."
        )
        return None

    def _moved(
        self, owner: UUID | None, rows: list[list[Any]], was: str, target: str
    ) -> list[list[Any]]:
        """The rows of one process under their new names, less the events that are gone."""
        plan, old, new = self.plan, self.old.specs[was], self.new.specs[target]
        plan.scopes[owner] = old
        follows = successors(old, new, plan)
        starved = {plan.renamed(name) for name in starving(rows, old)}
        half_done = {
            (row[_PARENT], old.task_specs[row[NAME]].node.id)
            for row in rows
            if "happened" in (row[INTERNAL] or {})
        }
        before, kept, left = len(plan.reasons), list[list[Any]](), dict[str, str]()
        racing, awaited = set[Any](), set[Any]()
        for row in rows:
            had = old.task_specs[row[NAME]]
            name = plan.renamed(row[NAME])
            if isinstance(had, Catching):
                name = follows.get(row[NAME], "")
            if beside(had) and (row[_PARENT], name) in awaited:
                name = ""  # two events that became one
            awaited.add((row[_PARENT], name))
            now = new.task_specs.get(name)
            if row[STATE] & UNFINISHED:
                left[row[_ID]] = obstacle(row, had, now, plan, self.new.specs)
                if left[row[_ID]]:
                    continue
                plan.had[UUID(row[_ID])] = had
                self.owners[row[_ID]] = had, now
                racing.add(_race(row, had))
            memory.rename(row, self.old, self.new, (old, new), now, plan)
            row[NAME] = name if now is not None else _TRACE
            kept.append(row)
        for row in rows:
            if reason := left.get(row[_ID]):
                had = old.task_specs[row[NAME]]
                if (row[_PARENT], had.node.id) in half_done:
                    plan.reasons.append(_half_done(had))
                elif beside(had) or (_race(row, had) or 0) in racing:
                    plan.note(f"{had.label()} n'est plus attendu.")
                else:
                    plan.reasons.append(reason)
        if len(plan.reasons) == before:
            for name in starving(kept, new) - starved:
                plan.reasons.append(starves(new.task_specs[name]))
        return kept


def _race(row: list[Any], had: Any) -> tuple[str, str] | None:
    """The race that a token is in, at an event gateway or for one of several events."""
    raced = isinstance(had, Catching) and had.raced
    return (row[_PARENT], opened_by(had)) if raced else None


def _half_done(had: Any) -> str:
    return (
        f"{had.label()} attend plusieurs événements dont l'un est arrivé, et la nouvelle "
        "version n'attend plus les mêmes : attendez les autres, ou sautez l'étape."
    )
