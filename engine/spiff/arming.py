"""What the new version awaits beside what is open already, and the old one did not.

Events on the edge of an open activity, event sub-processes of an open process, other branches
of a race, other events to be awaited together, other activities of an ad hoc sub-process. What
the old version knew is left alone: it waits still, or has happened already.
"""

from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.util.task import TaskState

from engine.spiff.correspondence import Plan, opened_by, successors
from engine.spiff.events import Boundary, Catching, EventStart
from engine.spiff.memory import entries
from engine.spiff.odd_joins import AdHocEnd
from engine.spiff.tree import UNFINISHED, LiveTask, LiveWorkflow


def arm(top: LiveWorkflow, plan: Plan) -> None:
    """Wait for all that is new, in every open process."""
    for workflow in [top, *top.subprocesses.values()]:
        old = plan.scopes[getattr(workflow, "parent_task_id", None)]
        follows = successors(old, workflow.spec, plan)
        known = set(follows.values())
        for task in list(workflow.tasks.values()):
            if task.id in plan.had:
                _on_edge(task, _edge(plan.had[task.id], old, follows), plan)
                _beside(task, known, plan)
        if not _interrupted(workflow, old, plan):
            _around(workflow, known, plan)
            _offered(workflow, old, plan)


def _edge(had: Any, old: Any, follows: Mapping[str, str]) -> set[str]:
    """The events of the new version that were awaited on the edge of this activity."""
    return {
        follows[spec.name]
        for spec in old.task_specs.values()
        if spec.name in follows and spec.node.attached_to == had.node.id != ""
    }


def _on_edge(task: LiveTask, known: set[str], plan: Plan) -> None:
    split = task.workflow.spec.task_specs.get(f"{task.task_spec.name}#events")
    new = _new(split, Boundary, known)
    if split is not None:
        above = _split_above(task, split)
        for event in new:
            _await(above._add_child(event), plan)


def _beside(task: LiveTask, known: set[str], plan: Plan) -> None:
    """Of a race, or of events awaited together: those that the old version did not have.

    `task` waits for one of them, or already stands where they meet.
    """
    specs = task.workflow.spec.task_specs
    split = specs.get(opened_by(task.task_spec))
    for event in _new(split, Catching, known):
        above, data = _opener(task, split), dict(task.data)
        if all(child.task_spec is not event for child in above.children):
            child = above._add_child(event)
            child.enter(data)
            _await(child, plan)


def _around(workflow: Any, known: set[str], plan: Plan) -> None:
    for way in workflow.spec.start.armed:
        if way.target not in known:
            event = workflow.spec.task_specs[way.target]
            _await(workflow.task_tree._add_child(event), plan)


def _interrupted(workflow: Any, old: Any, plan: Plan) -> bool:
    """Whether an event has stopped everything else in this process: nothing more may."""
    stopped = {
        name
        for spec in old.task_specs.values()
        if isinstance(spec, EventStart) and spec.node.interrupting
        for name in spec._outputs
    }
    return any(
        task.has_state(UNFINISHED)
        and (
            (task.id in plan.had and plan.had[task.id].name in stopped)
            or ("undo" in task.internal_data and _cancels(task.task_spec))
        )
        for task in workflow.tasks.values()
    )


def _cancels(spec: Any) -> bool:
    return any(event.kind == "cancel" for event in spec.node.events)


def _offered(workflow: Any, old: Any, plan: Plan) -> None:
    """The activities that an open ad hoc sub-process did not have yet."""
    end, root = workflow.spec.end, workflow.task_tree
    if not isinstance(end, AdHocEnd) or not isinstance(old.end, AdHocEnd):
        return
    if end.node.in_turn or root.internal_data.get("enough"):
        return
    had = entries(old, plan)
    for name in end.entries:
        if name.partition("#")[0] not in had:
            child = root._add_child(workflow.spec.task_specs[name])
            child.task_spec._update(child)
            plan.note(f"{child.task_spec.label()} est désormais proposée.")


def _new(split: Any, kind: type, known: set[str]) -> list[Any]:
    specs = split._wf_spec.task_specs if split is not None else {}
    names = split._outputs if split is not None else []
    return [specs[n] for n in names if isinstance(specs[n], kind) and n not in known]


def _await(event: LiveTask, plan: Plan) -> None:
    event.task_spec._update(event)
    plan.note(f"{event.task_spec.label()} est désormais attendu.")


def _opener(task: LiveTask, split_spec: Any) -> LiveTask:
    """The finished split that opened the events of which this token awaits or met one."""
    above = task.parent
    while above is not None and above.task_spec is not split_spec:
        above = above.parent
    return above if isinstance(above, LiveTask) else _split_above(task, split_spec)


def _split_above(task: LiveTask, split_spec: Any) -> LiveTask:
    """The finished split over a token, put between it and its parent if there was none."""
    parent, tasks = task.parent, task.workflow.tasks
    if isinstance(parent, LiveTask) and parent.task_spec is split_spec:
        return parent
    split = LiveTask(task.workflow, split_spec, parent, TaskState.COMPLETED)
    split.entered, split.data = task.entered, _as_it_arrived(task)
    if parent is not None:
        parent._children.remove(task.id)
    task._parent = split.id
    split._children.append(task.id)
    for below in task.below():  # parents stay before children
        tasks[below.id] = tasks.pop(below.id)
    return split


def _as_it_arrived(task: LiveTask) -> dict[str, Any]:
    """What a token brought, without what the finished instances of a repetition gave since.

    What still runs is compared with it.
    """
    data = dict(task.data)
    for key, start in task.internal_data.get("given", {}).items():
        del data[key]
        data.update({key: start[0]} if start else {})
    return data
