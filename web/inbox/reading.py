"""The baskets of the inbox: each a query on one index, counted and paged."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from flask_sqlalchemy.pagination import Pagination
from sqlalchemy import Select, select
from sqlalchemy.orm import contains_eager

from engine import merging
from engine.access import Actor
from engine.awaiting import followed
from engine.models import ProcessInstance, UserTask, db
from engine.worklist import DONE, LATEST, ORDERS, URGENCY, Wanted, branches
from web.paging import bounded

PER_PAGE = 25

MOST_COUNTED = 99
"""What a basket holds is counted up to here; head counts are in the figures."""

WAITING, FOLLOWED = "en-attente", "suivis"


@dataclass(frozen=True)
class Basket:
    """One way to look at one's tasks; some hold cases instead (`of_cases`)."""

    name: str
    label: str
    empty: str
    of_cases: bool = False
    count: int | str | None = None
    """« 99+ » when there are more."""


BASKETS = {
    b.name: b
    for b in (
        Basket("a-prendre", "À prendre", "Rien à prendre : tout est pris en charge."),
        Basket("a-moi", "À moi", "Vous n'avez rien en charge. Prenez une tâche."),
        Basket("equipe", "Mon équipe", "Personne d'autre n'a de tâche en charge."),
        Basket(
            WAITING,
            "En attente",
            "Aucun des dossiers que vous suivez n'attend d'entreprise, d'avis ni de partenaire.",
            of_cases=True,
        ),
        Basket(
            "reportees",
            "Reportées",
            "Aucune de vos tâches n'est reportée à plus tard.",
        ),
        Basket("en-retard", "En retard", "Rien n'est en retard."),
        Basket(
            FOLLOWED,
            "Suivis",
            "Vous ne suivez aucun dossier en cours. Ceux que vous traitez viennent ici d'eux-mêmes.",
            of_cases=True,
        ),
        Basket("faits", "Faits", "Vous n'avez encore terminé aucune tâche."),
    )
}


def baskets(actor: Actor) -> list[Basket]:
    """Every basket with its count; what is done is not counted."""
    return [
        replace(b, count=None if b.name == DONE else _count(actor, b.name))
        for b in BASKETS.values()
    ]


def ids(actor: Actor, basket: str) -> list[Select[UUID]]:
    """The ids of what a basket holds, in order: of tasks, or of cases."""
    if basket in {WAITING, FOLLOWED}:
        return [followed(actor, awaiting=basket == WAITING)]
    return branches(Wanted(basket), actor)


def tasks(actor: Actor, wanted: Wanted | str, page: int) -> Pagination:
    """One page of tasks in the order asked, each with its case; of a basket, by its name."""
    wanted = Wanted(wanted) if isinstance(wanted, str) else wanted
    rows = with_cases().order_by(*order_of(wanted))
    return bounded(
        branches(wanted, actor), rows, id=UserTask.id, page=page, per_page=PER_PAGE
    )


def with_cases() -> Select[UserTask]:
    """Tasks, each read with its case."""
    return (
        select(UserTask).join(UserTask.instance).options(contains_eager(UserTask.instance))
    )


def order_of(wanted: Wanted) -> tuple[Any, ...]:
    """The columns by which a basket's tasks are put in order."""
    return LATEST if wanted.basket == DONE else ORDERS[wanted.order]


def first(actor: Actor, wanted: Wanted, most: int) -> list[UUID]:
    """The ids of the first tasks in the order asked."""
    found = branches(wanted, actor)
    if not found:
        return []
    some = select(UserTask.id).where(UserTask.id.in_(merging.first_ids(found, most)))
    return list(db.session.scalars(some.order_by(*order_of(wanted)).limit(most)))


def next_task(actor: Actor) -> UserTask | None:
    """The most urgent task in this person's hands."""
    found = first(actor, Wanted("a-moi", order=URGENCY), 1)
    return db.session.get(UserTask, found[0]) if found else None


def case_of(task: UserTask) -> ProcessInstance:
    """The case a task belongs to."""
    return db.session.get_one(ProcessInstance, task.instance_id)


def _count(actor: Actor, basket: str) -> int | str:
    counted = merging.count(ids(actor, basket), MOST_COUNTED + 1)
    return counted if counted <= MOST_COUNTED else f"{MOST_COUNTED}+"
