"""What people know of the cases they look for, and on which index each criterion reads them.

A criterion is a condition on a case, and often ways to the cases that satisfy it: ranges of
an index. `engine.search` reads the ways of one criterion, and asks the others of each case.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    false,
    literal,
    or_,
    select,
    true,
)

from engine import clock
from engine.exchanges import RemoteCall
from engine.models import (
    IS_OPEN,
    SUSPENDED,
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

MOST_SPELLINGS = 5
"""Words with one beginning that are each read in order; more are read together, in none."""

STATUSES = ("active", SUSPENDED, "completed", "cancelled")

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

    @property
    def by_end(self) -> bool:
        """Whether the cases are put in the order of their ends."""
        return self.ended_from is not None or self.ended_to is not None


@dataclass(frozen=True)
class Way:
    """A range of an index of one table, whose rows each belong to a case.

    `in_order`: its index gives the case that started last first.
    """

    row: Any
    conditions: tuple[ColumnElement[bool], ...]
    in_order: bool = False

    @property
    def case_id(self) -> Any:
        """The column that says which case."""
        return self.row.id if self.row is ProcessInstance else self.row.instance_id


@dataclass(frozen=True)
class Criterion:
    """A condition on a case; `ways`, of a body, lead together to all its cases that meet it."""

    condition: ColumnElement[bool]
    ways: Callable[[UUID], list[Way]] | None = None


def criteria(search: Search) -> Iterator[Criterion]:
    """What a case must satisfy, one criterion after the other."""
    case = ProcessInstance
    yield from _in_columns(search)
    for first, last, column in [
        (search.started_from, search.started_to, case.started_at),
        (search.ended_from, search.ended_to, case.ended_at),
    ]:
        yield from map(Criterion, between(column, first, last))
    for word in words(search.title)[:MOST_WORDS]:
        yield _beginning(TITLE, word)
    for condition in search.variables:
        yield _compared(condition)
    yield from _in_steps(search)


def between(
    column: Any, first: date | None, last: date | None
) -> Iterator[ColumnElement[bool]]:
    """Within two days of Paris, both included; one that is None bounds nothing."""
    if first is not None:
        yield column >= midnight(first)
    if last is not None:
        yield column < midnight(last + timedelta(days=1))


def midnight(day: date) -> datetime:
    """When a day begins in Paris."""
    return datetime.combine(day, time(), clock.PARIS)


def _in_columns(search: Search) -> Iterator[Criterion]:
    case = ProcessInstance
    if search.number:
        numbered = case.number == case_number(search.number)
        yield Criterion(numbered, lambda _: [Way(case, (numbered,))])
    if search.key and search.version is not None:
        yield _of_version(search.key, search.version)
    for column, value in [(case.key, search.key), (case.status, search.status)]:
        if value:
            yield _of_body(column == value)
    if search.applicant is not None:
        applied = case.applicant_id == search.applicant
        yield Criterion(applied, lambda _: [Way(case, (applied,), in_order=True)])


def _of_body(condition: ColumnElement[bool]) -> Criterion:
    case = ProcessInstance
    return Criterion(
        condition,
        lambda body: [Way(case, (case.organisation_id == body, condition), in_order=True)],
    )


def _of_version(key: str, version: int) -> Criterion:
    case = ProcessInstance
    definition = (
        select(ProcessDefinition.id)
        .where(ProcessDefinition.key == key, ProcessDefinition.version == version)
        .scalar_subquery()
    )
    followed = case.definition_id == definition
    return Criterion(
        followed,
        lambda _: [Way(case, (followed, case.status == s), True) for s in STATUSES],
    )


def case_number(typed: str) -> str:
    """A case's number, however its hyphens and capitals were typed."""
    bare = "".join(c for c in typed.upper() if c.isalnum())
    return f"{bare[:2]}-{bare[2:6]}-{bare[6:]}" if len(bare) == _NUMBER else bare


def _compared(condition: Condition) -> Criterion:
    kept = columns(condition.value)
    if condition.operator == BEGINS:
        return _beginning(condition.name, fold(str(condition.value)))
    if condition.operator == EQUAL:
        return _variable(condition.name, CaseVariable.text == kept["text"], in_order=True)
    for name in ("number", "moment"):
        if (bound := kept[name]) is not None:
            column = getattr(CaseVariable, name)
            at_least = condition.operator == AT_LEAST
            return _variable(
                condition.name, column >= bound if at_least else column <= bound
            )
    return Criterion(false())


def _variable(name: str, test: ColumnElement[bool], *, in_order: bool = False) -> Criterion:
    named = CaseVariable.name == name
    return Criterion(
        _probed(CaseVariable, named, test),
        lambda body: [Way(CaseVariable, (*_of(body, name), test), in_order)],
    )


def _beginning(name: str, beginning: str) -> Criterion:
    """Words with that beginning: each is a range in order when they are few.

    A prefix is a range of texts: U+FFFF comes after every letter.
    """
    text, end = CaseVariable.text, beginning + "\uffff"
    test = and_(text >= beginning, text < end)

    def ways(body: UUID) -> list[Way]:
        asked = {"body": body, "name": name, "beginning": beginning, "end": end}
        found = [word for word in db.session.scalars(_SPELLINGS, asked) if word]
        named = _of(body, name)
        if len(found) > MOST_SPELLINGS:
            return [Way(CaseVariable, (*named, test))]
        return [Way(CaseVariable, (*named, text == word), in_order=True) for word in found]

    return Criterion(_probed(CaseVariable, CaseVariable.name == name, test), ways)


def _spellings() -> Select[Any]:
    """The words of a body's cases from a beginning to an end, up to one too many.

    Each is found from the one before by one look at the index, however many cases have it.
    """
    text = CaseVariable.text
    named = _of(bindparam("body"), bindparam("name"))
    words = select(text).where(*named, text < bindparam("end")).order_by(text).limit(1)
    first = words.where(text >= bindparam("beginning")).scalar_subquery()
    found = select(first.label("word"), literal(1).label("rank")).cte(recursive=True)
    following = words.where(text > found.c.word).correlate(found).scalar_subquery()
    further = found.c.word.is_not(None) & (found.c.rank <= MOST_SPELLINGS)
    found = found.union_all(select(following, found.c.rank + 1).where(further))
    return select(found.c.word)


def _of(body: Any, name: Any) -> tuple[ColumnElement[bool], ...]:
    return CaseVariable.organisation_id == body, CaseVariable.name == name


def _in_steps(search: Search) -> Iterator[Criterion]:
    """Where somebody or something is waited for: one table has it, seldom two.

    With a role, the way is the step's own: its index does not hold the role.
    """
    waiting = _WAITING[:1] if search.role else _WAITING
    steps = [Way(r, (r.element_id == search.step, *still)) for r, still in waiting]
    if search.role:
        here = steps[0].conditions if search.step else (IS_OPEN,)
        yield Criterion(_probed(UserTask, *here, UserTask.role == search.role))
    if search.step:
        asked = or_(*(_probed(way.row, *way.conditions) for way in steps))
        yield Criterion(true() if search.role else asked, lambda _: steps)


def _probed(row: Any, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether one case has such a row: one look at an index for each case."""
    of_case = select(row.instance_id).where(
        row.instance_id == ProcessInstance.id, *conditions
    )
    return of_case.limit(1).correlate(ProcessInstance).scalar_subquery().is_not(None)


EVERYTHING = Criterion(
    true(),
    lambda body: [
        Way(ProcessInstance, (ProcessInstance.organisation_id == body,), in_order=True)
    ],
)

_SPELLINGS = _spellings()

_WAITING: list[tuple[Any, tuple[ColumnElement[bool], ...]]] = [
    (UserTask, (IS_OPEN,)),
    (RemoteCall, (RemoteCall.finished_at.is_(None),)),
    (Timer, ()),
    (MessageSubscription, ()),
]
