"""Write a procedure's draft: begin it, hold it, save its files, give it up.

Every verb that writes asks to hold the draft, and holds it for a while more: whoever saves
never finds that a colleague has begun meanwhile. Each act is in the procedure's journal.
"""

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from engine import clock, journal, notices, procedure_drafts
from engine.access import Actor, Forbidden, require
from engine.directory import Organisation, Person
from engine.errors import DraftHeld, FileChanged, OperationRefused
from engine.models import ProcessDefinition, db
from engine.procedure_drafts import (
    HELD_FOR,
    MAIN_FILE,
    MOST_FILES,
    ProcedureDraft,
    ProcedureDraftFile,
)
from engine.spiff.names_written import title
from engine.told import person, tell
from engine.transaction import lock, transaction


def begin(key: str, owner_id: UUID, files: Mapping[str, bytes], *, actor: Actor) -> UUID:
    """The draft of a procedure that does not exist yet; returns its id.

    Raises Forbidden, OperationRefused when a procedure or a draft has this key.
    """
    with transaction():
        require(actor, "design", db.session.get_one(Organisation, owner_id))
        if procedure_drafts.newest(key) or procedure_drafts.of_key(key):
            raise OperationRefused("Une démarche porte déjà cet identifiant.")
        return _begun(key, owner_id, None, files, actor)


def begin_from(definition_id: UUID, *, actor: Actor) -> UUID:
    """The draft of a procedure's next version, with the files of one of its versions.

    The one that exists already, if there is one. It comes after the last version, whichever
    gives it its files. Raises Forbidden.
    """
    with transaction():
        source = db.session.get_one(ProcessDefinition, definition_id)
        require(actor, "design", source)
        known = procedure_drafts.of_key(source.key)
        if known is not None:
            return known.id
        files = procedure_drafts.published(source.id)
        last = procedure_drafts.newest(source.key)
        return _begun(source.key, source.owner_id, last, files, actor)


def _begun(
    key: str,
    owner_id: UUID,
    base: ProcessDefinition | None,
    files: Mapping[str, bytes],
    actor: Actor,
) -> UUID:
    draft = ProcedureDraft(
        id=uuid4(),
        key=key,
        name=title(files.get(MAIN_FILE, b""), key),
        owner_id=owner_id,
        base_id=base.id if base else None,
        created_by=actor.person_id,
        holder_id=actor.person_id,
        held_until=clock.now() + HELD_FOR,
    )
    db.session.add(draft)
    try:
        db.session.flush()
    except IntegrityError:  # a colleague began it at the same moment
        raise OperationRefused("Une démarche porte déjà cet identifiant.") from None
    _put(draft, files, actor)
    _note(draft, "draft_begun", actor, version=base.version if base else 0)
    return draft.id


def hold(draft_id: UUID, *, actor: Actor) -> None:
    """Take the draft in hand, or keep it longer. Raises Forbidden, DraftHeld."""
    with transaction():
        held(draft_id, actor)


def release(draft_id: UUID, *, actor: Actor) -> None:
    """Leave the draft to the others; nothing when one does not hold it. Raises Forbidden."""
    with transaction():
        draft = lock(ProcedureDraft, draft_id)
        require(actor, "edit", draft)
        if draft.holder_id == actor.person_id and draft.is_held:
            draft.held_until = None
            _note(draft, "draft_released", actor)


def take_over(draft_id: UUID, *, actor: Actor) -> None:
    """Take the draft from whoever holds it: they went home. Raises Forbidden."""
    with transaction():
        draft = lock(ProcedureDraft, draft_id)
        require(actor, "edit", draft)
        if draft.held_by_another(actor.person_id):
            _note(draft, "draft_taken_over", actor, from_person=str(draft.holder_id))
            said = {"what": "taken_over", "key": draft.key, "name": draft.name}
            if draft.holder_id:
                to = person(draft.holder_id)
                tell(notices.PROCEDURE, to, by=actor.person_id, detail=said)
        _hold(draft, actor)


def held(draft_id: UUID, actor: Actor) -> ProcedureDraft:
    """The draft, locked and in the actor's hands. Raises Forbidden, DraftHeld."""
    draft = lock(ProcedureDraft, draft_id)
    require(actor, "edit", draft)
    if draft.held_by_another(actor.person_id):
        raise DraftHeld(_name(draft.holder_id), draft.held_until or clock.now())
    _hold(draft, actor)
    return draft


def _hold(draft: ProcedureDraft, actor: Actor) -> None:
    if not draft.is_held or draft.holder_id != actor.person_id:
        _note(draft, "draft_held", actor)
    draft.holder_id = actor.person_id
    draft.held_until = clock.now() + HELD_FOR


def save_file(
    draft_id: UUID, name: str, content: bytes, rev: int | None, *, actor: Actor
) -> int:
    """Save a file over the one whose `rev` was opened, or a new one (None); returns its rev.

    Raises Forbidden, DraftHeld, FileChanged, OperationRefused when there are too many.
    """
    with transaction():
        draft = held(draft_id, actor)
        file = db.session.get(ProcedureDraftFile, (draft_id, name), populate_existing=True)
        _unchanged(file, rev)
        if file is None:
            _not_too_many(draft_id, 1)
            file = ProcedureDraftFile(draft_id=draft_id, name=name, rev=0)
            db.session.add(file)
        file.content, file.rev = content, file.rev + 1
        _written(draft, file, actor)
        _note(draft, "draft_saved", actor, file=name, sha256=_sha256(content))
        return file.rev


def rename_file(draft_id: UUID, name: str, to: str, *, actor: Actor) -> None:
    """Give a file another name. Raises Forbidden, DraftHeld, FileChanged, OperationRefused."""
    with transaction():
        draft = held(draft_id, actor)
        file = _existing(draft_id, name)
        if name == MAIN_FILE:
            raise OperationRefused(
                "process.bpmn est le diagramme de la démarche : gardez-le."
            )
        if db.session.get(ProcedureDraftFile, (draft_id, to)) is not None:
            raise OperationRefused("Un fichier du brouillon porte déjà ce nom.")
        renamed = ProcedureDraftFile(draft_id=draft_id, name=to, content=file.content)
        db.session.delete(file)
        db.session.add(renamed)
        _written(draft, renamed, actor)
        _note(draft, "draft_renamed", actor, file=name, to=to)


def delete_file(draft_id: UUID, name: str, *, actor: Actor) -> None:
    """Take a file out. Raises Forbidden, DraftHeld, FileChanged, OperationRefused."""
    with transaction():
        draft = held(draft_id, actor)
        file = _existing(draft_id, name)
        if name == MAIN_FILE:
            raise OperationRefused(
                "process.bpmn est le diagramme de la démarche : gardez-le."
            )
        db.session.delete(file)
        draft.updated_at = clock.now()
        _note(draft, "draft_file_deleted", actor, file=name)


def replace_files(
    draft_id: UUID, files: Mapping[str, bytes], *, whole: bool, actor: Actor
) -> None:
    """Write many files at once; with `whole`, those that are not among them go.

    All or nothing. Raises Forbidden, DraftHeld, OperationRefused when there are too many.
    """
    with transaction():
        draft = held(draft_id, actor)
        names = {file.name for file in procedure_drafts.listed(draft_id)}
        gone = sorted(names - files.keys()) if whole else []
        replaced(draft, files, gone, actor)
        _note(draft, "draft_imported", actor, files=sorted(files), gone=gone)


def replaced(
    draft: ProcedureDraft, files: Mapping[str, bytes], gone: list[str], actor: Actor
) -> None:
    """Write these files of a draft in hand, and take out those that are gone."""
    row = ProcedureDraftFile
    known = {file.name: file for file in procedure_drafts.listed(draft.id)}
    was = procedure_drafts.files(draft.id)
    _not_too_many(draft.id, len(files.keys() - known.keys()) - len(gone))
    if gone:
        db.session.execute(delete(row).where(row.draft_id == draft.id, row.name.in_(gone)))
    for name, content in files.items():
        file = known.get(name)
        if file is None:
            _put(draft, {name: content}, actor)
        elif was[name] != content:
            file.content, file.rev = content, file.rev + 1
            _written(draft, file, actor)
    draft.updated_at = clock.now()


def discard(draft_id: UUID, *, actor: Actor) -> None:
    """Give up a draft and its files; what was published is as it was.

    Raises Forbidden, DraftHeld, OperationRefused while it waits to be published.
    """
    with transaction():
        draft = held(draft_id, actor)
        if procedure_drafts.waiting(draft.key) is not None:
            raise OperationRefused(
                "Une demande de publication attend : retirez-la avant d’abandonner le brouillon."
            )
        _note(draft, "draft_discarded", actor)
        drop(draft)


def drop(draft: ProcedureDraft) -> None:
    """Delete a draft that is locked, with its files."""
    of_draft = ProcedureDraftFile.draft_id == draft.id
    db.session.execute(delete(ProcedureDraftFile).where(of_draft))
    db.session.delete(draft)


def _put(draft: ProcedureDraft, files: Mapping[str, bytes], actor: Actor) -> None:
    for name, content in files.items():
        file = ProcedureDraftFile(draft_id=draft.id, name=name, content=content, rev=1)
        db.session.add(file)
        _written(draft, file, actor)


def _written(draft: ProcedureDraft, file: ProcedureDraftFile, actor: Actor) -> None:
    if actor.person_id is None:
        raise Forbidden
    if file.name == MAIN_FILE:
        draft.name = title(file.content, draft.key)
    file.updated_by = actor.person_id
    file.updated_at = draft.updated_at = clock.now()


def _existing(draft_id: UUID, name: str) -> ProcedureDraftFile:
    file = db.session.get(ProcedureDraftFile, (draft_id, name), populate_existing=True)
    if file is None:
        raise FileChanged("", 0)
    return file


def _unchanged(file: ProcedureDraftFile | None, rev: int | None) -> None:
    """Raises FileChanged unless the file is the one that was opened."""
    if file is None and rev is not None:
        raise FileChanged("", 0)
    if file is not None and file.rev != rev:
        raise FileChanged(_name(file.updated_by), file.rev)


def _not_too_many(draft_id: UUID, more: int) -> None:
    of_draft = ProcedureDraftFile.draft_id == draft_id
    number = db.session.scalar(select(func.count()).where(of_draft)) or 0
    if number + more > MOST_FILES:
        raise OperationRefused("Un brouillon contient 200 fichiers au plus.")


def _name(person_id: UUID | None) -> str:
    person = db.session.get(Person, person_id) if person_id else None
    return person.name if person else ""


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _note(draft: ProcedureDraft, action: str, actor: Actor, **detail: Any) -> None:
    journal.write(f"procedure:{draft.key}", action, by=actor.person_id, detail=detail)
