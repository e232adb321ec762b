"""What a step asks of partners and of other procedures, what it asks no more, and what a
called case answers: rows of the outbox, written with the step.
"""

from collections.abc import Set as AbstractSet
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import bindparam, case, or_, update

from engine import clock, rows, wake
from engine.exchanges import RemoteCall
from engine.models import Incident, ProcessInstance
from engine.spiff.process import Process
from engine.spiff.records import Call
from engine.transaction import AfterCommit

_CANCEL = (
    update(RemoteCall)
    .where(
        RemoteCall.instance_id == bindparam("instance_id"),
        RemoteCall.task_id == bindparam("task_id"),
        or_(*(RemoteCall.status == one for one in ("ready", "incident", "running"))),
    )
    .values(
        status=case((RemoteCall.status == "running", "stopping"), else_="cancelled"),
        finished_at=bindparam("now"),
        due_at=bindparam("now"),
    )
)
_SETTLE = (
    update(Incident)
    .where(
        Incident.instance_id == bindparam("instance_id"),
        Incident.task_id == bindparam("task_id"),
        Incident.call_id.is_not(None),
        Incident.resolved_at.is_(None),
    )
    .values(resolved_at=bindparam("now"), resolution="gone")
)
_ANSWER = (
    update(RemoteCall)
    .where(RemoteCall.id == bindparam("call_id"), RemoteCall.status == "running")
    .values(
        status="ready",
        answer=bindparam("given"),
        due_at=bindparam("now"),
        woken_at=bindparam("now"),
    )
)


def calls(
    instance: ProcessInstance,
    process: Process,
    before: AbstractSet[UUID],
    after: AbstractSet[UUID],
    after_commit: AfterCommit,
) -> None:
    """Ask partners, or no longer."""
    if gone := before - after:
        no_longer_asked(instance, gone)
        asked_no_more = [
            {"instance_id": instance.id, "task_id": one, "now": clock.now()} for one in gone
        ]
        rows.write(_SETTLE, asked_no_more)
        after_commit.append(wake.for_sweep)
    if new := after - before:
        asked = [_asked(instance, c) for c in process.calls() if c.task_id in new]
        rows.insert(RemoteCall, asked)
        after_commit.extend(partial(wake.for_call, call["id"]) for call in asked)


def _asked(instance: ProcessInstance, call: Call) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "instance_id": instance.id,
        "task_id": call.task_id,
        "element_id": call.element_id,
        "partner": call.partner,
        "operation": call.operation,
        "arguments": call.arguments,
        "created_at": clock.now(),
        "due_at": clock.now(),
        "woken_at": clock.now(),
    }


def no_longer_asked(instance: ProcessInstance, tasks: AbstractSet[UUID]) -> None:
    """Ask nothing more of partners for these tasks; the cases they started are stopped."""
    now = clock.now()
    asked = [{"instance_id": instance.id, "task_id": one, "now": now} for one in tasks]
    rows.write(_CANCEL, asked)


def answer_caller(
    instance: ProcessInstance, process: Process, after_commit: AfterCommit
) -> None:
    """Answer the case that called this one, if it still waits."""
    if instance.called_by is None or not process.completed:
        return
    if process.cancelled:
        answer: dict[str, Any] = {"cancelled": instance.number}
    elif process.error is not None:
        code, payload = process.error
        answer = {"code": code, "payload": payload}
    else:
        answer = {"data": {k: v for k, v in process.data.items() if k != "case"}}
    now = clock.now()
    rows.write(_ANSWER, [{"call_id": instance.called_by, "given": answer, "now": now}])
    after_commit.append(partial(wake.for_call, instance.called_by))
