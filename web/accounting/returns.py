"""What the accountant says of pieces afterwards: PES_Retour, fetched and read."""

from uuid import UUID

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from connectors import ConnectorError, Refused
from engine.directory import Organisation
from engine.models import db
from web.accounting import contents
from web.accounting.frame import body_id, content, page
from web.auth import current_actor, guard
from web.paging import bounded
from web.partners import partner
from web.typed import page_number
from workflows.accounting import files
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
    return page("returns.html", page=rows)


@bp.post("/")
@guard("keep accounts")
def fetch() -> ResponseReturnValue:
    """Fetch those that wait at the transmission service."""
    body = body_id()
    account = {"siren": db.session.get_one(Organisation, body).siren}
    db.session.rollback()
    try:
        number = _fetch(body, account)
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


def _fetch(body: UUID, account: dict[str, str | None]) -> int:
    """Take each return once; one that cannot be read is left at the service."""
    service, number = partner("transmission"), 0
    waiting = [one["id"] for one in service.pes_returns(account=account)]
    for one in sorted(set(waiting) - files.known_returns(body, waiting)):
        db.session.rollback()
        produced = service.pes_return(
            account=account, id=one, key=f"pes_return:{body}:{one}"
        )
        for _kind, _title, file in produced.documents:
            found = partner("helios").read_return(content=content(file.sha256))
            files.keep_return(one, file, found, organisation_id=body, actor=current_actor())
            number += 1
    return number
