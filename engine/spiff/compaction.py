"""Forgets what is finished: an instance keeps only its live skeleton.

Kept are the root, the tasks still open, the split of an activity that carries boundary events,
the last task of the top process (its data are the case's), and every point where two kept
branches parted, because its data are what a later join compares them with. Everything else is
already in the history. The cost is that of the tasks in memory: what is open, plus what this
move has just finished. Parents stay before children.
"""

from typing import Any

from SpiffWorkflow.util.task import TaskState

from engine.spiff.elements import Attached
from engine.spiff.joins import EndJoin
from engine.spiff.merging import three_way
from engine.spiff.tree import UNFINISHED, LiveTask, LiveWorkflow


def compact(top: LiveWorkflow) -> None:
    """Prune every (sub)workflow of an instance."""
    for workflow in [top, *top.subprocesses.values()]:
        _compact(workflow)
        _gather_ended(workflow)


def _compact(workflow: Any) -> None:
    tasks = workflow.tasks
    kept = _needed(workflow)
    branches: dict[Any, int] = {}
    for task in reversed(list(tasks.values())):  # children come after their parents
        if branches.get(task.id, 0) > 1:
            kept.add(task.id)
        if task.id in kept or branches.get(task.id):
            branches[task._parent] = branches.get(task._parent, 0) + 1
    nearest: dict[Any, Any] = {None: None}
    workflow.tasks = {}
    for task in tasks.values():
        nearest[task.id] = task.id if task.id in kept else nearest[task._parent]
        if task.id not in kept:
            continue
        task._parent, task._children = nearest[task._parent], []
        workflow.tasks[task.id] = task
        if task.parent is not None:
            task.parent._children.append(task.id)


def _needed(workflow: Any) -> set[Any]:
    kept = {workflow.task_tree.id}
    if workflow.last_task is not None and workflow is workflow.top_workflow:
        kept.add(workflow.last_task.id)
    for task in workflow.tasks.values():
        if task.has_state(UNFINISHED):
            kept.add(task.id)
            if task.parent is not None and isinstance(task.parent.task_spec, Attached):
                kept.add(task.parent.id)
    return kept & set(workflow.tasks)


def _gather_ended(workflow: Any) -> None:
    """Fold tokens that reached the end beside each other into one, so that they never pile up.

    A weekly reminder ends a token each week for years. Two of them are folded when they parted
    at the same point and do not disagree; nothing that is still open depends on either.
    """
    for parent in list(workflow.tasks.values()):
        ended = [
            child
            for child in parent.children
            if isinstance(child.task_spec, EndJoin)
            and child.state == TaskState.WAITING
            and not child._children
        ]
        if len(ended) > 1:
            _fold(workflow, parent, ended)


def _fold(workflow: Any, parent: LiveTask, ended: list[LiveTask]) -> None:
    conflicts: list[str] = []
    data = three_way(parent.data, [child.data for child in ended], set(), conflicts)
    if conflicts and workflow is not workflow.top_workflow:
        return
    *others, last = ended
    last.data = data
    for child in others:
        parent._children.remove(child.id)
        del workflow.tasks[child.id]
