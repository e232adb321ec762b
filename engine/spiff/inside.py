"""Activities that hold a process: sub-processes of every kind, and called processes.

A process of the same folder runs inside the case. One of another folder is another case:
the call asks for it, and waits for its answer as for a partner's. All data go in and come
back, unless the call says otherwise (`ebg:in`, `ebg:out`). `ebg:at` names the element of the
called process at which it begins, in the place of its start.
"""

from typing import Any

from SpiffWorkflow.util.task import TaskState

from engine.spiff import expressions
from engine.spiff.diagram import Node
from engine.spiff.elements import Element
from engine.spiff.errors import TaskFailed
from engine.spiff.sameness import same
from engine.spiff.services import ServiceTask
from engine.spiff.tree import LiveTask

CALLED = "called"
"""Under this key, a call that waits for another case keeps its procedure and version."""

_SENT = "sent"
_AT = "called_at"

DEEPEST = 50
"""Processes open within each other: beyond, one is calling itself for ever."""


class SubProcess(Element):
    """A sub-process, or a process called from here."""

    keeps_own_changes = False

    def __init__(self, process: Any, name: str, node: Node) -> None:
        super().__init__(process, name, node)
        self.spec = (node.called if node.kind == "callActivity" else None) or node.id

    def arrive(self, task: LiveTask) -> bool:
        """Open the inner process, or ask for another case; go on when it ends."""
        for trace in (CALLED, _SENT, _AT):
            task.internal_data.pop(trace, None)  # of a call that is made again
        name, inputs = self._target(task), self.properties.get("ebg:in")
        sent = _context(task, inputs, task.data) if inputs else None
        place = self.properties.get("ebg:at")
        at = expressions.text_of(task, place) if place else None
        if name not in task.top.subprocess_specs:
            task.internal_data[CALLED] = [name, self._version(task, name)]
            task.internal_data |= {} if sent is None else {_SENT: sent}
            task.internal_data |= {} if at is None else {_AT: at}
            task._set_state(TaskState.STARTED)
            return False
        inner = task.top.create_subprocess(task, name)
        task._set_state(TaskState.STARTED)
        inner.begin(task.data if sent is None else {**sent, **_case(task)}, at)
        return False

    def _target(self, task: LiveTask) -> str:
        """The process to open; a computed one is worked out when the step opens."""
        if not self.spec.startswith("="):
            return self.spec
        found = expressions.text_of(task, self.spec) or ""
        inner = task.top.subprocess_specs.get(found)
        if "#" in found or (inner is not None and inner.nested):
            raise self._unknown(found)
        if _depth(task) >= DEEPEST:
            message = (
                f"{self.label()} s'appelle sans fin : déjà {DEEPEST} processus ouverts"
            )
            raise TaskFailed(message, code="endless_call")
        return found

    def _version(self, task: LiveTask, name: str) -> str:
        """The version of another procedure: fixed when the case started, else today's."""
        fixed = task.data.get("case", {}).get("called", {}).get(name)
        if fixed is not None and not self.spec.startswith("="):
            return str(fixed)
        found = task.top.host.procedure(name)
        if found is None:
            raise self._unknown(name)
        return found

    def _unknown(self, name: str) -> TaskFailed:
        message = (
            f"{self.label()} appelle « {name} », qui n'est ni un processus du dossier ni "
            "une procédure publiée que l'on puisse appeler"
        )
        return TaskFailed(message, code="unknown_process")

    def keeps_changes(self, task: LiveTask) -> bool:
        """Only what another case brought back is nowhere else in the history."""
        return CALLED in task.internal_data

    def sent(self, task: LiveTask) -> dict[str, Any]:
        """What the other case begins with: what the call says, else all that is known."""
        found = task.internal_data.get(_SENT, task.data)
        return {key: value for key, value in found.items() if key != "case"}

    def place(self, task: LiveTask) -> dict[str, str]:
        """Where the other case begins, {at}, unless at its start."""
        at = task.internal_data.get(_AT)
        return {} if at is None else {"at": at}

    def answer(self, task: LiveTask, value: Any) -> None:
        """The other case has ended with these data."""
        given = value if isinstance(value, dict) else {}
        case = _case(task)
        task.data = {**self._outcome(task, {**case, **given, **case}), **case}

    def come_back(self, task: LiveTask, inner: Any, data: dict[str, Any]) -> None:
        """The inner process has ended with these data."""
        if done := inner.task_tree.internal_data.get("done"):
            task.internal_data["done"] = done
        try:
            data = self._outcome(task, data)
        except TaskFailed as error:
            task.fail(error)
            return
        if self.node.by_event:
            data = _own_changes(task, data)
        task.data = data
        task._set_state(TaskState.READY)

    def _outcome(self, task: LiveTask, data: dict[str, Any]) -> dict[str, Any]:
        """What is known once the called process has ended with `data`."""
        if outputs := self.properties.get("ebg:out"):
            return {**task.data, **_context(task, outputs, data)}
        if self.properties.get("ebg:in") or CALLED in task.internal_data:
            return {**task.data, **data}
        return data


def asks(task: LiveTask) -> bool:
    """Whether this task, once started, waits for an answer from outside the case."""
    return isinstance(task.task_spec, ServiceTask) or CALLED in task.internal_data


def _depth(task: LiveTask) -> int:
    """How many processes are open around this task."""
    depth, workflow = 1, task.workflow
    while hasattr(workflow, "owner"):
        depth, workflow = depth + 1, workflow.owner.workflow
    return depth


def _context(task: LiveTask, text: str, data: dict[str, Any]) -> dict[str, Any]:
    """The entries of a FEEL context worked out on some data."""
    seen = task.data
    task.data = data
    try:
        found = expressions.value(task, text)
    finally:
        task.data = seen
    if not isinstance(found, dict):
        message = (
            f"les données échangées par {task.task_spec.label()} ne sont pas un contexte"
        )
        raise TaskFailed(message, code="expression")
    return found


def _case(task: LiveTask) -> dict[str, Any]:
    return {"case": task.data["case"]} if "case" in task.data else {}


def _own_changes(task: LiveTask, data: dict[str, Any]) -> dict[str, Any]:
    """What an event's handler changed, on top of what its scope began with.

    It started from all that was known when the event happened: handing that back where the
    branches meet would bring old values back over newer ones.
    """
    changed = {
        k: v for k, v in data.items() if k not in task.data or not same(task.data[k], v)
    }
    return {**task.workflow.task_tree.data, **changed}
