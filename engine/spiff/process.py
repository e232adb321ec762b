"""One running instance in memory: start or restore it, move it, dump it.

Every move runs on until nothing more can run by itself, then forgets what is finished. What
must be persisted after a move is read from the instance as frozen rows. Nothing here saves,
commits or calls out.
"""

from collections.abc import Collection, Mapping
from typing import Any, Self, TypeVar
from uuid import UUID

from SpiffWorkflow.util.task import TaskState

from engine.spiff import codec, views
from engine.spiff.compaction import compact
from engine.spiff.diagram import Event
from engine.spiff.elements import ExclusiveGateway, UserTask
from engine.spiff.errors import (
    DataRefused,
    WrongState,
)
from engine.spiff.events import Catching
from engine.spiff.expressions import checked
from engine.spiff.inside import asks
from engine.spiff.joins import EndJoin, Join
from engine.spiff.model import Model
from engine.spiff.progress import MAX_STEPS, run_on
from engine.spiff.records import (
    Call,
    Failure,
    Finished,
    OpenTask,
    Subscription,
    Thrown,
    TimerDue,
    Waiting,
)
from engine.spiff.throwing import catcher, signalled
from engine.spiff.tree import UNFINISHED, Host, LiveTask, LiveWorkflow

_RESERVED = "case"
Row = TypeVar("Row")


class Process:
    """A process instance in memory; not shared between threads."""

    def __init__(self, top: LiveWorkflow) -> None:
        self._top = top

    @classmethod
    def start(
        cls,
        model: Model,
        data: Mapping[str, Any],
        *,
        host: Host,
        values: Mapping[str, Any] | None = None,
        start_id: str | None = None,
        event: Event | None = None,
        payload: Any = None,
        at: str | None = None,
    ) -> Self:
        """Start an instance and run it to its first wait states.

        `data` is the first data as it stands (`case` included); `values` are those of the
        start form, put where the start event's `ebg:into` says. `start_id` is one of
        `model.start_events` (else the one that waits for nothing) and says which process
        of the folder runs; `event`, by default its first, happened and carries `payload`.
        With `at`, the first token is put before that element. Raises WrongState.
        """
        start = model.start if start_id is None else model.starts[start_id]
        top = model.specs[start.scope if start else model.key]
        process = cls(LiveWorkflow(top, model.specs, host))
        into = start.properties.get("ebg:into") if start else None
        first = {**checked(dict(data)), **_placed(values or {}, into)}
        if payload is not None and start is not None and start.events:
            process._top.brought = (event or start.events[0], checked(payload))
        process._top.begin(first, start.id if start else None, at)
        run_on(process._top)
        process._top.brought = None
        return process

    @classmethod
    def restore(cls, model: Model, state: bytes, *, host: Host) -> Self:
        """The instance as it was dumped, on the same model."""
        return cls(codec.load(state, model.specs, model.key, host))

    def dump(self) -> bytes:
        """The state to store. Raises DataTooLarge before anything is saved."""
        return codec.dump(self._top)

    def rest(self) -> None:
        """Forget what only served the last move, as a dump does: to be moved again later."""
        codec.rest(self._top)

    # Moves

    def complete(self, task_id: UUID, values: Mapping[str, Any]) -> None:
        """Complete a user task with the values of its form, and run on."""
        task = self._task(task_id, TaskState.READY, UserTask)
        task.before = dict(task.data)
        task.data.update(_placed(values, task.task_spec.properties.get("ebg:into")))
        task.complete()
        run_on(self._top)

    def hand_over(self, task_id: UUID, role: str) -> None:
        """Leave an open user task to another role than its diagram's."""
        task = self._task(task_id, TaskState.READY, UserTask)
        shown = task.internal_data.get("open", {})
        task.internal_data["open"] = {**shown, "role": role}

    def answer(self, task_id: UUID, value: Any) -> None:
        """Give a remote call its answer, and run on.

        A call to another procedure is answered by its data, a mapping.
        """
        task = self._asking(task_id)
        task.before = dict(task.data)
        task.task_spec.answer(task, value)
        task.complete()
        run_on(self._top)

    def refuse(
        self, task_id: UUID, code: str, reasons: list[str], payload: Any = None
    ) -> bool:
        """The partner refused: throw a BPMN error. False when nothing catches it.

        The error's payload (`{code, reasons}` unless a called case gives its own) goes where
        the error's variable says, else under `error`. When nothing catches it the call stays
        open, for a person to settle.
        """
        task = self._asking(task_id)
        found = catcher(task, "error", code)
        if found is None:
            return False
        said = payload or {"code": code, "reasons": list(reasons)}
        found.task_spec.fire(found, checked(said), source=task)
        run_on(self._top)
        return True

    def fire_timers(self) -> int:
        """Fire every timer that is due, the earliest first, running on after each; how many."""
        for fired in range(MAX_STEPS):
            now = self._top.host.now()
            due = [(when, task) for when, task in views.armed(self._top) if when <= now]
            if not due:
                return fired
            _, task = min(due, key=lambda pair: pair[0])
            task.task_spec.occur(task)
            run_on(self._top)
        return MAX_STEPS

    def deliver(self, task_id: UUID, payload: Mapping[str, Any]) -> None:
        """Bring a message to the event that waits for it, and run on."""
        task = self._task(task_id, TaskState.WAITING, Catching)
        if task.task_spec.event.kind != "message":
            raise WrongState(f"{task.task_spec.label()} n'attend pas un message")
        task.task_spec.fire(task, checked(dict(payload)))
        run_on(self._top)

    def signal(self, name: str, task_ids: Collection[UUID], payload: Any) -> None:
        """Bring a signal of another case to those of these events that wait, and run on."""
        carried = checked(payload)
        for task in signalled(self._top, name):
            if task.id in task_ids and task.state == TaskState.WAITING:
                task.task_spec.fire(task, carried)
        run_on(self._top)

    def retry(self, task_id: UUID, data: Mapping[str, Any] | None = None) -> None:
        """Run a failed task again, with corrected data if given.

        At a join where two branches disagree, `data` gives the values to keep.
        """
        task = self._task(task_id, TaskState.ERROR)
        task.internal_data.pop("failure", None)
        corrected = checked(dict(data or {}))
        task.data.update(corrected)
        if isinstance(task.task_spec, Join):
            task.internal_data["settled"] = corrected
        task._set_state(TaskState.FUTURE)
        task.task_spec._update(task)
        run_on(self._top)

    def skip(self, task_id: UUID, values: Mapping[str, Any]) -> None:
        """Go on as if this task were done, with these values in its place."""
        task = self._task(task_id, UNFINISHED)
        chooses = (
            isinstance(task.task_spec, ExclusiveGateway) and task.task_spec._outputs[1:]
        )
        if chooses or isinstance(task.task_spec, EndJoin):
            message = f"{task.task_spec.label()} choisit un chemin : corrigez les données et relancez"
            raise WrongState(message)
        for below in task.below()[1:]:
            below.cancel()
        inner = self._top.subprocesses.get(task.id)
        if inner is not None:
            inner.withdraw()
        task.before = dict(task.data)
        task.internal_data.pop("failure", None)
        task.data.update(checked(dict(values)))
        if isinstance(task.task_spec, Catching) and task.state == TaskState.WAITING:
            task.task_spec.fire(task)
        else:
            task.complete()
        run_on(self._top)

    def cancel(self) -> None:
        """Withdraw everything that is open; the instance is over."""
        self._top.withdraw()
        compact(self._top)

    # What to persist after a move

    def waiting(self) -> Waiting:
        """The ids alone of what the rows below describe, in one pass."""
        return views.waiting(self._top)

    def user_tasks(self) -> list[OpenTask]:
        """The tasks that people may complete."""
        return views.user_tasks(self._top)

    def calls(self) -> list[Call]:
        """The remote calls that await an answer."""
        return views.calls(self._top)

    def timers(self) -> list[TimerDue]:
        """The timers that are armed."""
        return [
            TimerDue(task.id, task.task_spec.node.id, when)
            for when, task in views.armed(self._top)
        ]

    def subscriptions(self) -> list[Subscription]:
        """The messages and the signals that are awaited."""
        return views.subscriptions(self._top)

    def failures(self) -> list[Failure]:
        """The tasks that stopped on an error."""
        return views.failures(self._top)

    def finished(self) -> list[Finished]:
        """The rows of history since the last call; each is given once."""
        return _drained(self._top.journal)

    def thrown(self) -> list[Thrown]:
        """The messages and signals for the outside since the last call; each is given once."""
        return _drained(self._top.outbox)

    @property
    def completed(self) -> bool:
        """Whether the instance is over, by its end or by `cancel`."""
        return bool(self._top.completed)

    @property
    def cancelled(self) -> bool:
        """Whether the instance is over by `cancel`, not by its end."""
        return bool(self._top.cancelled)

    @property
    def error(self) -> tuple[str, Any] | None:
        """The code and payload of the error on which a called case has just ended."""
        return self._top.error

    @property
    def outcome(self) -> str | None:
        """The id of the last end event that the top process reached."""
        return self._top.outcome

    @property
    def data(self) -> dict[str, Any]:
        """The final data, or those of the last task done in the top process."""
        last = self._top.last_task
        found = self._top.data if self._top.completed else last.data if last else {}
        return dict(checked(found))

    def task_data(self, task_id: UUID) -> dict[str, Any]:
        """A copy of what one open task sees. Raises TaskNotFound."""
        return dict(checked(self._top.find(task_id).data))

    def markers(self) -> list[str]:
        """The ids of the elements where the instance stands, for the diagram."""
        return views.markers(self._top)

    # Inside

    def _asking(self, task_id: UUID) -> LiveTask:
        task = self._task(task_id, TaskState.STARTED)
        if not asks(task):
            raise WrongState(f"{task.task_spec.label()} n'attend pas de réponse")
        return task

    def _task(self, task_id: UUID, state: int, kind: Any = object) -> LiveTask:
        task = self._top.find(task_id)
        if not task.has_state(state) or not isinstance(task.task_spec, kind):
            raise WrongState(f"{task.task_spec.label()} n'accepte pas cette action")
        return task


def _placed(values: Mapping[str, Any], into: str | None) -> dict[str, Any]:
    plain: dict[str, Any] = checked(dict(values))
    placed = {into: plain} if into else plain
    if _RESERVED in placed:
        raise DataRefused(
            f"« {_RESERVED} » est réservé : un formulaire ne peut pas l'écrire"
        )
    return placed


def _drained(rows: list[Row]) -> list[Row]:
    found = list(rows)
    rows.clear()
    return found
