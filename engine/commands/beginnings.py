"""Cases that a message starts: nobody waited for it, and a procedure begins with it."""

from uuid import UUID, uuid4

from sqlalchemy import select

from engine import clock, definitions, journal
from engine.commands import cases
from engine.commands.step import Office, keep
from engine.models import Message, ProcessDefinition, db
from engine.spiff.process import Process
from engine.transaction import lock, transaction


def waiting_to_begin(limit: int) -> list[UUID]:
    """Kept messages that start a case."""
    kept = Message.delivered_at.is_(None) & (Message.expires_at > clock.now())
    if db.session.scalars(select(Message.id).where(kept).limit(1)).first() is None:
        return []
    names = list(definitions.start_messages())
    return list(
        db.session.scalars(
            select(Message.id).where(kept, Message.name.in_(names)).limit(limit)
        )
    )


def begin(message_id: UUID) -> UUID | None:
    """Start the case that a message asks for, in its procedure's current version, once.

    Returns its id; None when the message was taken meanwhile.
    """
    with transaction() as after_commit:
        message = lock(Message, message_id)
        starts = definitions.start_messages()
        if message.delivered_at is not None or message.name not in starts:
            return None
        definition_id, element_id = starts[message.name]
        definition = db.session.get_one(ProcessDefinition, definition_id)
        instance = cases.new(definition, None, None, uuid4())
        db.session.add(instance)
        db.session.flush()
        process = Process.start(
            definitions.model(definition_id),
            {"case": cases.facts(instance, definition, None)},
            host=Office.of(instance),
            start_id=element_id,
            payload=message.payload,
        )
        instance.title = cases.title(definition, process.data)
        message.delivered_at = clock.now()
        message.instance_id = instance.id
        keep(instance, process, after_commit, by=None)
        detail = {"definition": str(definition_id), "message": message.name}
        journal.write_for_case(instance, "case_started", by=None, detail=detail)
    return instance.id
