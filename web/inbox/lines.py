"""The lines of a list: a page of them, all of them to export, those around one of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_sqlalchemy.pagination import Pagination
from sqlalchemy import Select, and_, select

from engine import merging
from engine.access import Actor
from engine.awaiting import followed
from engine.following import CaseFollower
from engine.models import ProcessInstance, UserTask, db
from engine.worklist import OLDEST, URGENCY, branches
from web.inbox import columns, reading
from web.inbox.asking import Asked
from web.inbox.columns import Column, Row, Values
from web.paging import MOST, bounded

MOST_EXPORTED = 5000
_AT_ONCE = 500


@dataclass(frozen=True)
class Lines:
    """One page of a list: `rows`, in a pagination; `notes` are sentences about the order."""

    rows: list[Row]
    page: Pagination
    notes: tuple[str, ...] = ()


class _Few(Pagination):
    """The pages of what is in memory."""

    def _query_items(self) -> list[Any]:
        rows: list[Any] = self._query_args["rows"]
        return rows[self._query_offset : self._query_offset + self.per_page]

    def _query_count(self) -> int:
        return len(self._query_args["rows"])


def page(asked: Asked, actor: Actor, choices: dict[str, Column], number: int) -> Lines:
    """One page; empty when the list does not go so far."""
    if asked.of_cases:
        found = _cases(asked, actor, number)
        return Lines([Row(case) for case in found.items], found)
    settled, notes = _settled(asked, actor)
    if settled.order:
        rows = _by_column(settled, actor, choices)
        last = MOST // reading.PER_PAGE + 1
        few = _Few(rows=rows, page=min(max(number, 1), last), per_page=reading.PER_PAGE,
                   error_out=False)  # fmt: skip
        return Lines(list(few.items), few, notes)
    found = reading.tasks(actor, settled.wanted, number)
    return Lines([Row(task.instance, task) for task in found.items], found, notes)


def ids(asked: Asked, actor: Actor, choices: dict[str, Column]) -> list[UUID]:
    """The tasks of a list in its order, as far as its pages go."""
    if asked.of_cases:
        return []
    settled, _notes = _settled(asked, actor)
    if settled.order:
        return [row.id for row in _by_column(settled, actor, choices)]
    return reading.first(actor, settled.wanted, MOST)


def every(asked: Asked, actor: Actor, choices: dict[str, Column]) -> Iterator[list[Row]]:
    """The lines of a list in its order, some at a time, `MOST_EXPORTED` at most."""
    if asked.of_cases:
        wanted = _followed(asked, actor).limit(MOST_EXPORTED)
        yield from _read(list(db.session.scalars(wanted)), _CASES)
        return
    settled, _notes = _settled(asked, actor)
    if settled.order:
        yield _by_column(settled, actor, choices)
        return
    yield from _read(reading.first(actor, settled.wanted, MOST_EXPORTED), _TASKS)


def _settled(asked: Asked, actor: Actor) -> tuple[Asked, tuple[str, ...]]:
    """The list in an order that it can have: a long one has not every order."""
    if not asked.order and asked.wanted.in_order:
        return asked, ()
    gathered = replace(asked.wanted, order=URGENCY)
    if merging.count(branches(gathered, actor), MOST + 1) <= MOST:
        return asked, ()
    note = _("Cette liste a plus de %(n)s tâches : filtrez-la d’abord pour la trier ainsi. Les plus urgentes viennent en premier.", n=f"{MOST:,}".replace(",", "\u202f"))  # fmt: skip
    return replace(asked, wanted=gathered, order=""), (note,)


def _by_column(asked: Asked, actor: Actor, choices: dict[str, Column]) -> list[Row]:
    column = choices[asked.order.removeprefix("-")]
    found = reading.first(actor, replace(asked.wanted, order=OLDEST), MOST)
    rows = [row for some in _read(found, _TASKS) for row in some]
    values = Values(rows, [column])
    down = asked.order.startswith("-")
    return columns.in_order(rows, column, values, descending=down)


_TASKS: Any = reading.with_cases(), UserTask.id
_CASES: Any = select(ProcessInstance), ProcessInstance.id


def _read(found: Sequence[UUID], of: Any) -> Iterator[list[Row]]:
    """The lines of these ids, in their order."""
    statement, column = of
    for start in range(0, len(found), _AT_ONCE):
        some = found[start : start + _AT_ONCE]
        read = {
            one.id: one for one in db.session.scalars(statement.where(column.in_(some)))
        }
        there = [read[one] for one in some if one in read]
        yield [
            Row(one.instance, one) if isinstance(one, UserTask) else Row(one)
            for one in there
        ]


def _followed(asked: Asked, actor: Actor) -> Select[UUID]:
    return followed(
        actor,
        key=asked.wanted.key,
        cases=asked.wanted.cases,
        awaiting=asked.basket == reading.WAITING,
        of=asked.awaited,
    )


def _cases(asked: Asked, actor: Actor, number: int) -> Pagination:
    mine = and_(
        CaseFollower.instance_id == ProcessInstance.id,
        CaseFollower.person_id == actor.person_id,
    )
    rows = (
        select(ProcessInstance)
        .join(CaseFollower, mine)
        .order_by(CaseFollower.since.desc(), CaseFollower.instance_id.desc())
    )
    return bounded(
        [_followed(asked, actor)], rows, id=ProcessInstance.id, page=number,
        per_page=reading.PER_PAGE,
    )  # fmt: skip
