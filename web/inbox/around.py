"""The tasks before and after one, in the list from which it was opened.

The list travels as one parameter of the address, `liste`, and is asked again on each page.
"""

from dataclasses import dataclass
from uuid import UUID

from flask import request, url_for

from engine import worklists
from engine.access import Actor
from engine.models import UserTask, db
from web.inbox import lines, reading
from web.inbox.asking import LONGEST_QUERY, Asked, Choices, read, unpacked


@dataclass(frozen=True)
class Around:
    """Where a task stands in its list; `place` is None when it has left it."""

    query: str
    place: int | None
    total: int
    previous: UUID | None
    following: UUID | None

    @property
    def back(self) -> str:
        """The address of the list."""
        return f"{url_for('inbox.index')}?{self.query}"


def query() -> str:
    """The list that the address names; "" for none."""
    return request.args.get("liste", "")[:LONGEST_QUERY]


def of(task_id: UUID, actor: Actor) -> Around | None:
    """What is around a task in the list of the address; None when it names none."""
    found = listed(query(), actor)
    if found is None:
        return None
    asked, ids = found
    place = ids.index(task_id) if task_id in ids else None
    before = ids[place - 1] if place else None
    after = ids[place + 1 :] if place is not None else ids
    return Around(asked.query, place, len(ids), before, after[0] if after else None)


def after(around: Around | None, actor: Actor) -> str:
    """Where to go once a task is completed: the next of its list, or the list again."""
    onwards = actor.person_id is None or worklists.habits(actor.person_id).open_next
    if around is None:
        task = reading.next_task(actor) if onwards else None
        return url_for("inbox.show", task_id=task.id) if task else url_for("inbox.index")
    still = db.session.get(UserTask, around.following) if around.following else None
    if onwards and still is not None and still.status == "open":
        return url_for("inbox.show", task_id=still.id, liste=around.query)
    return around.back


def listed(said: str, actor: Actor) -> tuple[Asked, list[UUID]] | None:
    """A list by its query, read again, and its tasks in order; None for no list."""
    if not said or not actor.handles_cases:
        return None
    choices = Choices(actor)
    asked = read(unpacked(said), choices, usual="a-prendre")
    return asked, lines.ids(asked, actor, choices.columns)
