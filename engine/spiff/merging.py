"""Bringing parallel branches together: every change is kept, none is overwritten in silence.

The branches are compared with what they had in common when they parted. A key that one branch
changed keeps that change; two branches that changed the same key differently are a conflict,
said in words. Contexts are merged key by key; lists and plain values are taken whole.
"""

from typing import Any

from SpiffWorkflow.util.task import TaskState

from engine.spiff.errors import TaskFailed
from engine.spiff.sameness import same
from engine.spiff.tree import TOKEN, LiveTask

_ABSENT = object()


def merged(
    tokens: list[LiveTask], *, settled: dict[str, Any] | None = None, lenient: bool = False
) -> dict[str, Any]:
    """The data of several tokens as one.

    `settled` gives the value of keys that a person decided; `lenient` lets the last token win,
    for the end of a process where nothing reads the data any more. Raises TaskFailed.
    """
    settled = settled or {}
    branches = [(_ancestors(token), token.data) for token in tokens]
    conflicts: list[str] = []
    result = _fold(branches, 0, set(settled), conflicts)
    if conflicts and not lenient:
        names = ", ".join(f"« {name} »" for name in sorted(set(conflicts)))
        message = (
            f"deux branches parallèles ont donné des valeurs différentes à {names} : "
            "choisissez la valeur à garder, puis relancez"
        )
        raise TaskFailed(message, code="merge_conflict")
    return {**result, **settled}


def known(workflow: Any, source: LiveTask | None = None) -> dict[str, Any]:
    """All that the open branches of a scope know, those of its open sub-processes included.

    `source` is the task that throws the event, which is done already.
    """
    branches = []
    # An event's handler began with all that was known then: what the others say since wins.
    for task in sorted(
        workflow.tasks.values(), key=lambda t: not t.task_spec.node.by_event
    ):
        armed = task.task_spec.aside and task.state != TaskState.READY
        open_here = task.has_state(TOKEN) and not armed
        if task is source or open_here:
            inner = task.top.subprocesses.get(task.id)
            seen = inner is not None and "ebg:in" not in task.task_spec.properties
            data = {**task.data, **known(inner, source)} if seen else task.data
            branches.append((_ancestors(task), _without_item(task, data)))
    if not branches:
        return dict(workflow.task_tree.data)
    return dict(_fold(branches, 0, set(), []))


def _without_item(task: LiveTask, data: dict[str, Any]) -> dict[str, Any]:
    """The item of a repetition is known to its own instance alone."""
    container = task.task_spec.container
    item = container and task.workflow.spec.task_specs[container].loop.item
    return {key: value for key, value in data.items() if key != item} if item else data


def _fold(
    branches: list[tuple[list[LiveTask], dict[str, Any]]],
    depth: int,
    settled: set[str],
    conflicts: list[str],
) -> dict[str, Any]:
    """Merge along the tree: first the branches that parted last."""
    if len(branches) == 1:
        return branches[0][1]
    while all(
        len(path) > depth and path[depth] is branches[0][0][depth] for path, _ in branches
    ):
        depth += 1
    groups: dict[Any, list[tuple[list[LiveTask], dict[str, Any]]]] = {}
    for number, (path, data) in enumerate(branches):
        key = path[depth].id if len(path) > depth else number
        groups.setdefault(key, []).append((path, data))
    common = branches[0][0][depth - 1].data
    results = [_fold(group, depth, settled, conflicts) for group in groups.values()]
    return three_way(common, results, settled, conflicts)


def three_way(
    common: dict[str, Any],
    results: list[dict[str, Any]],
    settled: set[str],
    conflicts: list[str],
    path: str = "",
) -> dict[str, Any]:
    """What several results make of the context they all started from."""
    found: dict[str, Any] = {}
    for key in dict.fromkeys([*common, *(key for result in results for key in result)]):
        before = common.get(key, _ABSENT)
        changes = _changes(before, [result.get(key, _ABSENT) for result in results])
        name = f"{path}{key}"
        if not changes:
            chosen = before
        elif len(changes) == 1 or name in settled:
            chosen = changes[-1]
        elif all(isinstance(change, dict) for change in changes):
            inside = before if isinstance(before, dict) else {}
            chosen = three_way(inside, changes, settled, conflicts, f"{name}.")
        else:
            conflicts.append(name)
            chosen = changes[-1]
        if chosen is not _ABSENT:
            found[key] = chosen
    return found


def _changes(before: Any, values: list[Any]) -> list[Any]:
    """The different values that replaced `before`, in order."""
    changes: list[Any] = []
    for value in values:
        if not same(value, before) and not any(same(value, change) for change in changes):
            changes.append(value)
    return changes


def _ancestors(token: LiveTask) -> list[LiveTask]:
    found: list[LiveTask] = []
    task = token.parent
    while task is not None:
        found.append(task)
        task = task.parent
    return found[::-1]
