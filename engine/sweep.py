"""Finds everything that is due: the net under every lost wake-up.

It may run in any number of processes at once: whatever it finds twice is done once.
"""

from collections.abc import Callable
from uuid import UUID

from engine.commands import (
    beginnings,
    children,
    chores,
    due_calls,
    imports,
    jobs,
    messages,
    signals,
    timers,
)

AT_ONCE = 100


def sweep(deliver: Callable[[UUID], None]) -> int:
    """Fire due timers, hand over messages and signals, have due calls delivered, go on with jobs
    and chores.

    Returns how many things were due.
    """
    found = 0
    for instance_id in timers.due(AT_ONCE):
        timers.fire(instance_id)
        found += 1
    for message_id in messages.waiting_to_be_handed_over(AT_ONCE):
        messages.hand_over(message_id)
        found += 1
    for message_id in beginnings.waiting_to_begin(AT_ONCE):
        found += beginnings.begin(message_id) is not None
    for timer_id in beginnings.due(AT_ONCE):
        found += beginnings.begin_on_time(timer_id) is not None
    for signal_id in signals.to_spread(AT_ONCE):
        signals.spread(signal_id)
        found += 1
    for delivery_id in signals.to_hand_over(AT_ONCE):
        signals.hand_over(delivery_id)
        found += 1
    for call_id in children.to_stop(AT_ONCE):
        children.stop(call_id)
        found += 1
    for call_id in due_calls.take(AT_ONCE):
        deliver(call_id)
        found += 1
    found += imports.advance() + jobs.advance(AT_ONCE)
    return found + chores.advance()
