"""Repetition of an activity: for each item of a list, a number of times, or while a condition holds.

The container waits while its instances run. A parallel or sequential repetition gathers one
value of each instance (`outputDataItem`) into a list in the order of the items; without it, the
instances' changes are merged, and two parallel instances may not change the same key.
"""

from typing import Any

from SpiffWorkflow.util.task import TaskState

from engine.spiff import expressions
from engine.spiff.diagram import Loop, Node
from engine.spiff.elements import Element
from engine.spiff.errors import TaskFailed
from engine.spiff.sameness import same
from engine.spiff.throwing import throw
from engine.spiff.tree import UNFINISHED, LiveTask

MAX_INSTANCES = 1000


class Container(Element):
    """An activity that is done several times; `each` names the element that is done."""

    def __init__(self, process: Any, name: str, node: Node, each: Element) -> None:
        super().__init__(process, name, node)
        assert node.loop is not None
        self.loop: Loop = node.loop
        self.kind = f"{node.loop.kind}Loop"
        self.each = each
        each.container = name

    def arrive(self, task: LiveTask) -> bool:
        """Start the instances; an empty list is done at once."""
        items = self._items(task)
        task.internal_data.update(total=len(items), done=0, results=[])
        if not items:
            return True
        task._set_state(TaskState.STARTED)
        if self.loop.kind == "parallel":
            children = [
                self._child(task, number, item) for number, item in enumerate(items)
            ]
            for child in children:
                self.each._update(child)
        else:
            task.internal_data["items"] = items
            self._next(task)
        return False

    def execute(self, task: LiveTask) -> bool:
        """Hand over the gathered list."""
        if self.loop.output:
            results = sorted(task.internal_data.pop("results"), key=lambda pair: pair[0])
            task.data[self.loop.output] = [value for _, value in results]
        task.internal_data.clear()
        return True

    def collect(self, task: LiveTask, child: LiveTask) -> None:
        """Take what one instance brings; go on when all are done or enough are."""
        number = child.internal_data.get("index", 0)
        if self.loop.output and self.loop.output_item:
            if self.loop.output_item not in child.data:
                message = f"{self.label()} n'a pas rendu « {self.loop.output_item} »"
                raise TaskFailed(message, code="missing_result")
            pair = [number, child.data[self.loop.output_item]]
            task.internal_data["results"] = [*task.internal_data["results"], pair]
        elif not self.loop.output:
            self._merge(task, child)
        task.internal_data["done"] += 1
        if self.loop.throws:
            self._tell(task, child)
            if task.state != TaskState.STARTED:
                return
        if self._enough(task, child):
            for other in task.children:
                if other is not child and other.has_state(UNFINISHED):
                    other.cancel()
            task._set_state(TaskState.READY)
        elif self.loop.kind == "sequential":
            self._next(task)

    def _tell(self, task: LiveTask, child: LiveTask) -> None:
        """Throw the events that the end of one instance throws."""
        for condition, event in self.loop.throws:
            first = self.loop.behavior != "One" or task.internal_data["done"] == 1
            if first and (condition is None or self._holds(task, child, condition)):
                payload = expressions.value(child, event.payload) if event.payload else None
                throw(child, event, payload)

    def _items(self, task: LiveTask) -> list[Any]:
        if self.loop.collection:
            found = expressions.value(task, self.loop.collection)
            if not isinstance(found, list):
                message = f"la collection de {self.label()} n'est pas une liste"
                raise TaskFailed(message, code="loop")
        else:
            number = expressions.value(task, self.loop.cardinality or "null")
            if isinstance(number, bool) or not isinstance(number, int) or number < 0:
                message = f"le nombre de répétitions de {self.label()} n'est pas un entier positif"
                raise TaskFailed(message, code="loop")
            found = list(range(min(number, MAX_INSTANCES + 1)))
        if len(found) > MAX_INSTANCES:
            message = f"{self.label()} serait répétée plus de {MAX_INSTANCES} fois"
            raise TaskFailed(message, code="loop")
        return found

    def _child(self, task: LiveTask, number: int, item: Any) -> LiveTask:
        child: LiveTask = task._add_child(self.each)
        data = {**task.data, self.loop.item: item} if self.loop.item else task.data
        child.enter(data)
        child.internal_data["index"] = number
        return child

    def _next(self, task: LiveTask) -> None:
        number = task.internal_data["done"]
        child = self._child(task, number, task.internal_data["items"][number])
        self.each._update(child)

    def _merge(self, task: LiveTask, child: LiveTask) -> None:
        """Keep an instance's changes; parallel instances must not disagree."""
        given: dict[str, Any] = task.internal_data.setdefault("given", {})
        for key, value in child.data.items():
            if key == self.loop.item:
                continue
            start = (
                given[key] if key in given else [task.data[key]] if key in task.data else []
            )
            changed = not start or not same(value, start[0])
            if not changed:
                continue
            if self.loop.kind == "parallel":
                if key in given and not same(value, task.data.get(key)):
                    message = (
                        f"deux exécutions de {self.label()} ont donné des valeurs différentes à "
                        f"« {key} » : rassemblez-les dans une collection de sortie"
                    )
                    raise TaskFailed(message, code="merge_conflict")
                given[key] = start
            task.data[key] = value

    def _enough(self, task: LiveTask, child: LiveTask) -> bool:
        done, total = task.internal_data["done"], task.internal_data["total"]
        if done >= total:
            return True
        return bool(self.loop.condition) and self._holds(
            task, child, self.loop.condition or ""
        )

    def _holds(self, task: LiveTask, child: LiveTask, condition: str) -> bool:
        done, total = task.internal_data["done"], task.internal_data["total"]
        data = child.data
        results = [value for _, value in task.internal_data["results"]]
        seen = {self.loop.output: results} if self.loop.output else {}
        counts = {"numberOfInstances": total, "numberOfCompletedInstances": done}
        try:
            child.data = {**data, **seen, **counts}
            return expressions.holds(child, condition)
        finally:
            child.data = data


class StandardLoop(Container):
    """Done again while a condition holds, at most `maximum` times."""

    def arrive(self, task: LiveTask) -> bool:
        """Start the first turn, unless the condition is tested before."""
        task.internal_data["done"] = 0
        if self.loop.test_before and not self._again(task):
            return True
        task._set_state(TaskState.STARTED)
        self._turn(task)
        return False

    def execute(self, task: LiveTask) -> bool:
        """Nothing to hand over: each turn's changes are already there."""
        task.internal_data.clear()
        return True

    def collect(self, task: LiveTask, child: LiveTask) -> None:
        """Keep the turn's data, then turn again or go on."""
        task.data = dict(child.data)
        task.internal_data["done"] += 1
        if self._again(task):
            self._turn(task)
        else:
            task._set_state(TaskState.READY)

    def _again(self, task: LiveTask) -> bool:
        if (
            self.loop.maximum is not None
            and task.internal_data["done"] >= self.loop.maximum
        ):
            return False
        return self.loop.condition is None or expressions.holds(task, self.loop.condition)

    def _turn(self, task: LiveTask) -> None:
        self.each._update(self._child(task, task.internal_data["done"], None))
