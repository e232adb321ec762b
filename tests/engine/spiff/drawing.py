"""A tiny BPMN writer for tests, and a host that needs nothing else."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from engine.spiff.model import Model, compile_model
from engine.spiff.process import Process
from tests.engine.spiff.anatomy import anatomy

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"'
    ' xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core"'
    ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' id="D" targetNamespace="http://example.org">'
)
TAIL = "</bpmn:definitions>"


def element(tag: str, key: str, *inside: str, **attributes: str) -> str:
    written = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
    name = "" if "name" in attributes else f' name="{key}"'
    return f'<bpmn:{tag} id="{key}"{name}{written}>{"".join(inside)}</bpmn:{tag}>'


def extensions(*inside: str) -> str:
    return f"<bpmn:extensionElements>{''.join(inside)}</bpmn:extensionElements>"


def properties(**given: str) -> str:
    items = "".join(
        f"<spiffworkflow:property name={quoteattr('ebg:' + key)} value={quoteattr(value)}/>"
        for key, value in given.items()
    )
    return f"<spiffworkflow:properties>{items}</spiffworkflow:properties>"


def start(key: str = "started", *inside: str) -> str:
    return element("startEvent", key, *inside)


def end(key: str = "ended", *inside: str) -> str:
    return element("endEvent", key, *inside)


def user(key: str, *inside: str, **ebg: str) -> str:
    return element("userTask", key, extensions(properties(**ebg)), *inside)


def script(key: str, text: str) -> str:
    return element("scriptTask", key, f"<bpmn:script>{escape(text)}</bpmn:script>")


def service(key: str, operation: str, result: str = "", **parameters: str) -> str:
    inner = "".join(
        f'<spiffworkflow:parameter id="{key}" type="str" value={quoteattr(value)}/>'
        for key, value in parameters.items()
    )
    kept = f' resultVariable="{result}"' if result else ""
    return element(
        "serviceTask",
        key,
        extensions(
            f'<spiffworkflow:serviceTaskOperator id="{operation}"{kept}>'
            f"<spiffworkflow:parameters>{inner}</spiffworkflow:parameters>"
            "</spiffworkflow:serviceTaskOperator>"
        ),
    )


def decision(key: str, called: str, **ebg: str) -> str:
    inner = f"<spiffworkflow:calledDecisionId>{called}</spiffworkflow:calledDecisionId>"
    return element("businessRuleTask", key, extensions(inner, properties(**ebg)))


def exclusive(key: str, **attributes: str) -> str:
    return element("exclusiveGateway", key, **attributes)


def parallel(key: str) -> str:
    return element("parallelGateway", key)


def inclusive(key: str, **attributes: str) -> str:
    return element("inclusiveGateway", key, **attributes)


def boundary(key: str, on: str, *inside: str, interrupting: bool = True) -> str:
    cancel = "true" if interrupting else "false"
    return element("boundaryEvent", key, *inside, attachedToRef=on, cancelActivity=cancel)


def catch(key: str, *inside: str) -> str:
    return element("intermediateCatchEvent", key, *inside)


def throw(key: str, *inside: str) -> str:
    return element("intermediateThrowEvent", key, *inside)


def timer(kind: str, expression: str) -> str:
    tag = {"date": "timeDate", "duration": "timeDuration", "cycle": "timeCycle"}[kind]
    return (
        f"<bpmn:timerEventDefinition><bpmn:{tag}>{escape(expression)}</bpmn:{tag}>"
        "</bpmn:timerEventDefinition>"
    )


def message(ref: str) -> str:
    return f'<bpmn:messageEventDefinition messageRef="{ref}"/>'


def error(ref: str = "") -> str:
    return (
        f'<bpmn:errorEventDefinition errorRef="{ref}"/>'
        if ref
        else "<bpmn:errorEventDefinition/>"
    )


def subprocess(key: str, *inside: str) -> str:
    return element("subProcess", key, *inside)


def many(kind: str = "parallel", *inside: str) -> str:
    sequential = "true" if kind == "sequential" else "false"
    return (
        f'<bpmn:multiInstanceLoopCharacteristics isSequential="{sequential}">'
        f"{''.join(inside)}</bpmn:multiInstanceLoopCharacteristics>"
    )


def over(collection: str, item: str, output: str = "", output_item: str = "") -> str:
    out = f"<bpmn:loopDataOutputRef>{output}</bpmn:loopDataOutputRef>" if output else ""
    out_item = f'<bpmn:outputDataItem id="{output_item}"/>' if output_item else ""
    return (
        f"<bpmn:loopDataInputRef>{collection}</bpmn:loopDataInputRef>{out}"
        f'<bpmn:inputDataItem id="{item}"/>{out_item}'
    )


_numbers = iter(range(10**9))


def flow(source: str, target: str, condition: str = "", key: str = "") -> str:
    inner = (
        '<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">'
        f"{escape(condition)}</bpmn:conditionExpression>"
        if condition
        else ""
    )
    key = key or f"f{next(_numbers)}"
    return (
        f'<bpmn:sequenceFlow id="{key}" sourceRef="{source}" targetRef="{target}">'
        f"{inner}</bpmn:sequenceFlow>"
    )


def chain(*ids: str) -> str:
    return "".join(flow(a, b) for a, b in pairwise(ids))


def process(*inside: str, key: str = "p") -> str:
    return element("process", key, *inside, isExecutable="true")


def document(*inside: str) -> bytes:
    return (HEAD + "".join(inside) + TAIL).encode()


def model(*inside: str, around: str = "", key: str = "p") -> Model:
    """Compile one process, through bytes, so that every test also tests the stored form."""
    compiled = compile_model(
        {"process.bpmn": document(around, process(*inside, key=key))}, key
    )
    return Model.from_bytes(compiled.to_bytes())


class Clock:
    """A host whose time is moved by hand and whose operations are given as functions."""

    def __init__(self, **operations: Any) -> None:
        self.moment = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
        self.operations = {
            key.replace("__", "."): value for key, value in operations.items()
        }
        self.decisions: dict[str, Any] = {}

    def operation(self, name: str, arguments: dict[str, Any]) -> Any:
        return self.operations[name](**arguments)

    def is_remote(self, name: str) -> bool:
        return name not in self.operations

    def decide(self, decision_id: str, data: dict[str, Any]) -> Any:
        return self.decisions[decision_id](data)

    def now(self) -> datetime:
        return self.moment

    def pass_time(self, **delta: float) -> None:
        self.moment += timedelta(**delta)


class Case:
    """A process that is dumped and restored after every single move."""

    def __init__(
        self,
        model: Model,
        data: dict[str, Any] | None = None,
        host: Any = None,
        **start: Any,
    ) -> None:
        self.model, self.host = model, host or Clock()
        self.history: list[Any] = []
        self.messages: list[Any] = []
        self._keep(Process.start(model, data or {}, host=self.host, **start))

    def _keep(self, moved: Process) -> None:
        self.history += moved.finished()
        self.messages += moved.thrown()
        self.state = moved.dump()
        self.process = Process.restore(self.model, self.state, host=self.host)
        again = self.process.dump()
        assert again == self.state, "a restored instance is the same instance"
        moved.rest()
        assert anatomy(moved) == anatomy(self.process), "kept in memory or read, it is one"
        self._compare_ids(self.process)

    @staticmethod
    def _compare_ids(process: Process) -> None:
        ids = process.waiting()
        assert ids.tasks == {row.task_id for row in process.user_tasks()}
        assert ids.timers == {(row.task_id, row.due_at) for row in process.timers()}
        assert ids.calls == {row.task_id for row in process.calls()}
        assert ids.subscriptions == {row.task_id for row in process.subscriptions()}
        assert ids.failures == {row.task_id for row in process.failures()}

    def names(self) -> list[str]:
        return sorted(task.element_id for task in self.process.user_tasks())

    def task(self, element_id: str, number: int = 0) -> Any:
        found = [t for t in self.process.user_tasks() if t.element_id == element_id]
        return found[number]

    def complete(
        self, element_id: str, values: dict[str, Any] | None = None, number: int = 0
    ) -> None:
        self.move("complete", self.task(element_id, number).task_id, values or {})

    def call(self, element_id: str = "") -> Any:
        return next(c for c in self.process.calls() if element_id in ("", c.element_id))

    def move(self, name: str, *arguments: Any, **named: Any) -> Any:
        result = getattr(self.process, name)(*arguments, **named)
        self._keep(self.process)
        return result

    def deliver(self, element_id: str, payload: dict[str, Any] | None = None) -> None:
        found = [s for s in self.process.subscriptions() if s.element_id == element_id]
        self.move("deliver", found[0].task_id, payload or {})

    def wait(self, **delta: float) -> None:
        self.host.pass_time(**delta)
        self.move("fire_timers")

    def done(self) -> list[str]:
        return [row.element_id for row in self.history if row.state == "completed"]
