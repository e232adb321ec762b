"""Incidents: try again, try again with corrected data, or answer in a partner's place."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select

from engine import clock, journal
from engine.access import Actor, require
from engine.commands import calls
from engine.commands.step import step
from engine.errors import NotWaiting
from engine.exchanges import RemoteCall
from engine.models import Incident, ProcessInstance, db
from engine.spiff import surgery
from engine.spiff.process import Process
from engine.transaction import lock, transaction


def retry(
    incident_id: UUID,
    *,
    actor: Actor,
    data: Mapping[str, Any] | None = None,
    motive: str = "",
) -> None:
    """Try the step again, with corrected data for its branch if given.

    `motive` is kept in the journal. Raises Forbidden, NotWaiting when the incident is
    settled already.
    """
    require(actor, "operate")
    incident = db.session.get_one(Incident, incident_id)
    if incident.call_id is not None:
        _retry_call(incident.id, incident.call_id, actor, motive)
        return
    corrected = sorted(data or {})
    detail = {"incident": str(incident_id), "corrected": corrected, "motive": motive}
    with step(
        incident.instance_id, "incident_retried", by=actor.person_id, detail=detail
    ) as (_, process):
        incident = _open(incident_id)
        _settle(incident, "corrected" if data else "retried", actor)
        db.session.flush()
        process.retry(incident.task_id, dict(data) if data else None)


def answer(incident_id: UUID, value: Any, *, actor: Actor, motive: str = "") -> None:
    """Answer in the partner's place, or give the failing step its result by hand.

    Raises Forbidden, NotWaiting when the incident is settled already.
    """
    require(actor, "operate")
    incident = db.session.get_one(Incident, incident_id)
    if incident.resolved_at is not None:
        raise NotWaiting
    if incident.call_id is not None:
        calls.answer(incident.call_id, value, by=actor.person_id, motive=motive)
        return
    detail = {"incident": str(incident_id), "motive": motive}
    with step(
        incident.instance_id, "incident_answered", by=actor.person_id, detail=detail
    ) as (_, process):
        incident = _open(incident_id)
        _settle(incident, "answered", actor)
        db.session.flush()
        process.skip(incident.task_id, value if isinstance(value, dict) else {})


def _retry_call(incident_id: UUID, call_id: UUID, actor: Actor, motive: str) -> None:
    with transaction():
        instance_id = db.session.get_one(RemoteCall, call_id).instance_id
        instance = lock(ProcessInstance, instance_id)
        incident = _open(incident_id)
        _call_again(call_id)
        _settle(incident, "retried", actor)
        journal.write_for_case(
            instance,
            "incident_retried",
            by=actor.person_id,
            detail={"incident": str(incident_id), "call": str(call_id), "motive": motive},
        )


def retry_all(
    instance: ProcessInstance,
    process: Process,
    which: ColumnElement[bool],
    data: Mapping[str, Any],
    *,
    actor: Actor,
) -> Sequence[Incident]:
    """Try again the steps of a case that these incidents stopped, in the open transaction.

    `data` corrects the branch: a step of ours goes on with it, a call is asked anew with what
    the step then works out. Without data a call is made again as it was, under the same key.
    Returns what was tried.
    """
    found = db.session.scalars(
        select(Incident).where(
            Incident.instance_id == instance.id, Incident.resolved_at.is_(None), which
        )
    ).all()
    for incident in found:
        _settle(incident, "corrected" if data else "retried", actor)
        if incident.call_id is not None and not data:
            _call_again(incident.call_id)
    db.session.flush()
    for incident in found:
        if incident.call_id is None:
            process.retry(incident.task_id, data or None)
        elif data:
            step = surgery.standing(process, repeated=True)[incident.task_id]
            surgery.move(process, incident.task_id, step, data)
    return found


def _call_again(call_id: UUID) -> None:
    call = lock(RemoteCall, call_id)
    call.status = "ready"
    call.failures = 0
    if call.answer is not None and "data" not in call.answer:
        call.answer = None  # the case that it started has not given any: start another
    call.created_at = call.due_at = clock.now()
    call.lease_until = call.woken_at = None


def _open(incident_id: UUID) -> Incident:
    incident = lock(Incident, incident_id)
    if incident.resolved_at is not None:
        raise NotWaiting
    return incident


def _settle(incident: Incident, resolution: str, actor: Actor) -> None:
    incident.resolved_at = clock.now()
    incident.resolution = resolution
    incident.resolved_by = actor.person_id
