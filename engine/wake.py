"""Telling the workers that something is due, and the pages that something changed, right
after the commit.

Losing a wake-up loses nothing: the sweep finds every call, timer and message that is due, and
pages ask again by themselves. `web.worker` and `web.live` say how to wake; until they do,
everything is left to the sweep.
"""

from collections.abc import Callable, Collection
from uuid import UUID

_call: Callable[[UUID], None] | None = None
_sweep: Callable[[], None] | None = None
_change: Callable[[Collection[str]], None] | None = None


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


def pages_by(change: Callable[[Collection[str]], None] | None) -> None:
    """Say how the pages that are open are told that something changed."""
    global _change  # noqa: PLW0603
    _change = change


def for_change(channels: Collection[str]) -> None:
    """Tell the pages that listen to these channels; it neither waits nor fails."""
    if _change and channels:
        _change(channels)


def case(instance_id: UUID) -> str:
    """The channel of a case."""
    return f"case:{instance_id}"


def person(person_id: UUID) -> str:
    """The channel of what somebody is told."""
    return f"person:{person_id}"


def basket(organisation_id: UUID, role: str) -> str:
    """The channel of the tasks of a role."""
    return f"basket:{organisation_id}:{role}"


def told(notice_id: UUID | str) -> str:
    """A fact told to people; whoever passes it on knows to whom."""
    return f"told:{notice_id}"
