"""What a step throws, written in its transaction: the sweep takes it to whoever waits for it."""

from typing import Any
from uuid import uuid4

from engine import clock, wake
from engine.commands.keeping import MESSAGE_LIFE
from engine.models import Message, ProcessInstance, db
from engine.signals import Signal
from engine.spiff.process import Process
from engine.transaction import AfterCommit


def thrown(instance: ProcessInstance, process: Process, after_commit: AfterCommit) -> None:
    """Send messages and signals to whoever may wait for them."""
    for thrown in process.thrown():
        if thrown.kind == "signal":
            sent: Any = Signal(
                name=thrown.name,
                organisation_id=instance.organisation_id,
                instance_id=instance.id,
                payload=thrown.payload,
                thrown_at=clock.now(),
            )
        else:
            sent = Message(
                id=uuid4(),
                name=thrown.name,
                correlation=thrown.correlation,
                payload=thrown.payload,
                expires_at=clock.now() + MESSAGE_LIFE,
            )
        db.session.add(sent)
        after_commit.append(wake.for_sweep)
