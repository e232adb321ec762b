"""Telling the workers that something is due, right after the commit.

Losing a wake-up loses nothing: the sweep finds every call, timer and message that is due.
`web.worker` says how to wake; until it does, everything is left to the sweep.
"""

from collections.abc import Callable
from uuid import UUID

_call: Callable[[UUID], None] | None = None
_sweep: Callable[[], None] | None = None


def by(*, call: Callable[[UUID], None] | None, sweep: Callable[[], None] | None) -> None:
    """Say how a worker is told of one new call, and that a sweep is worth making now."""
    global _call, _sweep
    _call, _sweep = call, sweep


def for_call(call_id: UUID) -> None:
    """Have this call made now rather than at the next sweep."""
    if _call:
        _call(call_id)


def for_sweep() -> None:
    """Have a sweep made now rather than at its next turn."""
    if _sweep:
        _sweep()
