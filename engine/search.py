"""Finds cases by what people know of them, among those they handle.

    found = page(Search(title="menuiserie", step="decide"), actor)
    following = page(Search(…), actor, after=found.after)

Every criterion is read on an index, and a page costs the same however deep it is: the next
one begins after the last case shown. The latest come first (the latest closed, when the
day of closing is asked for).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    and_,
    false,
    literal,
    or_,
    select,
)

from engine import clock, merging
from engine.access import NOT_HANDLING, Actor, handled_cases
from engine.exchanges import RemoteCall
from engine.models import (
    IS_OPEN,
    MessageSubscription,
    ProcessDefinition,
    ProcessInstance,
    Timer,
    UserTask,
    db,
)
from engine.variables import TITLE, CaseVariable, columns
from engine.words import fold, words

EQUAL, AT_LEAST, AT_MOST, BEGINS = "=", ">=", "<=", "^"
OPERATORS = (EQUAL, AT_LEAST, AT_MOST, BEGINS)

MOST_WORDS = 8
"""Words of a title that are looked for; the others are left out."""

PER_PAGE = 25

FEW = 1000
"""Cases that are gathered first and then put in order; more are met on the way."""

_NUMBER = 10  # characters of a case's number, without its hyphens


@dataclass(frozen=True)
class Condition:
    """What a searchable variable must be. Texts are compared without accents or capitals.

    `>=` and `<=` compare numbers and dates; `^` is the beginning of a text.
    """

    name: str
    operator: str
    value: str | float | date


@dataclass(frozen=True)
class Search:
    """What is known of the cases looked for; what is empty is not asked.

    Days are those of Paris, both included. `title` is the beginnings of words of the title
    or number; `step` is an element where a task, a call, a timer or a message is waited
    for; `role` is who has an open task there.
    """

    number: str = ""
    title: str = ""
    key: str = ""
    version: int | None = None
    status: str = ""
    started_from: date | None = None
    started_to: date | None = None
    ended_from: date | None = None
    ended_to: date | None = None
    step: str = ""
    role: str = ""
    organisation: UUID | None = None
    applicant: UUID | None = None
    variables: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Place:
    """Where a page ends: the moment and the id of its last case."""

    moment: datetime
    id: UUID


@dataclass(frozen=True)
class Page:
    """Some cases, and where the next page begins if there is one."""

    cases: list[ProcessInstance]
    after: Place | None


def page(
    search: Search, actor: Actor, *, after: Place | None = None, size: int = PER_PAGE
) -> Page:
    """The cases found that this person handles, from a place on."""
    moment = _moment(search)
    branches = ordered(search, actor)
    if after is not None:
        same = and_(moment == after.moment, ProcessInstance.id < after.id)
        further = and_(moment <= after.moment, or_(moment < after.moment, same))
        branches = [b.where(further) for b in branches]
    cases = list(db.session.scalars(_in_order(search, branches, size + 1)))
    if len(cases) <= size:
        return Page(cases, None)
    last = cases[size - 1]
    ended = last.ended_at if _by_end(search) else None
    return Page(cases[:size], Place(ended or last.started_at, last.id))


def ordered(search: Search, actor: Actor) -> list[Select[UUID]]:
    """The ids of the cases found, in order: one query a body in which the person works."""
    moment = _moment(search)
    bodies = dict.fromkeys(
        r.organisation_id for r in actor.roles if r.name not in NOT_HANDLING
    )
    wanted = [b for b in bodies if search.organisation in {None, b}]
    conditions = list(criteria(search)) if wanted else []
    return [
        handled_cases(_within(actor, body))
        .where(*conditions)
        .with_only_columns(ProcessInstance.id)
        .order_by(moment.desc(), ProcessInstance.id.desc())
        for body in wanted
    ]


def _in_order(search: Search, branches: list[Any], limit: int) -> Select[Any]:
    rows = select(ProcessInstance)
    if not branches:
        return rows.where(false())
    return (
        rows.where(ProcessInstance.id.in_(merging.first_ids(branches, limit)))
        .order_by(_moment(search).desc(), ProcessInstance.id.desc())
        .limit(limit)
    )


def _within(actor: Actor, organisation_id: UUID) -> Actor:
    """The person as if they worked for one body only."""
    roles = frozenset(r for r in actor.roles if r.organisation_id == organisation_id)
    return replace(actor, roles=roles)


def _by_end(search: Search) -> bool:
    return search.ended_from is not None or search.ended_to is not None


def _moment(search: Search) -> Any:
    return ProcessInstance.ended_at if _by_end(search) else ProcessInstance.started_at


@dataclass(frozen=True)
class _Way:
    """Ids of cases that satisfy a criterion, by the rows of one table."""

    row: Any
    conditions: tuple[ColumnElement[bool], ...]

    @property
    def ids(self) -> Select[UUID]:
        """All of them."""
        return select(self.row.instance_id).where(*self.conditions)

    def probed(self) -> ColumnElement[bool]:
        """Whether one case is among them: one look at an index for each case."""
        of_case = self.ids.where(self.row.instance_id == ProcessInstance.id).limit(1)
        return of_case.correlate(ProcessInstance).scalar_subquery().is_not(None)


def criteria(search: Search) -> Iterator[ColumnElement[bool]]:
    """What a case must satisfy, one condition after the other."""
    case = ProcessInstance
    if search.number:
        yield case.number == _number(search.number)
    if search.key:
        yield case.key == search.key
    if search.key and search.version is not None:
        yield case.definition_id == _version(search.key, search.version)
    if search.status:
        yield case.status == search.status
    if search.applicant is not None:
        yield case.applicant_id == search.applicant
    yield from _between(case.started_at, search.started_from, search.started_to)
    yield from _between(case.ended_at, search.ended_from, search.ended_to)
    for ways in [*_in_variables(search), *_in_steps(search)]:
        yield _met(ways)
    if search.role and not search.step:
        yield _Way(UserTask, (IS_OPEN, UserTask.role == search.role)).probed()


def _met(ways: list[_Way]) -> ColumnElement[bool]:
    """Begin with what few cases satisfy; ask of each case, in order, what many do.

    Counting first, no further than needed, tells which is short whatever the database
    believes: it is told the count as the limit of what it gathers.
    """
    counts = [merging.count([way.ids], FEW + 1) for way in ways]
    if sum(counts) > FEW:
        return or_(*(way.probed() for way in ways))
    return or_(
        false(),
        *(
            ProcessInstance.id.in_(way.ids.limit(literal(n, literal_execute=True)))
            for way, n in zip(ways, counts, strict=True)
            if n
        ),
    )


def _in_variables(search: Search) -> Iterator[list[_Way]]:
    of_title = CaseVariable.name == TITLE
    for word in words(search.title)[:MOST_WORDS]:
        yield [_Way(CaseVariable, (of_title, _begins(word)))]
    for condition in search.variables:
        named = CaseVariable.name == condition.name
        yield [_Way(CaseVariable, (named, _compared(condition)))]


def _in_steps(search: Search) -> Iterator[list[_Way]]:
    """Where somebody or something is waited for: one table has it, seldom two."""
    if search.step and search.role:
        here = UserTask.element_id == search.step
        yield [_Way(UserTask, (here, IS_OPEN, UserTask.role == search.role))]
    elif search.step:
        yield [
            _Way(row, (row.element_id == search.step, *still)) for row, still in _WAITING
        ]


def _number(typed: str) -> str:
    """A case's number, however its hyphens and capitals were typed."""
    bare = "".join(c for c in typed.upper() if c.isalnum())
    return f"{bare[:2]}-{bare[2:6]}-{bare[6:]}" if len(bare) == _NUMBER else bare


def _version(key: str, version: int) -> ScalarSelect[UUID]:
    return (
        select(ProcessDefinition.id)
        .where(ProcessDefinition.key == key, ProcessDefinition.version == version)
        .scalar_subquery()
    )


def _between(
    column: Any, first: date | None, last: date | None
) -> Iterator[ColumnElement[bool]]:
    if first is not None:
        yield column >= midnight(first)
    if last is not None:
        yield column < midnight(last + timedelta(days=1))


def midnight(day: date) -> datetime:
    """When a day begins in Paris."""
    return datetime.combine(day, time(), clock.PARIS)


def _compared(condition: Condition) -> Any:
    kept = columns(condition.value)
    if condition.operator == EQUAL:
        return CaseVariable.text == kept["text"]
    if condition.operator == BEGINS:
        return _begins(fold(str(condition.value)))
    for name in ("number", "moment"):
        if (bound := kept[name]) is not None:
            column = getattr(CaseVariable, name)
            return column >= bound if condition.operator == AT_LEAST else column <= bound
    return false()


def _begins(beginning: str) -> ColumnElement[bool]:
    """A prefix as a range of the index; U+FFFF comes after every letter."""
    return and_(CaseVariable.text >= beginning, CaseVariable.text < beginning + "\uffff")


_WAITING: list[tuple[Any, tuple[ColumnElement[bool], ...]]] = [
    (UserTask, (IS_OPEN,)),
    (RemoteCall, (RemoteCall.finished_at.is_(None),)),
    (Timer, ()),
    (MessageSubscription, ()),
]
