"""Bringing live tokens in line with the version they migrate to, one at a time.

A timer is set again only if its definition changed, and then counts from the moment its token
arrived; a repetition goes on with its next occurrence. What a person has at hand stays as it
was when it opened, and is noted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from SpiffWorkflow.util.task import TaskState

from engine.spiff.correspondence import Plan
from engine.spiff.elements import UserTask
from engine.spiff.errors import TaskFailed
from engine.spiff.events import Catching, correlation
from engine.spiff.loops import Container
from engine.spiff.moments import PARIS, Duration, Repetition
from engine.spiff.tree import Host, LiveTask

_KEPT = {
    "assignee": "la personne à qui elle est confiée",
    "organisation": "l'organisme à qui elle revient",
    "due": "son échéance",
    "follow_up": "sa date de suivi",
    "priority": "sa priorité",
}


def adapt(task: LiveTask, had: Any, plan: Plan) -> None:
    """Bring one live token in line with its new element."""
    for remark in _remarks(task, had, task.task_spec):
        plan.note(remark)
    if isinstance(task.task_spec, Catching) and task.state == TaskState.WAITING:
        try:
            _wait_again(task, had, plan)
        except TaskFailed as error:
            said = str(error)
            plan.reasons.append(f"{said[:1].upper()}{said[1:]}.")


def _remarks(task: LiveTask, had: Any, now: Any) -> Iterator[str]:
    if isinstance(now, UserTask) and task.state == TaskState.READY:
        yield from _at_hand(had, now)
    if isinstance(now, Container) and task.state == TaskState.STARTED:
        was, becomes = had.loop, now.loop
        if (was.collection, was.cardinality) != (becomes.collection, becomes.cardinality):
            yield f"La répétition de {now.label()} garde la liste avec laquelle elle a commencé."
    asked, asks = had.node.operator, now.node.operator
    if task.state == TaskState.STARTED and asked and asks and asked != asks:
        yield f"L'appel déjà fait à {now.label()} garde ses paramètres."


def _at_hand(had: Any, now: Any) -> Iterator[str]:
    if had.properties.get("ebg:form") != now.properties.get("ebg:form"):
        yield f"{now.label()} a un nouveau formulaire : la tâche ouverte garde le sien."
    if had.node.role != now.node.role:
        yield (
            f"{now.label()} revient au rôle « {now.node.role} » dans la nouvelle version : "
            f"la tâche ouverte reste au rôle « {had.node.role} »."
        )
    for name, said in _KEPT.items():
        if had.properties.get(f"ebg:{name}") != now.properties.get(f"ebg:{name}"):
            yield f"{now.label()} : la tâche ouverte garde {said}."


def _wait_again(task: LiveTask, had: Any, plan: Plan) -> None:
    """Set a timer again, or wait for something else, if that is what changed."""
    now, was, event = task.task_spec, had.event, task.task_spec.event
    if "happened" in task.internal_data:
        return
    if event.kind == "timer":
        if (was.timer, was.expression) != (event.timer, event.expression):
            _arm(task)
            if task.state != TaskState.WAITING:
                plan.note(f"{now.label()} n'est plus attendu : ses moments sont passés.")
                return
            due = datetime.fromisoformat(task.internal_data["due"]).astimezone(PARIS)
            plan.note(
                f"L'échéance de {now.label()} est recalculée : {due:%d/%m/%Y à %H:%M}."
            )
        return
    if event.kind == "message":
        rule = "ebg:correlation"
        if had.properties.get(rule) != now.properties.get(rule):
            task.internal_data["correlation"] = correlation(task)
            plan.note(f"{now.label()} attend désormais un autre correspondant.")
    if event.kind == "conditional" and was.expression != event.expression:
        task.internal_data.pop("held", None)
        plan.note(f"{now.label()} attend désormais une autre condition.")
    elif (was.name, was.code) != (event.name, event.code):
        plan.note(f"{now.label()} attend désormais « {event.name or event.code} ».")


def _arm(task: LiveTask) -> None:
    """Set a timer as if the new version had been there when its token arrived."""
    top, host = task.top, task.top.host
    kept = task.internal_data
    for key in ("due", "left", "every", "first"):
        kept.pop(key, None)
    top.host = _Then(host, datetime.fromtimestamp(task.entered or top.seconds(), UTC))
    try:
        due = task.task_spec._arm(task)
    finally:
        top.host = host
    if "every" in kept:
        _pass_over(task, Repetition(kept["left"], due, Duration(*kept["every"])))


def _pass_over(task: LiveTask, cycle: Repetition) -> None:
    """A repetition does not make up for the occurrences that the old version did not have."""
    kept, turn = task.internal_data, cycle.passed(task.top.host.now())
    following = cycle.occurrence(turn)
    if following is None:
        task.cancel()
        return
    kept["due"], kept["first"] = following.isoformat(), [cycle.first.isoformat(), turn]
    kept["left"] = cycle.times and cycle.times - turn


@dataclass(frozen=True)
class _Then:
    """A host whose clock stands at another moment."""

    host: Host
    moment: datetime

    def now(self) -> datetime:
        return self.moment

    def operation(self, name: str, arguments: dict[str, Any]) -> Any:
        return self.host.operation(name, arguments)

    def is_remote(self, name: str) -> bool:
        return self.host.is_remote(name)

    def decide(self, decision_id: str, data: dict[str, Any]) -> Any:
        return self.host.decide(decision_id, data)

    def procedure(self, name: str) -> str | None:
        return self.host.procedure(name)

    @property
    def called(self) -> bool:
        return self.host.called
