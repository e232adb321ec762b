"""Everything that a later move of an instance may look at, to compare two of them."""

from typing import Any

from engine.spiff.process import Process


def anatomy(process: Process) -> Any:
    """The tokens with their data, whose types show: True is not 1, a tuple is not a list."""
    top = process._top
    flows = [("", top), *((str(owner), flow) for owner, flow in top.subprocesses.items())]
    return {
        "ends": (top.completed, top.cancelled, top.outcome, dict(top.data), top.brought),
        "last": top.last_task.id if top.last_task else None,
        "left": ([task.id for task in top.ready], top.journal, top.outbox),
        "flows": [
            (owner, flow.spec.name, flow.task_tree.id, [_task(t) for t in flow.tasks.values()])
            for owner, flow in flows
        ],
    }  # fmt: skip


def _task(task: Any) -> Any:
    return (
        task.id, task._parent, task._children, task.task_spec.name, task.state, task.entered,
        task.last_state_change, _typed(task.internal_data or {}), _typed(task.data),
        task.triggered, task.thread_id, task.before, task.chosen, task.came_by,
    )  # fmt: skip


def _typed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _typed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_typed(inner) for inner in value]
    return type(value).__name__, value
