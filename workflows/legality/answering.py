"""What the prefect's letters ask of us: reading one, its clock, its answer."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine import clock
from engine.models import db
from engine.operations import operation
from workflows.legality import accounts, register, routing
from workflows.legality.checking import DEFAULT_TYPES
from workflows.legality.clock import end_of, months_after, read_day, start_of, term
from workflows.legality.models import (
    ANSWERED,
    CLOSED,
    DOCUMENTS,
    LETTER,
    LETTER_KINDS,
    OBSERVATIONS,
    REFERRAL,
    REFUSED,
    LegalityAct,
    LegalityLetter,
)

Plain = dict[str, Any]

RECEIVED_AS = {LETTER: "2-1", DOCUMENTS: "3-1", OBSERVATIONS: "4-1", REFERRAL: "5-1"}
TAKEN_AS = {DOCUMENTS: "3-2", OBSERVATIONS: "4-2"}
SENT_AS = {LETTER: "2-2", DOCUMENTS: "3-4", OBSERVATIONS: "4-4"}
REFUSED_AS = {DOCUMENTS: "3-3", OBSERVATIONS: "4-3"}
ACKNOWLEDGED_AS = {DOCUMENTS: "3-5", OBSERVATIONS: "4-5"}
"""Codes of the protocol by kind of letter: received, taken in charge, answered…"""


@operation
def open_letter(*, case: Plain, letter: Plain) -> Plain:
    """Know to whom a letter was written: {account, body}."""
    body = register.body_of(case)
    return {"account": accounts.account_of(body), "body": accounts.kind_of(body)}


@operation
def record_letter(*, case: Plain, letter: Plain, content: Plain | None = None) -> Plain:
    """Enter a letter in its register, with the act that it is about and who answers it.

    Returns {id, kind, role, act: {…} or null, dated, received_on, text, in_time,
    referral_until, signs, reply_subtype, reply_title}: `in_time`, whether it came before
    the prefect's time was over; `signs`, whether its answer may be signed in a circuit.
    """
    body = register.body_of(case)
    said = content or {}
    unique = str(said.get("act_unique_id") or letter.get("act_unique_id") or "")
    act = register.named(body.id, unique)
    row = _letter(case) or LegalityLetter(
        organisation_id=body.id, instance_id=UUID(case["id"])
    )
    kind = said.get("kind") or letter.get("kind")
    row.kind = kind if kind in LETTER_KINDS else LETTER
    row.external_id = str(letter["id"])[:100]
    row.act_id = act.id if act else None
    row.dated = read_day(said.get("dated"))
    row.received_on = read_day(said.get("received_on")) or clock.today()
    row.text = str(said.get("text") or "")[:20_000]
    row.role = routing.role_of(body.id, act, row.received_on)
    db.session.add(row)
    db.session.flush()
    register.write(act, case, RECEIVED_AS[row.kind], row.text)
    until = act.referral_until if act else None
    open_still = act is not None and act.referral_open
    return {
        "id": str(row.id),
        "external_id": row.external_id,
        "kind": row.kind,
        "role": row.role,
        "act": register.values_of(act) if act else None,
        "dated": row.dated.isoformat() if row.dated else None,
        "received_on": row.received_on.isoformat(),
        "text": row.text,
        "detail": said.get("detail"),
        "in_time": open_still or (until is not None and row.received_on <= until),
        "referral_until": until.isoformat() if until else None,
        **routing.signing_of(body.id, row.role, act),
    }


@operation
def note_taken(*, case: Plain) -> Plain:
    """The service told the prefecture that the letter was taken in charge."""
    row = _known(case)
    if row.kind in TAKEN_AS:
        register.write(row.act, case, TAKEN_AS[row.kind])
    return {}


@operation
def start_letter_clock(
    *, case: Plain, effect: str, due_months: int | None, remind_days: int
) -> Plain:
    """Set by when a letter is to be answered, and hold the prefect's time if the law does.

    Returns {due_on, remind_at, lapses_at, restarts}; `lapses_at`, the moment at which
    silence is a refusal.
    """
    row = _known(case)
    months = 2 if due_months is None else int(due_months)
    row.due_on = months_after(row.received_on, months)
    restarts = effect == "restart" and row.act is not None
    if row.act is not None:
        if restarts:
            row.act.referral_open = True
        if row.kind == REFERRAL:
            row.act.referred_on = row.dated or row.received_on
    remind = max(row.due_on - timedelta(days=int(remind_days)), clock.today())
    return {
        "due_on": row.due_on.isoformat(),
        "remind_at": start_of(remind),
        "lapses_at": end_of(row.due_on),
        "restarts": restarts,
    }


@operation
def prepare_answer(*, case: Plain, answer: Plain, signed: Plain | None = None) -> Plain:
    """What is sent in answer: {sends, accepts, documents}, as `transmission.answer_letter`
    takes them. `answer` is {decision: send|refuse|none, files: [{file, document_type}]}; a
    document without a type has that of the act's nature. `signed` is {files}, those of the
    folder in which they were signed, in the same order: they are what is sent.
    """
    decision = answer.get("decision")
    act = _known(case).act
    usual = DEFAULT_TYPES.get(act.nature if act else 0, DEFAULT_TYPES[6])
    given = [
        (file, one.get("document_type") or usual)
        for one in answer.get("files") or []
        for file in _listed(one.get("file"))
    ]
    if signed is not None:
        types = dict(enumerate(kind for _file, kind in given))
        given = [(f, types.get(rank, usual)) for rank, f in enumerate(signed["files"])]
    documents = [
        {
            **{key: file[key] for key in ("sha256", "name", "media_type", "size")},
            "document_type": kind,
            "signature_sha256": file.get("signature_sha256"),
        }
        for file, kind in given
    ]
    return {
        "sends": decision in {"send", "refuse"},
        "accepts": decision == "send",
        "documents": documents,
    }


def _listed(given: Any) -> list[Plain]:
    return given if isinstance(given, list) else [given] if given else []


@operation
def note_answer(*, case: Plain, accepts: bool | None = None) -> Plain:
    """A letter was answered (`accepts`), refused, or needed no answer (None)."""
    row = _known(case)
    row.answered_on = clock.today()
    if accepts is None:
        row.state = CLOSED
        return {"on": row.answered_on.isoformat()}
    row.state = ANSWERED if accepts else REFUSED
    codes = SENT_AS if accepts else REFUSED_AS
    register.write(row.act, case, codes.get(row.kind, "2-2"))
    return {"on": row.answered_on.isoformat()}


@operation
def note_lapsed(*, case: Plain) -> Plain:
    """Nothing was answered in time: silence is a refusal, from that day."""
    row = _known(case)
    row.state, row.answered_on = REFUSED, row.due_on
    return {"on": row.due_on.isoformat() if row.due_on else clock.today().isoformat()}


@operation
def restart_clock(
    *,
    case: Plain,
    on: str | None,
    months: int,
    clear: bool,
    postponed: bool,
    received: bool = True,
) -> Plain:
    """Let the prefect's time run anew from the day the answer was received.

    `received`: the prefecture acknowledged it. An answer given after its last day (its
    signature took long) comes after a silence that was a refusal: time runs from there.
    Returns {referral_until, act}.
    """
    row = _known(case)
    act: LegalityAct | None = row.act
    if received and row.kind in ACKNOWLEDGED_AS:
        register.write(act, case, ACKNOWLEDGED_AS[row.kind])
    if act is None:
        return {"referral_until": None, "act": None}
    start = read_day(on) or clock.today()
    if row.due_on and row.answered_on and row.answered_on > row.due_on:
        start = min(start, row.due_on)
    act.referral_until = term(start, int(months), clear=clear, postponed=postponed)
    act.referral_open = _others_open(row)
    return {"referral_until": act.referral_until.isoformat(), "act": str(act.id)}


def _others_open(row: LegalityLetter) -> bool:
    """Whether another letter about the same act still holds the prefect's time."""
    held = select(LegalityLetter.id).where(
        LegalityLetter.act_id == row.act_id,
        LegalityLetter.id != row.id,
        LegalityLetter.kind.in_([DOCUMENTS, OBSERVATIONS]),
        LegalityLetter.answered_on.is_(None),
    )
    return db.session.scalar(held.limit(1)) is not None


@operation
def close_referral(*, case: Plain, outcome: str, on: str | None = None) -> Plain:
    """How the court, or the prefect, ended a referral: kept with the letter."""
    row = _known(case)
    row.state, row.answered_on = CLOSED, read_day(on) or clock.today()
    row.text = f"{row.text}\n\n{outcome}".strip()[:20_000]
    return {"on": row.answered_on.isoformat()}


def _letter(case: Plain) -> LegalityLetter | None:
    return db.session.scalars(
        select(LegalityLetter).where(LegalityLetter.instance_id == UUID(case["id"]))
    ).first()


def _known(case: Plain) -> LegalityLetter:
    found = _letter(case)
    if found is None:
        raise ValueError("Ce courrier n’est pas au registre : « legality.record_letter ».")
    return found
