"""One PES: what it says, what is wrong with it, what the accountant answered."""

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, select

from connectors import ConnectorError, Refused
from engine.models import ProcessInstance, db
from web.accounting import book, contents
from web.accounting.frame import body_id, content, examined, page
from web.auth import current_actor, guard
from web.receiving import store
from web.typed import page_number, text
from workflows.accounting import files
from workflows.accounting.files import PesUnavailable
from workflows.accounting.models import MADE, Pes, PesBatch, PesDocument

bp = Blueprint("pes", __name__, url_prefix="/comptabilite/pes")
DOCUMENTS = 100


@bp.get("/nouveau")
@guard("keep accounts")
def new() -> ResponseReturnValue:
    """Ask for a PES made by another software."""
    return page("pes_new.html", problems={})


@bp.post("/nouveau")
@guard("keep accounts")
def create() -> ResponseReturnValue:
    """Keep it when it is one; what is wrong with it is told on its page."""
    upload = request.files.get("fichier")
    try:
        if upload is None or not upload.filename:
            raise Refused([_("Fichier : choisissez le PES à importer.")])
        file = store(upload, contents.LARGEST, machines=True)
        found = examined(file.sha256)
        if found["kind"] != "PES_Aller" or not found["header"]:
            raise Refused([one["text"] for one in found["problems"]])
    except Refused as refused:
        return page("pes_new.html", problems={"fichier": str(refused)}), 422
    except ConnectorError:
        said = _("Le fichier n’a pas pu être vérifié : réessayez dans quelques minutes.")
        return page("pes_new.html", problems={"fichier": said}), 503
    pes = files.keep(file, found, organisation_id=body_id(), actor=current_actor())
    return redirect(url_for(".show", pes_id=pes))


@bp.get("/<uuid:pes_id>")
@guard("see", Pes, "pes_id")
def show(pes_id: UUID) -> ResponseReturnValue:
    """Its checks, its batches and what became of each."""
    row = db.session.get_one(Pes, pes_id)
    found = examined(row.sha256)
    if files.used_before(row.organisation_id, row.code, row.name) and row.sent_as is None:
        found["problems"].insert(0, _used(row))
    row = db.session.get_one(Pes, pes_id)
    return page(
        "pes.html", pes=row, found=found, batches=_batches(row, found),
        documents=_documents(row), replaces=_name(row.replaces_id),
        replaced=_replaced(row), case=_case(row.instance_id), folder=_case(row.folder_id),
        subtypes=book.subtypes(row) if row.state == MADE else [],
    )  # fmt: skip


@bp.get("/<uuid:pes_id>/bordereaux/<int:position>")
@guard("see", Pes, "pes_id")
def batch(pes_id: UUID, position: int) -> ResponseReturnValue:
    """The pieces of one batch: third parties, amounts, documents."""
    row = db.session.get_one(Pes, pes_id)
    try:
        found = contents.of(row.sha256, at=position, page=page_number())
    except Refused:
        abort(404)
    if found.at != position:
        abort(404)
    return page("batch.html", pes=row, contents=found)


@bp.get("/<uuid:pes_id>/fichier")
@guard("see", Pes, "pes_id")
def download(pes_id: UUID) -> ResponseReturnValue:
    """The file itself."""
    row = db.session.get_one(Pes, pes_id)
    return contents.kept(content(row.sha256), row.file_name, "application/xml")


@bp.get("/<uuid:pes_id>/acquittement")
@guard("see", Pes, "pes_id")
def acknowledgement(pes_id: UUID) -> ResponseReturnValue:
    """What the accountant answered, as received."""
    row = db.session.get_one(Pes, pes_id)
    if row.acknowledgement_sha256 is None:
        abort(404)
    name = f"ACQUIT-{row.name}.xml"
    return contents.kept(content(row.acknowledgement_sha256), name, "application/xml")


@bp.get("/<uuid:pes_id>/pieces/<int:position>")
@guard("see", Pes, "pes_id")
def document(pes_id: UUID, position: int) -> ResponseReturnValue:
    """A supporting document, opened from the file; of a kind we know, or as plain bytes."""
    row = db.session.get_one(Pes, pes_id)
    try:
        return contents.document(row.sha256, position)
    except Refused as refused:
        flash(_("Cette pièce ne s’ouvre pas : %(said)s.", said=str(refused)), "danger")
        return redirect(url_for(".show", pes_id=pes_id))


@bp.post("/<uuid:pes_id>/parapheur")
@guard("see", Pes, "pes_id")
def deposit(pes_id: UUID) -> ResponseReturnValue:
    """Put it in the signature book."""
    row = db.session.get_one(Pes, pes_id)
    if row.state != MADE:
        flash(_("Ce PES est déjà en cours."), "danger")
        return redirect(url_for(".show", pes_id=pes_id))
    try:
        folder = book.deposit(row, text(request.form, "sous_type"), current_actor())
        files.put_in_book(pes_id, folder, actor=current_actor())
    except book.Refused as refused:
        flash(str(refused), "danger")
    except PesUnavailable:
        flash(_("Ce PES est déjà en cours."), "danger")
    else:
        flash(
            _("Le PES est au parapheur : il partira au comptable une fois signé."),
            "success",
        )
    return redirect(url_for(".show", pes_id=pes_id))


def _batches(row: Pes, found: dict[str, Any]) -> list[tuple[PesBatch, dict[str, Any]]]:
    """Each batch as recorded, with what the file says of it."""
    said = found["batches"]
    return [
        (one, said[one.position] if one.position < len(said) else {}) for one in row.batches
    ]


def _documents(row: Pes) -> Any:
    """The documents refused, else the first ones; and how many there are."""
    mine = PesDocument.pes_id == row.id
    listed = select(PesDocument).where(mine).order_by(PesDocument.position)
    number = select(func.count()).select_from(PesDocument).where(mine)
    return {
        "listed": db.session.scalars(listed.limit(DOCUMENTS)).all(),
        "number": db.session.scalar(number) or 0,
    }


def _used(row: Pes) -> dict[str, Any]:
    said = _(
        "NomFic « %(name)s » a déjà été transmis : donnez un autre nom au fichier.",
        name=row.name,
    )
    return {"line": 0, "element": "NomFic", "text": said, "blocking": True, "by": "house"}


def _name(pes_id: UUID | None) -> Pes | None:
    return db.session.get(Pes, pes_id) if pes_id else None


def _replaced(row: Pes) -> Pes | None:
    return db.session.scalars(
        select(Pes).where(Pes.replaces_id == row.id).limit(1)
    ).one_or_none()


def _case(instance_id: UUID | None) -> ProcessInstance | None:
    return db.session.get(ProcessInstance, instance_id) if instance_id else None
