"""A folder at its author's desk, refused or a draft: put it right and deposit it, or give it up."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from connectors import StoredFile
from engine import clock
from engine.access import require
from engine.actors import Actor
from engine.commands import tasks
from engine.models import IS_OPEN, UserTask, db
from engine.words import fold
from workflows.parapheur import admission, deposit, files, records, standings
from workflows.parapheur import metadata as said
from workflows.parapheur.admission import LONGEST_TITLE, Given
from workflows.parapheur.checks import checked_files
from workflows.parapheur.models import (
    ABANDONED,
    DRAFT,
    IN_PROGRESS,
    FileVersion,
    Folder,
    FolderAct,
)
from workflows.parapheur.opening import ActRefused, Opened, opened
from workflows.parapheur.steps import PAGE

CORRECT, PREPARE = "correct", "prepare"
"""The steps of `parapheur.folder` at which a refused folder and a draft wait for their desk."""


def correct(
    task_id: UUID,
    *,
    actor: Actor,
    title: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    act: Mapping[str, Any] | None = None,
    replaced: Mapping[UUID, StoredFile] | None = None,
    removed: Sequence[UUID] = (),
    added: Sequence[Given] = (),
    note: str = "",
    private_note: str = "",
    keep: bool = False,
) -> UUID:
    """Deposit a refused folder again, in a new round of its circuits; or a draft at last.

    `replaced` gives files their next versions; those before stay. What an added signature
    signs is its place among the files kept, then added. `keep` only keeps a draft as it is
    changed. Returns the act's id. Raises as `approve`, and ActRefused field by field.
    """
    with opened(task_id) as held:
        at_its_author(held, actor)
        folder = held.folder
        kind = _kind(folder, keep=keep)
        when = said.DRAFT if keep else said.DEPOSIT
        _check(folder, title, metadata, dict(replaced or {}), removed, added, when)
        if not keep:
            _admit(folder, metadata, act)
        if not keep:
            _sent(folder)
        written = records.write(
            folder, kind, actor, task=held.task, note=note, private_note=private_note
        )
        _apply(folder, written, dict(replaced or {}), removed, added)
        known = {**(folder.details.get("metadata") or {}), **(metadata or {})}
        folder.details = {
            **folder.details,
            "metadata": said.completed(folder.subtype, known),
            "act": dict(act) if act is not None else folder.details.get("act") or {},
        }
        if title is not None:
            folder.title = held.instance.title = title.strip()
        number = held.instance.number
        folder.folded = fold(f"{folder.title} {number} {folder.external_id or ''}")[:600]
        if keep:
            return written.id
        folder.due_at = deposit.due(folder.subtype)
        folder.remind_at = deposit.first_reminder(folder.subtype, folder.due_at)
        values = {
            "correction": {"answer": "again"},
            "folder": deposit.described(folder, number),
        }
        tasks.completed(held.task, values, actor, held.after_commit, page=PAGE)
        return written.id


def abandon(task_id: UUID, *, actor: Actor, reason: str = "") -> UUID:
    """Give a refused folder or a draft up: it stays in the book, and circulates no more.

    Returns the act's id. Raises as `approve`.
    """
    with opened(task_id) as held:
        at_its_author(held, actor)
        held.folder.state, held.folder.ended_at = ABANDONED, clock.now()
        act = records.write(held.folder, "abandoned", actor, task=held.task, note=reason)
        values = {"correction": {"answer": "abandon"}}
        tasks.completed(held.task, values, actor, held.after_commit, page=PAGE)
        standings.leave(held.folder)
        return act.id


def waiting(folder_id: UUID) -> UUID:
    """The task by which its author's desk has a folder in hand. Raises ActRefused."""
    found = db.session.scalars(
        select(UserTask.id)
        .where(
            UserTask.instance_id == folder_id,
            UserTask.element_id.in_((CORRECT, PREPARE)),
            IS_OPEN,
        )
        .limit(1)
    ).first()
    if found is None:
        raise ActRefused({"folder": "Ce dossier n’est pas à votre bureau : relisez-le."})
    return found


def at_its_author(held: Opened, actor: Actor) -> None:
    require(actor, "complete", held.task)
    there = held.task.element_id in {CORRECT, PREPARE}
    if not there or held.instance.key != standings.FOLDER:
        raise ActRefused({"task": "Ce dossier n’est pas à corriger."})


def _kind(folder: Folder, *, keep: bool) -> str:
    """What is done to a folder, as its journal calls it. Raises ActRefused."""
    if keep and folder.state != DRAFT:
        raise ActRefused({"folder": "Seul un brouillon se garde sans être déposé."})
    if keep:
        return "drafted"
    return "deposited" if folder.state == DRAFT else "corrected"


def _sent(folder: Folder) -> None:
    if folder.state == DRAFT:
        folder.deposited_at = clock.now()
    else:
        folder.round += 1
    folder.state, folder.refused_for = IN_PROGRESS, ""


def _check(
    folder: Folder,
    title: str | None,
    metadata: Mapping[str, Any] | None,
    replaced: Mapping[UUID, StoredFile],
    removed: Sequence[UUID],
    added: Sequence[Given],
    when: str,
) -> None:
    errors: dict[str, str] = {}
    if title is not None and not title.strip():
        errors["title"] = "Donnez un titre au dossier."
    elif title is not None and len(title.strip()) > LONGEST_TITLE:
        errors["title"] = f"Titre : {LONGEST_TITLE} caractères au plus."
    known = {**(folder.details.get("metadata") or {}), **(metadata or {})}
    errors |= said.errors(folder.subtype, known, when)
    current = {one.file.id: one for one in files.current(folder.instance_id)}
    if not {*replaced, *removed} <= current.keys():
        raise ActRefused({"files": "Un fichier nommé n’est pas de ce dossier."})
    kept = [one for one in current.values() if one.file.id not in set(removed)]
    rank = {one.file.id: number for number, one in enumerate(kept)}
    given = [
        Given(
            replaced.get(one.file.id) or one.stored(), one.file.kind, one.file.title,
            format=one.file.format, signs=rank.get(one.file.signs_id or one.file.id),
        )
        for one in kept
    ]  # fmt: skip
    errors |= checked_files(folder.subtype.type, [*given, *added])
    if errors:
        raise ActRefused(errors)


def _admit(
    folder: Folder, metadata: Mapping[str, Any] | None, act: Mapping[str, Any] | None
) -> None:
    """Judge what will be sent as any deposit is. Raises ActRefused."""
    known = {**(folder.details.get("metadata") or {}), **(metadata or {})}
    foreseen = {
        **deposit.described(folder, ""),
        "metadata": said.completed(folder.subtype, known),
        "act": dict(act) if act is not None else folder.details.get("act") or {},
    }
    if why := admission.closed(folder.subtype, folder.organisation_id, foreseen):
        raise ActRefused({"subtype": why})


def _apply(
    folder: Folder,
    act: FolderAct,
    replaced: Mapping[UUID, StoredFile],
    removed: Sequence[UUID],
    added: Sequence[Given],
) -> None:
    current = files.current(folder.instance_id)
    digests = {}
    for one in current:
        if (file := replaced.get(one.file.id)) is not None:
            digests[str(one.file.id)] = [one.sha256, file.sha256]
            # Nor the signatures within it nor those beside it sign what replaces it.
            beside = [b.file.id for b in current if b.file.signs_id == one.file.id]
            _withdraw([one.file.id, *beside])
            files.new_version(folder, one.file, file, act=act)
    _withdraw(removed)
    first = files.next_position(folder.instance_id)
    kept = [one.file for one in current if one.file.id not in set(removed)]
    deposit.keep_files(folder, added, act, first, kept)
    act.detail = {
        **act.detail,
        "digests": digests,
        "removed": [str(one) for one in removed],
    }


def _withdraw(file_ids: Sequence[UUID]) -> None:
    for file_id in file_ids:
        db.session.execute(
            update(FileVersion)
            .where(FileVersion.file_id == file_id, FileVersion.withdrawn_at.is_(None))
            .values(withdrawn_at=clock.now())
        )
