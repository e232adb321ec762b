"""What was done to a body and to its people, by whom and when."""

from uuid import UUID

from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from engine.directory import Organisation
from engine.journal import JournalEntry
from web.auth import guard
from web.directory import frame
from web.paging import whole

bp = Blueprint("body_journal", __name__, url_prefix="/annuaire")

PER_PAGE = 25


@bp.get("/<uuid:organisation_id>/journal")
@guard("administer", Organisation, "organisation_id")
def index(organisation_id: UUID) -> ResponseReturnValue:
    """The acts, the latest first."""
    rows = (
        select(JournalEntry)
        .where(JournalEntry.chain == f"organisation:{organisation_id}")
        .order_by(JournalEntry.seq.desc())
    )
    page = whole(rows, PER_PAGE)
    body = frame.body(organisation_id)
    return frame.page("journal.html", body, page=page, acts=frame.acts(page.items))
