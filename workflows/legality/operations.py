"""What the diagrams of legality control ask of us: the transmission of an act.

Each function runs inside the transaction of the step, takes and returns plain values.
Errors are sentences in French. `watching` and `letters` hold the operations of an act's
life once received, and of the prefect's letters.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from connectors import Refused, StoredFile
from engine import clock, documents
from engine.directory import holders
from engine.models import db
from engine.operations import operation
from workflows.legality import (
    accounts,
    answering,
    checking,
    register,
    routing,
    rules,
    watching,
)
from workflows.legality.clock import read_day, term
from workflows.legality.models import (
    ABANDONED,
    ACKNOWLEDGED,
    ACT,
    ANNEX,
    ANOMALY,
    EXEMPT,
    SENT,
    SIGNATURE,
    LegalityAct,
    LegalityDocument,
)

__all__ = ["answering", "rules", "watching"]

Plain = dict[str, Any]

MOST_TOLD = 20
"""People to whom one reminder is written."""


@operation
def register_act(
    *,
    case: Plain,
    act: Plain,
    files: list[Plain] | None = None,
    folder: Plain | None = None,
) -> Plain:
    """Enter an act in the register, or correct it, and say what is transmitted of it.

    `act` is {nature, matter, number, decided_on, subject, on_paper, transmit}; the first of
    `files` that is not a signature is the act. Returns {id, account, …, act, annexes}.
    Raises Refused("invalid") with a sentence for each thing that is wrong.
    """
    body = register.body_of(case)
    row = register.act_of_case(UUID(case["id"])) or LegalityAct(
        organisation_id=body.id, instance_id=UUID(case["id"])
    )
    known = accounts.current(body.id)
    values = {**act, "decided_on": read_day(act.get("decided_on"))}
    found = checking.faults(values, today=clock.today(), classification=known)
    number = str(act.get("number") or "")
    if "number" not in found and register.is_taken(body.id, number, row.id):
        found["number"] = "number_taken"
    kept = _kept(files or [], int(act.get("nature") or 0))
    if not any(one["kind"] == ACT for one in kept):
        found["file"] = "no_file"
    if checking.type_faults(
        int(act.get("nature") or 0), [one["document_type"] for one in kept], known
    ):
        found["document_type"] = "document_type"
    if found:
        raise Refused([checking.PROBLEMS[one] for one in found.values()], code="invalid")
    row.number, row.nature = number, int(act["nature"])
    row.matter = ".".join(map(str, checking.matter_of(act["matter"])))
    row.subject = " ".join(str(act["subject"]).split())
    row.decided_on = values["decided_on"]
    row.on_paper = act.get("on_paper") is True
    row.classified_on = known.version_date if known else None
    if folder and folder.get("id"):
        row.folder_id = UUID(folder["id"])
        row.desk = str(folder.get("author") or "")[:100]
    register.enter(row)
    _enter_documents(row, case, kept)
    main, *annexes = _transmitted(kept)
    return {
        **register.values_of(row),
        "account": accounts.account_of(body),
        "body": accounts.kind_of(body),
        "transmit": act.get("transmit") is not False,
        "act": main,
        "annexes": annexes,
    }


def _kept(files: list[Plain], nature: int) -> list[Plain]:
    """The files as the register keeps them: the act first, each with its kind and type."""
    default = checking.DEFAULT_TYPES.get(nature, "99_AU")
    signatures = {one.get("signature_sha256") for one in files} - {None, ""}
    kept: list[Plain] = []
    for one in files:
        detached = one.get("kind") == "detached" or one["sha256"] in signatures
        first = not any(k["kind"] == ACT for k in kept)
        kind = SIGNATURE if detached else ACT if first else ANNEX
        kind = ANNEX if kind == ACT and one.get("kind") == "annex" else kind
        code = checking.SIGNATURE_TYPE if detached else one.get("document_type") or default
        kept.append({**one, "kind": kind, "document_type": code})
    return sorted(kept, key=lambda one: (ACT, ANNEX, SIGNATURE).index(one["kind"]))


def _enter_documents(row: LegalityAct, case: Plain, kept: list[Plain]) -> None:
    """Once: an act that is corrected keeps its files, and may have another type of them."""
    known = {one.document.sha256: one for one in watching.documents_of(row)}
    for position, one in enumerate(kept):
        if (already := known.get(one["sha256"])) is not None:
            already.document_type = one["document_type"]
            continue
        file = StoredFile(one["sha256"], one["name"], one["media_type"], int(one["size"]))
        document = documents.add(
            file,
            kind=f"legality_{one['kind']}",
            title=str(one.get("title") or one["name"])[:300],
            origin="office",
            audience=documents.OFFICE,
            instance_id=UUID(case["id"]),
        )
        db.session.flush()
        db.session.add(
            LegalityDocument(
                act_id=row.id,
                document_id=document.id,
                kind=one["kind"],
                document_type=one["document_type"],
                position=position,
                public=one["kind"] != SIGNATURE,
            )
        )


def _transmitted(kept: list[Plain]) -> list[Plain]:
    """What the service is given: signatures go with the file that they sign."""
    return [
        {
            key: one.get(key)
            for key in (
                "sha256", "name", "media_type", "size", "document_type", "signature_sha256",
            )
        }
        for one in kept
        if one["kind"] != SIGNATURE
    ]  # fmt: skip


@operation
def note_obligation(
    *, case: Plain, within_days: int | None, article: str, confirmed: bool
) -> Plain:
    """Note by when the law wants the act at the prefecture: {due_on}, null when it does not say.

    `confirmed` is false while nobody who answers for it has read that article.
    """
    row = register.act_of(case)
    days = None if within_days is None else timedelta(days=int(within_days))
    row.due_on = row.decided_on + days if days is not None else None
    row.article, row.confirmed = str(article)[:120], bool(confirmed)
    return {"due_on": row.due_on.isoformat() if row.due_on else None}


@operation
def note_sent(*, case: Plain, sent: Plain) -> Plain:
    """The service took the act: returns {since}, the moment from which its answer is awaited."""
    row = register.act_of(case)
    row.state, row.service_id = SENT, str(sent.get("id") or "")
    row.transmitted_at, row.reason = clock.now(), ""
    register.settle(row)
    register.write(row, case, "1-1")
    return {"since": clock.now().isoformat()}


@operation
def note_acknowledged(
    *, case: Plain, answer: Plain, months: int, clear: bool, postponed: bool
) -> Plain:
    """The prefecture received the act: it has its identifier, and the prefect's time runs.

    Returns {id, unique_id, received_on, referral_until}.
    """
    row = register.act_of(case)
    received = read_day(answer.get("received_on")) or clock.today()
    row.state, row.acknowledged_on = ACKNOWLEDGED, received
    row.unique_id, row.reason = str(answer.get("unique_id") or "")[:80], ""
    row.referral_until = term(received, int(months), clear=clear, postponed=postponed)
    register.settle(row)
    register.write(row, case, "1-2", row.unique_id)
    return {
        "id": str(row.id),
        "unique_id": row.unique_id,
        "received_on": received.isoformat(),
        "referral_until": row.referral_until.isoformat(),
    }


@operation
def note_anomaly(*, case: Plain, reasons: list[str] | None = None) -> Plain:
    """The act was refused, by us, the service or the prefecture: it waits to be corrected."""
    said = [str(one) for one in reasons or [] if one] or ["Sans motif."]
    row = register.act_of_case(UUID(case["id"]))
    if row is not None:
        row.state, row.reason = ANOMALY, "\n".join(said)
        register.settle(row)
        register.write(row, case, "1-3", row.reason)
    return {"reasons": said}


@operation
def note_abandoned(*, case: Plain) -> Plain:
    """The act is given up: its number may serve again."""
    row = register.act_of_case(UUID(case["id"]))
    if row is not None:
        row.state = ABANDONED
        register.settle(row)
    return {"id": str(row.id) if row else None}


@operation
def note_exempt(*, case: Plain) -> Plain:
    """The act is not transmitted: it is enforceable once published."""
    row = register.act_of(case)
    row.state = EXEMPT
    register.settle(row)
    return {"id": str(row.id)}


@operation
def addresses(*, case: Plain) -> list[str]:
    """Where to write to those who answer the case's letter, or transmit its body's acts."""
    body = register.body_of(case)
    role = routing.answers(UUID(case["id"]))
    known = [person.email for person in holders(body.id, [role])][:MOST_TOLD]
    return known or [one for one in [body.email] if one]
