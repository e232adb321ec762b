"""How the platform runs: workers, what they did last, chores, disk."""

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from engine import chores as chore_rows
from engine import marks
from engine.chores import Chore
from engine.commands import chores
from engine.directory import Person
from engine.errors import OperationRefused
from engine.models import db
from web.auth import current_actor, guard
from web.operate import needs, reading, words
from web.operate.filters import Typed
from web.paging import whole
from web.typed import clean, text

bp = Blueprint("running", __name__, url_prefix="/exploitation/fonctionnement")
bp.context_processor(lambda: {"words": words})

PER_PAGE = 25


@bp.get("/")
@guard("operate")
def show() -> ResponseReturnValue:
    """The workers that are alive, what was done last, and the chores."""
    typed = Typed(request.args)
    kind = typed.choice("sorte", dict.fromkeys(chore_rows.KINDS))
    status = typed.choice("etat", words.CHORE_STATUSES)
    found = select(Chore)
    if kind:
        found = found.where(Chore.kind == kind)
    if status:
        found = found.where(Chore.status == status)
    page = whole(found.order_by(Chore.created_at.desc(), Chore.id.desc()), PER_PAGE)
    return render_template(
        "operate/running.html",
        workers=[(one, marks.is_silent(one)) for one in marks.workers()],
        tidying=marks.latest("tidying"),
        backup=marks.latest("backup"),
        queue=reading.queue(),
        disk=needs.disk(),
        page=page,
        typed=clean(request.args),
        authors=_names(page.items),
    )


@bp.get("/<uuid:chore_id>")
@guard("operate")
def chore(chore_id: UUID) -> ResponseReturnValue:
    """One chore: how far it has got, and what it found."""
    return _page(chore_id, {})


@bp.post("/<uuid:chore_id>/arret")
@guard("operate")
def stop(chore_id: UUID) -> ResponseReturnValue:
    """Stop a chore; what it did stays done."""
    _found(chore_id)
    motive = text(request.form, "motive")
    try:
        chores.stop(chore_id, actor=current_actor(), motive=motive)
    except OperationRefused as refused:
        return _page(chore_id, clean(request.form), problem=words.told(refused)), 422
    return redirect(url_for(".chore", chore_id=chore_id))


def _found(chore_id: UUID) -> Chore:
    return db.session.get(Chore, chore_id) or abort(404)


def _page(chore_id: UUID, typed: Any, **more: Any) -> str:
    found = _found(chore_id)
    return render_template(
        "operate/chore.html",
        chore=found,
        author=_names([found]).get(found.created_by, ""),
        typed=typed,
        **more,
    )


def _names(found: Any) -> dict[Any, str]:
    ids = {one.created_by for one in found if one.created_by}
    people = db.session.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))
    return {person_id: name for person_id, name in people}
