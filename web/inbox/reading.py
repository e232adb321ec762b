"""The baskets of the inbox: each a query on one index, counted and paged."""

from dataclasses import dataclass, replace
from uuid import UUID

from flask_sqlalchemy.pagination import Pagination
from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import contains_eager

from engine import clock, merging
from engine.access import NOT_HANDLING, Actor, Role, tasks_of, visible_tasks
from engine.models import IS_OPEN, ProcessInstance, UserTask, db
from web.paging import bounded

PER_PAGE = 25

MOST_COUNTED = 99
"""What a basket holds is counted up to here; head counts are in the figures."""

URGENCY = (UserTask.due_at.asc().nulls_last(), UserTask.opened_at, UserTask.id)
LATEST = (UserTask.completed_at.desc(), UserTask.id)


@dataclass(frozen=True)
class Basket:
    """One way to look at one's tasks."""

    name: str
    label: str
    empty: str
    count: int | str | None = None
    """« 99+ » when there are more."""


BASKETS = {
    "a-prendre": Basket(
        "a-prendre", "À prendre", "Rien à prendre : tout est pris en charge."
    ),
    "a-moi": Basket("a-moi", "À moi", "Vous n'avez rien en charge. Prenez une tâche."),
    "equipe": Basket("equipe", "Mon équipe", "Personne d'autre n'a de tâche en charge."),
    "en-retard": Basket("en-retard", "En retard", "Rien n'est en retard."),
    "faits": Basket("faits", "Faits", "Vous n'avez encore terminé aucune tâche."),
}


def baskets(actor: Actor) -> list[Basket]:
    """Every basket with its count; what is done is not counted."""
    return [
        replace(b, count=None if b.name == "faits" else _count(actor, b.name))
        for b in BASKETS.values()
    ]


def tasks(actor: Actor, basket: str, page: int) -> Pagination:
    """One page of a basket's tasks, the most urgent first, each with its case."""
    rows = (
        select(UserTask)
        .join(UserTask.instance)
        .options(contains_eager(UserTask.instance))
        .order_by(*(LATEST if basket == "faits" else URGENCY))
    )
    return bounded(
        _branches(actor, basket), rows, id=UserTask.id, page=page, per_page=PER_PAGE
    )


def next_task(actor: Actor) -> UserTask | None:
    """The most urgent task in this person's hands."""
    branches = _branches(actor, "a-moi")
    if not branches:
        return None
    first = select(UserTask).where(UserTask.id.in_(merging.first_ids(branches, 1)))
    return db.session.scalars(first.order_by(*URGENCY).limit(1)).first()


def case_of(task: UserTask) -> ProcessInstance:
    """The case a task belongs to."""
    return db.session.get_one(ProcessInstance, task.instance_id)


def _branches(actor: Actor, basket: str) -> list[Select[UUID]]:
    """The ids of a basket's tasks in order: queries that each follow one index."""
    by = UserTask.assignee_id
    kinds: list[list[ColumnElement[bool]]]
    match basket:
        case "faits":
            done = UserTask.completed_by == actor.person_id
            mine = visible_tasks(actor).where(
                done, UserTask.status == "completed", UserTask.role.not_in(NOT_HANDLING)
            )
            return [mine.with_only_columns(UserTask.id).order_by(*LATEST)]
        case "a-moi":
            put_off = UserTask.follow_up_at
            to_do = or_(put_off.is_(None), put_off <= clock.now())
            return [
                _branch(role, by == holder, to_do)
                for role in actor.handling
                for holder in _hands(actor, role)
            ]
        case "a-prendre":
            kinds = [[by.is_(None)]]
        case "en-retard":
            late = UserTask.due_at < clock.now()
            kinds = [[by.is_(None), late], [by.is_not(None), late]]
        case _:
            hands = {actor.person_id, *(role.for_person for role in actor.lent)}
            kinds = [[by.is_not(None), by.not_in(sorted(hands, key=str))]]
    return [
        _branch(role, *kind)
        for role in actor.handling
        if not _held_too(actor, role)
        for kind in kinds
    ]


def _branch(role: Role, *which: ColumnElement[bool]) -> Select[UUID]:
    return select(UserTask.id).where(tasks_of(role), IS_OPEN, *which).order_by(*URGENCY)


def _held_too(actor: Actor, role: Role) -> bool:
    """Whether a role that was lent is one that this person has anyway."""
    return role.for_person is not None and actor.holds(role.organisation_id, role.name)


def _hands(actor: Actor, role: Role) -> list[UUID | None]:
    """Whose tasks are in this person's hands under a role: theirs, and the absent one's."""
    mine = [] if _held_too(actor, role) else [actor.person_id]
    return [*mine, role.for_person] if role.for_person else mine


def _count(actor: Actor, basket: str) -> int | str:
    counted = merging.count(_branches(actor, basket), MOST_COUNTED + 1)
    return counted if counted <= MOST_COUNTED else f"{MOST_COUNTED}+"
