"""Reads OSEO's signed call-back, an opinion, after the Standard Webhooks specification.

The signature covers `webhook-id`, `webhook-timestamp` and the raw body. The web hands the
request over untouched, answers 401 to `BadSignature` and 422 to `Refused`, and keeps
`webhook_id` so that a call-back received twice acts once.
"""

import base64
import hashlib
import hmac
import json
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from connectors import ConnectorError, Misconfigured, Refused

TOLERANCE = timedelta(minutes=5)
OPINIONS = ("favourable", "reserved", "unfavourable")

LONGEST = {
    "webhook_id": 190,
    "request_reference": 200,
    "case_number": 40,
    "issued_at": 40,
    "remarks": 20_000,
}
"""Characters of each text that we keep."""
LARGEST_AMOUNT = 10**12


class Headers(Protocol):
    """A request's headers, as any framework gives them."""

    def items(self) -> Iterable[tuple[str, str]]: ...


class BadSignature(ConnectorError):
    """Nothing proves that the call-back comes from OSEO."""


@dataclass(frozen=True)
class Document:
    """A document that comes with an opinion."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Opinion:
    """What OSEO thinks of a project; `amount` in euros, where it proposes one."""

    webhook_id: str
    request_reference: str
    case_number: str
    opinion: str
    amount: int | float | None
    remarks: str
    issued_at: str
    document: Document | None

    def values(self) -> dict[str, Any]:
        """What the diagram learns: plain values, without the document's bytes."""
        return {
            "request_reference": self.request_reference,
            "case_number": self.case_number,
            "opinion": self.opinion,
            "amount": self.amount,
            "remarks": self.remarks,
            "issued_at": self.issued_at,
        }


def read(
    headers: Headers,
    body: bytes,
    *,
    secrets: Sequence[str],
    clock: Callable[[], datetime],
) -> Opinion:
    """The opinion that a call-back carries.

    `secrets` are `whsec_…`; several while they rotate. Raises `BadSignature` when none has
    signed it or it is more than five minutes away from our clock, `Refused` when the
    opinion itself is malformed.
    """
    given = {name.lower(): value for name, value in headers.items()}
    webhook_id = given.get("webhook-id", "")
    timestamp = given.get("webhook-timestamp", "")
    _check_age(timestamp, clock())
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    if not webhook_id or not _signed(signed, given.get("webhook-signature", ""), secrets):
        raise BadSignature
    return _opinion(webhook_id, body)


def _check_age(timestamp: str, now: datetime) -> None:
    if not timestamp.isascii() or not timestamp.isdigit():
        raise BadSignature("Le rappel ne porte pas de date.")
    if abs(now.timestamp() - int(timestamp[:15])) > TOLERANCE.total_seconds():
        raise BadSignature("Le rappel est trop ancien, ou nos horloges diffèrent.")


def _signed(content: bytes, signatures: str, secrets: Sequence[str]) -> bool:
    """Compares every signature with every secret, in a time that tells nothing."""
    expected = [
        hmac.new(_key(secret), content, hashlib.sha256).digest() for secret in secrets
    ]
    given = [_decoded(one[3:]) for one in signatures.split() if one.startswith("v1,")]
    return any(hmac.compare_digest(one, other) for one in given for other in expected)


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError as error:
        raise Misconfigured("OSEO : un secret de rappel est mal formé.") from error


def _decoded(signature: str) -> bytes:
    try:
        return base64.b64decode(signature, validate=True)
    except ValueError:
        return b""


def _opinion(webhook_id: str, body: bytes) -> Opinion:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused(["Le rappel n'est pas du JSON."], code="invalid") from error
    if not isinstance(message, dict):
        raise Refused(["Le rappel n'est pas un objet JSON."], code="invalid")
    texts = {"remarks": "", **message, "webhook_id": webhook_id}
    problems = [
        f"« {name} » manque."
        if not texts.get(name)
        else f"« {name} » doit être un texte lisible, de {longest} caractères au plus."
        for name, longest in LONGEST.items()
        if not _is_text(texts.get(name), longest, empty=name == "remarks")
    ]
    if message.get("opinion") not in OPINIONS:
        problems.append(f"« opinion » doit être l'un de : {', '.join(OPINIONS)}.")
    if not _is_amount(message.get("amount")):
        problems.append("« amount » doit être un montant en euros, positif.")
    if problems:
        raise Refused(problems, code="invalid")
    return Opinion(
        webhook_id=webhook_id,
        request_reference=message["request_reference"],
        case_number=message["case_number"],
        opinion=message["opinion"],
        amount=message.get("amount"),
        remarks=message.get("remarks", ""),
        issued_at=message["issued_at"],
        document=_document(message.get("opinion_document")),
    )


def _is_amount(value: Any) -> bool:
    if value is None:
        return True
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 0 <= value <= LARGEST_AMOUNT  # neither NaN nor infinite


def _is_text(value: Any, longest: int, *, empty: bool) -> bool:
    """A text that can be kept: neither halves of characters nor controls, NUL above all."""
    return (
        isinstance(value, str)
        and (empty or bool(value))
        and len(value) <= longest
        and all(
            char in "\r\n\t" or unicodedata.category(char) not in {"Cc", "Cs"}
            for char in value
        )
    )


def _document(part: Any) -> Document | None:
    if part is None:
        return None
    try:
        content = base64.b64decode(part["content"], validate=True)
        intact = hashlib.sha256(content).hexdigest() == part["sha256"]
        document = Document(str(part["name"]), str(part["media_type"]), content)
    except (KeyError, TypeError, ValueError) as error:
        raise Refused(["« opinion_document » est mal formé."], code="invalid") from error
    if not intact:
        raise Refused(
            ["« opinion_document » ne correspond pas à son empreinte."], code="invalid"
        )
    return document
