"""Finds cases by what people know of them, among those they handle.

    found = page(Search(title="menuiserie", step="decide"), actor)
    following = page(Search(…), actor, after=found.after)

The latest come first (the latest closed, when the day of closing is asked for). Of each
body, the rarest criterion is read on its index, and the others are asked of each case it
gives. A page reads `MOST_READ` rows at most, however many cases there are and however deep
it is: the next one begins after the last case shown, or where this one had to stop.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union,
    union_all,
)

from engine import merging
from engine.access import NOT_HANDLING, Actor
from engine.columns import UtcDateTime
from engine.criteria import (
    EVERYTHING,
    Criterion,
    Search,
    Way,
    between,
    criteria,
)
from engine.models import ProcessInstance, db
from engine.visible import handled_cases

PER_PAGE = 25

MOST_READ = 400
"""Rows of a range of an index that are read in a body, for one page."""


_BEFORE_ANY = UUID(int=0)


@dataclass(frozen=True)
class Place:
    """Where a page ends: the moment and the id of a case, or a moment before any id."""

    moment: datetime
    id: UUID = _BEFORE_ANY


@dataclass(frozen=True)
class Page:
    """Some cases, and where the next page begins if there may be one.

    `stopped`: the page is short, since the search has read all it may; there may be others.
    """

    cases: list[ProcessInstance]
    after: Place | None
    stopped: bool = False


def page(
    search: Search, actor: Actor, *, after: Place | None = None, size: int = PER_PAGE
) -> Page:
    """The cases found that this person handles, from a place on."""
    reader = _Reader(search, actor, after)
    readings = reader.readings()
    # Down to where one body's reading stops first, no case of another is missing.
    floor = max((one.floor for one in readings if one.floor), default=None)
    branches = [branch for one in readings for branch in reader.branches(one, floor)]
    cases = _first(search, branches, size + 1) if branches else []
    if len(cases) > size:
        last = cases[size - 1]
        ended = last.ended_at if search.by_end else None
        return Page(cases[:size], Place(ended or last.started_at, last.id))
    return Page(cases, Place(floor) if floor else None, stopped=floor is not None)


def ordered(search: Search, actor: Actor) -> list[Select[UUID]]:
    """The ids of the cases found, in order: one query a body in which the person works."""
    moment = _moment(search)
    return [
        _handled(actor, body, criteria(search)).order_by(
            moment.desc(), ProcessInstance.id.desc()
        )
        for body in _bodies(search, actor)
    ]


def _bodies(search: Search, actor: Actor) -> list[UUID]:
    bodies = dict.fromkeys(
        r.organisation_id for r in actor.roles if r.name not in NOT_HANDLING
    )
    return [b for b in bodies if search.organisation in {None, b}]


def _handled(actor: Actor, body: UUID, asked: Iterable[Criterion]) -> Select[UUID]:
    """The ids of the body's cases that the person handles and that satisfy all of these."""
    roles = frozenset(r for r in actor.roles if r.organisation_id == body)
    found = handled_cases(replace(actor, roles=roles)).where(*(c.condition for c in asked))
    return found.with_only_columns(ProcessInstance.id)


def _moment(search: Search, row: Any = ProcessInstance) -> Any:
    """The column by which the rows of a table are put in order."""
    return row.ended_at if search.by_end else row.started_at


def _first(search: Search, branches: list[Any], limit: int) -> list[ProcessInstance]:
    rows = (
        select(ProcessInstance)
        .where(ProcessInstance.id.in_(merging.first_ids(branches, limit)))
        .order_by(_moment(search).desc(), ProcessInstance.id.desc())
        .limit(limit)
    )
    return list(db.session.scalars(rows))


@dataclass(frozen=True)
class _Reading:
    """The criterion by which the cases of a body are read, and how far.

    `rows` is how many there are to read; when there are more, `floor` is the moment down to
    which they are read.
    """

    body: UUID
    criterion: Criterion
    ways: list[Way]
    in_order: bool
    rows: int = 0
    floor: datetime | None = None

    @property
    def cost(self) -> tuple[bool, float]:
        """What reads all comes first, the fewest rows; then what reaches furthest back."""
        if self.floor is None:
            return False, self.rows
        return True, self.floor.timestamp()


class _Reader:
    """Reads the cases of one search from a place on."""

    def __init__(self, search: Search, actor: Actor, after: Place | None) -> None:
        self.search, self.actor, self.after = search, actor, after
        self.bodies = _bodies(search, actor)
        self.asked = list(criteria(search))

    def readings(self) -> list[_Reading]:
        """The best way to read each body's cases.

        It is counted what each criterion would read, no further than it may be: so the
        choice holds whatever the database believes of its tables.
        """
        possible = [
            _Reading(body, criterion, ways, self._in_order(criterion, ways))
            for body in self.bodies
            for criterion in [EVERYTHING, *self.asked]
            if criterion.ways is not None
            for ways in [criterion.ways(body)]
        ]
        best = dict[UUID, _Reading]()
        for one in sorted(self._counted(possible), key=lambda one: one.cost):
            best.setdefault(one.body, one)
        return list(best.values())

    def _in_order(self, criterion: Criterion, ways: list[Way]) -> bool:
        """Only all cases together are read in the order of their ends."""
        kept = criterion is EVERYTHING or not self.search.by_end
        return kept and all(way.in_order for way in ways)

    def _counted(self, possible: list[_Reading]) -> Iterator[_Reading]:
        """Those that may be read: what has no order must be short enough to be sorted."""
        counts = [self._count(n, r, way) for n, r in enumerate(possible) for way in r.ways]
        rows, floors = Counter[int](), dict[int, datetime]()
        for first in range(0, len(counts), _AT_ONCE):
            some = union_all(*counts[first : first + _AT_ONCE])
            for n, number, oldest in db.session.execute(some):
                rows[n] += number
                if number > MOST_READ and possible[n].in_order:
                    floors[n] = max(oldest, floors.get(n, oldest))
        for n, one in enumerate(possible):
            if one.in_order or rows[n] <= MOST_READ:
                yield replace(one, rows=rows[n], floor=floors.get(n))

    def _count(self, n: int, reading: _Reading, way: Way) -> Select[Any]:
        """How many rows a way has, up to one too many, and when the last of these began."""
        rows = select(way.case_id).where(*way.conditions)
        if reading.in_order:
            moment = _moment(self.search, way.row)
            rows = select(moment.label("moment")).where(
                *way.conditions, *self._window(moment, way.case_id)
            )
            rows = rows.order_by(moment.desc(), way.case_id.desc())
        read = rows.limit(MOST_READ + 1).subquery()
        oldest = func.min(read.c.moment) if reading.in_order else _NEVER
        return select(literal(n), func.count(), oldest).select_from(read)

    def _window(
        self, moment: Any, case_id: Any, floor: datetime | None = None
    ) -> Iterator[ColumnElement[bool]]:
        """Within the days asked for, from a place to a moment: a range of an index in order."""
        search, after = self.search, self.after
        if search.by_end:
            yield from between(moment, search.ended_from, search.ended_to)
        else:
            yield from between(moment, search.started_from, search.started_to)
        if after is not None:
            same = and_(moment == after.moment, case_id < after.id)
            yield and_(moment <= after.moment, or_(moment < after.moment, same))
        if floor is not None:
            yield moment >= floor

    def branches(self, reading: _Reading, floor: datetime | None) -> Iterator[Select[UUID]]:
        """The ids found in a body, in order: a query for each way."""
        if not reading.rows:
            return
        others = [c for c in self.asked if c is not reading.criterion]
        found = _handled(self.actor, reading.body, others)
        if not reading.in_order:
            yield self._sorted(reading, found, floor)
            return
        for way in reading.ways:
            moment = _moment(self.search, way.row)
            window = self._window(moment, way.case_id, floor)
            rows = found.where(*way.conditions, *window)
            if way.row is not ProcessInstance:
                rows = rows.join(way.row, way.case_id == ProcessInstance.id)
            yield rows.order_by(moment.desc(), way.case_id.desc())

    def _sorted(
        self, reading: _Reading, found: Select[UUID], floor: datetime | None
    ) -> Select[UUID]:
        """The few cases of a criterion without order, each looked up by its id, then sorted.

        As one subquery a case, so that no database walks through the others to find them.
        """
        case, moment = ProcessInstance, _moment(self.search)
        few = union(
            *(select(w.case_id.label("id")).where(*w.conditions) for w in reading.ways)
        )
        ids = few.subquery()
        one = found.where(case.id == ids.c.id, *self._window(moment, case.id, floor))
        when = one.with_only_columns(moment).correlate(ids).scalar_subquery()
        rows = select(ids.c.id, when.label("moment")).limit(reading.rows).subquery()
        some = select(rows.c.id).where(rows.c.moment.is_not(None))
        return some.order_by(rows.c.moment.desc(), rows.c.id.desc())


_AT_ONCE = 100  # SQLite takes no more than five hundred queries in one
_NEVER = cast(null(), UtcDateTime())
