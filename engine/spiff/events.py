"""Waiting for events: in the flow, on the edge of an activity, at the start of an event sub-process.

A waiting event is a waiting task. An interrupting event stops what it interrupts at once,
before anything else runs, and goes on with what was known there; one that does not interrupt
may happen again, and each time makes a token of its own.
"""

import re
from datetime import datetime
from typing import Any

from SpiffWorkflow.util.task import TaskState

from engine.spiff import expressions, moments
from engine.spiff.diagram import Event, Node
from engine.spiff.elements import Element
from engine.spiff.errors import TaskFailed
from engine.spiff.merging import known
from engine.spiff.tree import UNFINISHED, LiveTask


class Catching(Element):
    """A catch event, a receive task or a boundary event."""

    def __init__(
        self, process: Any, name: str, node: Node, event: Event | None = None
    ) -> None:
        super().__init__(process, name, node)
        first = node.events[0] if node.events else Event("none")
        self.event = first if event is None else event
        self.raced = False

    def arrive(self, task: LiveTask) -> bool:
        """Wait for the event, unless it has started the case or its time has come."""
        if self.event.kind in ("none", "link"):
            return True
        if task.top.brought is not None and self._begins(task):
            task.internal_data["payload"] = task.top.brought[1]
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

    def _begins(self, task: LiveTask) -> bool:
        root = task.workflow.task_tree
        return task.parent is root and root.internal_data.get("start") == self.node.id

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
            task.internal_data.pop("first", None)
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
        notes = task.internal_data
        left, every = notes.get("left"), notes.get("every")
        if every is None or left == 1:
            self.fire(task)
            return
        first, turn = notes.get("first", [notes["due"], 0])
        due = moments.Duration(*every).times(turn + 1).after(datetime.fromisoformat(first))
        notes.update(due=due.isoformat(), first=[first, turn + 1])
        notes["left"] = None if left is None else left - 1
        self._happen(self._once(task), None, None)

    @property
    def recurs(self) -> bool:
        """Whether the event may happen again while it is waited for."""
        return False

    def fire(
        self, task: LiveTask, payload: Any = None, *, source: LiveTask | None = None
    ) -> None:
        """The event has happened, thrown by `source` if the diagram itself threw it."""
        again = self.recurs and self.event.kind != "timer"
        self._happen(self._once(task) if again else task, payload, source)

    def _once(self, task: LiveTask) -> LiveTask:
        once: LiveTask = task.parent._add_child(self)
        once.enter()
        return once

    def _happen(self, task: LiveTask, payload: Any, source: LiveTask | None) -> None:
        if payload is not None:
            task.internal_data["payload"] = payload
        task.internal_data.pop("due", None)
        self.interrupt(task, source)
        task._ready()

    def interrupt(self, task: LiveTask, source: LiveTask | None) -> None:
        """In a race the first event stops the others."""
        for other in task.parent.children if self.raced else ():
            pending = other.has_state(TaskState.WAITING | TaskState.FUTURE)
            spec = other.task_spec
            # Compaction may have hung the tokens of another race here.
            same = isinstance(spec, Catching) and set(spec._inputs) & set(self._inputs)
            if other is not task and pending and same:
                other.cancel()


class Boundary(Catching):
    """An event on the edge of an activity."""

    traceless = aside = True
    together: tuple[str, ...] = ()
    """The events that must all have happened, when the designer asks for several."""

    @property
    def recurs(self) -> bool:
        """An event that does not interrupt may happen again."""
        return not self.node.interrupting and not self.together

    def fire(
        self, task: LiveTask, payload: Any = None, *, source: LiveTask | None = None
    ) -> None:
        """Wait for the other events of the same sign, if it asks for all of them."""
        if self.together:
            task.internal_data["happened"] = payload
            task.internal_data.pop("due", None)
            group = [t for t in task.parent.children if t.task_spec.name in self.together]
            if not all("happened" in t.internal_data for t in group):
                return
            for other in group:
                brought = other.internal_data["happened"]
                if other is not task and brought is not None:
                    task.data[variable(other.task_spec.event)] = brought
                if other is not task:
                    other.cancel()
        super().fire(task, payload, source=source)

    def interrupt(self, task: LiveTask, source: LiveTask | None) -> None:
        """Stop the activity, keeping what was known inside."""
        if not self.node.interrupting:
            return
        for other in task.parent.children:
            is_activity = other.task_spec.name == task.parent.task_spec.activity
            waits = other.has_state(TaskState.WAITING | TaskState.FUTURE)
            if is_activity:
                inner = task.top.subprocesses.get(other.id)
                if inner is not None and "ebg:out" not in other.task_spec.properties:
                    task.data = {**task.data, **known(inner, source)}
                other.cancel()
            elif other is not task and isinstance(other.task_spec, Boundary) and waits:
                other.cancel()


class EventStart(Catching):
    """What an event sub-process waits for, armed as long as its scope is open."""

    traceless = aside = True
    keeps_own_changes = False

    def __init__(self, process: Any, name: str, start: Node, event: Event) -> None:
        super().__init__(process, name, start, event)
        self.bpmn_id = None  # the start event inside has its own row of history

    def label(self) -> str:
        """The start event's name, else its sub-process'."""
        around = self._wf_spec.task_specs[self.name.partition("#")[0]]
        return f"« {self.bpmn_name} »" if self.bpmn_name else str(around.label())

    @property
    def recurs(self) -> bool:
        """An event that does not interrupt may happen again."""
        return not self.node.interrupting

    def interrupt(self, task: LiveTask, source: LiveTask | None) -> None:
        """Take what is known in the scope; stop everything else there if it interrupts."""
        task.data = known(task.workflow, source)
        if not self.node.interrupting:
            return
        root = task.workflow.task_tree
        for other in root.below():
            if other is task or other is root:
                continue
            if other.has_state(UNFINISHED) or other.state == TaskState.COMPLETED:
                other.cancel()


def settle_conditions(task_source: Any) -> bool:
    """Fire the conditional events whose condition has become true; whether one did."""
    fired = False
    for task in list(task_source.every()):
        waits = task.state == TaskState.WAITING and isinstance(task.task_spec, Catching)
        if not waits or task.task_spec.event.kind != "conditional":
            continue
        holds = _condition_holds(task)
        was, task.internal_data["held"] = task.internal_data.get("held", False), holds
        if holds and not was:
            task.task_spec.fire(task)
            fired = True
    return fired


def _condition_holds(task: LiveTask) -> bool:
    """A condition sees what the whole case knows, and the item of its own repetition."""
    own, items = task.data, dict[str, Any]()
    level: LiveTask | None = task
    while level is not None:
        loop = getattr(level.task_spec, "loop", None)
        if loop is not None and loop.item in own:
            items[loop.item] = own[loop.item]
        outside = getattr(level.workflow, "owner", None)
        level = level.parent or outside
    task.data = {**own, **known(task.top), **items}
    try:
        return expressions.holds(task, task.task_spec.event.expression or "false")
    except TaskFailed as error:
        task.fail(error)
        return False
    finally:
        task.data = own


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
