"""Two joins with rules of their own: the complex gateway, and the end of an ad hoc sub-process."""

from typing import Any

from SpiffWorkflow.util.task import TaskState

from engine.spiff import expressions
from engine.spiff.diagram import Node
from engine.spiff.elements import UserTask
from engine.spiff.errors import TaskFailed
from engine.spiff.joins import EndJoin, InclusiveGateway, first_of_each
from engine.spiff.merging import known
from engine.spiff.tree import UNFINISHED, LiveTask


class ComplexGateway(InclusiveGateway):
    """Goes on as soon as its condition holds, then lets the late branches arrive and vanish.

    The condition sees `activationCount`, how many incoming flows have a token; conditions of
    outgoing flows see `waitingForStart`, false when it is the late branches that arrive.
    """

    def ready_to_fire(self, workflow: Any, tokens: list[LiveTask]) -> list[LiveTask]:
        """One token of each flow that has one, once the activation condition holds."""
        oldest = first_of_each(tokens)
        if not oldest:
            return []
        taken = sorted(oldest.values(), key=lambda token: token.entered or 0.0)
        return taken if self._enough(taken[-1], len(oldest)) else []

    def _enough(self, token: LiveTask, count: int) -> bool:
        own = token.data
        token.data = {**own, "activationCount": count}
        try:
            return expressions.holds(token, self.node.condition or "true")
        except TaskFailed as error:
            token.fail(error)
            return False
        finally:
            token.data = own

    def settle(self, workflow: Any) -> bool:
        """Fire once, then wait for the other flows before it may fire again."""
        late: dict[str, list[str]] = workflow.task_tree.internal_data.setdefault("late", {})
        if self.name in late:
            return self._reset(workflow, late)
        arrived = set(first_of_each(self.waiting(workflow)))
        fired = super().settle(workflow)
        missing = sorted(set(self.arrivals) - arrived)
        if (
            fired
            and missing
            and not any(t.state == TaskState.ERROR for t in _here(self, workflow))
        ):
            late[self.name] = missing
        if not late:
            del workflow.task_tree.internal_data["late"]
        return fired

    def _reset(self, workflow: Any, late: dict[str, list[str]]) -> bool:
        awaited = set(late[self.name])
        arrived = {
            flow: token
            for flow, token in first_of_each(self.waiting(workflow)).items()
            if flow in awaited
        }
        if self.may_come(workflow, awaited - set(arrived), set()):
            return False
        del late[self.name]
        for token in arrived.values():
            token.internal_data = {"joined": True, "late": True}
            token._ready()
        return True

    def execute(self, task: LiveTask) -> bool:
        """Choose the ways out; those without a condition are only taken the first time."""
        first, own = not task.internal_data.get("late"), task.data
        task.data = {**own, "waitingForStart": first}
        try:
            held = [
                way
                for way in self.ways
                if way.flow != self.node.default
                and (
                    first
                    if way.condition is None
                    else expressions.holds(task, way.condition)
                )
            ]
        finally:
            task.data = own
        default = [way for way in self.ways if way.flow == self.node.default]
        task.chosen = held or (default if first else [])
        if first:
            self._at_least_one(task)
        return True


def _here(spec: Any, workflow: Any) -> list[LiveTask]:
    return [task for task in workflow.tasks.values() if task.task_spec is spec]


class AdHocEnd(EndJoin):
    """Decides when an ad hoc sub-process is over, and what may be done again.

    Without a condition each activity is done once. With one, a person's activity is offered
    again until it holds; then what is still open is withdrawn, or awaited.
    """

    def __init__(self, process: Any, name: str, node: Node) -> None:
        super().__init__(process, name, node)
        self.bpmn_id = None
        self.entries: list[str] = []
        self.comes_from: dict[str, str] = {}

    def settle(self, workflow: Any) -> bool:
        """End, offer again, or go to the next activity."""
        tokens, root = self.waiting(workflow), workflow.task_tree
        if not tokens:
            return False
        others = self.others_open(workflow)
        enough = root.internal_data.get("enough") or self._enough(workflow, tokens[-1])
        if tokens[-1].state == TaskState.ERROR:
            return True
        if enough:
            root.internal_data["enough"] = True
            for other in others if self.node.stops_others else ():
                if other.has_state(UNFINISHED):
                    other.cancel()
            return super().settle(workflow)
        if self.node.in_turn:
            return False if others else self._next_in_turn(workflow, tokens)
        if self.node.condition is None:
            return super().settle(workflow)
        offered = [token for token in tokens if self._again(token)]
        if not offered and not others:
            self._never(tokens[-1])
        return bool(offered) or not others

    def _enough(self, workflow: Any, token: LiveTask) -> bool:
        if self.node.condition is None:
            return False
        own = token.data
        token.data = {**own, **known(workflow)}
        try:
            return expressions.holds(token, self.node.condition)
        except TaskFailed as error:
            token.fail(error)
            return False
        finally:
            token.data = own

    def _next_in_turn(self, workflow: Any, tokens: list[LiveTask]) -> bool:
        token, turn = tokens[-1], workflow.task_tree.internal_data
        turn["turn"] = turn.get("turn", 0) + 1
        if turn["turn"] >= len(self.entries):
            if self.node.condition is None:
                return super().settle(workflow)
            turn["turn"] = 0
            if not any(self._by_people(name) for name in self.entries):
                self._never(token)
                return True
        self._go(token, self.entries[turn["turn"]])
        return True

    def _again(self, token: LiveTask) -> bool:
        entry = self.comes_from.get(
            token.came_by or token.internal_data.get("from", ""), ""
        )
        if not entry or not self._by_people(entry):
            return False
        self._go(token, entry)
        return True

    def _by_people(self, entry: str) -> bool:
        return isinstance(self._wf_spec.task_specs[entry], UserTask)

    def _go(self, token: LiveTask, entry: str) -> None:
        token._set_state(TaskState.COMPLETED)
        child: LiveTask = token._add_child(self._wf_spec.task_specs[entry])
        child.task_spec._update(child)

    def _never(self, token: LiveTask) -> None:
        message = "ses activités sont faites et sa condition de fin n'est pas remplie"
        token.fail(TaskFailed(f"{self.label()} : {message}", code="stuck"))

    def arrive(self, task: LiveTask) -> bool:
        """Note which activity brings the token."""
        task.internal_data.setdefault("from", task.came_by)
        return super().arrive(task)
