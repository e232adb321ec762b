"""The token tree: SpiffWorkflow's tasks and workflows, kept small and made exact.

What differs from SpiffWorkflow 3.2.0, and why (each measured, see docs/decisions/0004):

- nothing is predicted: stock SpiffWorkflow builds every future path, which costs n^k tasks
  after k parallel blocks; here a task's children are created when it completes;
- data below the first level are never changed in place, so branches share memory without
  seeing each other (3.2.0 shares nested objects and lets branches rewrite history);
- an exception becomes a failure of its task alone, and the rest goes on;
- nothing walks the tree by recursion, and no depth is limited;
- the clock is the host's, not the machine's.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Protocol
from uuid import UUID

from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.spiff.diagram import Event
from engine.spiff.errors import TaskFailed, TaskNotFound, WrongState
from engine.spiff.records import Finished, Thrown
from engine.spiff.sameness import same

# Every override below leans on how 3.2.0 calls itself: a new version is read before it runs.
assert version("SpiffWorkflow") == "3.2.0", (
    "engine/spiff is written for SpiffWorkflow 3.2.0"
)

UNFINISHED = TaskState.NOT_FINISHED_MASK | TaskState.ERROR
TOKEN = TaskState.READY | TaskState.WAITING | TaskState.STARTED | TaskState.ERROR
OPEN = TaskState.READY | TaskState.WAITING | TaskState.STARTED
ARMED = ("startEvent", "boundaryEvent")
"""What waits beside the flow, for something that may never happen: not a token."""


class Host(Protocol):
    """What a running diagram may ask of us, inside the transaction."""

    def operation(self, name: str, arguments: dict[str, Any]) -> Any:
        """Run an operation; what it raises becomes an incident of that task."""

    def is_remote(self, name: str) -> bool:
        """Whether this name is a remote call, made after the commit."""

    def decide(self, decision_id: str, data: dict[str, Any]) -> Any:
        """Evaluate a decision of the procedure's folder."""

    def procedure(self, name: str) -> str | None:
        """The version that a call to another procedure starts; None: it cannot be called."""

    @property
    def called(self) -> bool:
        """Whether another case waits for this one's answer."""

    def now(self) -> datetime:
        """The present moment, aware and in UTC."""


class LiveTask(Task):
    """A token at an element, or the trace it left while it still matters."""

    id: UUID
    data: dict[str, Any]
    internal_data: dict[str, Any]
    task_spec: Any
    workflow: Any
    last_state_change: float
    _state: int
    _parent: UUID | None
    _children: list[UUID]

    def __init__(
        self,
        workflow: Any,
        task_spec: Any,
        parent: Any = None,
        state: int = TaskState.FUTURE,
        id: UUID | None = None,  # noqa: A002  SpiffWorkflow's own name
    ) -> None:
        self.entered: float | None = None
        self.before: dict[str, Any] | None = None
        self.chosen: list[Any] | None = None
        self.came_by = ""
        super().__init__(workflow, task_spec, parent, state, id)
        self.last_state_change = self.top.seconds()

    @property
    def top(self) -> "LiveWorkflow":
        """The instance this task belongs to."""
        return self.workflow.top_workflow  # type: ignore[no-any-return]

    def enter(self, data: dict[str, Any] | None = None) -> None:
        """Receive the token's data, once: a task that waits keeps what it arrived with."""
        if self.entered is None:
            self.entered = self.top.seconds()
            self.data = {**self.data, **(self.parent.data if data is None else data)}

    def fail(self, error: Exception) -> None:
        """Stop this task on an error; everything else goes on."""
        detail = error.detail if isinstance(error, TaskFailed) else ""
        code = error.code if isinstance(error, TaskFailed) else type(error).__name__
        message = str(error) or code
        self.internal_data["failure"] = [code, message, detail]
        self._set_state(TaskState.ERROR)

    def run(self) -> None:
        """Execute; None from the element means that it waits for an answer."""
        self.before = dict(self.data)
        outcome = self.task_spec._run(self)
        if self.state != TaskState.READY:
            return  # it failed, or what it threw cancelled it
        if outcome is None:
            self._set_state(TaskState.STARTED)
        else:
            self.complete()

    def cancel(self) -> None:
        """Withdraw this task and everything open below it, leaving a row of history each."""
        for task in self.below():
            if task.state == TaskState.COMPLETED:
                task.chosen = []  # it may be the very one whose event cancels the others
            elif task.has_state(UNFINISHED):
                # An event that did not happen leaves no trace; a withdrawn task does.
                was_open = task.has_state(OPEN | TaskState.ERROR)
                was_open = was_open and not task.task_spec.traceless
                task._set_state(TaskState.CANCELLED)
                inner = task.top.subprocesses.get(task.id)
                if inner is not None:
                    inner.withdraw()
                if was_open:
                    task.top.record(task, "cancelled")

    def remember(self) -> None:
        """Note on the scope that this activity is done, for whoever may have to undo it."""
        item = self.parent.task_spec.loop.item if self.task_spec.container else None
        kept = {item: self.data[item]} if item in self.data else {}
        inner = self.internal_data.pop("done", [])
        root = self.workflow.task_tree
        root.internal_data.setdefault("done", []).append(
            [self.task_spec.node.id, kept, inner]
        )

    def below(self) -> list["LiveTask"]:
        """This task and its descendants in the same (sub)workflow, parents first."""
        found = [self]
        for task in found:
            found.extend(task.children)
        return found

    def _add_child(self, task_spec: Any, state: int = TaskState.FUTURE) -> "LiveTask":
        return LiveTask(self.workflow, task_spec, self, state)

    def _set_state(self, value: int) -> None:
        if value == self._state:
            return
        self._state = value
        self.last_state_change = self.top.seconds()
        if value == TaskState.READY and not self.task_spec.manual:
            self.top.ready.append(self)


class LiveWorkflow(BpmnWorkflow):
    """One instance: the top process, its open sub-processes, and what the move produced."""

    last_task: LiveTask | None

    def __init__(self, spec: Any, specs: dict[str, Any], host: Host) -> None:
        # No script engine: SpiffWorkflow would make one that evaluates Python.
        super().__init__(spec, specs, script_engine=object(), deserializing=True)
        self.host = host
        self.ready: deque[LiveTask] = deque()
        self.journal: list[Finished] = []
        self.outbox: list[Thrown] = []
        self.outcome: str | None = None
        self.cancelled = False
        self.error: tuple[str, Any] | None = None
        """The code and payload of the error on which a called case ends, in that move."""
        self.brought: tuple[Event, Any] | None = None
        """The event that starts this instance and what it carries, during that move alone."""

    def seconds(self) -> float:
        """The host's clock in seconds since 1970."""
        return self.host.now().timestamp()

    def begin(
        self, data: dict[str, Any], start: str | None = None, at: str | None = None
    ) -> None:
        """Put the first token on the start; `start` names one of several.

        With `at`, it is put before that element. Raises WrongState.
        """
        _begin(self, data, at)
        self.task_tree.internal_data.update({"start": start} if start else {})

    def create_subprocess(self, my_task: LiveTask, spec_name: str) -> "LiveSubWorkflow":
        """Open a sub-process or a called process for a task."""
        inner = LiveSubWorkflow(self.subprocess_specs[spec_name], my_task.id, self)
        self.subprocesses[my_task.id] = inner
        return inner

    def every(self) -> Iterator[LiveTask]:
        """Every task of the instance, the top process first."""
        for workflow in [self, *self.subprocesses.values()]:
            yield from list(workflow.tasks.values())

    def find(self, task_id: UUID) -> LiveTask:
        """A task by id, wherever it is. Raises TaskNotFound."""
        for workflow in [self, *self.subprocesses.values()]:
            if task_id in workflow.tasks:
                return workflow.tasks[task_id]  # type: ignore[no-any-return]
        raise TaskNotFound(f"la tâche {task_id} n'est plus ouverte")

    def get_task_from_id(self, task_id: UUID) -> LiveTask:
        """SpiffWorkflow's name for `find`."""
        return self.find(task_id)

    def record(self, task: LiveTask, state: str = "completed") -> None:
        """Add one row of history for an element that people can see."""
        spec = task.task_spec
        if spec.bpmn_id is None:
            return
        before = task.before or {}
        own = state == "completed" and spec.keeps_changes(task)
        if spec.kind == "startEvent" and task.workflow is self:
            before = {"case": before.get("case")}  # the rest is what the start form brought
        updates = {
            key: value
            for key, value in task.data.items()
            if own and (key not in before or not same(before[key], value))
        }
        entered = task.last_state_change if task.entered is None else task.entered
        self.journal.append(
            Finished(
                task_id=task.id,
                element_id=spec.bpmn_id,
                name=spec.bpmn_name,
                kind=spec.kind,
                state=state,
                entered_at=datetime.fromtimestamp(entered, UTC),
                ended_at=datetime.fromtimestamp(task.last_state_change, UTC),
                updates=updates,
            )
        )

    def withdraw(self) -> None:
        """Cancel everything that is open in the instance."""
        self.task_tree.cancel()
        self.completed = self.cancelled = True

    def end_on(self, error: str, payload: Any) -> None:
        """End a called case on an error, which its caller may catch."""
        self.error = (error, payload)
        self.task_tree.cancel()
        self.completed = True

    def finish(self, last: LiveTask) -> None:
        """The process has ended with this task's data."""
        self.last_task = last
        self.data = dict(last.data)
        self.completed = True


class LiveSubWorkflow(BpmnSubWorkflow):
    """One open sub-process or called process of an instance."""

    def __init__(self, spec: Any, parent_task_id: UUID, top: LiveWorkflow) -> None:
        super().__init__(spec, parent_task_id, top, deserializing=True)
        self.owner: LiveTask = top.find(parent_task_id)

    def begin(self, data: dict[str, Any], at: str | None = None) -> None:
        """Put the first token on the start, or before an element. Raises WrongState."""
        _begin(self, data, at)

    def withdraw(self) -> None:
        """Cancel everything that is open inside."""
        self.task_tree.cancel()
        self.completed = True
        self.top_workflow.subprocesses.pop(self.parent_task_id, None)

    def finish(self, last: LiveTask) -> None:
        """The sub-process has ended: its owner takes its data and goes on."""
        self.completed = True
        self.top_workflow.subprocesses.pop(self.parent_task_id, None)
        self.owner.task_spec.come_back(self.owner, self, dict(last.data))


def _begin(workflow: Any, data: dict[str, Any], at: str | None) -> None:
    workflow.task_tree = LiveTask(workflow, workflow.spec.start)
    if at is not None:
        entry = entered_by(workflow.spec.task_specs, at)
        workflow.task_tree.internal_data["at"] = entry.name
    workflow.task_tree.enter(data)
    workflow.task_tree._set_state(TaskState.READY)


def is_destination(spec: Any) -> bool:
    """Whether a token may be put before this element."""
    return spec.bpmn_id == spec.name and spec.node.kind not in ARMED


def entered_by(specs: Mapping[str, Any], element_id: str) -> Any:
    """What a token put before an element of a process enters by. Raises WrongState."""
    target = specs.get(element_id)
    if target is None or not is_destination(target):
        raise WrongState(
            f"« {element_id} » n'est pas une étape de la même partie du diagramme "
            "où un jeton peut être placé"
        )
    around = (specs.get(f"{element_id}#{mark}") for mark in ("events", "any"))
    return next(filter(None, around), target)
