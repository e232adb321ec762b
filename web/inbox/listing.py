"""The page of the inbox: one basket, filtered, in the order and with the columns asked."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import conversation, notices, worklists
from engine.access import Actor, allowed
from engine.commands import task_jobs
from engine.directory import Organisation
from engine.models import UserTask, db
from engine.worklist import hands
from engine.worklists import SavedView
from web import called
from web.auth import current_actor, guard
from web.auth.actor import organisations
from web.cases import reading as case_reading
from web.inbox import around, columns, lines, reading
from web.inbox.asking import Asked, Choices, read
from web.inbox.columns import USUAL, Values
from web.inbox.reading import BASKETS
from web.inbox.views import bp
from web.typed import page_number

LAST_MESSAGES = 3

ACTS: dict[str, tuple[str, ...]] = {
    "a-prendre": ("prendre", "attribuer"),
    "a-moi": ("terminer", "remettre", "attribuer", "reporter"),
    "reportees": ("terminer", "remettre", "attribuer", "reporter"),
    "equipe": ("attribuer",),
    "en-retard": ("prendre", "attribuer"),
}
"""What can be done with several tasks of a basket at once."""


@bp.get("/corbeille/")
@guard("handle")
def index() -> ResponseReturnValue:
    """One basket of one's tasks, as the address asks, or as the person usually opens it."""
    actor = current_actor()
    habits = worklists.habits(person(actor))
    if not request.args and habits.view_id is not None and view_of(str(habits.view_id)):
        return redirect(url_for(".index", vue=habits.view_id))
    baskets = reading.baskets(actor)
    choices = Choices(actor)
    view = view_of(request.args.get("vue", ""))
    asked = read(_said(view), choices, usual=_usual(baskets))
    if view is not None:
        asked.params["vue"] = str(view.id)
    found = lines.page(asked, actor, choices.columns, page_number())
    notes = [*asked.notes, *found.notes]
    if request.args.get("vue") and view is None:
        notes.insert(0, _("Cette vue n’existe plus, ou n’est plus partagée avec vous."))
    shown = shown_columns(asked, choices, actor)
    cases = [row.case.id for row in found.rows]
    return render_template(
        "inbox/index.html",
        baskets=baskets,
        basket=BASKETS[asked.basket],
        asked=asked,
        choices=choices,
        found=found,
        notes=notes,
        columns=shown,
        arranged=arranged(asked, choices, actor),
        values=Values(found.rows, shown),
        unread=notices.unread_cases(actor.person_id, cases),
        habits=habits,
        view=view,
        views=worklists.views(person(actor), roles(actor)),
        shares=shares(actor),
        acts=ACTS.get(asked.basket, ()),
        most_together=task_jobs.MOST,
        to_page=lambda number: asked.address(page=number),
    )


@bp.get("/taches/<uuid:task_id>/apercu")
@guard("see", UserTask, "task_id")
def preview(task_id: UUID) -> ResponseReturnValue:
    """What a task is about, to read beside the list; a page of its own when opened alone."""
    actor = current_actor()
    task = db.session.get_one(UserTask, task_id)
    case = reading.case_of(task)
    whole = case_reading.page(case, actor)
    return render_template(
        "inbox/preview.html",
        alone="X-Preview" not in request.headers,
        task=task,
        page=whole,
        role=case_reading.role_name(task),
        body=db.session.get_one(Organisation, task.organisation_id),
        assignee=case_reading.names({task.assignee_id}).get(task.assignee_id),
        messages=conversation.of_case(case.id)[-LAST_MESSAGES:] if whole.handles else [],
        may_claim=task.status == "open"
        and task.assignee_id is None
        and allowed(actor, "claim", task),
        liste=around.query() or None,
    )


def chosen_columns(asked: Asked, choices: Choices, actor: Actor) -> tuple[str, ...]:
    """The columns chosen: in the address, else by the person, else those of everyone."""
    return asked.columns or _own(asked, choices, actor)


def shown_columns(asked: Asked, choices: Choices, actor: Actor) -> list[columns.Column]:
    """The columns of the list: those chosen, and what its basket adds."""
    chosen = chosen_columns(asked, choices, actor)
    return columns.shown(asked.basket, chosen, choices.columns)


def arranged(asked: Asked, choices: Choices, actor: Actor) -> list[tuple[Any, bool]]:
    """Every column one may choose, those chosen first, and whether it is."""
    chosen = chosen_columns(asked, choices, actor)
    others = [name for name in choices.columns if name not in chosen]
    return [
        *((choices.columns[name], True) for name in chosen),
        *((choices.columns[name], False) for name in others),
    ]


def _own(asked: Asked, choices: Choices, actor: Actor) -> tuple[str, ...]:
    kept = worklists.columns(person(actor), asked.wanted.key) or USUAL
    return tuple(name for name in kept if name in choices.columns) or USUAL


def roles(actor: Actor) -> list[tuple[UUID, str]]:
    """The roles with which a person may share a view."""
    return [(hand.organisation_id, hand.role) for hand in hands(actor)]


def shares(actor: Actor) -> dict[str, str]:
    """With whom a view may be shared: « Instructeur, Région » by « organisation:role »."""
    bodies = {o.id: o.name for o in organisations()}
    names = called.roles(bodies)
    return {
        f"{body}:{role}": f"{names.get(role, role)}, {bodies.get(body, '')}"
        for body, role in roles(actor)
    }


def person(actor: Actor) -> UUID:
    """The id of whoever has an inbox: the guard has turned others away."""
    assert actor.person_id is not None
    return actor.person_id


def _usual(baskets: list[reading.Basket]) -> str:
    """The basket that opens by itself: one's own tasks, if there are any."""
    own = (b.name for b in baskets if b.name in {"a-moi", "a-prendre"} and b.count)
    return next(own, "a-prendre")


def view_of(said: str) -> SavedView | None:
    """The view that an address names, if one may see it."""
    try:
        found = db.session.get(SavedView, UUID(said))
    except ValueError:
        return None
    return found if found and allowed(current_actor(), "see", found) else None


def _said(view: SavedView | None) -> Mapping[str, str]:
    """What is asked: the view, as long as the address says nothing else."""
    own = set(request.args) - {"vue", "page", "apercu", "panneau"}
    if view is None or own:
        return request.args
    return {**view.asked, "colonnes": ",".join(view.columns)}
