"""What the accountant says of pieces afterwards: PES_Retour, fetched and read."""

from uuid import UUID

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from connectors import ConnectorError, Refused
from engine import marks
from engine.models import db
from web.accounting import contents, fetching
from web.accounting.frame import body_id, content, page
from web.auth import guard
from web.paging import bounded
from web.partners import partner
from web.typed import page_number
from workflows.accounting.models import PesReturn

bp = Blueprint("pes_returns", __name__, url_prefix="/comptabilite/retours")
PER_PAGE, PIECES = 25, 200


@bp.get("/")
@guard("keep accounts")
def index() -> ResponseReturnValue:
    """The latest returns first."""
    found = select(PesReturn.id).where(PesReturn.organisation_id == body_id())
    order = (PesReturn.received_at.desc(), PesReturn.id)
    rows = bounded(
        [found.order_by(*order)], select(PesReturn).order_by(*order), id=PesReturn.id,
        page=page_number(), per_page=PER_PAGE,
    )  # fmt: skip
    return page("returns.html", page=rows, last=marks.latest(fetching.MARK))


@bp.post("/")
@guard("keep accounts")
def fetch() -> ResponseReturnValue:
    """Fetch those that wait at the transmission service."""
    try:
        number = fetching.fetch(body_id())
    except ConnectorError as error:
        flash(
            _("Le service de télétransmission ne répond pas : %(said)s", said=str(error)),
            "danger",
        )
    else:
        said = ngettext("%(num)d retour reçu.", "%(num)d retours reçus.", number)
        flash(said if number else _("Aucun nouveau retour."), "success")
    return redirect(url_for(".index"))


@bp.get("/<uuid:return_id>")
@guard("see", PesReturn, "return_id")
def show(return_id: UUID) -> ResponseReturnValue:
    """One return, piece by piece."""
    row = db.session.get_one(PesReturn, return_id)
    try:
        pieces = partner("helios").read_return(content=content(row.sha256))["pieces"]
    except Refused as refused:
        flash(str(refused), "danger")
        pieces = []
    number = page_number()
    shown = pieces[(number - 1) * PIECES : number * PIECES]
    row = db.session.get_one(PesReturn, return_id)
    return page(
        "return.html", row=row, pieces_=shown, number=number,
        more=len(pieces) > number * PIECES,
    )  # fmt: skip


@bp.get("/<uuid:return_id>/fichier")
@guard("see", PesReturn, "return_id")
def download(return_id: UUID) -> ResponseReturnValue:
    """The file as received."""
    row = db.session.get_one(PesReturn, return_id)
    return contents.kept(content(row.sha256), f"{row.name}.xml", "application/xml")
