"""The tasks of somebody's baskets, filtered and in order: short queries, each on one index.

    ids = branches(Wanted("a-prendre", key="grants.aid"), actor)

A basket is one query for each role in which a person handles cases; under a procedure, one
for each of its steps. `engine.merging` puts their first rows together.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, literal, or_, select
from sqlalchemy.orm import aliased

from engine import clock, subscriptions
from engine.access import NOT_HANDLING, Actor
from engine.criteria import midnight
from engine.models import IS_OPEN, DefinitionRole, ProcessDefinition, UserTask, db
from engine.visible import visible_tasks

TO_TAKE, MINE, TEAM, SNOOZED, LATE, DONE = (
    "a-prendre", "a-moi", "equipe", "reportees", "en-retard", "faits",
)  # fmt: skip
URGENCY, OLDEST, NEWEST = "urgence", "anciennes", "recentes"
OVERDUE, WEEK, MONTH, NEVER = "retard", "7-jours", "mois", "sans"
DUES = (OVERDUE, WEEK, MONTH, NEVER)


def order(name: str, row: Any = UserTask) -> tuple[Any, ...]:
    """The columns by which tasks are put in an order, the most urgent first unless named."""
    if name == OLDEST:
        return row.opened_at, row.id
    if name == NEWEST:
        return row.opened_at.desc(), row.id.desc()
    return row.due_at.asc().nulls_last(), row.opened_at, row.id


ORDERS = {name: order(name) for name in (URGENCY, OLDEST, NEWEST)}
LATEST = (UserTask.completed_at.desc(), UserTask.id)

MOST_OF_CASES = 10_000
"""Tasks, past and present, of the cases that a search has found."""

MOST_STEPS = 200
"""Steps of one procedure that are told apart."""


@dataclass(frozen=True)
class Hand:
    """A role in which a person handles cases; of these procedures alone, if `keys` is given."""

    organisation_id: UUID
    role: str
    keys: frozenset[str] | None = None


@dataclass(frozen=True)
class Wanted:
    """What is asked of a basket; what is empty is not asked. `cases`: of these cases alone."""

    basket: str
    key: str = ""
    step: str = ""
    body: UUID | None = None
    due: str = ""
    assignee: UUID | None = None
    cases: tuple[UUID, ...] | None = None
    order: str = URGENCY

    @property
    def in_order(self) -> bool:
        """Whether an index gives the tasks in the order asked, however many they are."""
        few = self.cases is not None
        return few or self.order == URGENCY or not (self.due or self.basket == LATE)


@dataclass(frozen=True)
class Offered:
    """A version of a procedure in which a person may have tasks."""

    id: UUID
    key: str
    name: str
    owner_id: UUID
    """The body that offers it: its owner, or one that subscribes to it."""


def hands(actor: Actor) -> list[Hand]:
    """The roles in which this person handles cases, always in the same order: those lent to
    them too, unless they have them anyway.
    """
    lent = dict[Hand, list[frozenset[str]]]()
    own = {Hand(r.organisation_id, r.name) for r in actor.handling if not r.for_person}
    for role in actor.lent:
        hand = Hand(role.organisation_id, role.name)
        if hand not in own and role.name not in NOT_HANDLING:
            lent.setdefault(hand, []).append(role.keys)
    partial = {
        replace(hand, keys=frozenset[str]().union(*keys) if all(keys) else None)
        for hand, keys in lent.items()
    }
    return sorted(own | partial, key=lambda hand: (str(hand.organisation_id), hand.role))


def _in_hand(actor: Actor) -> list[tuple[Hand, UUID | None]]:
    """The roles under which tasks are in this person's hands, and whose they are: theirs, or
    those of somebody they replace.
    """
    theirs = [
        (Hand(role.organisation_id, role.name, role.keys or None), role.for_person)
        for role in actor.lent
        if role.name not in NOT_HANDLING
    ]
    return [*((hand, actor.person_id) for hand in hands(actor)), *dict.fromkeys(theirs)]


def branches(wanted: Wanted, actor: Actor) -> list[Select[UUID]]:
    """The ids of the tasks in the order asked: queries that each follow one index."""
    if wanted.basket == DONE:
        return [_done(wanted, actor)]
    own = wanted.basket in {MINE, SNOOZED}
    asked = _in_hand(actor) if own else [(hand, None) for hand in hands(actor)]
    row: Any = UserTask if wanted.cases is None else aliased(UserTask, _few(wanted.cases))
    return [
        select(row.id)
        .where(
            row.organisation_id == hand.organisation_id,
            row.role == hand.role,
            row.status == IS_OPEN.right,
            *kind,
            *_due(wanted.due, row),
            *place,
        )
        .order_by(*order(wanted.order, row))
        for hand, holder in asked
        if wanted.body in {None, hand.organisation_id}
        for kind, by_step in _kinds(wanted, actor, holder, row)
        for place in _places(wanted, hand, by_step, row)
    ]


def _few(cases: Sequence[UUID]) -> Any:
    """The tasks of some cases. The limit has them read case by case, and judged afterwards:
    no database then walks through the long list of a role to find these few in it.
    """
    of_cases = select(UserTask).where(UserTask.instance_id.in_(cases))
    return of_cases.limit(MOST_OF_CASES).subquery()


def _done(wanted: Wanted, actor: Actor) -> Select[UUID]:
    """What the person completed, the latest first: read on their own index."""
    mine = visible_tasks(actor).where(
        UserTask.completed_by == actor.person_id,
        UserTask.status == "completed",
        UserTask.role.not_in(NOT_HANDLING),
    )
    if wanted.cases is not None:
        mine = mine.where(UserTask.id.in_(select(_few(wanted.cases).c.id)))
    for column, value in (
        (UserTask.key, wanted.key), (UserTask.element_id, wanted.step),
        (UserTask.organisation_id, wanted.body),
    ):  # fmt: skip
        if value:
            mine = mine.where(column == value)
    return mine.with_only_columns(UserTask.id).order_by(*LATEST)


Kind = tuple[tuple[ColumnElement[bool], ...], bool | None]
"""Whose the tasks are; whether one reads those taken, step by step (None: one's own few)."""


def _kinds(wanted: Wanted, actor: Actor, holder: UUID | None, row: Any) -> list[Kind]:
    by, after = row.assignee_id, row.follow_up_at
    now = clock.now()
    near = [actor.person_id, *(role.for_person for role in actor.lent)]
    elsewhere = and_(*(by != person for person in dict.fromkeys(near)))
    match wanted.basket:
        case "a-moi":
            return [((by == holder, or_(after.is_(None), after <= now)), None)]
        case "reportees":
            return [((by == holder, after > now), None)]
        case "a-prendre":
            return [((by.is_(None),), False)]
        case "en-retard":
            late = row.due_at < now
            return [((by.is_(None), late), False), ((by.is_not(None), late), True)]
        case _ if wanted.assignee is not None:
            return [((by == wanted.assignee, elsewhere), None)]
        case _:
            return [((by.is_not(None), elsewhere), True)]


def _places(
    wanted: Wanted, hand: Hand, taken: bool | None, row: Any
) -> Iterator[tuple[ColumnElement[bool], ...]]:
    """Where the tasks are: everywhere, or at each step of the procedures asked."""
    lent = hand.keys
    keys = [wanted.key] if wanted.key else sorted(lent) if lent is not None else None
    if keys is None:
        yield ()
        return
    for key in keys:
        if lent is not None and key not in lent:
            continue
        of_key = row.key == key
        if wanted.step and wanted.key:
            yield of_key, row.element_id == wanted.step
        elif taken is None or wanted.cases is not None:
            yield (of_key,)
        else:
            for step in _steps(hand, key, taken=taken):
                yield of_key, row.element_id == step


def _due(asked: str, row: Any) -> tuple[ColumnElement[bool], ...]:
    due, now = row.due_at, clock.now()
    match asked:
        case "retard":
            return (due < now,)
        case "7-jours":
            return (due >= now, due < now + timedelta(days=7))
        case "mois":
            return (due >= now, due < _end_of_month())
        case "sans":
            return (due.is_(None),)
    return ()


def _end_of_month() -> datetime:
    first = clock.today().replace(day=1)
    return midnight((first + timedelta(days=31)).replace(day=1))


def _steps(hand: Hand, key: str, *, taken: bool) -> list[str]:
    """The steps of a procedure at which a role has tasks: one look at the index for each."""
    asked = {"organisation_id": hand.organisation_id, "role": hand.role, "key": key}
    return list(db.session.scalars(_STEPS[taken], asked))


def _steps_query(whose: ColumnElement[bool]) -> Select[Any]:
    """Each step is found from the one before, however many tasks are there."""
    element = UserTask.element_id
    body = bindparam("organisation_id", type_=UserTask.organisation_id.type)
    steps = (
        select(element)
        .where(
            UserTask.organisation_id == body,
            UserTask.role == bindparam("role"),
            UserTask.key == bindparam("key"),
            IS_OPEN,
            whose,
        )
        .order_by(element)
        .limit(1)
    )
    first = steps.scalar_subquery()
    found = select(first.label("step"), literal(1).label("rank")).cte(recursive=True)
    following = steps.where(element > found.c.step).correlate(found).scalar_subquery()
    further = found.c.step.is_not(None) & (found.c.rank < MOST_STEPS)
    found = found.union_all(select(following, found.c.rank + 1).where(further))
    return select(found.c.step).where(found.c.step.is_not(None))


_STEPS: dict[bool, Select[Any]] = {
    False: _steps_query(UserTask.assignee_id.is_(None)),
    True: _steps_query(UserTask.assignee_id.is_not(None)),
}


def procedures(actor: Actor) -> list[Offered]:
    """Every version of the procedures in which this person may have tasks, by name, the
    latest first: those of their bodies and, for a role that none of these names, those of
    the bodies that consult them.
    """
    held = hands(actor)
    bodies = {hand.organisation_id for hand in held}
    own = list(_versions(held, lambda body: body.in_(bodies)))
    theirs = {(offered.owner_id, role) for offered, role in own}
    asked = [h for h in held if (h.organisation_id, h.role) not in theirs]
    away = list(_versions(asked, lambda body: body.not_in(bodies))) if asked else []
    there = {(h.organisation_id, h.role) for h in held}
    mine = [offered for offered, role in own if (offered.owner_id, role) in there]
    return list(dict.fromkeys([*mine, *(offered for offered, _ in away)]))


def _versions(
    held: Iterable[Hand], offered_by: Callable[[Any], ColumnElement[bool]]
) -> Iterator[tuple[Offered, str]]:
    version, named = ProcessDefinition, DefinitionRole
    offered = subscriptions.versions()
    rows = db.session.execute(
        select(version.id, version.key, version.name, offered.c.body_id, named.role)
        .join(named, and_(named.definition_id == version.id))
        .join(offered, offered.c.definition_id == version.id)
        .where(offered_by(offered.c.body_id), named.role.in_({hand.role for hand in held}))
        .order_by(version.name, version.version.desc())
        .limit(MOST_VERSIONS)
    )
    for definition_id, key, name, owner, role in rows:
        yield Offered(definition_id, key, name, owner), role


MOST_VERSIONS = 500
"""Versions of procedures that are offered to choose from."""
