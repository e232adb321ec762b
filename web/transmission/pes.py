"""S²LOW's addresses for PES: deposit, follow, fetch what the accountant answered."""

import hashlib
from datetime import date, datetime

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from engine import clock
from web.partners import partner
from web.security import csrf
from web.transmission import receiving
from web.transmission.acts import content, number
from web.transmission.admitting import account, account_only
from web.transmission.latin import element, expect_form, file, ko, listed, told, xml
from web.transmission.receiving import Rejected
from workflows.relay import deposits, keeping, reading
from workflows.relay.deposits import DepositRefused
from workflows.relay.models import PES, PES_RETURN, Transmission

UNKNOWN = "Numéro de transaction invalide"
LARGEST = 128 * 1024 * 1024
_PROLOG_BYTES = 50

bp = Blueprint("transmission_pes", __name__, url_prefix="/modules/helios")
csrf.exempt(bp)


def _asked(code: str, name: str = "id") -> Transmission | None:
    found = reading.of(account(), number(name))
    return found if found and found.code == code else None


@bp.post("/api/helios_importer_fichier.php")
@account_only
def receive() -> ResponseReturnValue:
    """Take a PES: its number, or why not. A bad signature is told later, as a status."""
    expect_form()
    try:
        made = _deposit()
    except (Rejected, DepositRefused) as refusal:
        return told("import", id="", resultat="KO", message=refusal)
    said = "Téléchargement du fichier réussi."
    return told("import", id=made, resultat="OK", message=said)


def _deposit() -> int:
    posted = request.files.get("enveloppe")
    if posted is None or not posted.filename:
        raise Rejected("Échec lors du téléchargement du fichier")
    whole = posted.stream.read(LARGEST + 1)
    posted.stream.seek(0)
    if len(whole) > LARGEST:
        raise Rejected(
            "Taille de fichier supérieure à la limite autorisée (128 Mo maximum)."
        )
    if b"ISO-8859-1" not in whole[:_PROLOG_BYTES].upper():
        raise Rejected("Le prologue du fichier doit annoncer l'encodage ISO-8859-1")
    found = partner("helios").examine(content=whole)
    header = found["header"]
    if not header.get("name"):
        unread = [one["text"] for one in found["problems"] if not found["kind"]]
        why = unread[0] if unread else "NomFic est introuvable"
        raise Rejected(f"Le fichier n'est pas un PES lisible : {why}")
    name = receiving.Posted(posted, "", None).name
    sha1 = hashlib.sha1(whole, usedforsecurity=False).hexdigest()
    kept = receiving.store(posted, name, "text/xml")
    return deposits.deposit_pes(account(), kept, sha1=sha1, name=header["name"])


@bp.get("/api/helios_transac_get_status.php")
@account_only
def status() -> ResponseReturnValue:
    """Where a PES stands."""
    found = _asked(PES, "transaction")
    if found is None:
        asked = number("transaction")
        return told("transaction", id=asked, resultat="KO", message=UNKNOWN, status="")
    return told(
        "transaction",
        id=found.id,
        resultat="OK",
        message=found.message,
        status=found.status,
    )


@bp.get("/api/list_pes_aller.php")
@account_only
def sent() -> ResponseReturnValue:
    """The numbers of the PES in one status, the latest first."""
    try:
        since = date.fromisoformat(request.args.get("min_date", "")[:10])
    except ValueError:
        since = None
    text = request.args.get("status_id", "")
    found = reading.listed(
        account(), [PES], status=-1 if text == "-1" else number("status_id"), since=since,
        offset=number("offset"), limit=number("limit") or reading.MOST,
    )  # fmt: skip
    return jsonify(transactions=[{"id": str(one.id)} for one in found])


@bp.get("/helios_download_file.php")
@account_only
def download() -> ResponseReturnValue:
    """A PES as it was sent."""
    return _first_file(_asked(PES))


@bp.get("/helios_download_acquit.php")
@account_only
def acknowledgement() -> ResponseReturnValue:
    """The accountant's acknowledgement of a PES."""
    found = _asked(PES)
    if found is None or found.answer is None:
        return ko(UNKNOWN, 404)
    return xml(content(found.answer))


@bp.get("/api/helios_get_list.php")
@account_only
def returns() -> ResponseReturnValue:
    """The returns that nobody took in charge yet."""
    root = element(
        "liste", idColl=account().siren, dateDemande=_moment(clock.now()), resultat="OK",
        message="",
    )  # fmt: skip
    rows = [
        element("pes_retour", id=one.id, nom=one.subject, date=_moment(one.submitted_at))
        for one in reading.unread(account(), PES_RETURN)
    ]
    return listed(root, rows)


def _moment(at: datetime) -> str:
    return at.astimezone(clock.PARIS).strftime("%Y-%m-%d %H:%M:%S")


@bp.get("/api/helios_get_retour.php")
@account_only
def returned() -> ResponseReturnValue:
    """One return, as the accountant sent it."""
    return _first_file(_asked(PES_RETURN))


@bp.get("/api/helios_change_status.php")
@account_only
def mark_as_read() -> ResponseReturnValue:
    """Say that a return was taken in charge."""
    asked = number("id")
    found = _asked(PES_RETURN)
    if found is None:
        said = "Changement de status est echoué."
        return told("transaction", idRetour=asked, resultat="KO", message=said)
    deposits.mark_read(account(), asked)
    return told("transaction", idRetour=asked, resultat="OK", message="reussi")


def _first_file(found: Transmission | None) -> ResponseReturnValue:
    first = next(iter(keeping.files_of(found)), None) if found else None
    if first is None:
        return ko(UNKNOWN, 404)
    return file(content(first.document), first.name, "text/xml")
