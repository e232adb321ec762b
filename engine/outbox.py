"""Makes the remote calls that instances wait on, one at a time, with no transaction open.

The queue carries ids; the `remote_call` table carries the facts. An attempt is counted
before it is made, so that a call that kills its worker does not kill workers for ever.
"""

import hashlib
import time
import traceback
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import structlog

from connectors import (
    Ambiguous,
    ConnectorError,
    Misconfigured,
    NotYet,
    Produced,
    Refused,
    Retryable,
)
from engine.commands import calls, children
from engine.commands.calls import Attempt, Leased
from engine.exchanges import canonical
from engine.spiff.errors import DataTooLarge
from engine.spiff.records import PROCEDURE
from engine.transaction import assert_no_transaction

log = structlog.get_logger()


def deliver(call_id: UUID, partners: Mapping[str, Any]) -> None:
    """Make one remote call, if it is due, and give what came of it to the process."""
    leased = calls.lease(call_id)
    if leased is None:
        return
    if leased.partner == PROCEDURE:
        children.go_on(leased)
        return
    assert_no_transaction()
    started = time.monotonic()
    answer: Any = None
    error: Exception | None = None
    try:
        answer = _ask(leased, partners)
    except Exception as caught:  # what it means is decided below
        error = caught
    attempt = _attempt(leased, answer, error, started)
    log.info(
        "remote_call",
        call=str(call_id),
        operation=leased.operation,
        outcome=attempt.outcome,
    )
    _settle(leased, answer, error, attempt)


def _ask(leased: Leased, partners: Mapping[str, Any]) -> Any:
    namespace, function = leased.operation.split(".")
    partner = partners[namespace]
    key = str(leased.id)
    if leased.ambiguous and hasattr(partner, "lookup"):
        found = partner.lookup(key=key)
        if found is not None:
            return found
    return getattr(partner, function)(**leased.arguments, key=key)


def _settle(leased: Leased, answer: Any, error: Exception | None, attempt: Attempt) -> None:
    match error:
        case None:
            _accept(leased, answer, attempt)
        case NotYet():
            calls.postpone(
                leased.id, str(error), attempt=attempt, after=error.after, failed=False
            )
        case Retryable():
            calls.postpone(leased.id, str(error), attempt=attempt, after=error.after)
        case Ambiguous():
            calls.postpone(leased.id, str(error), attempt=attempt, ambiguous=True)
        case Refused():
            calls.refuse(leased.id, error.code, error.reasons, attempt=attempt)
        case Misconfigured():
            calls.break_partner(leased.id, str(error), attempt=attempt)
        case _:
            # Did it act or not? A person must look.
            detail = "".join(traceback.format_exception(error))
            message = f"{type(error).__name__} : {error}"
            calls.fail(leased.id, message, attempt=attempt, detail=detail)


def _accept(leased: Leased, answer: Any, attempt: Attempt) -> None:
    produced = answer.documents if isinstance(answer, Produced) else ()
    value = answer.value if isinstance(answer, Produced) else answer
    try:
        calls.answer(leased.id, value, produced=produced, attempt=attempt)
    except DataTooLarge as error:
        calls.fail(leased.id, str(error), attempt=attempt)


def _attempt(
    leased: Leased, answer: Any, error: Exception | None, started: float
) -> Attempt:
    value = answer.value if isinstance(answer, Produced) else answer
    request = canonical(leased.arguments)
    response = None if error else canonical(value)
    return Attempt(
        call_id=leased.id,
        number=leased.attempt,
        outcome=_outcome(error),
        detail=str(error)[:2000] if error else None,
        request_sha512=_sha512(request),
        response_sha512=None if response is None else _sha512(response),
        milliseconds=round((time.monotonic() - started) * 1000),
        request_size=len(request),
        response=response,
    )


def _outcome(error: Exception | None) -> str:
    if error is None:
        return "answered"
    return (
        type(error).__name__.lower() if isinstance(error, ConnectorError) else "unexpected"
    )


def _sha512(content: bytes) -> str:
    return hashlib.sha512(content).hexdigest()
