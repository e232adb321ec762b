"""Cases that other cases start: a call activity whose process is another procedure.

    call written by a step ─ begin ─▶ child runs ─ its end writes the answer ─▶ settle
                                         ▲
    call withdrawn by a step ─────── stop┘

The call is a row of the outbox, so that a start, an answer and a stop each happen once, in a
transaction of their own, whoever dies in between. A child has its own number, lock, version,
inbox and incidents; it belongs to the body of the case that called it.
"""

import traceback
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from engine import clock, definitions, journal
from engine.commands import calls, cases
from engine.commands.calls import Leased
from engine.commands.later import or_later
from engine.commands.step import Office, keep, locked, restore, standing
from engine.errors import Busy, EngineError
from engine.exchanges import RemoteCall
from engine.models import CANCELLED, ProcessDefinition, ProcessInstance, db
from engine.spiff.process import Process
from engine.transaction import AfterCommit, lock, transaction

DEEPEST = 10
"""Cases within cases: beyond, a procedure is calling itself for ever."""


class TooDeep(EngineError):
    """Procedures call each other without end: ten cases deep, this one calls another."""


def go_on(call: Leased) -> None:
    """Start the case that a due call asks for, or hand over what it has answered.

    What cannot be done is an incident of the calling case.
    """
    try:
        if call.answered is None:
            begin(call.id)
        else:
            settle(call.id, call.answered)
    except Busy:  # the call is told again
        return
    except Exception as failure:  # whatever it is, a person must look
        said = str(failure) or str(failure.__doc__)
        detail = "".join(traceback.format_exception(failure))
        calls.fail(call.id, said, cause="called_case", detail=detail)


def begin(call_id: UUID) -> UUID | None:
    """Start the case that a call asks for, once; None when it is not, or no longer, wanted.

    Raises TooDeep, ProcessError when it cannot start.
    """
    with transaction() as after_commit:
        call = calls.locked(call_id)
        if call is None or call.status != "ready" or call.answer is not None:
            return None
        parent = db.session.get_one(ProcessInstance, call.instance_id)
        child = _begun(parent, call, after_commit)
        detail = {"call": str(call_id), "case": str(child.id), "procedure": child.key}
        journal.write_for_case(parent, "case_called", by=None, detail=detail)
        return child.id


def _begun(
    parent: ProcessInstance, call: RemoteCall, after_commit: AfterCommit
) -> ProcessInstance:
    if len(ancestors(parent)) >= DEEPEST:
        raise TooDeep
    definition = db.session.get_one(ProcessDefinition, UUID(call.arguments["definition"]))
    child = cases.new(
        definition, parent.organisation_id, parent.applicant_id, parent.started_by, uuid4()
    )
    child.parent_id, child.called_by = parent.id, call.id
    db.session.add(child)
    call.status = "running"
    db.session.flush()
    above = {"id": str(parent.id), "number": parent.number, "title": parent.title}
    process = Process.start(
        definitions.model(definition.id),
        {
            "case": {**cases.facts(child, definition, None), "parent": above},
            **call.arguments["data"],
        },
        host=Office.of(child),
        at=call.arguments.get("at"),
    )
    child.title = cases.title(definition, process.data, otherwise=parent.title)
    keep(child, process, after_commit, by=None)
    detail = {"definition": str(definition.id), "parent": str(parent.id)}
    journal.write_for_case(child, "case_started", by=None, detail=detail)
    return child


def settle(call_id: UUID, answered: dict[str, Any]) -> None:
    """Give the calling case what its child has ended with: data, an error, or nothing.

    Raises ProcessError when the diagram cannot take it.
    """
    if "data" in answered:
        calls.answer(call_id, answered["data"])
    elif "code" in answered:
        reasons = [f"le dossier appelé s'est terminé sur l'erreur « {answered['code']} »"]
        calls.refuse(call_id, answered["code"], reasons, payload=answered["payload"])
    else:
        number = answered["cancelled"]
        message = f"Le dossier appelé, {number}, a été annulé avant sa fin."
        calls.fail(call_id, message, cause="called_case_cancelled")


def to_stop(limit: int) -> list[UUID]:
    """Calls withdrawn while their case runs."""
    return list(
        db.session.scalars(
            select(RemoteCall.id)
            .where(RemoteCall.status == "stopping", RemoteCall.due_at <= clock.now())
            .order_by(RemoteCall.due_at)
            .limit(limit)
        )
    )


def stop(call_id: UUID) -> None:
    """Cancel the case of a call that was withdrawn, with everything that is open in it."""
    with or_later(RemoteCall, call_id, "due_at"), transaction() as after_commit:
        child_id = db.session.scalar(
            select(ProcessInstance.id)
            .where(ProcessInstance.called_by == call_id, ProcessInstance.ended_at.is_(None))
            .limit(1)
        )
        if child_id is not None:
            _cancel(locked(child_id), after_commit)
        lock(RemoteCall, call_id).status = "cancelled"


def _cancel(child: ProcessInstance, after_commit: AfterCommit) -> None:
    if not child.is_open:
        return
    process = restore(child)
    was, before = standing(child), process.waiting()
    process.cancel()
    child.status = CANCELLED
    keep(child, process, after_commit, by=None, before=before)
    journal.write_for_case(
        child, "case_cancelled", by=None, detail={"by_parent": str(child.parent_id)},
        before=was, after=child.digest,
    )  # fmt: skip


def ancestors(case: ProcessInstance) -> list[ProcessInstance]:
    """The cases above this one, nearest first; no more than may be."""
    found: list[ProcessInstance] = []
    while case.parent_id is not None and len(found) < DEEPEST:
        case = db.session.get_one(ProcessInstance, case.parent_id)
        found.append(case)
    return found
