"""The baskets of the inbox: each a query on one index, counted and paged."""

from dataclasses import dataclass
from typing import Any

from flask_sqlalchemy.pagination import Pagination
from sqlalchemy import Select, func, select
from sqlalchemy.orm import contains_eager

from engine import clock
from engine.access import NOT_HANDLING, Actor, visible_tasks
from engine.models import ProcessInstance, UserTask, db

PER_PAGE = 25


@dataclass(frozen=True)
class Basket:
    """One way to look at one's tasks."""

    name: str
    label: str
    empty: str
    count: int | None = None


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
        Basket(
            b.name, b.label, b.empty, None if b.name == "faits" else _count(actor, b.name)
        )
        for b in BASKETS.values()
    ]


def tasks(actor: Actor, basket: str, page: int) -> Pagination:
    """One page of a basket's tasks, the most urgent first, each with its case."""
    statement = _select(actor, basket)
    if basket == "faits":
        ordered = statement.order_by(UserTask.completed_at.desc(), UserTask.id)
    else:
        ordered = statement.order_by(
            UserTask.due_at.is_(None), UserTask.due_at, UserTask.opened_at, UserTask.id
        )
    eager = ordered.join(UserTask.instance).options(contains_eager(UserTask.instance))
    return db.paginate(eager, page=max(page, 1), per_page=PER_PAGE, error_out=False)


def next_task(actor: Actor) -> UserTask | None:
    """The most urgent task in this person's hands."""
    return db.session.scalars(
        _select(actor, "a-moi")
        .order_by(UserTask.due_at.is_(None), UserTask.due_at)
        .limit(1)
    ).first()


def case_of(task: UserTask) -> ProcessInstance:
    """The case a task belongs to."""
    return db.session.get_one(ProcessInstance, task.instance_id)


def _select(actor: Actor, basket: str) -> Select[Any]:
    mine = visible_tasks(actor).where(UserTask.role.not_in(NOT_HANDLING))
    if basket == "faits":
        return mine.where(
            UserTask.completed_by == actor.person_id, UserTask.status == "completed"
        )
    still_open = mine.where(UserTask.status == "open")
    match basket:
        case "a-prendre":
            return still_open.where(UserTask.assignee_id.is_(None))
        case "a-moi":
            return still_open.where(UserTask.assignee_id == actor.person_id)
        case "en-retard":
            return still_open.where(UserTask.due_at < clock.now())
        case _:
            return still_open.where(
                UserTask.assignee_id.is_not(None), UserTask.assignee_id != actor.person_id
            )


def _count(actor: Actor, basket: str) -> int:
    ids = _select(actor, basket).with_only_columns(UserTask.id).subquery()
    return db.session.scalar(select(func.count()).select_from(ids)) or 0
