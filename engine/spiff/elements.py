"""What each kind of element does with a token: our subclasses of SpiffWorkflow's task specs.

Every element enters (`_update`), runs (`_run`) and completes (`_on_complete`); an exception
in any of the three is a failure of that task alone.
"""

from dataclasses import dataclass, replace
from typing import Any

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.specs.WorkflowSpec import WorkflowSpec
from SpiffWorkflow.util.task import TaskState

from engine.spiff import expressions
from engine.spiff.diagram import Node
from engine.spiff.errors import Abort, TaskFailed
from engine.spiff.tree import LiveTask

INVISIBLE = Node(id="", kind="", name="", scope="")


@dataclass(frozen=True)
class Way:
    """One way out of an element: where to, by which flow, and on what condition (FEEL).

    `arrival` is how a join at the other end tells this way from its others.
    """

    target: str
    flow: str = ""
    condition: str | None = None
    arrival: str = ""


class Element(BpmnSpecMixin):
    """What all elements share."""

    keeps_own_changes = True
    traceless = False
    """An event that did not happen leaves no row of history."""
    aside = False
    """It is armed beside the flow: as long as it waits, it is no branch of the case."""

    def __init__(self, process: Any, name: str, node: Node = INVISIBLE) -> None:
        super().__init__(process, name, bpmn_name=node.name or None)
        self.bpmn_id: str | None = node.id or None
        self.lane = node.lane
        self.kind = node.kind
        self.node = node
        self.container: str | None = None
        self.compensable = False
        self.ways: list[Way] = []

    def lead(self, target: "Element", flow: str = "", condition: str | None = None) -> None:
        """Draw a way out to another element."""
        self.connect(target)
        arrival = target.arrive_from(self)
        self.ways.append(Way(target.name, flow, condition, arrival))

    def arrive_from(self, source: "Element") -> str:
        """How this element knows the ways that come from another; only joins count them."""
        return str(source.name)

    @property
    def properties(self) -> dict[str, str]:
        """The `ebg:` keys and the others, as the designer wrote them."""
        return dict(self.node.properties)

    def label(self) -> str:
        """How a sentence names this element."""
        return f"« {self.bpmn_name or self.name} »"

    def next(self, task: LiveTask) -> list[Way]:
        """The ways that receive a token when this one is done."""
        return (self.ways if task.chosen is None else task.chosen) * self.node.gives

    def arrive(self, task: LiveTask) -> bool:
        """Whether the token may run now; False when it waits."""
        return True

    def execute(self, task: LiveTask) -> bool | None:
        """Do the element's work; None when the answer comes later."""
        return True

    def keeps_changes(self, task: LiveTask) -> bool:
        """Whether the row of history of this task holds what changed meanwhile."""
        return self.keeps_own_changes

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
        if self.compensable:
            my_task.remember()
        specs = self._wf_spec.task_specs
        children = []
        for way in self.next(my_task):
            child = my_task._add_child(specs[way.target])
            child.came_by = way.arrival
            children.append(child)
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
            waits = event.has_state(TaskState.WAITING | TaskState.ERROR)
            if event.task_spec.kind == "boundaryEvent" and waits:
                event.cancel()

    def _on_cancel(self, my_task: LiveTask) -> None:
        """Cancelling is `LiveTask.cancel`."""


class Attached(Element):
    """The invisible split before an activity that carries boundary events."""

    activity = ""


class Ways(Element):
    """The invisible split after an activity or event whose flows carry conditions.

    Unconditional flows are always taken; the default one when no condition holds.
    """

    def __init__(self, process: Any, name: str, node: Node) -> None:
        super().__init__(process, name, replace(node, gives=1, loop=None))
        self.bpmn_id = None

    def execute(self, task: LiveTask) -> bool:
        """Choose the ways out."""
        default = self.node.default
        always = [w for w in self.ways if w.condition is None and w.flow != default]
        held = [
            w for w in self.ways if w.condition and expressions.holds(task, w.condition)
        ]
        task.chosen = always + (held or [w for w in self.ways if w.flow == default])
        if not task.chosen:
            message = (
                f"aucune condition des flèches qui partent de {self.label()} n'est vraie"
            )
            raise TaskFailed(message, code="no_way_out")
        return True


class Start(Element):
    """Where the first token of a process stands: it arms the events, then takes one start."""

    def __init__(self, process: Any, name: str) -> None:
        super().__init__(process, name)
        self.armed: list[Way] = []
        self.together: list[str] = []
        """Starts that must all happen: once one has, the others are awaited."""

    def next(self, task: LiveTask) -> list[Way]:
        """The events that may interrupt, then the chosen start, else the first.

        A process that is called at one of its elements begins there instead.
        """
        if at := task.internal_data.get("at"):
            return [*self.armed, Way(at)]
        if not self.ways:
            return self.armed
        chosen = task.internal_data.get("start") or self.ways[0].flow
        wanted = {"", chosen, *(self.together if chosen in self.together else ())}
        return self.armed + [way for way in self.ways if way.flow in wanted]


class End(Element):
    """The last step of a process: hands over its data."""

    def complete(self, task: LiveTask) -> None:
        """Tell the (sub)workflow that it is over."""
        task.workflow.finish(task)


class Process(BpmnProcessSpec):
    """A process or sub-process; its inner elements have names no diagram can use."""

    def __init__(self, name: str, end: Any, node: Node = INVISIBLE) -> None:
        WorkflowSpec.__init__(self, name=name)
        self.start = Start(self, "#start")
        self.end = end(self, "#join", node)
        self.end.lead(End(self, "#end"))
        self.io_specification = None
        self.data_objects: dict[str, Any] = {}
        self.data_stores: dict[str, Any] = {}
        self.correlation_keys: dict[str, Any] = {}
        self.bpmn_start_events: list[Any] = []
        self.undone_by: str | None = None
        """Its event sub-process for compensation, when it has one."""
        self.nested = False
        """Whether it is drawn inside another process."""
        self.conditional = False
        """Whether a conditional event waits somewhere in the folder."""


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


class ExclusiveGateway(Element):
    """One way out: the first condition that holds, in the order of the diagram's flows."""

    def execute(self, task: LiveTask) -> bool:
        """Choose the way out."""
        for way in self.ways:
            if way.condition is not None and expressions.holds(task, way.condition):
                task.chosen = [way]
                return True
        task.chosen = [way for way in self.ways if way.condition is None][:1]
        self._at_least_one(task)
        return True

    def _at_least_one(self, task: LiveTask) -> None:
        if not task.chosen:
            message = (
                f"aucune condition de la passerelle {self.label()} n'est vraie, "
                "et elle n'a pas de flèche par défaut"
            )
            raise TaskFailed(message, code="no_way_out")
