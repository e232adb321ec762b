"""Where a trial stands: what is open, awaited and known, as plain values for its page."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine import clock, definitions
from engine.commands.step import restore
from engine.directory import APPLICANT, Organisation, describe
from engine.exchanges import RemoteCall
from engine.models import (
    History,
    Incident,
    MessageSubscription,
    ProcessInstance,
    StartTimer,
    Timer,
    UserTask,
    db,
)
from engine.spiff.model import Model
from engine.spiff.records import PROCEDURE
from workflows.scenarios import Player

MOST_HISTORY = 200


def standing(player: Player) -> dict[str, Any]:
    """Where a trial stands: what is open, awaited and known, as plain values."""
    model = definitions.model(player.definition_id)
    names = {e.id: e.name or e.id for e in model.elements.values()}
    found: dict[str, Any] = {
        "now": clock.now().isoformat(),
        "case": None,
        "start": _start(player, model),
        "names": names,
        "roles": dict(model.roles),
    }
    if player.case is None:
        return found
    case = db.session.get_one(ProcessInstance, player.case)

    def name(element: str) -> str:
        return names.get(element, element)

    process = restore(case) if case.is_open else None
    return found | {
        "case": {
            "status": case.status,
            "title": case.title,
            "milestone": case.milestone,
            "outcome": case.outcome and name(case.outcome),
            "outcome_id": case.outcome,
            "started_at": case.started_at.isoformat(),
        },
        "waits": player.waits(),
        "live": sorted(process.markers()) if process else [],
        "tasks": [_task(task, process) for task in _of(UserTask, case.id, UserTask.opened_at)
                  if task.status == "open"],
        "messages": [
            {"element": s.element_id, "element_name": name(s.element_id), "name": s.name, "kind": s.kind}
            for s in _of(MessageSubscription, case.id, MessageSubscription.name)
        ],
        "timers": [
            {"element": t.element_id, "name": name(t.element_id), "due_at": t.due_at.isoformat()}
            for t in _of(Timer, case.id, Timer.due_at)
        ],
        "calls": [_call(call, player, name(call.element_id)) for call in player.asked()],
        "history": _history(case.id),
        "incidents": incidents(case.id),
        "data": {k: v for k, v in player.data().items() if k != "case"},
    }  # fmt: skip


def _start(player: Player, model: Model) -> dict[str, Any]:
    """How a case begins: by whom and with which form, or by which events."""
    company = db.session.get_one(Organisation, player.applicant_id)
    timers = db.session.scalars(
        select(StartTimer.due_at)
        .where(StartTimer.definition_id == player.definition_id)
        .order_by(StartTimer.due_at)
    )
    role = (model.start.role if model.start else None) or APPLICANT
    return {
        "by_hand": model.by_hand,
        "form": model.start_form if model.by_hand else None,
        "role": role,
        "element": model.start.id if model.start else "",
        "messages": [e.event.name for e in model.start_events if e.event.kind == "message"],
        "timers": [due.isoformat() for due in timers if due],
        "context": {"applicant": describe(company)},
    }


def _of(row: Any, case: UUID, order: Any) -> list[Any]:
    found = select(row).where(row.instance_id == case).order_by(order).limit(MOST_HISTORY)
    return list(db.session.scalars(found))


def _task(task: UserTask, process: Any) -> dict[str, Any]:
    body = db.session.get_one(Organisation, task.organisation_id)
    roles = definitions.model(task.definition_id).roles
    return {
        "id": str(task.id),
        "element": task.element_id,
        "name": task.name,
        "role": task.role,
        "role_name": roles.get(task.role, task.role),
        "body": body.name,
        "form": task.form,
        "into": task.into,
        "due_at": task.due_at.isoformat() if task.due_at else None,
        "context": process.task_data(task.id) if process else {},
    }


def _call(call: RemoteCall, player: Player, name: str) -> dict[str, Any]:
    return {
        "operation": call.operation,
        "element": call.element_id,
        "name": name,
        "procedure": call.partner == PROCEDURE,
        "usual": call.operation in player.partners,
        "asked": call.arguments.get("data")
        if call.partner == PROCEDURE
        else call.arguments,
    }


def _history(case: UUID) -> list[dict[str, Any]]:
    rows = db.session.scalars(
        select(History)
        .where(History.instance_id == case)
        .order_by(History.seq.desc())
        .limit(MOST_HISTORY)
    )
    return [
        {"element": row.element_id, "name": row.name, "kind": row.kind, "state": row.state,
         "ended_at": row.ended_at.isoformat()}
        for row in rows
    ]  # fmt: skip


def incidents(case: UUID) -> list[dict[str, Any]]:
    """The incidents that stop a case."""
    return [
        {
            "element": i.element_id,
            "name": i.element_name or i.element_id,
            "message": i.message,
        }
        for i in _of(Incident, case, Incident.raised_at)
        if i.resolved_at is None
    ]
