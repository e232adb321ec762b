"""Write, correct and delete private notes on a case."""

from uuid import UUID, uuid4

from engine import clock, journal, notes
from engine.access import Actor, require
from engine.errors import EngineError
from engine.models import ProcessInstance, db
from engine.notes import CaseNote
from engine.transaction import lock, transaction


class NoteRefused(EngineError):
    """A note holds something, and 10,000 characters at most."""


def add(instance_id: UUID, text: str, *, actor: Actor) -> UUID:
    """Add a note to a case one handles; returns its id. Raises Forbidden, NoteRefused."""
    _checked(text)
    with transaction():
        instance = lock(ProcessInstance, instance_id)
        require(actor, "handle", instance)
        note = CaseNote(
            id=uuid4(), instance_id=instance_id, author_id=actor.person_id, text=text
        )
        db.session.add(note)
        _journal(instance, "note_added", note.id, actor)
        return note.id


def edit(note_id: UUID, text: str, *, actor: Actor) -> None:
    """Correct one's own note. Raises Forbidden, NoteRefused, NoResultFound."""
    _checked(text)
    with transaction():
        note, instance = _own(note_id, actor)
        note.text, note.edited_at = text, clock.now()
        _journal(instance, "note_edited", note_id, actor)


def remove(note_id: UUID, *, actor: Actor) -> None:
    """Delete one's own note. Raises Forbidden, NoResultFound."""
    with transaction():
        note, instance = _own(note_id, actor)
        db.session.delete(note)
        _journal(instance, "note_removed", note_id, actor)


def _checked(text: str) -> None:
    if not text.strip() or len(text) > notes.LONGEST:
        raise NoteRefused


def _own(note_id: UUID, actor: Actor) -> tuple[CaseNote, ProcessInstance]:
    found = db.session.get_one(CaseNote, note_id)
    instance = lock(ProcessInstance, found.instance_id)
    note = lock(CaseNote, note_id)
    require(actor, "edit", note)
    return note, instance


def _journal(instance: ProcessInstance, act: str, note_id: UUID, actor: Actor) -> None:
    journal.write_for_case(instance, act, by=actor.person_id, detail={"note": str(note_id)})
