"""Rooms: domains that keep lists of their own of what their cases wait for.

    rooms.open_room("parapheur", standings.follow)

Whatever moves a case (a person, a timer, an operator), its room is told in the same
transaction which tasks are open now; so its lists are never behind.
"""

from collections.abc import Callable, Sequence
from typing import Any

from engine.models import ProcessInstance
from engine.spiff.records import OpenTask

Follow = Callable[[ProcessInstance, Sequence[OpenTask]], Any]

_rooms: dict[str, Follow] = {}


def open_room(domain: str, follow: Follow) -> None:
    """Have a domain told of the open tasks of its cases each time they change."""
    _rooms[domain] = follow


def close_room(domain: str) -> None:
    """Tell a domain nothing any more."""
    _rooms.pop(domain, None)


def tell(instance: ProcessInstance, tasks: Callable[[], Sequence[OpenTask]]) -> None:
    """Tell the room of a case, if it has one, what is open now."""
    follow = _rooms.get(instance.key.partition(".")[0])
    if follow is not None:
        follow(instance, tasks())
