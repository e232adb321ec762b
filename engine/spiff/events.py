"""Events: waiting for them (timers, messages, signals, errors) and throwing them.

A waiting event is a waiting task. Errors and escalations climb from the task to the nearest
boundary event that catches them; signals reach every event of the same case; messages go to
the outside, which routes them by name and correlation. An interrupting boundary event cancels
its activity at once, before anything else runs.
"""

import re
from datetime import datetime
from typing import Any

from SpiffWorkflow.util.task import TaskState

from engine.spiff import expressions, moments
from engine.spiff.diagram import Event, Node
from engine.spiff.elements import Attached, Element
from engine.spiff.errors import TaskFailed
from engine.spiff.records import Thrown
from engine.spiff.tree import LiveSubWorkflow, LiveTask


class Catching(Element):
    """A catch event, a receive task or a boundary event."""

    def __init__(self, process: Any, name: str, node: Node) -> None:
        super().__init__(process, name, node)
        self.event = node.events[0] if node.events else Event("none")
        self.raced = False

    def arrive(self, task: LiveTask) -> bool:
        """Wait for the event, unless its time has already come."""
        if self.event.kind == "none":
            return True
        task._set_state(TaskState.WAITING)
        if self.event.kind == "message":
            task.internal_data["correlation"] = correlation(task)
        if self.event.kind == "timer" and self._arm(task) <= task.top.host.now():
            self.occur(task)
        return False

    def execute(self, task: LiveTask) -> bool:
        """Store what the event brought."""
        if "payload" in task.internal_data:
            task.data[variable(self.event)] = task.internal_data.pop("payload")
        return True

    def _arm(self, task: LiveTask) -> datetime:
        text, now = self.event.expression or "", task.top.host.now()
        if self.event.timer == "cycle":
            found = text if moments.is_literal(text) else expressions.evaluate(task, text)
            try:
                cycle = moments.repetition(found, now)
            except ValueError as error:
                message = f"la répétition de {self.label()} : {error}"
                raise TaskFailed(message, code="timer") from error
            every = cycle.every
            task.internal_data["left"] = cycle.times
            task.internal_data["every"] = [every.months, every.days, every.seconds]
            due = cycle.first
        else:
            found = expressions.moment(task, text)
            if found is None:
                message = f"l'échéance de {self.label()} n'a pas de valeur"
                raise TaskFailed(message, code="timer")
            due = found
        task.internal_data["due"] = due.isoformat()
        return due

    def occur(self, task: LiveTask) -> None:
        """The time has come: fire, or fire once more and wait for the next occurrence."""
        left, every = task.internal_data.get("left"), task.internal_data.get("every")
        if every is None or left == 1:
            self.fire(task)
            return
        due = datetime.fromisoformat(task.internal_data["due"])
        task.internal_data["due"] = moments.Duration(*every).after(due).isoformat()
        task.internal_data["left"] = None if left is None else left - 1
        once = task.parent._add_child(self)
        once.enter()
        once._ready()

    def fire(self, task: LiveTask, payload: Any = None) -> None:
        """The event has happened: the token goes on, and what it interrupts stops."""
        if payload is not None:
            task.internal_data["payload"] = payload
        task.internal_data.pop("due", None)
        if self.raced:
            for other in task.parent.children:
                pending = other.has_state(TaskState.WAITING | TaskState.FUTURE)
                if other is not task and pending and isinstance(other.task_spec, Catching):
                    other.cancel()
        task._ready()


class Boundary(Catching):
    """An event on the edge of an activity."""

    def fire(self, task: LiveTask, payload: Any = None) -> None:
        """Cancel the activity first when the event interrupts it."""
        if self.node.interrupting:
            for other in task.parent.children:
                is_activity = other.task_spec.name == task.parent.task_spec.activity
                is_event = isinstance(other.task_spec, Boundary)
                waits = is_event and other.has_state(TaskState.WAITING | TaskState.FUTURE)
                if other is not task and (is_activity or waits):
                    other.cancel()
        super().fire(task, payload)


class StartEvent(Element):
    """Whatever starts the process has already happened when it starts."""


class Throwing(Element):
    """An intermediate throw event, an end event or a send task."""

    def __init__(self, process: Any, name: str, node: Node) -> None:
        super().__init__(process, name, node)
        self.event = node.events[0] if node.events else Event("none")

    def execute(self, task: LiveTask) -> bool:
        """Work out the payload; an error that nothing catches is a failure here."""
        event = self.event
        payload = expressions.value(task, event.payload) if event.payload else None
        task.internal_data["payload"] = payload
        if event.kind == "message":
            thrown = payload if isinstance(payload, dict) else {}
            task.top.outbox.append(Thrown(event.name or "", correlation(task), thrown))
        if event.kind == "error" and catcher(task, "error", event.code) is None:
            message = (
                f"l'erreur « {event.code} » de {self.label()} n'est attrapée nulle part"
            )
            raise TaskFailed(message, code="uncaught_error")
        return True

    def complete(self, task: LiveTask) -> None:
        """Let the event act once the thrower itself is done."""
        super().complete(task)
        payload = task.internal_data.pop("payload", None)
        kind = self.event.kind
        if self.kind == "endEvent" and task.workflow is task.top:
            task.top.outcome = self.bpmn_id
        if kind in ("error", "escalation"):
            found = catcher(task, kind, self.event.code)
            if found is not None:
                found.task_spec.fire(found, payload)
        elif kind == "signal":
            for waiting in signalled(task, self.event.name):
                if waiting.state == TaskState.WAITING:
                    waiting.task_spec.fire(waiting, payload)
        elif kind == "terminate":
            for other in list(task.workflow.tasks.values()):
                if other is not task:
                    other.cancel()
            task.workflow.finish(task)


def catcher(task: LiveTask, kind: str, code: str | None) -> LiveTask | None:
    """The nearest boundary event that catches an error or escalation thrown at `task`."""
    level: LiveTask | None = task
    while level is not None:
        parent = level.parent
        if parent is not None and isinstance(parent.task_spec, Attached):
            found = _attached(parent, level, kind, code)
            if found is not None:
                return found
        if level.task_spec.container is not None:
            level = parent
        elif isinstance(level.workflow, LiveSubWorkflow):
            level = level.workflow.owner
        else:
            level = None
    return None


def _attached(
    split: LiveTask, activity: LiveTask, kind: str, code: str | None
) -> LiveTask | None:
    if activity.task_spec.name != split.task_spec.activity:
        return None
    catching = [
        child
        for child in split.children
        if isinstance(child.task_spec, Boundary)
        and child.state == TaskState.WAITING
        and child.task_spec.event.kind == kind
        and child.task_spec.event.code in (None, code)
    ]
    exact_first = sorted(catching, key=lambda child: child.task_spec.event.code is None)
    return exact_first[0] if exact_first else None


def signalled(task: LiveTask, name: str | None) -> list[LiveTask]:
    """The events of this case that wait for a signal."""
    return [
        other
        for other in task.top.every()
        if other.state == TaskState.WAITING
        and isinstance(other.task_spec, Catching)
        and other.task_spec.event.kind == "signal"
        and other.task_spec.event.name == name
    ]


def correlation(task: LiveTask) -> str | None:
    """The value that a message must carry: `ebg:correlation`, else the case's number."""
    text = task.task_spec.properties.get("ebg:correlation")
    if text:
        return expressions.text_of(task, text)
    case = task.data.get("case")
    number = case.get("number") if isinstance(case, dict) else None
    return None if number is None else str(number)


def variable(event: Event) -> str:
    """Where an event's payload goes: its variable, else its name in the letters of FEEL."""
    if event.variable:
        return event.variable
    name = event.name or event.kind
    return "error" if event.kind == "error" else re.sub(r"\W", "_", name)
