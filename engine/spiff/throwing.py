"""Throwing events, and who catches them.

Errors and escalations climb from the thrower to the nearest boundary event or event
sub-process that catches them; signals reach every event of the same case at once, and the
outside takes them to the others; messages go to the outside, which routes them by name and
correlation. Compensation and cancellation undo what is done before the token goes on.
"""

from typing import Any

from SpiffWorkflow.util.task import TaskState

from engine.spiff import compensation, expressions
from engine.spiff.diagram import Event, Node
from engine.spiff.elements import Attached, Element
from engine.spiff.errors import TaskFailed
from engine.spiff.events import Boundary, Catching, EventStart, correlation, variable
from engine.spiff.records import Thrown
from engine.spiff.tree import UNFINISHED, LiveSubWorkflow, LiveTask, LiveWorkflow


class StartEvent(Element):
    """Whatever starts the process has already happened when it starts."""

    def execute(self, task: LiveTask) -> bool:
        """Store what the event brought: from outside, or to an event sub-process."""
        if task.top.brought is not None and task.workflow is task.top:
            event, payload = task.top.brought
            task.data[variable(event)] = payload
        return True


class Throwing(Element):
    """An intermediate throw event, an end event or a send task."""

    def __init__(self, process: Any, name: str, node: Node) -> None:
        super().__init__(process, name, node)
        self.undoes = any(event.kind in ("compensate", "cancel") for event in node.events)

    def execute(self, task: LiveTask) -> bool | None:
        """Work out the payloads; an error that nothing catches is a failure here."""
        if self.undoes:
            if "undo" not in task.internal_data:
                task.internal_data["undo"] = self._to_undo(task)
            if compensation.undo_next(task):
                return None
            del task.internal_data["undo"]
        task.internal_data["payloads"] = [self._payload(task, e) for e in self.node.events]
        return True

    def _to_undo(self, task: LiveTask) -> list[Any]:
        found: list[Any] = []
        for event in self.node.events:
            if event.kind == "cancel":
                for other in task.workflow.task_tree.below():
                    if other is not task and other.has_state(UNFINISHED):
                        other.cancel()
            if event.kind in ("compensate", "cancel"):
                found += compensation.to_undo(task, event.activity)
        return found

    def come_back(self, task: LiveTask, inner: Any, data: dict[str, Any]) -> None:
        """One compensation handler is done: go on with the next."""
        task.data = data
        task._set_state(TaskState.READY)

    def _payload(self, task: LiveTask, event: Event) -> Any:
        payload = expressions.value(task, event.payload) if event.payload else None
        caught = task.top.host.called or catcher(task, "error", event.code) is not None
        if event.kind == "error" and not caught:
            message = (
                f"l'erreur « {event.code} » de {self.label()} n'est attrapée nulle part"
            )
            raise TaskFailed(message, code="uncaught_error")
        return payload

    def complete(self, task: LiveTask) -> None:
        """Let the events act once the thrower itself is done."""
        super().complete(task)
        if self.kind == "endEvent" and task.workflow is task.top:
            task.top.outcome = self.bpmn_id
        payloads = task.internal_data.pop("payloads", None) or [None] * len(
            self.node.events
        )
        for event, payload in zip(self.node.events, payloads, strict=True):
            throw(task, event, payload)


def throw(task: LiveTask, event: Event, payload: Any) -> None:
    """Make one event happen, thrown by a task."""
    if event.kind == "message":
        content = payload if isinstance(payload, dict) else {}
        task.top.outbox.append(Thrown(event.name or "", correlation(task), content))
    elif event.kind in ("error", "escalation", "cancel"):
        found = catcher(task, event.kind, event.code)
        if found is not None:
            found.task_spec.fire(found, payload, source=task)
        elif event.kind == "error":  # uncaught here: the caller's, or it would have failed
            task.top.end_on(event.code or "error", payload)
    elif event.kind == "signal":
        for waiting in signalled(task.top, event.name):
            if waiting.state == TaskState.WAITING:
                waiting.task_spec.fire(waiting, payload, source=task)
        task.top.outbox.append(Thrown(event.name or "", None, payload, "signal"))
    elif event.kind == "terminate":
        for other in list(task.workflow.tasks.values()):
            if other is not task:
                other.cancel()
        task.chosen = []
        task.workflow.finish(task)


def catcher(task: LiveTask, kind: str, code: str | None) -> LiveTask | None:
    """The nearest event that catches an error, escalation or cancellation thrown at `task`."""
    level = task
    while True:
        parent = level.parent
        if parent is not None and isinstance(parent.task_spec, Attached):
            activity = level.task_spec.name == parent.task_spec.activity
            found = _catching(parent.children, kind, code) if activity else None
            if found is not None:
                return found
        if level.task_spec.container is not None and parent is not None:
            level = parent
            continue
        armed = [
            child
            for child in level.workflow.task_tree.children
            if isinstance(child.task_spec, EventStart)
            and level.task_spec.name not in child.task_spec.outputs
        ]
        found = _catching(armed, kind, code)
        if found is not None or not isinstance(level.workflow, LiveSubWorkflow):
            return found
        level = level.workflow.owner


def _catching(events: list[LiveTask], kind: str, code: str | None) -> LiveTask | None:
    found = [
        child
        for child in events
        if isinstance(child.task_spec, Boundary | EventStart)
        and child.state == TaskState.WAITING
        and child.task_spec.event.kind == kind
        and child.task_spec.event.code in (None, code)
    ]
    exact_first = sorted(found, key=lambda child: child.task_spec.event.code is None)
    return exact_first[0] if exact_first else None


def signalled(top: LiveWorkflow, name: str | None) -> list[LiveTask]:
    """The events of a case that wait for a signal."""
    return [
        other
        for other in top.every()
        if other.state == TaskState.WAITING
        and isinstance(other.task_spec, Catching)
        and other.task_spec.event.kind == "signal"
        and other.task_spec.event.name == name
    ]
