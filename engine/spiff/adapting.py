"""Bringing live tokens in line with the version they migrate to, one at a time.

`Plan` gathers what is found on the way: the element each token had, reasons and remarks.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from SpiffWorkflow.util.task import TaskState

from engine.spiff.elements import UserTask
from engine.spiff.events import Boundary, Catching, correlation
from engine.spiff.tree import Host, LiveTask


@dataclass
class Plan:
    """What is found while the rows are read: the element each live token had, and remarks."""

    mapping: Mapping[str, str]
    had: dict[UUID, Any] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def renamed(self, name: str) -> str:
        """The new name of a specification: `id`, `id#events`, `id#each`, `#start`…"""
        base, mark, suffix = name.partition("#")
        return self.mapping.get(base, base) + mark + suffix


def same_boundary(had: Any, now: Any, plan: Plan) -> bool:
    return (
        isinstance(now, Boundary)
        and now.event.kind == had.event.kind
        and now.node.interrupting == had.node.interrupting
        and now.node.attached_to == plan.renamed(had.node.attached_to)
    )


def adapt(task: LiveTask, had: Any, plan: Plan) -> None:
    """Bring one live token in line with its new element."""
    now = task.task_spec
    if isinstance(now, UserTask):
        plan.notes.extend(_differences(had, now))
    if isinstance(now, Catching) and task.state == TaskState.WAITING:
        _wait_again(task, had, plan)
    if not isinstance(now, Boundary):
        _attach_events(task, had, plan)


def _differences(had: Any, now: Any) -> Iterator[str]:
    if had.properties.get("ebg:form") != now.properties.get("ebg:form"):
        yield f"{now.label()} a un nouveau formulaire : la tâche ouverte garde le sien."
    if had.node.role != now.node.role:
        yield (
            f"{now.label()} revient au rôle « {now.node.role} » dans la nouvelle version : "
            f"la tâche ouverte reste au rôle « {had.node.role} »."
        )


def _wait_again(task: LiveTask, had: Any, plan: Plan) -> None:
    """Set a timer again, or wait for another message, if that is what changed."""
    now = task.task_spec
    if now.event.kind == "timer":
        was = (had.event.timer, had.event.expression)
        if was != (now.event.timer, now.event.expression):
            _arm(task)
            plan.notes.append(f"L'échéance de {now.label()} est recalculée.")
    elif now.event.kind == "message":
        rule = "ebg:correlation"
        if had.properties.get(rule) != now.properties.get(rule):
            task.internal_data["correlation"] = correlation(task)
        if had.event.name != now.event.name:
            plan.notes.append(f"{now.label()} attend désormais « {now.event.name} ».")


def _arm(task: LiveTask) -> None:
    """Set a timer as if the new version had been there when its token arrived."""
    top, host = task.top, task.top.host
    top.host = _Then(host, datetime.fromtimestamp(task.entered or top.seconds(), UTC))
    for key in ("due", "left", "every"):
        task.internal_data.pop(key, None)
    try:
        task.task_spec._arm(task)
    finally:
        top.host = host


@dataclass(frozen=True)
class _Then:
    """A host whose clock stands at another moment."""

    host: Host
    moment: datetime

    def now(self) -> datetime:
        return self.moment

    def operation(self, name: str, arguments: dict[str, Any]) -> Any:
        return self.host.operation(name, arguments)

    def is_remote(self, name: str) -> bool:
        return self.host.is_remote(name)

    def decide(self, decision_id: str, data: dict[str, Any]) -> Any:
        return self.host.decide(decision_id, data)

    def procedure(self, name: str) -> str | None:
        return self.host.procedure(name)

    @property
    def called(self) -> bool:
        return self.host.called


def _attach_events(task: LiveTask, had: Any, plan: Plan) -> None:
    """Wait for the boundary events that the new version adds to an open activity."""
    specs = task.task_spec._wf_spec.task_specs
    split_spec = specs.get(f"{task.task_spec.name}#events")
    if split_spec is None:
        return
    known = [
        spec
        for spec in had._wf_spec.task_specs.values()
        if isinstance(spec, Boundary) and spec.node.attached_to == had.name
    ]
    split = task.parent
    if split is None or split.task_spec is not split_spec:
        split = _put_between(task, split_spec)
    for name in split_spec._outputs:
        event = specs[name]
        if not isinstance(event, Boundary) or any(
            plan.renamed(spec.name) == name and same_boundary(spec, event, plan)
            for spec in known
        ):
            continue
        event._update(split._add_child(event))
        plan.notes.append(f"{event.label()} est désormais attendu.")


def _put_between(task: LiveTask, split_spec: Any) -> LiveTask:
    """A finished split between a token and its parent, with the data it arrived with."""
    parent, tasks = task.parent, task.workflow.tasks
    split = LiveTask(task.workflow, split_spec, parent, TaskState.COMPLETED)
    split.entered, split.data = task.entered, dict(task.data)
    if parent is not None:
        parent._children.remove(task.id)
    task._parent = split.id
    split._children.append(task.id)
    for below in task.below():  # parents stay before children
        tasks[below.id] = tasks.pop(below.id)
    return split
