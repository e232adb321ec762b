"""The team of a head of service: who has what, who is away, and how to share it out."""

from collections.abc import Iterable
from uuid import UUID

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from engine import absences, teams
from engine.access import Actor
from engine.directory import HEAD_OF_SERVICE, Organisation, Person
from engine.models import IN_THE_INBOX, IS_OPEN, UserTask, db
from engine.worklist import ORDERS, URGENCY
from web import called
from web.auth import acting_for, current_actor, guard
from web.navigation import Item, offer
from web.paging import bounded, whole
from web.security import here
from web.typed import page_number

bp = Blueprint("team", __name__, url_prefix="/equipe")

AGENTS, TASKS = 50, 50
"""Shown on one page."""


@offer(bp)
def navigation(actor: Actor) -> Iterable[Item]:
    """Whoever directs agents sees what each has on their hands."""
    if actor.organisations(HEAD_OF_SERVICE):
        yield Item(
            _("Équipe"),
            "team.index",
            icon="people",
            about=_(
                "Qui a quoi, qui est en retard, qui est absent : répartissez les tâches."
            ),
        )


@bp.get("/")
@guard("direct")
def index() -> ResponseReturnValue:
    """What each agent of the body has on their hands, and what nobody has taken."""
    body = _body()
    page = whole(teams.agents(body.id), AGENTS)
    ids = [person.id for person in page.items]
    return render_template(
        "people/team.html",
        body=body,
        bodies=_bodies(),
        page=page,
        held=teams.roles(body.id, ids),
        loads=teams.loads(body.id, ids),
        away=absences.away(ids),
        untaken=teams.to_take(body.id, teams.role_list(body.id)),
        role_names=called.roles([body.id]),
        most=teams.MOST,
    )


@bp.get("/<uuid:person_id>")
@guard("direct")
def agent(person_id: UUID) -> ResponseReturnValue:
    """The open tasks of one agent of the body, to choose from and share out."""
    body = _body()
    person = db.session.get(Person, person_id) or abort(404)
    if not teams.roles(body.id, [person_id]):
        abort(404)
    ids = (
        select(UserTask.id)
        .where(
            UserTask.assignee_id == person_id,
            UserTask.organisation_id == body.id,
            IS_OPEN,
            IN_THE_INBOX,
        )
        .order_by(*ORDERS[URGENCY])
    )
    return _tasks(body, ids, person=person)


@bp.get("/a-prendre/<role>")
@guard("direct")
def untaken(role: str) -> ResponseReturnValue:
    """The open tasks of a role that nobody has taken."""
    body = _body()
    ids = (
        select(UserTask.id)
        .where(
            UserTask.assignee_id.is_(None),
            UserTask.organisation_id == body.id,
            UserTask.role == role[:100],
            IS_OPEN,
            IN_THE_INBOX,
        )
        .order_by(*ORDERS[URGENCY])
    )
    return _tasks(body, ids, role=called.roles([body.id]).get(role, role))


def _tasks(
    body: Organisation, ids: object, *, person: Person | None = None, role: str = ""
) -> str:
    rows = (
        select(UserTask)
        .join(UserTask.instance)
        .options(contains_eager(UserTask.instance))
        .order_by(*ORDERS[URGENCY])
    )
    page = bounded([ids], rows, id=UserTask.id, page=page_number(), per_page=TASKS)
    away = absences.away([person.id]).get(person.id) if person else None
    return render_template(
        "people/agent.html", body=body, person=person, role=role, page=page, away=away,
        list_url=here(), back=url_for(".index", collectivite=body.id),
    )  # fmt: skip


def _bodies() -> list[Organisation]:
    """Those in which this person directs agents themselves."""
    headed = current_actor().organisations(HEAD_OF_SERVICE)
    rows = select(Organisation).where(Organisation.id.in_(headed))
    return list(db.session.scalars(rows.order_by(Organisation.name)))


def _body() -> Organisation:
    """The body that the address names, else the one acted for, else the first."""
    bodies, wanted = _bodies(), request.args.get("collectivite", "")
    usual = acting_for()
    if wanted:
        return next((b for b in bodies if str(b.id) == wanted), None) or abort(404)
    return next((b for b in bodies if b == usual), bodies[0])
