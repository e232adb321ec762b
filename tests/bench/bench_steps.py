"""What one step costs as a case grows old: ours, and SpiffWorkflow as it comes.

    python -m tests.bench.bench_steps

A step restores the instance, completes a user task, runs on and dumps. The diagram is a loop
around one user task; the figures are medians after 10 to 20,000 finished tasks, with
1 kB and 100 kB of data.

The plain engine stops finding its tasks below depth 1000 and dies of recursion a little
further: its limits are lifted here, which `lifted` says, so that it can be measured at all.
"""

import json
import logging
import statistics
import sys
from typing import Any

from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.util import task as bpmn_task
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.spiff.parser import SpiffBpmnParser
from SpiffWorkflow.spiff.serializer.config import SPIFF_CONFIG
from SpiffWorkflow.util import task as plain_task
from SpiffWorkflow.util.task import TaskState

from engine.spiff.process import Process
from tests.bench.diagrams import LOOP
from tests.bench.figures import durations, figure
from tests.engine.spiff.drawing import Clock, document, model, process

AGES = (10, 100, 1000, 20_000)
AGES_OF_PLAIN = (10, 100, 1000)
SIZES = (1_000, 100_000)
ROUNDS = 8
FLAT = 1.2
LIFTED = 1000


def case_file(size: int) -> dict[str, Any]:
    """Nested data of about `size` bytes, in leaves of some fifty."""
    section = {"field": "x" * 30, "list": [1, 2, 3], "sub": {"a": 1, "b": "yyyyyyyy"}}
    number = max(1, size // len(json.dumps({"section000": section})))
    return {"file": {f"section{n}": section for n in range(number)}, "again": True}


class Ours:
    """Each step from bytes to bytes."""

    def __init__(self, size: int) -> None:
        self.model, self.host, self.finished = model(*LOOP), Clock(), 0
        started = Process.start(self.model, case_file(size), host=self.host)
        self.finished += len(started.finished())
        self.state = started.dump()

    def step(self) -> None:
        instance = Process.restore(self.model, self.state, host=self.host)
        instance.complete(instance.user_tasks()[0].task_id, {"again": True})
        self.finished += len(instance.finished())
        self.state = instance.dump()

    def age(self, wanted: int) -> None:
        instance = Process.restore(self.model, self.state, host=self.host)
        while self.finished < wanted:
            instance.complete(instance.user_tasks()[0].task_id, {"again": True})
            self.finished += len(instance.finished())
        self.state = instance.dump()

    def bytes(self) -> int:
        return len(self.state)


class Plain:
    """Grown in memory, then measured through its own serializer."""

    def __init__(self, size: int) -> None:
        parser = SpiffBpmnParser()
        parser.add_bpmn_str(document(process(*LOOP)))
        registry = BpmnWorkflowSerializer.configure(SPIFF_CONFIG)
        self.serializer = BpmnWorkflowSerializer(registry)
        self.flow = BpmnWorkflow(parser.get_spec("p"), parser.get_subprocess_specs("p"))
        self.flow.task_tree.data.update(case_file(size))
        self.flow.do_engine_steps()
        self.saved = ""

    def step(self) -> None:
        self.flow = self.serializer.deserialize_json(self.saved)
        self._move()
        self.saved = self.serializer.serialize_json(self.flow)

    def _move(self) -> None:
        task = next(t for t in self.flow.tasks.values() if t.state == TaskState.READY)
        task.data["again"] = True
        task.run()
        self.flow.do_engine_steps()

    def age(self, wanted: int) -> None:
        while (
            sum(t.state == TaskState.COMPLETED for t in self.flow.tasks.values()) < wanted
        ):
            self._move()
        self.saved = self.serializer.serialize_json(self.flow)

    def bytes(self) -> int:
        return len(self.saved)


def lift_plain_limits() -> None:
    """What the plain engine needs to survive more than a thousand tasks in a row.

    It also tells every change of state to the log: an office would write it all down.
    """
    logging.getLogger("spiff").setLevel(logging.WARNING)
    plain_task.TaskIterator.__init__.__defaults__ = (None, 10**9, True, None)
    bpmn_task.BpmnTaskIterator.__init__.__defaults__ = (None, 10**9, True, False, None)
    sys.setrecursionlimit(200_000)


def measure_ours(size: int) -> dict[int, tuple[float, int]]:
    """Age → (milliseconds, bytes), the ages measured in turns so that noise hits all alike."""
    aged = {age: Ours(size) for age in AGES}
    for age, engine in aged.items():
        engine.age(age)
    rounds = [
        {age: statistics.median(durations(aged[age].step, 5)) for age in AGES}
        for _ in range(ROUNDS)
    ]
    return {
        age: (statistics.median(found[age] for found in rounds), aged[age].bytes())
        for age in AGES
    }


def main() -> None:
    lift_plain_limits()
    for size in SIZES:
        ours = measure_ours(size)
        first = ours[AGES[0]][0]
        for age, (cost, state) in ours.items():
            facts = {"finished": age, "data_bytes": size, "state_bytes": state}
            figure("step in memory", "ms by ours", cost, **facts)
        oldest, facts = AGES[-1], {"data_bytes": size}
        what = f"ours after {oldest} finished tasks / after {AGES[0]}"
        figure("step in memory", what, ours[oldest][0] / first, goal=FLAT, **facts)
        plain = Plain(size)
        for age in AGES_OF_PLAIN:
            plain.age(age)
            cost = statistics.median(durations(plain.step, 15 if age < LIFTED else 3))
            facts = {
                "finished": age,
                "data_bytes": size,
                "state_bytes": plain.bytes(),
                "lifted": age >= LIFTED,
            }
            figure("step in memory", "ms by SpiffWorkflow", cost, **facts)
            times = cost / ours[age][0]
            figure("step in memory", "SpiffWorkflow / ours", times, **facts)


if __name__ == "__main__":
    main()
