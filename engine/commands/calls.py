"""What becomes of a remote call: leased, answered, refused, postponed, or an incident."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from connectors import StoredFile
from engine import clock, definitions, documents
from engine.commands import partners, telling
from engine.commands.step import step
from engine.exchanges import Exchange, RemoteCall, Response
from engine.models import SUSPENDED, Incident, ProcessInstance, db
from engine.spiff.records import PROCEDURE
from engine.transaction import lock, transaction

_lease = timedelta(minutes=1)
_longest_wait = timedelta(hours=1)

LARGEST_RESPONSE = 256 * 1024
"""Bytes of an answer that are kept with its exchange."""

MOST_FAILURES = 20
LONGEST_SILENCE = timedelta(days=30)
"""A partner that still has no answer by then is a matter for a person."""


@dataclass(frozen=True)
class Leased:
    """A call to make now. `ambiguous`: an earlier try may have reached the partner."""

    id: UUID
    partner: str
    operation: str
    arguments: dict[str, Any]
    attempt: int
    ambiguous: bool
    answered: dict[str, Any] | None = None
    """What the case that it started has answered."""


@dataclass(frozen=True)
class Attempt:
    """What happened in one try, for the evidence."""

    call_id: UUID
    number: int
    outcome: str
    detail: str | None
    request_sha512: str
    response_sha512: str | None
    milliseconds: int
    request_size: int = 0
    response: bytes | None = None
    """What the partner answered."""


def configure(lease: timedelta, longest_wait: timedelta) -> None:
    """Say how long a worker may take over a call before another one looks at it, and how
    long at most a call that failed waits for its next try.

    The lease should be longer than any partner's timeout: a call that outlives its lease is
    made again, under the same key, while the first try may still be under way.
    """
    global _lease, _longest_wait
    _lease, _longest_wait = lease, longest_wait


def lease(call_id: UUID) -> Leased | None:
    """Count an attempt and take the call for a while; None if it is not to be made."""
    with transaction():
        call = locked(call_id)
        now = clock.now()
        if call is None or call.status != "ready" or call.due_at > now:
            return None
        if call.lease_until is not None and call.lease_until > now:
            return None
        if db.session.get_one(ProcessInstance, call.instance_id).status == SUSPENDED:
            return None
        if not partners.takes(call.partner, now):
            call.woken_at = None  # the sweep tells it as soon as the partner takes it
            return None
        # A lease that ran out was held by a worker that died: it may have been heard.
        # Kept, since the look-up that this asks for may itself have to be made again.
        call.ambiguous = call.ambiguous or call.lease_until is not None
        call.attempts += 1
        if call.partner != PROCEDURE:  # what the office does itself needs its lock alone
            call.lease_until = now + _lease
        return Leased(
            call.id, call.partner, call.operation, call.arguments, call.attempts,
            call.ambiguous, call.answer,
        )  # fmt: skip


def answer(
    call_id: UUID,
    value: Any,
    *,
    produced: Sequence[tuple[str, str, StoredFile]] = (),
    attempt: Attempt | None = None,
    by: UUID | None = None,
    motive: str = "",
) -> None:
    """Give a partner's answer to the process; a second answer is ignored.

    `motive` is that of a person (`by`) who answers in its place.
    """
    call = db.session.get_one(RemoteCall, call_id)
    detail = {"call": str(call_id), "operation": call.operation}
    detail |= {"motive": motive} if motive else {}
    with step(call.instance_id, "call_answered", by=by, detail=detail) as (
        instance,
        process,
    ):
        call = lock(RemoteCall, call_id)
        _keep_attempt(call, attempt)
        if call.status not in {"ready", "incident"}:
            return
        call.status = "done"
        call.finished_at = clock.now()
        call.lease_until = call.last_error = None
        _resolve_incident(call, "answered", by)
        for kind, title, file in produced:
            documents.add(
                file,
                kind=kind,
                title=title,
                origin="office",
                audience=documents.PARTIES,
                instance_id=instance.id,
                by=by,
            )
            telling.document(
                instance.id,
                title,
                audience=documents.PARTIES,
                applicant_id=instance.applicant_id,
                by=by,
            )
            telling.issued(instance)
        db.session.flush()
        process.answer(call.task_id, value)


def refuse(
    call_id: UUID,
    code: str,
    reasons: list[str],
    *,
    attempt: Attempt | None = None,
    payload: Any = None,
) -> None:
    """Give a partner's refusal to the diagram; an incident if nothing there catches it.

    `payload` is that of the error on which a called case ended.
    """
    call = db.session.get_one(RemoteCall, call_id)
    detail = {"call": str(call_id), "operation": call.operation, "code": code}
    with step(call.instance_id, "call_refused", detail=detail) as (_, process):
        call = lock(RemoteCall, call_id)
        _keep_attempt(call, attempt)
        if call.status != "ready":
            return
        call.lease_until = None
        call.last_error = " ; ".join(reasons)
        if process.refuse(call.task_id, code, reasons, payload):
            call.status = "refused"
            call.finished_at = clock.now()
        else:
            who = "La procédure appelée" if call.partner == PROCEDURE else "Le partenaire"
            _raise_incident(call, "refused", f"{who} a refusé : {call.last_error}")
        db.session.flush()


def postpone(
    call_id: UUID,
    error: str,
    *,
    attempt: Attempt,
    after: timedelta | None = None,
    failed: bool = True,
    ambiguous: bool = False,
) -> None:
    """Try again later: when asked to, else in 2, 4, 8 … seconds, an hour at most
    unless `configure` said otherwise.

    After 20 failures, or thirty days without an answer, a person is asked to look.
    """
    with transaction():
        call = locked(call_id)
        if call is None or call.status != "ready":
            return
        _keep_attempt(call, attempt)
        call.failures += failed
        call.ambiguous = call.ambiguous or ambiguous
        call.lease_until = None
        call.last_error = error
        wait = after or min(timedelta(seconds=2**call.failures), _longest_wait)
        call.due_at = clock.now() + wait
        call.woken_at = None
        if call.failures >= MOST_FAILURES:
            _raise_incident(
                call, "unreachable", f"Le partenaire reste injoignable : {error}"
            )
        elif clock.now() - call.created_at > LONGEST_SILENCE:
            _raise_incident(
                call, "silent", "Le partenaire ne répond pas depuis trente jours."
            )


def fail(
    call_id: UUID,
    error: str,
    *,
    attempt: Attempt | None = None,
    detail: str = "",
    cause: str = "unexpected",
) -> None:
    """Stop trying and ask a person to look."""
    with transaction():
        call = locked(call_id)
        if call is None or call.status != "ready":
            return
        _keep_attempt(call, attempt)
        call.lease_until = None
        call.last_error = error
        _raise_incident(call, cause, error, detail)


def break_partner(call_id: UUID, reason: str, *, attempt: Attempt) -> None:
    """Stop every call to a partner whose settings are wrong: one incident, not a thousand."""
    with transaction():
        call = locked(call_id)
        if call is None:
            return
        _keep_attempt(call, attempt)
        call.lease_until = None
        call.last_error = reason
        partners.break_(call.partner, reason)


def locked(call_id: UUID) -> RemoteCall | None:
    """A call under its instance's lock, the order in which every command locks."""
    instance_id = db.session.scalars(
        select(RemoteCall.instance_id).where(RemoteCall.id == call_id)
    ).one_or_none()
    if instance_id is None:
        return None
    lock(ProcessInstance, instance_id)
    return lock(RemoteCall, call_id)


def _keep_attempt(call: RemoteCall, attempt: Attempt | None) -> None:
    if attempt is None:
        return
    db.session.add(
        Exchange(
            call_id=call.id,
            attempt=attempt.number,
            partner=call.partner,
            at=clock.now(),
            outcome=attempt.outcome,
            detail=attempt.detail,
            request_sha512=attempt.request_sha512,
            response_sha512=attempt.response_sha512,
            milliseconds=attempt.milliseconds,
            request_size=attempt.request_size,
            response_size=len(attempt.response or b""),
            response=_response(attempt.response),
        )
    )


def _response(content: bytes | None) -> Response | None:
    """Kept for an operator to look at; what is larger than a case may hold is not."""
    if content is None or len(content) > LARGEST_RESPONSE:
        return None
    return Response(content=content, at=clock.now())


def _step_name(call: RemoteCall) -> str:
    definition = db.session.get_one(ProcessInstance, call.instance_id).definition_id
    element = definitions.model(definition).elements.get(call.element_id)
    return getattr(element, "name", "") or call.operation


def _raise_incident(call: RemoteCall, cause: str, message: str, detail: str = "") -> None:
    call.status = "incident"
    db.session.add(
        Incident(
            instance_id=call.instance_id,
            task_id=call.task_id,
            call_id=call.id,
            element_id=call.element_id,
            element_name=_step_name(call),
            cause=cause,
            message=message,
            detail=detail,
            raised_at=clock.now(),
        )
    )


def _resolve_incident(call: RemoteCall, resolution: str, by: UUID | None) -> None:
    for incident in db.session.scalars(
        select(Incident).where(Incident.call_id == call.id, Incident.resolved_at.is_(None))
    ):
        incident.resolved_at = clock.now()
        incident.resolution = resolution
        incident.resolved_by = by
