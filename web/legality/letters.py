"""The letters that the prefecture wrote to a body, and where each of them stands."""

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from connectors import ConnectorError
from engine.access import allowed, require
from engine.directory import Organisation
from engine.documents import Document
from engine.models import IS_OPEN, ProcessInstance, UserTask, db
from web.auth import current_actor, guard
from web.legality import bodies, collecting, letter_desks, serving, words
from web.paging import bounded
from web.typed import page_number, text
from workflows.legality.models import LETTER_STATES, LegalityLetter

bp = Blueprint("letters", __name__, url_prefix="/actes/courriers")

PER_PAGE = 25


@bp.get("/")
@guard("read acts")
def index() -> ResponseReturnValue:
    """The letters of the prefecture, the latest received first."""
    body, others = bodies.chosen(current_actor())
    state = text(request.args, "etat")
    state = state if state in LETTER_STATES else ""
    order = (LegalityLetter.received_on.desc(), LegalityLetter.id.desc())
    rows = select(LegalityLetter.id).where(LegalityLetter.organisation_id == body.id)
    if state:
        rows = rows.where(LegalityLetter.state == state)
    page = bounded(
        [rows.order_by(*order)],
        select(LegalityLetter).order_by(*order).options(joinedload(LegalityLetter.act)),
        id=LegalityLetter.id,
        page=page_number(),
        per_page=PER_PAGE,
    )
    return render_template(
        "legality/letters.html",
        body=body,
        others=others,
        organisme=bodies.other(body, others),
        reference=bodies.reference,
        page=page,
        roles=letter_desks.choices(body.id).roles,
        state=state,
        words=words,
        rooms=bodies.rooms(current_actor(), body),
        transmits=allowed(current_actor(), "transmit acts", body),
    )


@bp.get("/<uuid:letter_id>")
@guard("see", LegalityLetter, "letter_id")
def show(letter_id: UUID) -> ResponseReturnValue:
    """One letter: what it says, about which act, by when, and what is to be done."""
    letter = db.session.get_one(LegalityLetter, letter_id)
    actor = current_actor()
    open_tasks = select(UserTask).where(UserTask.instance_id == letter.instance_id, IS_OPEN)
    files = (
        select(Document)
        .where(Document.instance_id == letter.instance_id)
        .order_by(Document.created_at)
        .limit(100)
    )
    case = db.session.get_one(ProcessInstance, letter.instance_id)
    organisation = db.session.get_one(Organisation, letter.organisation_id)
    return render_template(
        "legality/letter.html",
        letter=letter,
        words=words,
        documents=list(db.session.scalars(files)),
        tasks=[
            t
            for t in db.session.scalars(open_tasks.limit(20))
            if allowed(actor, "claim", t)
        ],
        case=case if allowed(actor, "see", case) else None,
        answers=letter_desks.role_name(letter.organisation_id, letter.role),
        sees_act=letter.act is not None and allowed(actor, "see", letter.act),
        reads=allowed(actor, "read acts", organisation),
    )


@bp.get("/<uuid:letter_id>/documents/<uuid:document_id>")
@guard("see", LegalityLetter, "letter_id")
def document(letter_id: UUID, document_id: UUID) -> ResponseReturnValue:
    """A document that came with a letter, or was sent in answer."""
    letter = db.session.get_one(LegalityLetter, letter_id)
    asked = db.session.get(Document, document_id)
    if asked is None or asked.instance_id != letter.instance_id:
        abort(404)
    return serving.deliver(asked)


@bp.post("/releve")
@guard("transmit acts")
def collect() -> ResponseReturnValue:
    """Ask the service at once for the letters of a body."""
    actor = current_actor()
    body, others = bodies.chosen(actor)
    require(actor, "transmit acts", body)
    try:
        many = collecting.letters_of(body.id)
    except ConnectorError as failure:
        flash(
            _("Le service de transmission ne répond pas : %(why)s", why=str(failure)),
            "danger",
        )
    else:
        flash(
            ngettext("Un courrier reçu.", "%(num)d courriers reçus.", many)
            if many
            else _("Aucun courrier nouveau."),
            "success",
        )
    return redirect(url_for(".index", organisme=bodies.other(body, others)))
