"""Deposit a folder in the book: once for an identifier, or refused field by field."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from engine import clock, definitions, working_days
from engine.access import Forbidden, allowed, require
from engine.actors import Actor
from engine.commands import cases
from engine.directory import Organisation
from engine.models import db
from engine.transaction import transaction
from engine.words import SPOKEN, fold
from workflows.parapheur import files, records, standings
from workflows.parapheur import metadata as said
from workflows.parapheur.admission import Asked, Given, checked, of_subtype
from workflows.parapheur.models import (
    DETACHED,
    DRAFT,
    IN_PROGRESS,
    Folder,
    FolderFile,
    FolderSubtype,
)
from workflows.parapheur.standings import FOLDER


def deposit(
    *,
    actor: Actor,
    organisation_id: UUID,
    subtype_id: UUID,
    author_role: str,
    title: str,
    files: Sequence[Given],
    metadata: Mapping[str, Any] | None = None,
    act: Mapping[str, Any] | None = None,
    external_id: str | None = None,
    origin: str = "web",
    visibility: str | None = None,
    draft: bool = False,
    note: str = "",
    private_note: str = "",
    due_on: date | None = None,
) -> UUID:
    """Start a folder on its circuits; one whose `external_id` is known is that folder.

    `act` is what the State is told of it (see ACTES). A `draft` starts on nothing: it waits
    at its desk, and its mandatory data with it. `due_on` brings the subtype's deadline
    forward, never back. Returns its id. Raises Forbidden, DepositRefused.
    """
    asked = Asked(
        actor, organisation_id, subtype_id, author_role, title.strip(), list(files),
        dict(metadata or {}), dict(act or {}), external_id, origin, visibility,
        draft=draft, note=note, private_note=private_note, due_on=due_on,
    )  # fmt: skip
    body = db.session.get_one(Organisation, organisation_id)
    require(actor, "use the book", body)
    known = _known(asked)
    if known is not None:
        return known
    subtype = checked(asked)
    try:
        return _start(asked, subtype.id)
    except IntegrityError:
        known = _known(asked)  # deposited at the same moment
        if known is None:
            raise
        return known


def _known(asked: Asked) -> UUID | None:
    """The folder deposited already under this identifier. Raises Forbidden for a stranger."""
    if not asked.external_id:
        return None
    db.session.rollback()
    found = db.session.scalars(
        select(Folder).where(
            Folder.organisation_id == asked.organisation_id,
            Folder.origin == asked.origin,
            Folder.external_id == asked.external_id,
        )
    ).first()
    if found is not None and not allowed(asked.actor, "see", found):
        raise Forbidden
    return found.instance_id if found else None


def _start(asked: Asked, subtype_id: UUID) -> UUID:
    with transaction() as after_commit:
        subtype = db.session.get_one(FolderSubtype, subtype_id)
        definition = definitions.latest(FOLDER)
        instance = cases.new(
            definition, asked.organisation_id, None, asked.actor.person_id, uuid4()
        )
        instance.title = asked.title
        db.session.add(instance)
        db.session.flush()
        folder = entered(asked, subtype, instance.id, instance.number)
        cases.begun(
            instance, definition, {"folder": described(folder, instance.number)},
            actor=asked.actor, after_commit=after_commit,
        )  # fmt: skip
        return instance.id


def entered(asked: Asked, subtype: FolderSubtype, case_id: UUID, number: str) -> Folder:
    """The rows of a folder whose case is there, in the open transaction."""
    folder = Folder(
        instance_id=case_id,
        organisation_id=asked.organisation_id,
        subtype_id=subtype.id,
        title=asked.title,
        folded=fold(f"{asked.title} {number} {asked.external_id or ''}")[:600],
        state=DRAFT if asked.draft else IN_PROGRESS,
        author_id=asked.actor.person_id,
        author_role=asked.author_role,
        origin=asked.origin,
        external_id=asked.external_id,
        code=new_code(),
        details={
            "metadata": said.completed(subtype, asked.metadata),
            "act": asked.act,
        },
        visibility=asked.visibility or subtype.visibility,
        round=1,
        acts=0,
        refused_for="",
        deposited_at=clock.now(),
        due_at=(end := None if asked.draft else due(subtype, asked.due_on)),
        remind_at=first_reminder(subtype, end),
        chained_from=asked.chained_from,
    )
    folder.subtype = subtype
    db.session.add(folder)
    db.session.flush()
    standings.deposited(folder)
    kind = "drafted" if asked.draft else "deposited"
    written = records.write(
        folder, kind, asked.actor, role=asked.author_role,
        note=asked.note, private_note=asked.private_note,
    )  # fmt: skip
    keep_files(folder, asked.files, written)
    return folder


def keep_files(
    folder: Folder,
    given: Sequence[Given],
    act: Any,
    first: int = 1,
    kept: Sequence[FolderFile] = (),
) -> None:
    """Enter the files of a deposit, or those that its author adds to the `kept`: what a
    detached signature signs is its place among both.
    """
    made: list[FolderFile] = list(kept)
    for position, one in enumerate(given, first):
        signs = (
            made[one.signs].id if one.kind == DETACHED and one.signs is not None else None
        )
        made.append(
            files.add(
                folder,
                position,
                one.file,
                act=act,
                kind=one.kind,
                title=one.title,
                document_type=one.document_type,
                position_of_stamp=dict(one.stamp),
                format=said.format_of(folder.subtype.type, one),
                signs_id=signs,
            )
        )


def described(folder: Folder, number: str) -> dict[str, Any]:
    """A folder as its diagrams know it: small values only."""
    subtype = folder.subtype
    return {
        "id": str(folder.instance_id),
        "number": number,
        "title": folder.title,
        "organisation": str(folder.organisation_id),
        **of_subtype(subtype),
        "author": folder.author_role,
        "round": folder.round,
        "draft": folder.state == DRAFT,
        "metadata": folder.details.get("metadata", {}),
        "act": folder.details.get("act", {}),
    }


def due(subtype: FolderSubtype, asked: date | None = None) -> datetime | None:
    """When a folder of this subtype should be finished: the end of its last working day, or
    of the day that its depositor asks when that comes sooner.
    """
    days = [asked] if asked else []
    if subtype.working_days:
        days.append(working_days.after(clock.today(), subtype.working_days))
    return datetime.combine(min(days), time(23, 59, 59), clock.PARIS) if days else None


def first_reminder(subtype: FolderSubtype, due_at: datetime | None) -> datetime | None:
    """When the desks of a folder are reminded of it for the first time, if they are."""
    if due_at is None or not subtype.reminder_days:
        return None
    return due_at - timedelta(days=subtype.reminder_days)


def new_code() -> str:
    """A code that opens the public page of a folder, and that nobody guesses."""
    return "".join(secrets.choice(SPOKEN) for _ in range(24))
