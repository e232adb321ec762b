"""An instance's state as bytes: orjson rows, parents before children, only what is alive.

A row holds what a task changed compared with its parent; a sub-process' first task is compared
with its owner, so that data are written once however deep the diagram. Process data are plain
JSON from end to end: nothing in them is ever turned into an object.

Stored as bytes or text, never `jsonb`: the order of the rows matters.
"""

from typing import Any
from uuid import UUID

import orjson
from SpiffWorkflow.util.task import TaskState

from engine.spiff.errors import DataTooLarge
from engine.spiff.sameness import same
from engine.spiff.tree import Host, LiveSubWorkflow, LiveTask, LiveWorkflow

FORMAT = 1
MAX_BYTES = 256 * 1024


def dump(top: LiveWorkflow) -> bytes:
    """The state of an instance. Raises DataTooLarge."""
    state = orjson.dumps(
        {
            "format": FORMAT,
            "process": top.spec.name,
            "completed": top.completed,
            "cancelled": top.cancelled,
            "outcome": top.outcome,
            "last": str(top.last_task.id) if top.last_task else None,
            "data": top.data if top.completed else None,
            "tasks": _rows(top, {}),
            "inner": [
                [str(owner), inner.spec.name, _rows(inner, inner.owner.data)]
                for owner, inner in top.subprocesses.items()
            ],
        }
    )
    if len(state) > MAX_BYTES:
        size = len(state) // 1024
        message = (
            f"les données de ce dossier dépassent la limite de {MAX_BYTES // 1024} ko "
            f"({size} ko) : gardez les documents et les longs textes hors du processus"
        )
        raise DataTooLarge(message)
    return state


def load(state: bytes, specs: dict[str, Any], key: str, host: Host) -> LiveWorkflow:
    """The instance that `dump` wrote, on the specifications of its model.

    It runs the process that it says, or `key` when it was written before it said so.
    """
    raw = orjson.loads(state)
    if raw.get("format") != FORMAT:
        message = f"unknown state format {raw.get('format')!r}"
        raise ValueError(message)
    top = LiveWorkflow(specs[raw.get("process", key)], specs, host)
    _fill(top, raw["tasks"], {})
    for owner, name, rows in raw["inner"]:
        inner = LiveSubWorkflow(specs[name], UUID(owner), top)
        top.subprocesses[UUID(owner)] = inner
        _fill(inner, rows, inner.owner.data)
    top.completed, top.cancelled = raw["completed"], raw["cancelled"]
    top.outcome, top.data = raw["outcome"], raw["data"] or {}
    top.last_task = top.tasks.get(UUID(raw["last"])) if raw["last"] else None
    return top


def _rows(workflow: Any, outer: dict[str, Any]) -> list[list[Any]]:
    rows = []
    for task in workflow.tasks.values():
        above = workflow.tasks.get(task._parent)
        base = outer if above is None else above.data
        updates = {
            key: value
            for key, value in task.data.items()
            if key not in base or not same(base[key], value)
        }
        removed = [key for key in base if key not in task.data]
        rows.append(
            [
                str(task.id),
                str(task._parent) if task._parent else None,
                task.task_spec.name,
                task.state,
                task.entered,
                task.last_state_change,
                task.internal_data or None,
                updates or None,
                removed or None,
            ]
        )
    return rows


def _fill(workflow: Any, rows: list[list[Any]], outer: dict[str, Any]) -> None:
    specs = workflow.spec.task_specs
    for row in rows:
        key, parent_key, name, state, entered, changed, internal, updates, removed = row
        parent = workflow.tasks[UUID(parent_key)] if parent_key else None
        task = _task(workflow, specs[name], UUID(key), parent, state)
        task.entered, task.last_state_change = entered, changed
        task.internal_data = internal or {}
        base = outer if parent is None else parent.data
        task.data = {**base, **(updates or {})}
        for gone in removed or ():
            del task.data[gone]
        if parent is None:
            workflow.task_tree = task
        if state == TaskState.READY and not task.task_spec.manual:
            workflow.top_workflow.ready.append(task)


def _task(
    workflow: Any, spec: Any, key: UUID, parent: LiveTask | None, state: int
) -> LiveTask:
    task = LiveTask.__new__(LiveTask)
    task.id, task.workflow, task.task_spec = key, workflow, spec
    task._parent, task._children, task._state = (parent.id if parent else None), [], state
    _rest(task)
    workflow.tasks[key] = task
    if parent is not None:
        parent._children.append(key)
    return task


def rest(top: LiveWorkflow) -> None:
    """Leave an instance that was dumped as `load` would make it."""
    top.error = None
    for task in top.every():
        _rest(task)


def _rest(task: LiveTask) -> None:
    task.triggered, task.thread_id = False, 0
    task.before = task.chosen = None
    task.came_by = ""
