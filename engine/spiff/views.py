"""What an instance shows after a move, read from its open tasks."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from SpiffWorkflow.util.task import TaskState

from engine.spiff.elements import UserTask
from engine.spiff.events import Catching
from engine.spiff.inside import CALLED, asks
from engine.spiff.records import (
    PROCEDURE,
    Call,
    Failure,
    OpenTask,
    Subscription,
    Waiting,
)
from engine.spiff.tree import OPEN, LiveTask, LiveWorkflow


def waiting(top: LiveWorkflow) -> Waiting:
    """The ids of everything that the rows below would show, in one pass."""
    tasks, asked, awaited, failed = (set[UUID]() for _ in range(4))
    timers = set[tuple[UUID, datetime]]()
    for task in top.every():
        state, spec = task.state, task.task_spec
        if state == TaskState.READY:
            if isinstance(spec, UserTask):
                tasks.add(task.id)
        elif state == TaskState.STARTED:
            if asks(task):
                asked.add(task.id)
        elif state == TaskState.ERROR:
            failed.add(task.id)
        elif state == TaskState.WAITING and isinstance(spec, Catching):
            if "due" in task.internal_data:
                timers.add((task.id, datetime.fromisoformat(task.internal_data["due"])))
            if _listens(task):
                awaited.add(task.id)
    return Waiting(
        frozenset(tasks),
        frozenset(timers),
        frozenset(asked),
        frozenset(awaited),
        frozenset(failed),
    )


def user_tasks(top: LiveWorkflow) -> list[OpenTask]:
    """All READY user and manual tasks."""
    return [
        _open_task(task)
        for task in top.every()
        if task.state == TaskState.READY and isinstance(task.task_spec, UserTask)
    ]


def _open_task(task: LiveTask) -> OpenTask:
    spec, shown = task.task_spec, task.internal_data.get("open", {})
    return OpenTask(
        task_id=task.id,
        element_id=spec.bpmn_id,
        name=spec.bpmn_name,
        lane=spec.lane,
        role=shown.get("role") or spec.node.role,
        form=spec.properties.get("ebg:form"),
        organisation=shown.get("organisation"),
        subject=shown.get("subject"),
        assignee=shown.get("assignee"),
        due=_moment(shown.get("due")),
        follow_up=_moment(shown.get("follow_up")),
        priority=shown.get("priority"),
        properties=spec.properties,
    )


def calls(top: LiveWorkflow) -> list[Call]:
    """All STARTED remote calls, of partners and of other procedures."""
    return [
        _called(task) if CALLED in task.internal_data else _asked(task)
        for task in top.every()
        if task.state == TaskState.STARTED and asks(task)
    ]


def _asked(task: LiveTask) -> Call:
    operator = task.task_spec.operator
    return Call(
        task_id=task.id,
        element_id=task.task_spec.node.id,
        partner=operator.name.partition(".")[0],
        operation=operator.name,
        arguments=task.internal_data.get("arguments", {}),
    )


def _called(task: LiveTask) -> Call:
    procedure, definition = task.internal_data[CALLED]
    return Call(
        task_id=task.id,
        element_id=task.task_spec.node.id,
        partner=PROCEDURE,
        operation=procedure,
        arguments={
            "definition": definition,
            "data": task.task_spec.sent(task),
            **task.task_spec.place(task),
        },
    )


def armed(top: LiveWorkflow) -> Iterator[tuple[datetime, LiveTask]]:
    """All waiting timers with their due moment."""
    for task in top.every():
        if task.state == TaskState.WAITING and "due" in task.internal_data:
            yield datetime.fromisoformat(task.internal_data["due"]), task


def subscriptions(top: LiveWorkflow) -> list[Subscription]:
    """All waiting message and signal events."""
    return [
        Subscription(
            task_id=task.id,
            element_id=task.task_spec.node.id,
            name=task.task_spec.event.name or "",
            correlation=task.internal_data.get("correlation"),
            kind=task.task_spec.event.kind,
        )
        for task in top.every()
        if task.state == TaskState.WAITING
        and isinstance(task.task_spec, Catching)
        and _listens(task)
    ]


def _listens(task: LiveTask) -> bool:
    """Whether a waiting event may come from outside: one that waits for others has happened."""
    outside = task.task_spec.event.kind in ("message", "signal")
    return outside and "happened" not in task.internal_data


def failures(top: LiveWorkflow) -> list[Failure]:
    """All tasks in error; an invisible step is shown as the activity it belongs to."""
    return [_failure(task) for task in top.every() if task.state == TaskState.ERROR]


def _failure(task: LiveTask) -> Failure:
    visible: Any = task
    while not visible.task_spec.node.id and hasattr(visible.workflow, "owner"):
        visible = visible.workflow.owner
    code, message, detail = task.internal_data["failure"]
    return Failure(
        task_id=task.id,
        element_id=visible.task_spec.node.id or visible.workflow.spec.name,
        element_name=visible.task_spec.bpmn_name or "",
        error_class=code,
        message=message,
        detail=detail,
    )


def markers(top: LiveWorkflow) -> list[str]:
    """The ids where tokens stand; an armed boundary event is not a token."""
    found = [
        task.task_spec.bpmn_id
        for task in top.every()
        if task.has_state(OPEN | TaskState.ERROR)
        and task.task_spec.bpmn_id is not None
        and not task.task_spec.aside
    ]
    return list(dict.fromkeys(found))


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
