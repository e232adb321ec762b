"""Look for folders across all those that one may see in a body, and take them out as a file."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, Select, and_, or_, select

from engine import clock
from engine.access import Actor
from engine.directory import Organisation
from engine.models import db
from web.attachments import disposition
from web.auth import acting_for, current_actor, guard
from web.inbox.exporting import csv_of
from web.parapheur import asking, listing, metadata, words
from web.parapheur.asking import Asked, Choices
from workflows.parapheur import lists, rules
from workflows.parapheur.models import (
    DESK_PREFIX,
    DRAFT,
    PUBLIC,
    SERVICE,
    Desk,
    Folder,
    FolderDesk,
    FolderSubtype,
)

bp = Blueprint("parapheur_search", __name__, url_prefix="/parapheur")
bp.context_processor(lambda: {"words": words})

MOST_EXPORTED = 5000
_AT_ONCE = 500


@bp.get("/recherche")
@guard("use the book")
def index() -> ResponseReturnValue:
    """The folders of a body that one may see, as asked, the latest first."""
    actor = current_actor()
    bodies = bodies_of(actor)
    body = body_of(bodies)
    choices = Choices(body.id)
    asked = asking.read(request.args, choices)
    after = request.args.get("apres", "")
    order = asking.order_of(asked, arrival=False, latest=True)
    rows = order.apply(asked.narrow(visible(actor, body.id)), after)
    found = listing.paged(rows, order, body.id, actor)
    address: Any = lambda without="": asked.address(".index", without, organisme=body.id)  # noqa: E731
    return render_template(
        "parapheur/search.html",
        bodies=bodies,
        body=body,
        asked=asked,
        choices=choices,
        rows=found.rows,
        first_page=not after,
        address=address,
        further=asked.address(".index", organisme=body.id, apres=found.after)
        if found.after
        else "",
    )


@bp.post("/recherche/export")
@guard("use the book")
def export() -> ResponseReturnValue:
    """The same folders as a CSV file, five thousand at most."""
    actor = current_actor()
    body = body_of(bodies_of(actor))
    asked = asking.read(request.form, Choices(body.id))
    order = asking.order_of(asked, arrival=False, latest=True)
    rows = order.apply(asked.narrow(visible(actor, body.id)), "").limit(MOST_EXPORTED)
    ids = list(db.session.scalars(rows))
    content = csv_of(_heads(asked), _lines(ids, asked, body.id))
    answer = Response(content, mimetype="text/csv; charset=utf-8")
    name = f"parapheur-{clock.today():%Y-%m-%d}.csv"
    answer.headers["Content-Disposition"] = disposition(name, inline=False)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def visible(actor: Actor, body: UUID) -> Select[Any]:
    """The folders of a body that somebody may see: the rule (Folder, "see"), as a query."""
    rows = select(Folder.instance_id).where(Folder.organisation_id == body)
    if rules.keeps(actor, body):
        return rows
    seats = [
        role
        for role in actor.roles
        if role.organisation_id == body and role.name.startswith(DESK_PREFIX)
    ]
    by_seat = [_seen_from(role.name, role.keys, body) for role in seats]
    return (
        rows.where(or_(*by_seat)) if by_seat else rows.where(Folder.instance_id.is_(None))
    )


def _seen_from(desk: str, scopes: frozenset[str], body: UUID) -> ColumnElement[bool]:
    """What is seen from a desk; of some subtypes alone when it is lent for these."""
    under = select(Desk.role).where(
        Desk.organisation_id == body,
        Desk.parent_id.in_(
            select(Desk.id).where(Desk.organisation_id == body, Desk.role == desk)
        ),
    )
    there = select(FolderDesk.instance_id).where(
        FolderDesk.instance_id == Folder.instance_id
    )
    beyond = or_(
        Folder.visibility == PUBLIC,
        and_(
            Folder.visibility == SERVICE, there.where(FolderDesk.role.in_(under)).exists()
        ),
    )
    seen = or_(
        there.where(FolderDesk.role == desk).exists(),
        and_(Folder.state != DRAFT, beyond),
    )
    if not scopes:
        return seen
    lent = select(FolderSubtype.id).where(FolderSubtype.scope.in_(sorted(scopes)))
    return and_(seen, Folder.subtype_id.in_(lent))


def bodies_of(actor: Actor) -> list[Organisation]:
    """The bodies whose book one uses."""
    ids = {
        role.organisation_id
        for role in actor.roles
        if role.name.startswith(DESK_PREFIX) or role.name == rules.KEEPER
    }
    rows = select(Organisation).where(Organisation.id.in_(ids)).order_by(Organisation.name)
    return list(db.session.scalars(rows))


def body_of(bodies: list[Organisation]) -> Organisation:
    """The body named, else the one acted for, else the first."""
    wanted, usual = request.values.get("organisme", ""), acting_for()
    named = next((one for one in bodies if str(one.id) == wanted), None)
    if wanted and named is None:
        abort(403)
    return named or next((one for one in bodies if one == usual), None) or bodies[0]


def _heads(asked: Asked) -> list[str]:
    more = [one["label"] for one in asked.subtype.metadata_fields] if asked.subtype else []
    return [
        "Numéro", "Titre", "Type", "Sous-type", "État", "Étape", "Déposé par", "Auteur",
        "Déposé le", "Échéance", "Terminé le", "Motif du refus", *more,
    ]  # fmt: skip


def _lines(ids: list[UUID], asked: Asked, body: UUID) -> Any:
    names = dict(Choices(body).desks)
    for start in range(0, len(ids), _AT_ONCE):
        for one in lists.read(ids[start : start + _AT_ONCE]):
            said = one.details.get("metadata") or {}
            state = words.STATES.get(one.state)
            more = []
            if asked.subtype:
                known = dict(metadata.told(asked.subtype.metadata_fields, said))
                more = [known.get(f["label"], "") for f in asked.subtype.metadata_fields]
            yield [
                one.instance.number, one.title, one.subtype.type.name, one.subtype.name,
                str(state[0]) if state else one.state, one.step,
                names.get(one.author_role, one.author_role),
                one.author.name if one.author else "", one.deposited_at, one.due_at,
                one.ended_at, one.refused_for, *more,
            ]  # fmt: skip
