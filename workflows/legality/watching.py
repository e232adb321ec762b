"""What the life of an act asks of us once the prefecture has it: published, followed, cancelled."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from connectors import StoredFile
from engine import clock, documents
from engine.directory import Organisation
from engine.documents import Document
from engine.models import db
from engine.operations import operation
from workflows.legality import accounts, register
from workflows.legality.clock import end_of, read_day
from workflows.legality.models import (
    ACT,
    ANNEX,
    CANCELLED,
    EXEMPT,
    HIDDEN,
    REDACTED,
    SIGNATURE,
    WHOLE,
    LegalityAccount,
    LegalityAct,
    LegalityDocument,
)

Plain = dict[str, Any]

ONLINE = "online"
STAMPED_ACT = "stamped_act"
"""The kind of the documents that are the act stamped by the service."""


@operation
def open_watch(*, case: Plain, watched: Plain) -> Plain:
    """Follow an act from now on: returns what is known of it, and its dates.

    {id, account, service_id, number, subject, nature, exempt, published, automatic,
    documents: [{value, label}], received_on, since}.
    """
    row = register.act_by_id(watched["id"])
    row.watch_id = UUID(case["id"])
    body = db.session.get_one(Organisation, row.organisation_id)
    account = db.session.get(LegalityAccount, body.id)
    return {
        **register.values_of(row),
        "account": accounts.account_of(body),
        "body": accounts.kind_of(body),
        "exempt": row.state == EXEMPT,
        "automatic": bool(account and account.publishes),
        "documents": [
            {"value": str(one.id), "label": one.document.title}
            for one in documents_of(row)
            if one.kind in {ACT, ANNEX}
        ],
        "received_on": (row.acknowledged_on or row.decided_on).isoformat(),
    }


@operation
def publish(*, case: Plain, publication: Plain | None = None) -> Plain:
    """Note how an act was published, and put it in the public register if it is to be read.

    `publication` is {means, published_on, version: whole|redacted|none, documents: [ids],
    redacted: [files], subject, names_people}; without it the whole act is published on line today.
    Returns {published_on, enforceable_on, shown}.
    """
    row = _followed(case)
    said = publication or {"means": ONLINE, "version": WHOLE}
    row.published_on = read_day(said.get("published_on")) or clock.today()
    row.published_by = str(said.get("means") or ONLINE)[:20]
    version = said.get("version") or HIDDEN
    row.version = version if version in {WHOLE, REDACTED} else HIDDEN
    row.names_people = said.get("names_people") is True
    _choose_public(row, said, case)
    row.public_subject = " ".join(str(said.get("subject") or "").split())[:499]
    row.shown_on = row.published_on if row.version != HIDDEN else None
    register.settle(row)
    return published(row)


def published(row: LegalityAct) -> Plain:
    """What diagrams know of a publication."""
    days = (row.published_on, row.enforceable_on)
    first, second = (day.isoformat() if day else None for day in days)
    return {
        "published_on": first, "enforceable_on": second, "shown": row.shown_on is not None,
    }  # fmt: skip


def _choose_public(row: LegalityAct, said: Mapping[str, Any], case: Plain) -> None:
    chosen = said.get("documents")
    for one in documents_of(row):
        if one.kind in {ACT, ANNEX}:
            one.public = chosen is None or str(one.id) in chosen
    if row.version != REDACTED:
        return
    for one in documents_of(row):
        one.public = one.public and one.kind != ACT
    for position, given in enumerate(_files(said.get("redacted"))):
        document = documents.add(
            given,
            kind="legality_redacted",
            title=f"{row.number} (version occultée)",
            origin="officer",
            audience=documents.OFFICE,
            instance_id=UUID(case["id"]),
        )
        db.session.flush()
        db.session.add(
            LegalityDocument(
                act_id=row.id, document_id=document.id, kind=REDACTED,
                position=100 + position, public=True,
            )
        )  # fmt: skip


def _files(given: object) -> list[StoredFile]:
    many = given if isinstance(given, list) else [given] if isinstance(given, dict) else []
    return [
        StoredFile(one["sha256"], one["name"], one["media_type"], int(one["size"]))
        for one in many
    ]


@operation
def read_clock(*, case: Plain, archive_days: int) -> Plain:
    """The dates that an act waits for: {referral_until, ends_at, over, archive_at}.

    While documents are awaited the time does not end: it is looked at again a week later.
    """
    row = _followed(case)
    received = row.acknowledged_on or row.decided_on
    until = row.referral_until or received
    today = clock.today()
    looked = today + timedelta(days=7) if row.referral_open else until
    return {
        "referral_until": until.isoformat(),
        "ends_at": end_of(looked),
        "over": not row.referral_open and until < today,
        "open": row.referral_open,
        "archive_at": end_of(received + timedelta(days=int(archive_days))),
    }


@operation
def note_cancelled(*, case: Plain, reason: str | None = None) -> Plain:
    """The prefecture acknowledged the cancellation: the act is withdrawn everywhere."""
    row = _followed(case)
    row.state, row.cancelled_on = CANCELLED, clock.today()
    row.reason = (reason or "")[:2000]
    register.settle(row)
    register.write(row, case, "6-2")
    return {"cancelled_on": row.cancelled_on.isoformat()}


@operation
def note_cancelling(*, case: Plain, reason: str | None = None) -> Plain:
    """The service took the cancellation; the prefecture's acknowledgement is awaited."""
    register.write(_followed(case), case, "6-1", reason or "")
    return {}


@operation
def note_not_cancelled(*, case: Plain, reasons: list[str] | None = None) -> Plain:
    """The cancellation was refused: the act stands."""
    row = _followed(case)
    row.reason = "Annulation refusée : " + " ; ".join(reasons or ["sans motif"])
    return {}


def documents_of(row: LegalityAct) -> list[LegalityDocument]:
    """The documents of an act, the act itself first."""
    return list(
        db.session.scalars(
            select(LegalityDocument)
            .where(LegalityDocument.act_id == row.id)
            .order_by(LegalityDocument.position)
        )
    )


def public_documents(row: LegalityAct) -> list[LegalityDocument]:
    """Those that anyone may read: none unless the act is in the public register."""
    if row.shown_on is None:
        return []
    return [one for one in documents_of(row) if one.public and one.kind != SIGNATURE]


def _followed(case: Plain) -> LegalityAct:
    found = register.act_of_case(UUID(case["id"]))
    if found is None:
        raise ValueError("Ce dossier ne suit aucun acte : « legality.open_watch » d’abord.")
    return found


def stamped_copy(row: LegalityAct) -> Document | None:
    """The last copy of the act that the service stamped; None while there is none."""
    if row.watch_id is None:
        return None
    found: Document | None = db.session.scalars(
        select(Document)
        .where(Document.instance_id == row.watch_id, Document.kind == STAMPED_ACT)
        .order_by(Document.created_at.desc())
        .limit(1)
    ).first()
    return found


@operation
def archive_manifest(*, case: Plain) -> Plain:
    """List what of an act goes to the archive: {closed_at, documents, journal}."""
    row = _followed(case)
    cases = [one for one in (row.instance_id, row.watch_id) if one]
    return {
        "closed_at": clock.now().isoformat(),
        "documents": [
            {
                "sha256": one.sha256,
                "name": one.name,
                "media_type": one.media_type,
                "size": one.size,
                "title": one.title,
                "kind": one.kind,
                "created_at": one.created_at.isoformat(),
            }
            for instance_id in cases
            for one in documents.of_case(instance_id)
        ],
        "journal": [],
    }
