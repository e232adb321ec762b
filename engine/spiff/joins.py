"""Gateways that wait: tokens stand at the join until it fires, and are then one.

Stock SpiffWorkflow cancels early arrivals and counts them again on the next turn of a loop,
so that a join inside a loop fires too early. Here an arrival is a waiting task; a parallel
join takes exactly one token of each incoming flow, and the others stay.
"""

from collections.abc import Iterator
from typing import Any

from SpiffWorkflow.util.task import TaskState

from engine.spiff import expressions
from engine.spiff.diagram import Node
from engine.spiff.elements import INVISIBLE, Element, ExclusiveGateway
from engine.spiff.errors import TaskFailed
from engine.spiff.events import EventStart
from engine.spiff.merging import merged
from engine.spiff.tree import TOKEN, UNFINISHED, LiveTask, LiveWorkflow


class Join(Element):
    """Tokens arrive and wait; `ready_to_fire` says which of them go on together."""

    keeps_own_changes = False

    def __init__(self, process: Any, name: str, node: Node = INVISIBLE) -> None:
        super().__init__(process, name, node)
        self.arrivals: dict[str, str] = {}
        """Every incoming way, with the name of the element that it leaves."""

    def arrive_from(self, source: Element) -> str:
        """The name of the source, numbered when several ways come from one element."""
        same = sum(name == source.name for name in self.arrivals.values())
        key = f"{source.name}~{same + 1}" if same else source.name
        self.arrivals[key] = source.name
        return key

    def arrive(self, task: LiveTask) -> bool:
        """Wait, unless the gateway only splits."""
        if len(self.arrivals) == 1 or task.internal_data.get("joined"):
            return True
        task.internal_data.setdefault("from", task.came_by)
        task._set_state(TaskState.WAITING)
        return False

    def waiting(self, workflow: Any) -> list[LiveTask]:
        """The tokens that stand here, in their order of arrival."""
        return [
            task
            for task in workflow.tasks.values()
            if task.task_spec is self and task.state == TaskState.WAITING
        ]

    def ready_to_fire(self, workflow: Any, tokens: list[LiveTask]) -> list[LiveTask]:
        """The tokens to take, or none."""
        raise NotImplementedError

    def merge(self, tokens: list[LiveTask]) -> dict[str, Any]:
        """The data that goes on. Raises TaskFailed when two branches disagree."""
        settled: dict[str, Any] = {}
        for token in tokens:
            settled |= token.internal_data.get("settled", {})
        return merged(tokens, settled=settled)

    def settle(self, workflow: Any) -> bool:
        """Fire if the rule allows; whether it did."""
        tokens = self.ready_to_fire(workflow, self.waiting(workflow))
        if not tokens:
            return False
        last = tokens[-1]
        try:
            data = self.merge(tokens)
        except TaskFailed as error:
            last.fail(error)
            return True
        last.data = data
        last.internal_data = {"joined": True}
        for token in tokens[:-1]:
            _remove(token)
        last._ready()
        return True


class ParallelGateway(Join):
    """One token of each incoming flow makes one token on each outgoing flow."""

    def ready_to_fire(self, workflow: Any, tokens: list[LiveTask]) -> list[LiveTask]:
        """The oldest token of each incoming flow, when there is one of each."""
        oldest = first_of_each(tokens)
        return _by_arrival(oldest) if set(oldest) >= set(self.arrivals) else []


class Gather(Join):
    """The invisible place before an activity that needs several tokens to start."""

    def arrive(self, task: LiveTask) -> bool:
        """Always wait: the number decides, not the flows."""
        task._set_state(TaskState.WAITING)
        return False

    def ready_to_fire(self, workflow: Any, tokens: list[LiveTask]) -> list[LiveTask]:
        """The oldest tokens, as soon as there are enough."""
        return tokens[: self.node.needs] if len(tokens) >= self.node.needs else []


class InclusiveGateway(Join, ExclusiveGateway):
    """Every condition that holds makes a token; the join waits for those that may still come."""

    def execute(self, task: LiveTask) -> bool:
        """Choose the ways out; a single way needs no condition."""
        if len(self.ways) == 1:
            return True
        held = [
            w for w in self.ways if w.condition and expressions.holds(task, w.condition)
        ]
        task.chosen = held or [way for way in self.ways if way.condition is None]
        self._at_least_one(task)
        return True

    def ready_to_fire(self, workflow: Any, tokens: list[LiveTask]) -> list[LiveTask]:
        """BPMN 2.0: no token elsewhere can reach an empty incoming flow and not a filled one."""
        oldest = first_of_each(tokens)
        if not oldest or self.may_come(
            workflow, set(self.arrivals) - set(oldest), set(oldest)
        ):
            return []
        return _by_arrival(oldest)

    def may_come(self, workflow: Any, empty: set[str], filled: set[str]) -> bool:
        """Whether a token elsewhere can reach an empty flow and no filled one."""
        wanted = {self.arrivals[flow] for flow in empty}
        there = {self.arrivals[flow] for flow in filled}
        return any(
            self._reaches(source, wanted) and not self._reaches(source, there)
            for source in self._sources(workflow)
        )

    def _sources(self, workflow: Any) -> Iterator[Element]:
        for task in workflow.tasks.values():
            if task.has_state(TOKEN) and task.task_spec is not self:
                container = task.task_spec.container
                yield self._wf_spec.task_specs[container] if container else task.task_spec

    def _reaches(self, source: Element, targets: set[str]) -> bool:
        seen: set[str] = set()
        pending = [source.name]
        while pending:
            name = pending.pop()
            if name in targets:
                return True
            if name in seen or name == self.name:
                continue
            seen.add(name)
            pending.extend(self._wf_spec.task_specs[name]._outputs)
        return False


class EndJoin(Join):
    """The invisible meeting point of all end events: waits until nothing else is open."""

    def arrive(self, task: LiveTask) -> bool:
        """Always wait: only a quiet process may end."""
        task._set_state(TaskState.WAITING)
        return False

    def ready_to_fire(self, workflow: Any, tokens: list[LiveTask]) -> list[LiveTask]:
        """All tokens, once every other task is finished; a failure keeps the process open."""
        return [] if self.others_open(workflow) else tokens

    def others_open(self, workflow: Any) -> list[LiveTask]:
        """What is still open, but for the tokens that wait here and the events armed."""
        return [
            task
            for task in workflow.tasks.values()
            if task.has_state(UNFINISHED)
            and not (task.task_spec is self and task.state == TaskState.WAITING)
            and not (
                isinstance(task.task_spec, EventStart) and task.state == TaskState.WAITING
            )
        ]

    def settle(self, workflow: Any) -> bool:
        """End the process; what might still have interrupted it no longer waits."""
        if not super().settle(workflow):
            return False
        if any(task.state == TaskState.ERROR for task in self.others_open(workflow)):
            return True
        for armed in workflow.task_tree.children:
            if isinstance(armed.task_spec, EventStart) and armed.state == TaskState.WAITING:
                armed.cancel()
        return True

    def merge(self, tokens: list[LiveTask]) -> dict[str, Any]:
        """At the end of the whole process the last word stands; a sub-process must agree."""
        if tokens[-1].workflow is tokens[-1].top:
            return merged(tokens, lenient=True)
        return super().merge(tokens)


def settle_joins(top: LiveWorkflow) -> bool:
    """Fire one join that may; whether one did. Called when nothing else can run."""
    for workflow in [*reversed(top.subprocesses.values()), top]:
        specs = {
            task.task_spec.name: task.task_spec
            for task in workflow.tasks.values()
            if task.state == TaskState.WAITING and isinstance(task.task_spec, Join)
        }
        if any(spec.settle(workflow) for spec in specs.values()):
            return True
    return False


def first_of_each(tokens: list[LiveTask]) -> dict[str, LiveTask]:
    """The oldest token of each incoming flow that has one."""
    oldest: dict[str, LiveTask] = {}
    for token in tokens:
        oldest.setdefault(token.internal_data["from"], token)
    return oldest


def _by_arrival(tokens: dict[str, LiveTask]) -> list[LiveTask]:
    return sorted(tokens.values(), key=lambda token: token.entered or 0.0)


def _remove(token: LiveTask) -> None:
    """Forget an arrival that was consumed, so that no later turn counts it again."""
    if token.parent is not None:
        token.parent._children.remove(token.id)
    del token.workflow.tasks[token.id]
