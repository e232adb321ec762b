"""The PES of a body, by state and by name."""

from collections.abc import Iterable

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from engine.access import Actor, allowed
from web.accounting import words
from web.accounting.frame import body_id, page
from web.auth import guard
from web.navigation import Item, offer
from web.paging import bounded
from web.typed import page_number, text
from workflows.accounting.models import REPLACED, Pes

bp = Blueprint("accounting", __name__, url_prefix="/comptabilite")
PER_PAGE = 25


@offer(bp)
def navigation(actor: Actor) -> Iterable[Item]:
    """Accountants follow what goes to the State's accountant."""
    if actor.person_id is not None and allowed(actor, "keep accounts"):
        yield Item(
            _("Comptabilité"),
            "accounting.index",
            icon="cash-coin",
            about=_(
                "Les mandats et les titres, les PES transmis au comptable, ses réponses."
            ),
            under="/comptabilite",
        )


@bp.get("/")
@guard("keep accounts")
def index() -> ResponseReturnValue:
    """The latest PES first, with the state of each batch."""
    body, state = body_id(), text(request.args, "etat")
    name = text(request.args, "nom")[:100]
    found = select(Pes.id).where(Pes.organisation_id == body)
    order = (Pes.created_at.desc(), Pes.id)
    if state in words.STATES:
        found = found.where(Pes.state == state)
    else:
        found = found.where(Pes.state != REPLACED)
    if name:
        found = found.where(Pes.name.startswith(name, autoescape=True))
    rows = bounded(
        [found.order_by(*order)], select(Pes).order_by(*order), id=Pes.id,
        page=page_number(), per_page=PER_PAGE,
    )  # fmt: skip
    return page("index.html", page=rows, state=state, name=name)
