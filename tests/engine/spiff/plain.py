"""SpiffWorkflow as it comes, driven beside our engine on the same diagram.

Its expressions are Python; the diagrams of these tests are written so that both languages read
them the same way, scripts apart (`script` writes both).
"""

import json
import logging
from typing import Any

from SpiffWorkflow.bpmn import BpmnEvent
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.spiff.parser import SpiffBpmnParser
from SpiffWorkflow.spiff.specs.event_definitions import MessageEventDefinition
from SpiffWorkflow.util.task import TaskState

from engine.spiff.model import Model
from engine.spiff.process import Process
from tests.engine.spiff.drawing import Case, Clock

for _name in ("spiff", "spiff.task", "spiff.workflow", "spiff.data"):
    logging.getLogger(_name).setLevel(logging.WARNING)  # its own logs cost a tree walk each

IGNORED = ("outs_", "M1", "n_")


class Plain:
    """The oracle: one workflow kept in memory, never saved."""

    def __init__(self, xml: bytes, data: dict[str, Any]) -> None:
        parser = SpiffBpmnParser()
        parser.add_bpmn_str(xml)
        self.flow = BpmnWorkflow(parser.get_spec("p"), parser.get_subprocess_specs("p"))
        self.flow.task_tree.data.update(data)
        self.run()

    def run(self) -> None:
        self.flow.do_engine_steps()
        self.flow.do_engine_steps()  # a timer that has just come due is only seen afterwards

    def ready(self) -> list[tuple[str, str, Any]]:
        tasks = self.flow.get_tasks(state=TaskState.READY, manual=True)
        return sorted((t.task_spec.bpmn_id, shown(t.data), t) for t in tasks)

    def waiting(self) -> tuple[int, int]:
        kinds = [event.event_type for event in self.flow.waiting_events()]
        messages = sum("Message" in kind for kind in kinds)
        return messages, sum("Timer" in kind for kind in kinds)

    def complete(self, number: int, values: dict[str, Any]) -> None:
        task = self.ready()[number][2]
        task.data.update(values)
        task.run()
        self.run()

    def message(self) -> None:
        self.flow.send_event(BpmnEvent(MessageEventDefinition("M1"), payload={}))
        self.run()

    def over(self) -> bool:
        return bool(self.flow.is_completed())


class Ours:
    """Our engine, dumped and restored after every move."""

    def __init__(self, model: Model, data: dict[str, Any]) -> None:
        self.case = Case(model, data, Clock())

    def ready(self) -> list[tuple[str, str, Any]]:
        process = self.case.process
        return sorted(
            (task.element_id, shown(process.task_data(task.task_id)), task.task_id)
            for task in process.user_tasks()
        )

    def waiting(self) -> tuple[int, int]:
        return len(self.case.process.subscriptions()), len(self.case.process.timers())

    def complete(self, number: int, values: dict[str, Any]) -> None:
        self.case.move("complete", self.ready()[number][2], values)

    def message(self) -> None:
        before = [waiting.task_id for waiting in self.case.process.subscriptions()]
        for task_id in before:
            if task_id in [s.task_id for s in self.case.process.subscriptions()]:
                self.case.move("deliver", task_id, {})

    def over(self) -> bool:
        return self.case.process.completed


class Kept(Ours):
    """Our engine kept in memory: what saving and restoring must not change."""

    def __init__(self, model: Model, data: dict[str, Any]) -> None:
        super().__init__(model, data)
        self.case.process = Process.start(model, data, host=self.case.host)
        self.case.move = lambda name, *given: getattr(self.case.process, name)(*given)


def shown(data: dict[str, Any]) -> str:
    """Data to compare: a repetition's list is in another order, its items elsewhere."""
    return json.dumps(
        {key: value for key, value in data.items() if not key.startswith(IGNORED)},
        sort_keys=True,
    )


def signature(engine: Plain | Ours) -> tuple[Any, ...]:
    return (
        [(name, data) for name, data, _ in engine.ready()],
        engine.waiting(),
        engine.over(),
    )
