"""One's desks, and the trays of each."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.access import Actor, allowed
from engine.directory import Organisation
from engine.models import UserTask, db
from web.auth import current_actor, guard
from web.navigation import Item, offer
from web.parapheur import around, asking, listing, words
from web.parapheur.asking import Choices
from web.parapheur.listing import TRAYS
from workflows.parapheur import lists, mentions
from workflows.parapheur.lists import MOST_COUNTED
from workflows.parapheur.models import Desk
from workflows.parapheur.rules import KEEPER
from workflows.parapheur.standings import folder_of

bp = Blueprint("parapheur", __name__, url_prefix="/parapheur")
bp.context_processor(lambda: {"words": words})


@offer(bp)
def navigation(actor: Actor) -> Iterable[Item]:
    """Whoever sits at a desk, or keeps the book, has it in sight."""
    if allowed(actor, "use the book"):
        yield Item(
            _("Parapheur"),
            "parapheur.index",
            icon="pen",
            about=_("Les dossiers à viser et à signer, et ceux que vous faites circuler."),
            under="/parapheur",
        )


@dataclass(frozen=True)
class MyDesk:
    """A desk on the first page: whose it is, and what each tray holds."""

    desk: Desk
    body: Organisation
    lent: str
    counts: dict[str, int]


@bp.get("/")
@guard("use the book")
def index() -> ResponseReturnValue:
    """Every desk where one sits, with what waits in each tray."""
    actor = current_actor()
    mine = [
        MyDesk(
            one.desk,
            one.desk.organisation,
            mentions.mention_of(one.role, one.desk.organisation_id),
            listing.counts(one.role),
        )
        for one in lists.desks(actor, counted=False)
    ]
    return render_template(
        "parapheur/index.html",
        desks=mine,
        trays=TRAYS,
        most=MOST_COUNTED,
        keeps=keeps(actor),
    )


@bp.get("/bureaux/<uuid:desk_id>/<state>")
@guard("sit", Desk, "desk_id")
def desk(desk_id: UUID, state: str) -> ResponseReturnValue:
    """A tray of a desk: its folders as asked, page after page."""
    tray = TRAYS.get(state) or abort(404)
    actor, here = current_actor(), db.session.get_one(Desk, desk_id)
    role = listing.role_at(here, actor) or abort(403)
    choices = Choices(here.organisation_id)
    asked = asking.read(request.args, choices)
    after = request.args.get("apres", "")
    found = listing.page(role, state, asked, after, actor)
    address: Any = lambda without="": asked.address(  # noqa: E731
        ".desk", without, desk_id=desk_id, state=state
    )
    return render_template(
        "parapheur/desk.html",
        desk=here,
        state=state,
        tray=tray,
        trays=TRAYS,
        counts=listing.counts(role),
        most=MOST_COUNTED,
        asked=asked,
        choices=choices,
        rows=found.rows,
        notes=[],
        liste=around.said(here, state, asked.params),
        address=address,
        first_page=not after,
        further=asked.address(".desk", desk_id=desk_id, state=state, apres=found.after)
        if found.after
        else "",
    )


@bp.get("/taches/<uuid:task_id>")
@guard("see", UserTask, "task_id")
def task(task_id: UUID) -> ResponseReturnValue:
    """A step of the book by its number, as the common pages send here: its folder's page."""
    folder_id = folder_of(db.session.get_one(UserTask, task_id).instance) or abort(404)
    return redirect(url_for("parapheur_folders.show", folder_id=folder_id))


def keeps(actor: Actor) -> bool:
    """Whether somebody keeps the book of a body."""
    return bool(actor.organisations(KEEPER))
