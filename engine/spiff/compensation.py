"""Undoing what is done: the handlers of finished activities, the last done first.

A scope notes its finished activities that someone may have to undo (`LiveTask.remember`):
[element, the item of its repetition, what was done inside]. A handler is opened as a small
process of its own, owned by the element that throws; so a handler may be anything, a user task
included, and is saved like the rest.
"""

from typing import Any

from engine.spiff.tree import LiveTask


def to_undo(task: LiveTask, activity: str | None) -> list[Any]:
    """Take from the scope what to undo, the last first: [handler, item, done inside]."""
    found: list[Any] = []
    workflow = task.workflow
    while True:
        root = workflow.task_tree
        done = root.internal_data.get("done", [])
        chosen = [note for note in done if activity in (None, note[0])]
        kept = [note for note in done if note not in chosen]
        if kept:
            root.internal_data["done"] = kept
        else:
            root.internal_data.pop("done", None)
        for note in reversed(chosen):
            found += _handlers(workflow, note)
        owner = getattr(workflow, "owner", None)
        if owner is None or not owner.task_spec.node.by_event:
            return found
        workflow = owner.workflow  # an event sub-process undoes what its scope has done


def _handlers(workflow: Any, note: list[Any]) -> list[Any]:
    """What undoes one finished activity: its handler, its own event sub-process, or its parts."""
    element, item, inside = note
    specs = workflow.top_workflow.subprocess_specs
    if f"{element}#handler" in specs:
        return [[f"{element}#handler", item, []]]
    inner = specs.get(element)
    if inner is None:
        return []
    if inner.undone_by:
        return [[inner.undone_by, item, inside]]
    found: list[Any] = []
    for part in reversed(inside):
        found += [
            [spec, {**item, **kept}, done] for spec, kept, done in _handlers(workflow, part)
        ]
    return found


def undo_next(task: LiveTask) -> bool:
    """Open the next handler that a thrower still has to run; whether there was one."""
    if not task.internal_data["undo"]:
        return False
    (spec, item, inside), *rest = task.internal_data["undo"]
    task.internal_data["undo"] = rest
    inner = task.top.create_subprocess(task, spec)
    inner.begin({**task.data, **item})
    if inside:
        inner.task_tree.internal_data["done"] = inside
    return True
