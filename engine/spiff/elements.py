"""What each kind of element does with a token: our subclasses of SpiffWorkflow's task specs.

Every element enters (`_update`), runs (`_run`) and completes (`_on_complete`); an exception
in any of the three is a failure of that task alone.
"""

from typing import Any

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.specs.WorkflowSpec import WorkflowSpec
from SpiffWorkflow.util.task import TaskState

from engine.spiff import expressions
from engine.spiff.diagram import Node, Operator
from engine.spiff.errors import Abort, TaskFailed
from engine.spiff.tree import LiveTask

INVISIBLE = Node(id="", kind="", name="", scope="")


class Element(BpmnSpecMixin):
    """What all elements share."""

    keeps_own_changes = True

    def __init__(self, process: Any, name: str, node: Node = INVISIBLE) -> None:
        super().__init__(process, name, bpmn_name=node.name or None)
        self.bpmn_id: str | None = node.id or None
        self.lane = node.lane
        self.kind = node.kind
        self.node = node
        self.container: str | None = None

    @property
    def properties(self) -> dict[str, str]:
        """The `ebg:` keys and the others, as the designer wrote them."""
        return dict(self.node.properties)

    def label(self) -> str:
        """How a sentence names this element."""
        return f"« {self.bpmn_name or self.name} »"

    def next(self, task: LiveTask) -> list[str]:
        """The names of the elements that receive a token from this one."""
        return self._outputs if task.chosen is None else task.chosen

    def arrive(self, task: LiveTask) -> bool:
        """Whether the token may run now; False when it waits."""
        return True

    def execute(self, task: LiveTask) -> bool | None:
        """Do the element's work; None when the answer comes later."""
        return True

    def complete(self, task: LiveTask) -> None:
        """What the element's completion changes elsewhere."""
        if self.container is not None:
            self._wf_spec.task_specs[self.container].collect(task.parent, task)

    # SpiffWorkflow's own names for these moments.

    def _predict(self, my_task: Any, *args: Any, **kwargs: Any) -> None:
        """Nothing is predicted: children are created when a task completes."""

    def _update(self, my_task: LiveTask) -> None:
        try:
            my_task.enter()
            if self.arrive(my_task):
                my_task._ready()
        except Abort:
            raise
        except Exception as error:  # the boundary of one task: see `LiveTask.fail`
            my_task.fail(error)

    def _on_ready(self, my_task: LiveTask) -> None:
        """The builder has checked what SpiffWorkflow tests at every step."""

    def _run(self, my_task: LiveTask) -> bool | None:
        try:
            return self.execute(my_task)
        except Abort:
            raise
        except Exception as error:  # the boundary of one task: see `LiveTask.fail`
            my_task.fail(error)
            return False

    def _on_complete(self, my_task: LiveTask) -> None:
        try:
            self.complete(my_task)
        except Abort:
            raise
        except Exception as error:  # the boundary of one task: see `LiveTask.fail`
            my_task.fail(error)
            return
        if my_task.state != TaskState.COMPLETED:
            return
        my_task.top.record(my_task)
        my_task.workflow.last_task = my_task
        self._release_boundary(my_task)
        specs = self._wf_spec.task_specs
        children = [my_task._add_child(specs[name]) for name in self.next(my_task)]
        for child in children:
            if child.state == TaskState.FUTURE:  # a brother's event may have cancelled it
                child.task_spec._update(child)

    def _release_boundary(self, task: LiveTask) -> None:
        """The activity is done: its boundary events no longer wait."""
        if task.parent is None or not isinstance(task.parent.task_spec, Attached):
            return
        if task.task_spec.name != task.parent.task_spec.activity:
            return
        for event in task.parent.children:
            # Compaction may have hung other waiting tasks here: only events are released.
            if event.task_spec.kind == "boundaryEvent" and event.state == TaskState.WAITING:
                event.cancel()

    def _on_cancel(self, my_task: LiveTask) -> None:
        """Cancelling is `LiveTask.cancel`."""


class Attached(Element):
    """The invisible split before an activity that carries boundary events."""

    activity = ""


class Start(Element):
    """Where the first token of a process stands."""


class End(Element):
    """The last step of a process: hands over its data."""

    def complete(self, task: LiveTask) -> None:
        """Tell the (sub)workflow that it is over."""
        task.workflow.finish(task)


class Process(BpmnProcessSpec):
    """A process or sub-process; its inner elements have names no diagram can use."""

    def __init__(self, name: str, end: Any) -> None:
        WorkflowSpec.__init__(self, name=name)
        self.start = Start(self, "#start")
        self.end = end(self, "#join")
        self.end.connect(End(self, "#end"))
        self.io_specification = None
        self.data_objects: dict[str, Any] = {}
        self.data_stores: dict[str, Any] = {}
        self.correlation_keys: dict[str, Any] = {}
        self.bpmn_start_events: list[Any] = []


class UserTask(Element):
    """Waits for a person; what the inbox shows is worked out when it opens."""

    def __init__(self, process: Any, name: str, node: Node) -> None:
        super().__init__(process, name, node)
        self.manual = True

    def arrive(self, task: LiveTask) -> bool:
        """Work out assignee, due date and the rest, once, so that they do not move."""
        task.internal_data["open"] = expressions.opening(task)
        return True


class ScriptTask(Element):
    """Evaluates one FEEL context; its entries become data."""

    def execute(self, task: LiveTask) -> bool:
        """Add the entries to the token's data."""
        found = expressions.value(task, self.node.script or "{}")
        if not isinstance(found, dict):
            message = f"le script de {self.label()} ne donne pas un contexte FEEL"
            raise TaskFailed(message, code="expression")
        task.data.update(found)
        return True


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
        self.answer(task, host.operation(name, arguments))
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


class SubProcess(Element):
    """A sub-process, or a process of the same folder called from here."""

    keeps_own_changes = False

    def __init__(self, process: Any, name: str, node: Node) -> None:
        super().__init__(process, name, node)
        self.spec = (node.called if node.kind == "callActivity" else None) or node.id

    def arrive(self, task: LiveTask) -> bool:
        """Open the inner process; the owner goes on when it ends."""
        task._set_state(TaskState.STARTED)
        task.top.create_subprocess(task, self.spec).begin(task.data)
        return False


class ExclusiveGateway(Element):
    """One way out: the first condition that holds, in the order of the diagram's flows."""

    def __init__(self, process: Any, name: str, node: Node) -> None:
        super().__init__(process, name, node)
        self.ways: list[tuple[str | None, str]] = []

    def execute(self, task: LiveTask) -> bool:
        """Choose the way out."""
        for condition, target in self.ways:
            if condition is not None and expressions.holds(task, condition):
                task.chosen = [target]
                return True
        task.chosen = [target for condition, target in self.ways if condition is None][:1]
        self._at_least_one(task)
        return True

    def _at_least_one(self, task: LiveTask) -> None:
        if not task.chosen:
            message = (
                f"aucune condition de la passerelle {self.label()} n'est vraie, "
                "et elle n'a pas de flèche par défaut"
            )
            raise TaskFailed(message, code="no_way_out")
