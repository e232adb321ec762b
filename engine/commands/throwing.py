"""What a step throws, written in its transaction: the sweep takes it to whoever waits for it."""

from engine import clock, rows, wake
from engine.commands.keeping import MESSAGE_LIFE
from engine.models import Message, ProcessInstance
from engine.signals import Signal
from engine.spiff.process import Process
from engine.transaction import AfterCommit


def thrown(instance: ProcessInstance, process: Process, after_commit: AfterCommit) -> None:
    """Send messages and signals to whoever may wait for them."""
    for thrown in process.thrown():
        said = {"name": thrown.name, "payload": thrown.payload}
        if thrown.kind == "signal":
            said |= {
                "organisation_id": instance.organisation_id,
                "instance_id": instance.id,
                "thrown_at": clock.now(),
            }
            rows.insert(Signal, [said])
        else:
            said |= {
                "correlation": thrown.correlation,
                "expires_at": clock.now() + MESSAGE_LIFE,
            }
            rows.insert(Message, [said])
        after_commit.append(wake.for_sweep)
