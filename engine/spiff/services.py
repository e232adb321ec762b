"""Tasks that ask someone else: an operation, a partner, a decision table."""

from typing import Any

from engine.spiff import expressions
from engine.spiff.diagram import Node, Operator
from engine.spiff.elements import Element
from engine.spiff.errors import BpmnError, TaskFailed
from engine.spiff.throwing import catcher
from engine.spiff.tree import LiveTask


class ServiceTask(Element):
    """Runs an operation now, or waits for a remote call made after the commit."""

    def __init__(self, process: Any, name: str, node: Node) -> None:
        super().__init__(process, name, node)
        self.operator = node.operator or Operator("", None, {})

    def execute(self, task: LiveTask) -> bool | None:
        """Work out the arguments; call the host unless the call is remote."""
        name, host = self.operator.name, task.top.host
        arguments = {
            key: expressions.value(task, text)
            for key, text in self.operator.parameters.items()
        }
        if host.is_remote(name):
            task.internal_data["arguments"] = arguments
            return None
        try:
            self.answer(task, host.operation(name, arguments))
        except BpmnError as error:
            found = catcher(task, "error", error.code)
            if found is None:
                raise TaskFailed(str(error), code=error.code) from error
            found.task_spec.fire(found, error.payload, source=task)
        return True

    def answer(self, task: LiveTask, result: Any) -> None:
        """Store the result where the diagram asks for it."""
        if self.operator.result:
            task.data[self.operator.result] = expressions.checked(result)


class DecisionTask(Element):
    """A business rule task: asks the host for a decision of the folder."""

    def execute(self, task: LiveTask) -> bool:
        """Store the decision under `ebg:result`, else under its own id."""
        decision = self.node.decision or ""
        result = task.top.host.decide(decision, dict(task.data))
        task.data[self.properties.get("ebg:result") or decision] = expressions.checked(
            result
        )
        return True
