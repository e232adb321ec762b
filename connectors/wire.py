"""Turns every way an HTTP call may fail into one of the errors of `connectors`.

could not connect                         Retryable
connection lost, or read too slow         Ambiguous if the call acts, else Retryable
429, 503 (with or without Retry-After)    Throttled, Retryable
502, 504                                  Ambiguous if the call acts, else Retryable
other 5xx, 408, 425                       Retryable
401, 403, 404, 405, a redirection, TLS    Misconfigured
other 4xx                                 Refused, with the reasons the partner gave
an answer that cannot be read             Unreadable: an incident, for a person to look at
"""

import ssl
from collections.abc import Callable, Collection
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from connectors import (
    Ambiguous,
    ConnectorError,
    Misconfigured,
    Refused,
    Retryable,
    Throttled,
)

Reasons = Callable[[httpx.Response], list[str]]


class Unreadable(ConnectorError):
    """The partner's answer does not have the form agreed."""


def call(
    http: httpx.Client,
    method: str,
    path: str,
    *,
    partner: str,
    acts: bool,
    expected: Collection[int] = (),
    reasons: Reasons | None = None,
    **options: Any,
) -> httpx.Response:
    """Makes one call and returns its answer, 2xx or one of the `expected` statuses.

    `acts` says that the call changes something at the partner's: a lost answer is then
    ambiguous. `reasons` reads the partner's own way of refusing.
    """
    try:
        response = http.request(method, path, **options)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError) as error:
        raise Misconfigured(f"{partner} : réglage inutilisable ({error}).") from error
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        if _from_tls(error):
            raise Misconfigured(f"{partner} : certificat refusé ({error}).") from error
        raise Retryable(f"{partner} est injoignable ({error}).") from error
    except httpx.DecodingError as error:
        raise Unreadable(f"{partner} : réponse illisible ({error}).") from error
    except httpx.TransportError as error:
        raise _lost(partner, acts=acts, detail=str(error)) from error
    if response.is_success or response.status_code in expected:
        return response
    raise _error(response, partner, acts=acts, reasons=reasons or _any_reasons)


def json_object(response: httpx.Response, *, partner: str) -> dict[str, Any]:
    """The JSON object an answer carries; raises `Unreadable` for anything else."""
    try:
        value = response.json()
    except ValueError as error:
        start = response.text[:80].replace("\n", " ")
        raise Unreadable(f"{partner} : réponse illisible (« {start} »).") from error
    if not isinstance(value, dict):
        raise Unreadable(f"{partner} : réponse inattendue, un objet JSON était attendu.")
    return value


def text_field(answer: dict[str, Any], name: str, *, partner: str) -> str:
    """A text that the answer must carry; raises `Unreadable` where it does not."""
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise Unreadable(f"{partner} : réponse sans « {name} ».")
    return value


def retry_after(response: httpx.Response) -> timedelta | None:
    """How long the partner asks us to wait: seconds, or a date compared with its own."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isdigit():
        return timedelta(seconds=int(value))
    try:
        until = parsedate_to_datetime(value)
        now = parsedate_to_datetime(response.headers.get("Date", ""))
    except ValueError:
        return None
    return max(until - now, timedelta())


def _error(
    response: httpx.Response, partner: str, *, acts: bool, reasons: Reasons
) -> ConnectorError:
    status = response.status_code
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return Throttled(f"{partner} demande d'attendre.", after=retry_after(response))
    if status in (502, 504):
        return _lost(partner, acts=acts, detail=f"HTTP {status}")
    if response.is_server_error or status in (408, 425):
        return Retryable(
            f"{partner} est indisponible (HTTP {status}).", after=retry_after(response)
        )
    if status in (401, 403):
        return Misconfigured(f"{partner} refuse nos identifiants (HTTP {status}).")
    if status in (404, 405) or response.has_redirect_location:
        return Misconfigured(
            f"{partner} : l'adresse {response.url} ne répond pas à cette demande (HTTP {status})."
        )
    return Refused(reasons(response) or [f"{partner} a refusé la demande (HTTP {status})."])


def _lost(partner: str, *, acts: bool, detail: str) -> ConnectorError:
    if acts:
        return Ambiguous(f"{partner} a pu recevoir la demande, sans réponse ({detail}).")
    return Retryable(f"{partner} n'a pas répondu ({detail}).")


def _any_reasons(response: httpx.Response) -> list[str]:
    text = response.text.strip()
    return [text[:500]] if text and not text.startswith("<") else []


def _from_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
