"""S²LOW's addresses for acts: deposit, follow, fetch, cancel, and the classification."""

from datetime import date
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from connectors import Refused
from engine.documents import Document
from web.partners import partner
from web.security import csrf
from web.transmission import describing, receiving, sheets
from web.transmission.admitting import account, account_only
from web.transmission.latin import expect_form, file, ko, ok, plain, xml
from web.transmission.receiving import Rejected
from workflows.relay import deposits, keeping, reading
from workflows.relay.deposits import DepositRefused
from workflows.relay.models import PES, Status, Transmission

UNKNOWN = "Numéro de transaction invalide."
_STATES = {Status.ACKNOWLEDGED, Status.ERROR, Status.REFUSED}

bp = Blueprint("transmission_acts", __name__, url_prefix="/modules/actes")
csrf.exempt(bp)


def number(name: str, values: Any = None) -> int:
    """A number that the caller names; 0 for what is none."""
    text = (request.args if values is None else values).get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else 0  # noqa: PLR2004


def asked(name: str = "transaction") -> Transmission | None:
    """The transmission that the address names, if it is the caller's body's."""
    if unique_id := request.args.get("unique_id"):
        return reading.by_unique_id(account(), unique_id)
    found = reading.of(account(), number(name))
    return found if found and found.code != PES else None


def content(document: Document) -> bytes:
    """The bytes of a document."""
    found: bytes = partner("storage").read(document.sha256)
    return found


@bp.post("/actes_transac_create.php")
@account_only
def create() -> ResponseReturnValue:
    """Take an act: its number, or why not."""
    expect_form()
    caller = account()
    try:
        known = describing.lists(caller)
        act = describing.described(request.form, known)
        main = receiving.posted("acte_pdf_file", [request.form.get("type_acte", "")])
        if not main:
            raise Rejected("Aucun fichier acte n'a été posté ")
        annexes = receiving.posted("acte_attachments", request.form.getlist("type_pj[]"))
        types = describing.allowed_types(known, act["nature"])
        budget = act["nature"] == 5  # noqa: PLR2004  a budget may be XML
        receiving.check([*main[:1], *annexes], types, main_is_pdf=not budget)
        unique_id = describing.identifier(caller, act)
        files = receiving.deposited([*main[:1], *annexes])
        held = request.form.get("en_attente") == "1"
        return ok(
            deposits.deposit_act(account(), act, files, unique_id=unique_id, held=held)
        )
    except (Rejected, DepositRefused) as refusal:
        return ko(str(refusal))


@bp.get("/actes_transac_get_status.php")
@account_only
def status() -> ResponseReturnValue:
    """`OK`, the status, and what came back with it: the State's message, or the error."""
    found = asked()
    if found is None:
        return ko(UNKNOWN)
    answer = plain(f"OK\n{found.status}\n{found.message}")
    if found.answer is not None and found.status in _STATES:
        answer.set_data(f"OK\n{found.status}\n".encode() + content(found.answer))
    return answer


@bp.get("/actes_transac_get_files_list.php")
@account_only
def files_list() -> ResponseReturnValue:
    """The files of a transmission, its message first."""
    found = asked()
    if found is None:
        return ko(UNKNOWN)
    return jsonify(
        [
            {
                "id": str(one.id),
                "name": one.name,
                "posted_filename": one.posted_name if one.rank else "",
                "mimetype": one.document.media_type,
                "size": str(one.document.size),
                "sign": "pkcs7" if one.signature_id else "",
                "code_pj": one.document_type,
            }
            for one in keeping.files_of(found)
        ]
    )


@bp.get("/actes_download_file.php")
@account_only
def download() -> ResponseReturnValue:
    """A file as it was sent, or a copy that bears the stamp of its transmission."""
    found = reading.file_of(account(), number("file"))
    if found is None:
        return ko(UNKNOWN, 404)
    held = content(found.document)
    media_type = found.document.media_type
    if request.args.get("tampon") and media_type == "application/pdf":
        act = found.transmission
        received_on = act.details.get("received_on")
        if not received_on:
            return ko("Cet acte n'a pas encore été reçu par la préfecture.")
        try:
            held = partner("actes").stamped(
                content=held,
                act_id=act.unique_id,
                received_on=received_on,
                published_on=_day(request.args.get("date_affichage", "")),
            )
        except Refused as refusal:
            return ko(refusal.reasons[0])
    return file(held, found.name, media_type)


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""


@bp.get("/actes_transac_get_tampon.php")
@account_only
def stamped() -> ResponseReturnValue:
    """The act itself with its stamp: the first address for it, that some still use."""
    found = asked()
    act = (
        next((one for one in keeping.files_of(found) if one.rank == 1), None)
        if found
        else None
    )
    if act is None or found is None or not found.details.get("received_on"):
        return ko(UNKNOWN)
    try:
        copy = partner("actes").stamped(
            content=content(act.document),
            act_id=found.unique_id,
            received_on=found.details["received_on"],
        )
    except Refused as refusal:
        return ko(refusal.reasons[0])
    return file(copy, act.name, "application/pdf")


@bp.get("/actes_create_pdf.php")
@account_only
def receipt() -> ResponseReturnValue:
    """The receipt of a transmission, as PDF."""
    found = asked("trans_id")
    if found is None:
        return ko(UNKNOWN)
    sheet = sheets.receipt(found, keeping.files_of(found))
    return file(sheet, f"bordereau-{found.id}.pdf", "application/pdf")


@bp.get("/actes_transac_get_ARActe.php")
@account_only
def acknowledgement() -> ResponseReturnValue:
    """The prefecture's acknowledgement, as it came."""
    found = asked()
    if found is None or found.answer is None or found.status != Status.ACKNOWLEDGED:
        return ko(UNKNOWN)
    return xml(content(found.answer))


@bp.post("/actes_transac_cancel.php")
@account_only
def cancel() -> ResponseReturnValue:
    """Ask that an acknowledged act be cancelled: the number of the cancellation."""
    expect_form()
    try:
        return ok(deposits.cancel(account(), number("id", request.form)))
    except DepositRefused as refusal:
        return ko(str(refusal))


@bp.get("/actes_classification_fetch.php")
@account_only
def fetch_classification() -> ResponseReturnValue:
    """The classification in force, as the prefecture sent it."""
    found = reading.classification(account().organisation_id)
    if found is None or found.answer is None:
        return ko(describing.NO_CLASSIFICATION)
    return xml(content(found.answer))


@bp.get("/actes_classification_request.php")
@account_only
def request_classification() -> ResponseReturnValue:
    """Ask the prefecture whether there is a newer one."""
    try:
        deposits.ask_classification(account())
    except DepositRefused as refusal:
        return ko(str(refusal))
    return ok("Demande de classification envoyée")
