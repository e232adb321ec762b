"""What an operator may do to a running diagram: drop a branch, move a token.

    destinations(process, task_id)       where the token could be put
    move(process, task_id, element_id)   put it there; what it was doing is withdrawn
    drop(process, task_id)               withdraw the branch; the others go on

A token stands at an element; what hangs on it goes with it: the boundary events of an
activity, the other events of a race, the inside of a sub-process. Moves stay within the
same process or sub-process. Everything works on compacted instances.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from SpiffWorkflow.util.task import TaskState

from engine.spiff.elements import Attached
from engine.spiff.errors import WrongState
from engine.spiff.events import Boundary, Catching
from engine.spiff.expressions import checked
from engine.spiff.joins import Join
from engine.spiff.process import Process
from engine.spiff.progress import run_on
from engine.spiff.tree import (
    ARMED,
    TOKEN,
    UNFINISHED,
    LiveTask,
    entered_by,
    is_destination,
)


def standing(process: Process, *, repeated: bool = False) -> dict[UUID, str]:
    """The tokens that can be moved or dropped: task id → element id, in their order.

    With `repeated`, also each turn of a repetition, which can only be skipped.
    """
    return {
        task.id: task.task_spec.bpmn_id
        for task in process._top.every()
        if _stands(task, repeated=repeated)
    }


def destinations(process: Process, task_id: UUID) -> list[str]:
    """The ids of the elements where this token could be put. Raises TaskNotFound."""
    specs = process._top.find(task_id).workflow.spec.task_specs.values()
    return [spec.bpmn_id for spec in specs if is_destination(spec)]


def move(
    process: Process,
    task_id: UUID,
    element_id: str,
    values: Mapping[str, Any] | None = None,
) -> None:
    """Put a token before another element of its own process, with its data, and run on.

    Before a gateway that joins, the token arrives by a way where nobody waits yet. Raises
    TaskNotFound, WrongState with a sentence.
    """
    token = _token(process, task_id)
    specs = token.workflow.spec.task_specs
    entry, target = entered_by(specs, element_id), specs.get(element_id)
    parent, data = token.parent, {**token.data, **checked(dict(values or {}))}
    came_from = token.task_spec.name
    _withdraw(token)
    moved = LiveTask(token.workflow, entry, parent)
    moved.enter(data)
    if isinstance(target, Join):
        moved.internal_data["from"] = _way_in(target, token.workflow, came_from)
    entry._update(moved)
    run_on(process._top)


def drop(process: Process, task_id: UUID) -> None:
    """Withdraw a branch and all that hangs on it; the others go on.

    Raises TaskNotFound; WrongState when it is the last one: what goes on then is for the
    operator to say (move the token, or cancel the case).
    """
    token = _token(process, task_id)
    taken = {task.id for task in _hanging_on(token)}
    left = [
        task
        for task in token.workflow.tasks.values()
        if task.has_state(UNFINISHED) and task.id not in taken
    ]
    if all(task.task_spec.node.kind in ARMED for task in left):
        raise WrongState(
            f"{token.task_spec.label()} est la dernière branche ouverte : déplacez le "
            "jeton, ou annulez le dossier"
        )
    _withdraw(token)
    run_on(process._top)


def _stands(task: LiveTask, *, repeated: bool = False) -> bool:
    spec = task.task_spec
    return (
        task.has_state(TOKEN)
        and spec.bpmn_id is not None
        and (repeated or spec.container is None)
        and spec.node.kind not in ARMED
    )


def _token(process: Process, task_id: UUID) -> LiveTask:
    task = process._top.find(task_id)
    if task.task_spec.container is not None:
        raise WrongState(
            f"{task.task_spec.label()} fait partie d'une répétition : agissez sur la "
            "répétition entière"
        )
    if not _stands(task):
        raise WrongState(f"{task.task_spec.label()} n'est pas un jeton que l'on déplace")
    return task


def _hanging_on(token: LiveTask) -> list[LiveTask]:
    """The token and what would be pointless without it, in the same (sub)workflow."""
    around = token.parent.children if token.parent is not None else []
    with_it = [other for other in around if other is token or _goes_with(other, token)]
    return [below for task in with_it for below in task.below()]


def _goes_with(other: LiveTask, token: LiveTask) -> bool:
    spec, waits = other.task_spec, other.state == TaskState.WAITING
    if isinstance(token.task_spec, Catching) and token.task_spec.raced:
        return waits and isinstance(spec, Catching) and spec.raced
    split = token.parent.task_spec
    is_activity = isinstance(split, Attached) and split.activity == token.task_spec.name
    return is_activity and isinstance(spec, Boundary) and other.has_state(UNFINISHED)


def _withdraw(token: LiveTask) -> None:
    for task in _hanging_on(token):
        task.cancel()


def _way_in(join: Join, workflow: Any, came_from: str) -> str:
    """The flow by which a moved token arrives: the one it would take, else an empty one."""
    filled = {task.internal_data.get("from") for task in join.waiting(workflow)}
    ways = join.arrivals
    empty = [way for way in ways if way not in filled] or list(ways)
    return next((way for way in empty if ways[way] == came_from), empty[0])
