"""Everything the office knows of a company, as a ZIP sent while it is read.

It is read in short transactions, a page of requests at a time: a company of thousands of
requests takes no more memory than one of three.
"""

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO
from uuid import UUID

from flask import Blueprint, Response, abort, current_app, stream_with_context
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from connectors import ConnectorError
from engine import conversation, directory, documents, vault
from engine.access import Actor, Role, readable
from engine.commands import exports
from engine.directory import APPLICANT, COMPANY, Holding, Organisation, Person
from engine.journal import JournalEntry
from engine.models import ProcessInstance, db
from engine.vault import VaultDocument
from forms.uploads import clean_name
from web.attachments import disposition
from web.auth import current_actor, guard
from web.cases import reading, sheets
from web.company.archive import Archive

bp = Blueprint("export", __name__)

_AT_ONCE = 50
_PIECE = 1 << 18


@bp.post("/entreprises/<uuid:organisation_id>/export")
@guard("manage", Organisation, "organisation_id")
def company(organisation_id: UUID) -> ResponseReturnValue:
    """The company's data, for its administrators, noted in its journal."""
    found = db.session.get_one(Organisation, organisation_id)
    if found.kind != COMPANY:
        abort(404)
    name = clean_name(f"{found.name} données.zip")
    exports.company_exported(organisation_id, actor=current_actor())
    answer = Response(
        stream_with_context(_sent(organisation_id)),
        mimetype="application/zip",
        direct_passthrough=True,
    )
    answer.headers["Content-Disposition"] = disposition(name, inline=False)
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["X-Accel-Buffering"] = "no"
    return answer


def _sent(organisation_id: UUID) -> Iterator[bytes]:
    archive = Archive()
    found = db.session.get_one(Organisation, organisation_id)
    about = {"company": found.name, "siret": found.siret}
    yield from archive.json("entreprise.json", directory.describe(found))
    yield from archive.json("personnes.json", _people(organisation_id))
    yield from archive.json("journal.json", _journal(f"organisation:{organisation_id}"))
    yield from _vault(archive, organisation_id)
    people, last = _acting(organisation_id), None
    while some := _some_cases(organisation_id, last):
        for case in some:
            yield from _case(archive, case, organisation_id, people)
        last = some[-1]
        db.session.expunge_all()
        db.session.rollback()
    yield from archive.close(**about)


def _people(organisation_id: UUID) -> list[dict[str, Any]]:
    """Everyone who acts or has acted for the company, with their rights and days."""
    rows = db.session.execute(
        select(Holding, Person)
        .join(Person, Person.id == Holding.person_id)
        .where(Holding.organisation_id == organisation_id)
        .order_by(Person.name, Holding.valid_from)
    )
    return [
        {
            "id": str(person.id),
            "name": person.name,
            "email": person.email,
            "role": holding.role,
            "from": holding.valid_from.isoformat(),
            "until": holding.valid_to.isoformat() if holding.valid_to else None,
        }
        for holding, person in rows
    ]


def _journal(chain: str, by: set[UUID] | None = None) -> list[dict[str, Any]]:
    """The acts of a chain; only those of these people if they are named."""
    entries = select(JournalEntry).where(JournalEntry.chain == chain)
    return [
        entry_told(entry)
        for entry in db.session.scalars(entries.order_by(JournalEntry.seq))
        if by is None or entry.actor_id in by
    ]


def entry_told(entry: JournalEntry) -> dict[str, Any]:
    """One act of the journal, as plain values."""
    return {
        "chain": entry.chain,
        "seq": entry.seq,
        "at": entry.at.isoformat(),
        "by": str(entry.actor_id) if entry.actor_id else None,
        "action": entry.action,
        "detail": entry.detail,
        "digest": entry.digest,
    }


def _vault(archive: Archive, organisation_id: UUID) -> Iterator[bytes]:
    kept = db.session.scalars(
        select(VaultDocument)
        .where(
            VaultDocument.organisation_id == organisation_id,
            VaultDocument.removed_at.is_(None),
        )
        .order_by(VaultDocument.added_at)
    ).all()
    names = vault.kinds()
    yield from archive.json(
        "coffre/coffre.json",
        [
            {
                "kind": names[one.kind].name if one.kind in names else one.kind,
                "title": one.title,
                "name": one.name,
                "sha256": one.sha256,
                "issued_on": one.issued_on.isoformat() if one.issued_on else None,
                "expires_on": one.expires_on.isoformat() if one.expires_on else None,
                "added_at": one.added_at.isoformat(),
                "replaced": one.replaced_by is not None,
            }
            for one in kept
        ],
    )
    for one in kept:
        yield from _bytes(archive, f"coffre/{clean_name(one.name)}", one.sha256)


def _some_cases(
    organisation_id: UUID, after: ProcessInstance | None
) -> list[ProcessInstance]:
    """The next requests, the oldest first, read on the applicant's index."""
    row = ProcessInstance
    asked = select(row).where(row.applicant_id == organisation_id)
    if after is not None:
        same = (row.started_at == after.started_at) & (row.id > after.id)
        asked = asked.where((row.started_at > after.started_at) | same)
    return list(db.session.scalars(asked.order_by(row.started_at, row.id).limit(_AT_ONCE)))


def _case(
    archive: Archive, case: ProcessInstance, company_id: UUID, people: set[UUID]
) -> Iterator[bytes]:
    folder = f"demandes/{clean_name(case.number)}"
    filed = sheets.request_of(case, sheets.data_of(case), reserved=True)
    found = readable(_applicant(company_id), case, documents.of_case(case.id))
    yield from archive.json(
        f"{folder}/demande.json",
        {
            "number": case.number,
            "title": case.title,
            "procedure": case.definition.name,
            "version": case.definition.version,
            "status": case.status,
            "stage": case.milestone,
            "outcome": reading.outcome_name(case),
            "filed_at": case.started_at.isoformat(),
            "closed_at": case.ended_at.isoformat() if case.ended_at else None,
            "answers": _answers(filed.pages) if filed else [],
            "messages": [
                {"at": m.sent_at.isoformat(), "by": m.author.name, "side": m.side, "text": m.text}
                for m in conversation.of_case(case.id)
            ],
            "documents": [
                {"title": d.title, "name": d.name, "sha256": d.sha256, "origin": d.origin,
                 "at": d.created_at.isoformat()}
                for d in found
            ],
            "acts": _journal(f"case:{case.id}", people),
        },
    )  # fmt: skip
    for document in found:
        name = f"{folder}/documents/{clean_name(document.name)}"
        yield from _bytes(archive, name, document.sha256)


def _answers(pages: Iterable[Any]) -> list[dict[str, Any]]:
    """What was answered, question by question, as the request's page shows it."""
    told = []
    for page in pages:
        for _kind, rows in page.blocks:
            for row in rows:
                answer: dict[str, Any] = {"page": page.label, "question": row.label}
                answer["answer"] = row.value
                if row.files:
                    answer["files"] = [file.name for file in row.files]
                if row.table:
                    answer["table"] = [row.table.headers, *row.table.rows]
                told.append(answer)
    return told


def _acting(company_id: UUID) -> set[UUID]:
    held = select(Holding.person_id).where(Holding.organisation_id == company_id)
    return set(db.session.scalars(held))


def _applicant(company_id: UUID) -> Actor:
    """Whoever acts for the company, without a name: what any of them may read."""
    role = Role(company_id, COMPANY, APPLICANT)
    return Actor(UUID(int=0), roles=frozenset({role}))


def _bytes(archive: Archive, name: str, sha256: str) -> Iterator[bytes]:
    """The bytes of a document; those that are lost are left out, and not in the manifest."""
    storage = current_app.extensions["partners"]["storage"]
    try:
        stream = storage.open(sha256)
    except ConnectorError:
        return
    with stream:
        yield from archive.file(name, _pieces(stream), packed=False)


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    while piece := stream.read(_PIECE):
        yield piece
