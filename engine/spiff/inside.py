"""Activities that hold a process: sub-processes of every kind, and called processes of the folder.

All data go in and come back, unless the call says otherwise (`ebg:in`, `ebg:out`).
"""

from typing import Any

from SpiffWorkflow.util.task import TaskState

from engine.spiff import expressions
from engine.spiff.diagram import Node
from engine.spiff.elements import Element
from engine.spiff.errors import TaskFailed
from engine.spiff.sameness import same
from engine.spiff.tree import LiveTask


class SubProcess(Element):
    """A sub-process, or a process of the same folder called from here."""

    keeps_own_changes = False

    def __init__(self, process: Any, name: str, node: Node) -> None:
        super().__init__(process, name, node)
        self.spec = (node.called if node.kind == "callActivity" else None) or node.id

    def arrive(self, task: LiveTask) -> bool:
        """Open the inner process; the owner goes on when it ends."""
        data, inputs = task.data, self.properties.get("ebg:in")
        if inputs:
            data = {**_context(task, inputs, task.data), **_case(task)}
        inner = task.top.create_subprocess(task, self._target(task))
        task._set_state(TaskState.STARTED)
        inner.begin(data)
        return False

    def _target(self, task: LiveTask) -> str:
        """The process to open; a computed one is worked out when the step opens."""
        if not self.spec.startswith("="):
            return self.spec
        found = expressions.text_of(task, self.spec) or ""
        specs = task.top.subprocess_specs
        if found not in specs or "#" in found or specs[found].nested:
            message = (
                f"{self.label()} appelle « {found} », qui n'est pas un processus du dossier"
            )
            raise TaskFailed(message, code="unknown_process")
        return found

    def come_back(self, task: LiveTask, inner: Any, data: dict[str, Any]) -> None:
        """The inner process has ended with these data."""
        if done := inner.task_tree.internal_data.get("done"):
            task.internal_data["done"] = done
        if outputs := self.properties.get("ebg:out"):
            try:
                data = {**task.data, **_context(task, outputs, data)}
            except TaskFailed as error:
                task.fail(error)
                return
        elif self.properties.get("ebg:in"):
            data = {**task.data, **data}
        if self.node.by_event:
            data = _own_changes(task, data)
        task.data = data
        task._set_state(TaskState.READY)


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
